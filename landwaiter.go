// Package landwaiter holds the nouns of the product: what is assessed, what was
// observed in it, what is known about that, what stands in the way, and the
// advice that follows. Every other package speaks in these types.
//
// The JSON form of an [Assessment] is a public contract; its version is [Schema].
package landwaiter

import "time"

// Schema names the version of the JSON form of an [Assessment].
const Schema = "landwaiter.assessment/1"

// SubjectKind says what sort of thing a [Subject] is.
type SubjectKind string

// The kinds of subject.
const (
	SubjectImage  SubjectKind = "image"
	SubjectFolder SubjectKind = "folder"
)

// Subject is what is assessed.
type Subject struct {
	// Reference is the subject as the caller named it.
	Reference string      `json:"reference"`
	Kind      SubjectKind `json:"kind"`
	// Digest is the digest of the image manifest, "sha256:…". A docker archive
	// and a Docker engine keep no manifest: there it is empty and ImageID
	// identifies the image. For a folder it is the digest of the listing of
	// every file's path, mode and SHA-256.
	Digest string `json:"digest,omitempty"`
	// ImageID is the digest of the image configuration.
	ImageID  string      `json:"imageId,omitempty"`
	Platform string      `json:"platform,omitempty"`
	Created  *time.Time  `json:"created,omitempty"`
	Config   ImageConfig `json:"config"`
	// Layers are in the order in which they are applied.
	Layers []Layer `json:"layers"`
}

// Fingerprint returns what identifies the content: the manifest digest, or the
// image ID where the source keeps no manifest.
func (s *Subject) Fingerprint() string {
	if s.Digest != "" {
		return s.Digest
	}
	return s.ImageID
}

// ImageConfig is the part of an image's configuration that says how it runs.
type ImageConfig struct {
	User       string   `json:"user,omitempty"`
	Entrypoint []string `json:"entrypoint,omitempty"`
	Cmd        []string `json:"cmd,omitempty"`
	// Env are the names of environment variables. Their values may be secrets, and
	// reports travel: they are left out.
	Env    []string          `json:"env,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

// Layer is one layer of an image.
type Layer struct {
	// Digest is of the bytes as stored; empty where the source stores none.
	Digest string `json:"digest,omitempty"`
	// DiffID is the digest of the uncompressed tar.
	DiffID    string `json:"diffId,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	// Size is in bytes as stored, Unpacked in bytes of uncompressed tar.
	Size     int64 `json:"size"`
	Unpacked int64 `json:"unpacked"`
	// CreatedBy is the step of the build that made the layer. What looks like a
	// secret in it is left out.
	CreatedBy string `json:"createdBy,omitempty"`
}

// System is the operating system that the subject says it is.
type System struct {
	ID        string `json:"id"`        // os-release ID, such as "debian"
	VersionID string `json:"versionId"` // os-release VERSION_ID, such as "12"
	Codename  string `json:"codename,omitempty"`
	Name      string `json:"name,omitempty"` // os-release PRETTY_NAME
	Like      string `json:"like,omitempty"` // os-release ID_LIKE
	Path      string `json:"path"`           // where it was read
}

// FileKind says what a file is, by its first bytes and, for text, its name.
type FileKind string

// The kinds of file. Program, Library and Script are code.
const (
	FileProgram FileKind = "program" // a compiled program or library that the system can load
	FileScript  FileKind = "script"  // text that an interpreter runs, and its compiled forms
	FileArchive FileKind = "archive"
	FileModel   FileKind = "model"
	FileData    FileKind = "data"
	FileText    FileKind = "text"
	FileEmpty   FileKind = "empty"
	FileUnknown FileKind = "unknown"
)

// FileKinds lists every kind in the order in which reports show them.
func FileKinds() []FileKind {
	return []FileKind{FileProgram, FileScript, FileArchive, FileModel, FileData, FileText, FileEmpty, FileUnknown}
}

// Code reports whether files of kind k are run rather than read.
func (k FileKind) Code() bool { return k == FileProgram || k == FileScript }

// File is a file that the report names: one that nobody owns, or that is not
// what its owner shipped.
type File struct {
	Path   string   `json:"path"`
	Layer  int      `json:"layer"` // index in Subject.Layers
	Size   int64    `json:"size"`
	Mode   uint32   `json:"mode"` // permission bits with set-uid, set-gid and sticky
	SHA256 string   `json:"sha256"`
	Kind   FileKind `json:"kind"`
	// Owner is the ID of the owning package, empty where nobody owns the file.
	Owner string `json:"owner,omitempty"`
	// Gains is what more than the rights of whoever starts it the file gives, such as
	// "set-uid 0", "set-gid 42", "cap_net_raw". It is said of files of
	// KindGainsRights alone.
	Gains string `json:"gains,omitempty"`
	// Nature is what the file turned out to be; nil where only its kind is known.
	Nature *Nature `json:"nature,omitempty"`
}

// Nature is what a look inside a file showed. Every text in it comes from the file
// and is short, valid UTF-8 and without control characters; every list is capped.
type Nature struct {
	// Format is the field's own name for what it is, such as "ELF shared library",
	// "pickle", "Parquet".
	Format string `json:"format"`
	// Detail is one line of facts: a processor, a size of a table, a title.
	Detail string `json:"detail,omitempty"`
	// Soname, BuildID and Links are a program's: its name as a library, the
	// linker's identity of it in hex, and the libraries that it loads.
	Soname  string   `json:"soname,omitempty"`
	BuildID string   `json:"buildId,omitempty"`
	Links   []string `json:"links,omitempty"`
	// Interpreter is what runs a script.
	Interpreter string `json:"interpreter,omitempty"`
	// Calls are what opening a model would import and call, as "module.name".
	Calls []string `json:"calls,omitempty"`
	// RunsCode says whether opening a model, data or a document, or finding a path
	// file where Python starts, runs code that it brings along: "yes", "unknown", or
	// "" where no way to do so was seen.
	RunsCode string `json:"runsCode,omitempty"`
	// Fetches are the commands of a script that fetch or change software, as they
	// stand. They are said of scripts that run when the software starts.
	Fetches []string `json:"fetches,omitempty"`
	// Fields are the names of a table's columns.
	Fields []string `json:"fields,omitempty"`
	// Rows is the number of a table's rows, where its header says so.
	Rows int64 `json:"rows,omitempty"`
	// Members counts an archive's files; Programs those of them that are code.
	Members  int64 `json:"members,omitempty"`
	Programs int64 `json:"programs,omitempty"`
	// SameAs is the path of a file with an owner and the same content, or the same
	// build: somebody made a copy.
	SameAs string `json:"sameAs,omitempty"`
}

// Group is a folder whose files nobody owns, so that a researcher can be asked
// about it once.
type Group struct {
	// Folder is "" for the root, and for a last group that stands for all others.
	Folder string `json:"folder"`
	Others int    `json:"others,omitempty"` // how many folders that last group stands for
	Total  Count  `json:"total"`
	// Kinds counts by kind of file, in the order of the kinds.
	Kinds []KindCount `json:"kinds"`
	// Copies counts the programs and scripts among them that are the same as a file
	// with an owner.
	Copies int64 `json:"copies,omitempty"`
	// Biggest are its biggest files, at most five, biggest first.
	Biggest []File `json:"biggest"`
}

// KindCount counts the files of one kind.
type KindCount struct {
	Kind FileKind `json:"kind"`
	Count
}

// Evidence says where and how a package was observed.
type Evidence struct {
	Path   string `json:"path"`
	Layer  int    `json:"layer"`  // index in Subject.Layers
	Method string `json:"method"` // such as "package database", "installed metadata", "build info", "file name"
}

// Package is one piece of software that somebody named and versioned.
type Package struct {
	// ID is unique within an assessment and the same for the same content:
	// "ecosystem:name@version", then ":arch" and "<owner" where they are set. A
	// system's package inside an archive has the archive's path for an owner.
	ID        string `json:"id"`
	Ecosystem string `json:"ecosystem"` // name of a row of inventory's table, such as "dpkg"
	Name      string `json:"name"`
	Version   string `json:"version"`
	Arch      string `json:"arch,omitempty"`
	// SourceName and SourceVersion are what the distribution builds the package
	// from. Its advisories speak of these.
	SourceName    string `json:"sourceName,omitempty"`
	SourceVersion string `json:"sourceVersion,omitempty"`
	PURL          string `json:"purl,omitempty"`
	Licence       string `json:"licence,omitempty"`
	Vendor        string `json:"vendor,omitempty"`     // who built it, in the package's own words
	Modularity    string `json:"modularity,omitempty"` // rpm's module label
	// Origin is where the installer took it from, in its own words: a
	// repository name, a URL, a channel.
	Origin string `json:"origin,omitempty"`
	// Mapped are names in other ecosystems that the package's own metadata
	// gives, as purls. Matching by them is weaker: "by mapping".
	Mapped []string `json:"mapped,omitempty"`
	// Requires are the names that the package's own metadata asks for, in the
	// ecosystem's words; DependsOn the IDs of the observed packages that answer
	// to them, sorted. Where DependsOn is shorter, something asked for is not there.
	Requires  []string `json:"requires,omitempty"`
	DependsOn []string `json:"dependsOn,omitempty"`
	// Missing are those of Requires to which no observed package answers. Where a
	// maker names several that would do, another one may stand in.
	Missing []string `json:"missing,omitempty"`
	// Requested is true where the installer's records say that somebody asked for
	// the package by its name, not for something that needs it.
	Requested bool `json:"requested,omitempty"`
	// Layer is the index of the layer that brought the package in this version.
	Layer    int        `json:"layer"`
	Evidence []Evidence `json:"evidence"`
	// OwnedBy is the ID of the system package that installed this one; the
	// distribution then answers for it.
	OwnedBy string `json:"ownedBy,omitempty"`
	// PartOf is the ID of the package of another manager, such as conda or Spack,
	// whose files hold this one: the same software under another name. No
	// distribution answers for it.
	PartOf string `json:"partOf,omitempty"`
	// Declared is true for a package that a list names but nobody observed.
	Declared bool `json:"declared,omitempty"`
	// Owns counts the visible files that the package owns.
	Owns Count `json:"owns"`
	// Holds is what of the account hangs on whether a list covers the package.
	Holds Holding `json:"holds,omitzero"`
	// Known is what the advisory file answers about the package.
	Known Answer `json:"known"`
}

// AnswerState is one of three answers about a package, and never two.
type AnswerState string

// The three answers.
const (
	AnswerFindings    AnswerState = "findings"
	AnswerNoneKnown   AnswerState = "none-known"
	AnswerNotAssessed AnswerState = "not-assessed"
)

// Answer is what the advisory file says about one package.
type Answer struct {
	State AnswerState `json:"state"`
	// Sources are the names of the sources that cover the package.
	Sources []string `json:"sources,omitempty"`
	// Reason says why a package is not assessed.
	Reason string `json:"reason,omitempty"`
}

// Count is a number of files and their bytes. The content of a file with
// several names counts once in Bytes.
type Count struct {
	Files int64 `json:"files"`
	Bytes int64 `json:"bytes"`
}

// Add adds n to c.
func (c *Count) Add(n Count) { c.Files += n.Files; c.Bytes += n.Bytes }

// Gap is something that could not be read, or not be said, and why.
type Gap struct {
	// Path is the file, or empty where the gap is not about one file.
	Path  string `json:"path,omitempty"`
	Layer int    `json:"layer"` // index in Subject.Layers; -1 where no layer applies
	// Bytes is how much is affected; -1 where nobody can say.
	Bytes int64 `json:"bytes"`
	// Unread is true where the bytes themselves were not examined; they are
	// then counted in the class "not read".
	Unread bool `json:"unread,omitempty"`
	// Code is true where the gap can hide code, so that software may be missing
	// from the inventory: a package database, an archive of programs.
	Code   bool   `json:"code,omitempty"`
	Reason string `json:"reason"`
}

// Inventory is what was observed in a subject.
type Inventory struct {
	System   *System   `json:"system,omitempty"`
	Packages []Package `json:"packages"` // by ecosystem, name, version, ID
	// Unowned are the programs and scripts that nobody owns, and the models and data
	// that run code when they are opened, or may, biggest first.
	Unowned []File `json:"unowned"`
	// Changed are the programs and scripts that are not what their owner
	// shipped, by path.
	Changed []File `json:"changed"`
	// Groups are the folders of files that nobody owns, biggest first.
	Groups  []Group `json:"groups"`
	Account Account `json:"account"`
	Gaps    []Gap   `json:"gaps"`
}
