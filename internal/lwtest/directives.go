package lwtest

// directive is one row of the table: how a line is written, and what it does.
type directive struct {
	name     string
	args     string // for people
	min, max int    // arguments; a max of -1 is any number
	once     bool
	whole    bool // the rest of the line is one argument, as it stands
	apply    func(s *Spec, a []string) error
}

// directives is the table. LAYER is a number, PATH is LAYER/PATH; quote what
// holds spaces, as in Go.
var directives = []directive{
	// The image.
	{"tag", "NAME", 1, 1, true, false, setTag},
	{"platform", "OS/ARCH[/VARIANT]...", 1, -1, true, false, setPlatforms}, // several make an index
	{"only", "LAYER PLATFORM", 2, 2, false, false, setOnly},
	{"config", "JSON", 1, 1, true, true, setConfig}, // the object "config" of the image configuration
	{"created", "RFC3339", 1, 1, true, false, setCreated},
	{"layers", "N", 1, 1, true, false, setLayers}, // at least so many
	{"created-by", "LAYER TEXT", 2, 2, false, false, setCreatedBy},
	{"codec", "LAYER gzip|gzip-multi|zstd|none", 2, 2, false, false, setCodec},
	{"format", "LAYER ustar|pax|gnu", 2, 2, false, false, setFormat},

	// Entries.
	{"text", "PATH CONTENT", 2, 2, false, false, addText}, // exact bytes
	{"mode", "OCTAL PATH...", 2, -1, false, false, setMode},
	{"caps", "HEX PATH", 2, 2, false, false, setCaps}, // a file's capabilities as the system keeps them
	{"dir", "PATH", 1, 1, false, false, addDir},
	{"symlink", "PATH TARGET", 2, 2, false, false, addSymlink},
	{"hardlink", "PATH TARGET", 2, 2, false, false, addHardlink}, // TARGET without layer
	{"device", "PATH", 1, 1, false, false, addDevice},
	{"fifo", "PATH", 1, 1, false, false, addFifo},
	{"remove", "PATH", 1, 1, false, false, addWhiteout},
	{"opaque", "PATH", 1, 1, false, false, addOpaque},

	// Made content. What a row reads must stand before it.
	{"elf", "PATH SIZE [TEXT [SONAME]]", 2, 4, false, false, addELF}, // SIZE 0 is as small as it goes
	{"fill", "PATH SIZE", 2, 2, false, false, addFill},
	{"zeros", "PATH SIZE", 2, 2, false, false, addZeros},
	{"sparse", "PATH SIZE CONTENT", 3, 3, false, false, addSparse},
	{"many", "PATH N", 2, 2, false, false, addMany},              // N empty files in a folder
	{"jar", "PATH from _NAME", 3, 3, false, false, addZip},       // any zip: wheels and eggs too
	{"md5sums", "PATH LISTPATH", 2, 2, false, false, addMD5Sums}, // as dpkg has them
	{"record", "PATH", 1, 1, false, false, fillRecord},           // a wheel's RECORD: paths in, rows out
	{"sums", "PATH", 1, 1, false, false, fillSums},               // replaces {md5 PATH}, {sha1 PATH}, {sha256 PATH}, {size PATH}

	// Hostile entries, written after all others in the order of these lines.
	{"rawname", "LAYER NAME CONTENT", 3, 3, false, false, rawFile},
	{"rawentry", "LAYER dir|symlink|hardlink|char|block|fifo NAME [TARGET]", 3, 4, false, false, rawEntry},
	{"duplicate", "PATH CONTENT", 2, 2, false, false, addDuplicate},
	{"append-archive", "LAYER _NAME", 2, 2, false, false, appendArchive}, // a second tar behind the first

	// Hostile storage. Offsets below 0 count from the end.
	{"trailing", "LAYER N", 2, 2, false, false, setTrailing},              // noise after the tar's end
	{"trailing-stored", "LAYER N", 2, 2, false, false, setTrailingStored}, // noise after the compressed end
	{"truncate-layer", "LAYER N", 2, 2, false, false, cutLayer},           // N bytes missing at the end
	{"corrupt-layer", "LAYER OFFSET", 2, 2, false, false, flipLayer},
	{"missing-layer", "LAYER", 1, 1, false, false, dropLayer},
	{"bad-size", "LAYER DIFFERENCE", 2, 2, false, false, setBadSize},
	{"bad-diffid", "LAYER", 1, 1, false, false, setBadDiffID},
	{"drop-diffid", "LAYER", 1, 1, false, false, setNoDiffID},
	{"corrupt-config", "OFFSET", 1, 1, true, false, flipConfig},
	{"corrupt-manifest", "OFFSET", 1, 1, true, false, flipManifest},

	// What a careful reader does with it: see Want.
	{"expect", "read|gap|refused|any [REASON...]", 1, -1, true, false, setExpect},
	{"cap", "SIZE", 1, 1, true, false, setCap},
}
