package advisory

// Caps on what is taken from sources. Passing one is an error that names the
// file; nothing is cut short quietly. Full osv.dev data (2026) stays well below.
const (
	maxSourceFile = 16 << 30 // bytes of one file as stored
	maxEntries    = 4 << 20  // records of one source
	maxRecord     = 8 << 20  // bytes of one record; the largest seen is 94 kB
	maxUnpacked   = 32 << 30 // bytes of all records of one source
	maxRatio      = 1100     // unpacked to packed bytes of one record; deflate cannot pass 1032
	maxDepth      = 64       // nesting of JSON
	maxManifest   = 16 << 20
	maxKEV        = 128 << 20
	maxScores     = 1 << 30 // bytes of an unpacked EPSS or SSVC table
	maxScoreRows  = 8 << 20
	maxScoreLine  = 4096
	maxEOL        = 1 << 20
	maxName       = 1024 // bytes of an ecosystem or a package name
	maxID         = 256  // bytes of an identifier
	maxText       = 400  // bytes of a summary or an address, as a finding shows it
	maxLists      = 200_000
	maxEvents     = 10_000 // events of one range

	detailBlock = 64 << 10 // bytes of records in one compressed block
	batchSize   = 512      // records in memory at a time, per source

	// Of the built file. Section sizes are checked against its length.
	maxSections = 16
	maxMeta     = 64 << 20
	maxBlock    = maxRecord + detailBlock
)
