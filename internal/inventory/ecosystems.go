package inventory

// ecosystem is one row of the table: which files it wants and how it reads one.
// A reader sees one file at a time, in no promised order; what it says about a
// file depends on that file's path and bytes alone, so that a layer's facts can
// be kept by its DiffID. The merge joins what different files said by key.
type ecosystem struct {
	name string
	// system is true for the package manager of an operating system. What it
	// owns it answers for, whatever other readers find inside.
	system bool
	want   want
	// read emits what the file says into out. It returns *landwaiter.SyntaxError
	// at damage; what it emitted before stands, and the rest becomes a gap. It
	// must not panic, whatever the bytes.
	read func(f *file, out *facts) error
}

// want says which files a row reads. A file is wanted when one of the lists
// names it and, where also is set, also agrees.
type want struct {
	paths    []string // whole paths, such as "var/lib/dpkg/status"; one that ends in "/" means every file directly in that folder
	bases    []string // last elements, such as "METADATA"
	suffixes []string // ends of the last element from its last dot on, such as ".jar"
	programs bool     // files whose first bytes are a compiled program's
	// sign stands somewhere in every file that the row can say something about. A
	// program too large for memory is kept on disk only where it has the sign.
	sign string
	also func(path string) bool
	// maxBytes is the largest file handed over; a larger one becomes a gap.
	// Zero means limitio.MaxWanted.
	maxBytes int64
}

// ecosystems is the table, in the order in which reports show them.
var ecosystems = []ecosystem{
	{name: "dpkg", system: true, want: dpkgWant, read: readDpkg},
	{name: "apk", system: true, want: apkWant, read: readAPK},
	{name: "rpm", system: true, want: rpmWant(), read: readRPM},
	{name: "python", want: pythonWant, read: readPython},
	{name: "conda", want: condaWant, read: readConda},
	{name: "r", want: rWant, read: readR},
	{name: "npm", want: npmWant, read: readNPM},
	{name: "gem", want: gemWant, read: readGem},
	{name: "java", want: javaWant(), read: readJava},
	{name: "go", want: goWant, read: readGo},
}
