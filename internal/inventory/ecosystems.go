package inventory

import (
	"io"
	"slices"
	"strings"
)

// ecosystem is one row of the table: which files it wants and how it reads one.
// A reader sees one file at a time, in no promised order; what it says about a
// file depends on that file's path and bytes alone, so that a layer's facts can
// be kept by its DiffID. The merge joins what different files said by key.
type ecosystem struct {
	name string
	// system is true for the package manager of an operating system. What it
	// owns it answers for, whatever other readers find inside.
	system bool
	// builds is true for a manager that builds or ships whole programs, as conda
	// and Nix do: a program in a package of its is that package, and no other. It
	// is true for every system row.
	builds bool
	// sealed is true for a row with builds into whose folders nobody else writes:
	// what it claims by folder comes before what languages claim by name.
	sealed bool
	// guess is true for a row that recognises programs by what is in them. What it
	// says counts only for files that no row with builds owns.
	guess bool
	// told is true for a row that repeats what a builder says he put into a
	// package. It gives way to a row that saw the same software in the same package.
	told bool
	// fold makes names comparable where the ecosystem takes several spellings for
	// one; nil for a row that does not.
	fold func(name string) string
	// places are the files, best first, where a runtime that found a package in
	// the file from looks for the one it calls name; nil for a row whose runtime
	// looks in no places of its own.
	places func(from, name string) []string
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
	// folders ask for what lies directly in a folder, by name alone: each end in
	// "/". The file has no content, and one that is a folder is handed over
	// where the layer names it, or else at the first file below it.
	folders []string
	// fits asks for files that no list can name; nil asks for none.
	fits func(path string) bool
	// nameOnly: what fits asks for has no content when it is handed over, so that
	// its size does not matter.
	nameOnly bool
	// large is asked of a program too large for memory, by its name: false leaves
	// it to other rows. nil asks for all.
	large func(path string) bool
	// signs: one of them stands somewhere in every file that the row can say
	// something about; none is empty. A program too large for memory is kept on
	// disk only where it has a sign of a row.
	signs []string
	// passing makes what is shown a program too large for memory as it passes, for a
	// row that need not keep it; nil for a row that must.
	passing func() passer
	also    func(path string) bool
	// inside: only members of archives are meant, by their path in the archive.
	inside bool
	// maxBytes is the largest file handed over; a larger one becomes a gap.
	// Zero means limitio.MaxWanted.
	maxBytes int64
}

// passer is shown a large program from its start.
type passer interface {
	io.Writer
	// done emits what was seen. again asks for the whole program in a second pass,
	// and then what was emitted does not count.
	done(f *file, out *facts) (again bool)
}

// ecosystems is the table, in the order in which reports show them.
var ecosystems = []ecosystem{
	{name: "dpkg", system: true, builds: true, want: dpkgWant, read: readDpkg},
	{name: "apk", system: true, builds: true, want: apkWant, read: readAPK},
	{name: "rpm", system: true, builds: true, want: rpmWant(), read: readRPM},
	{name: "pacman", system: true, builds: true, want: pacmanWant, read: readPacman},
	{name: "portage", system: true, builds: true, want: portageWant, read: readPortage},
	{name: "python", fold: normalPython, want: pythonWant, read: readPython},
	{name: "bundled", told: true, want: bundledWant, read: readBundled},
	{name: "conda", builds: true, want: condaWant, read: readConda},
	{name: "r", want: rWant, read: readR},
	{name: "npm", places: npmPlaces, want: npmWant, read: readNPM},
	{name: "julia", want: juliaWant, read: readJulia},
	{name: "dotnet", fold: strings.ToLower, want: dotnetWant, read: readDotnet},
	{name: "php", fold: strings.ToLower, want: phpWant, read: readPHP},
	{name: "perl", want: perlWant, read: readPerl},
	{name: "lua", want: luaWant, read: readLua},
	{name: "dart", want: dartWant, read: readDart},
	{name: "swift", want: swiftWant, read: readSwift},
	{name: "gem", want: gemWant, read: readGem},
	{name: "java", want: javaWant(), read: readJava},
	{name: "go", want: goWant, read: readGo},
	{name: "spack", builds: true, want: spackWant, read: readSpack},
	{name: "easybuild", builds: true, want: easybuildWant, read: readEasyBuild},
	{name: "lmod", guess: true, want: lmodWant, read: readLmod},
	{name: "nix", builds: true, sealed: true, want: nixWant, read: readNix},
	{name: "guix", builds: true, sealed: true, want: guixWant, read: readGuix},
	{name: "homebrew", builds: true, sealed: true, want: homebrewWant, read: readHomebrew},
	{name: "rust", want: rustWant, read: readRust},
	{name: "matlab", want: matlabWant, read: readMATLAB},
	{name: "stata", want: stataWant, read: readStata},
	{name: "sas", want: sasWant, read: readSAS},
	{name: "spss", want: spssWant, read: readSPSS},
	{name: "octave", want: octaveWant, read: readOctave},
	{name: "cuda", guess: true, want: cudaWant, read: readCUDA},
	{name: "quarto", want: quartoWant, read: readQuarto},
	{name: "rstudio", want: rstudioWant, read: readRStudio},
	{name: "haskell", want: haskellWant, read: readHaskell},
	{name: "ocaml", want: ocamlWant, read: readOCaml},
	{name: "erlang", want: erlangWant, read: readErlang},
	{name: "snap", builds: true, sealed: true, want: snapWant, read: readSnap},
	{name: "flatpak", builds: true, sealed: true, want: flatpakWant, read: readFlatpak},
	{name: "vscode", want: vscodeWant, read: readVSCode},
	{name: "wordpress", want: wordpressWant, read: readWordPress},
	{name: "nim", want: nimWant, read: readNim},
	{name: "program", guess: true, want: programWant, read: readProgram},
	{name: "package-file", want: packageFileWant, read: readPackageFile},
}

// Ecosystems returns the names of all ecosystems, in the order in which reports show
// them.
func Ecosystems() []string {
	names := make([]string, 0, len(ecosystems))
	for _, e := range ecosystems {
		if !slices.Contains(names, e.name) {
			names = append(names, e.name)
		}
	}
	return names
}
