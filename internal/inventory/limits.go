package inventory

import "github.com/landwaiter/landwaiter/internal/limitio"

// Caps of this package's readers; those that others share are in limitio. Passing
// one is damage or a gap, never a quiet end.
const (
	maxGaps = 20  // of one file, before the rest is counted
	maxRest = 100 // files in Result.Rest

	maxGroups  = 200 // folders of files that nobody owns, before the rest is one
	maxBiggest = 5   // files shown of each

	// What one file may claim. The largest real lists hold some 500,000 names of
	// 100 bytes.
	maxClaims     = 2 << 20
	maxClaimBytes = 256 << 20 // of all names together

	// The directory of one zip archive with its end, in bytes. archive/zip holds
	// about four times as much in memory; the largest seen are of some 20 MB.
	maxZipDirectory = 32 << 20
)

// Components of one list of bundled software; the largest known have some 1,000.
const bundledMaxParts = 20_000

const (
	rpmMaxPackages = 200_000  // of one database; 10,000 are many
	rpmMaxFiles    = 1 << 20  // of one package; the largest known have some 100,000
	rpmMaxText     = 64 << 10 // bytes of a single text; licences run to some 5,000
)

const (
	// How much of a program is read to find its build information, which is small
	// and near the start of the data. The largest known is of some 200 kB.
	goMaxRead = 16 << 20
	// Modules of one program; the largest known have some 3,000.
	goMaxModules = 100_000
)

// Caps on one outer Java archive with all inside it. An archive can say that a
// thousand others lie in the same few bytes, each of which says the same again.
const (
	javaMaxHeld        = 320 << 20               // bytes of unpacked archives, one inside the other, in memory at once
	javaMaxEntries     = 4 * limitio.MaxArchived // of all archives together; opening one counts as javaOpening
	javaOpening        = 16
	javaMaxDirectories = 2 * maxZipDirectory // bytes of directories open at once
	javaMaxPackages    = 100_000             // the largest known hold some 1,000
	javaMaxText        = 1 << 20             // bytes of a manifest's main section; the largest list some 100 kB of packages
	javaMaxDepth       = 100                 // elements of a pom.xml inside each other; ten are many
	javaMaxPOM         = 64 << 10            // bytes of one pom.properties; three lines are the rule
)

// Of a program that is searched for texts with versions.
const (
	programMaxHead    = 16 << 20 // bytes of its headers and of the names of its symbols
	programMaxDynamic = 1 << 20
	programMaxNote    = 64 << 10 // bytes of its package note; some 200 are the rule
	programMaxLooks   = 512      // texts that look like one with a version, and one more …
	programLookEvery  = 2 << 10  // … for every so many bytes
	programMaxHits    = 64       // versions that the texts of one product gave
	programMaxAlone   = 64       // texts that are versions, among which one is looked for
	programMaxInside  = 4        // versions of one library in it
	programMinAnchor  = 5        // bytes of a text that are the same for every version
)

// Caps on looks inside files, and on what they may say.
const (
	natureStart  = 256 << 10 // bytes at the start, for formats that say all there
	natureEnds   = 16 << 20  // bytes of either end of a large file
	natureDetail = 300       // bytes of the one line of facts, and of a gap's reason
	natureName   = 100       // bytes of one name
	natureFields = 300       // columns named
	natureCalls  = 200       // callables named
	natureLinks  = 200       // libraries named
	maxShared    = 4096      // natures kept once for all files of which they are true

	elfMaxHeaders = 4096     // program headers, and sections
	elfMaxDynamic = 64 << 10 // entries of the dynamic section; some 40 are the rule
	elfMaxNotes   = 64 << 10 // bytes of one note segment
)

// Caps on pickles. What is forgotten for want of room counts as unknown.
const (
	pickleMaxOps   = 4 << 30 // steps; one of a byte at least
	pickleSoon     = 10_000  // steps in which text shows that it is no pickle
	pickleMaxStack = 4 << 20 // values at once: a tuple of so many items is on the stack whole
	pickleMaxMemo  = 4 << 20
	pickleMaxKept  = 32 << 10 // values of the memo that take memory of their own
	pickleRich     = 16 << 10 // values on the stack, from which on they are forgotten
	pickleMaxCalls = 10_000   // callables; models of many parts have some hundreds
	pickleMaxCount = 10_000   // pickles one after the other
	pickleMaxDepth = 8        // pickles inside pickles
	pickleText     = 256      // bytes of a name; a longer text is data
	pickleTuple    = 32       // values inside a value that may matter
)

// Caps on models.
const (
	tensorMaxHeader = 100 << 20 // bytes of a safetensors header, as its own library
	tensorMaxText   = 1 << 20   // bytes of one name
	ggufMaxPairs    = 1 << 20   // named values
)

// Caps on archives, beside those that are shared.
const (
	archiveMaxLayer  = 16 << 30 // bytes unpacked from the archives of one layer, a minute's work
	archiveMaxWindow = 64 << 20 // bytes of history of one xz stream; "xz -9" asks for as many
)
