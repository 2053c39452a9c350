package inventory

import (
	"bytes"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// headSize is how much of a file's beginning says what it is.
const headSize = 512

// magic is what files of one kind begin with.
type magic struct {
	at    int
	bytes string
	kind  landwaiter.FileKind
	// closed: recognised, and nobody can look inside without a key.
	closed bool
}

// magics is the table of first bytes; the first that fits wins. Where it does
// not decide, the name does, for text.
var magics = []magic{
	{0, "\x7fELF", landwaiter.FileProgram, false},
	{0, "MZ", landwaiter.FileProgram, false},
	{0, "\xfe\xed\xfa\xce", landwaiter.FileProgram, false}, // Mach-O, and its other byte order and width
	{0, "\xfe\xed\xfa\xcf", landwaiter.FileProgram, false},
	{0, "\xce\xfa\xed\xfe", landwaiter.FileProgram, false},
	{0, "\xcf\xfa\xed\xfe", landwaiter.FileProgram, false},
	{0, "\xca\xfe\xba\xbe", landwaiter.FileProgram, false}, // Java class, or Mach-O for several processors
	{0, "\x00asm", landwaiter.FileProgram, false},
	{0, "!<arch>\n", landwaiter.FileProgram, false}, // static library; a .deb is told by its name
	{0, "#!", landwaiter.FileScript, false},
	{0, "-----BEGIN PGP MESSAGE", landwaiter.FileUnknown, true},
	{0, "age-encryption.org/", landwaiter.FileUnknown, true},
	{0, "-----BEGIN AGE ENCRYPTED", landwaiter.FileUnknown, true},
	{0, "Salted__", landwaiter.FileUnknown, true},
	{0, "LUKS\xba\xbe", landwaiter.FileUnknown, true},
	{0, "$ANSIBLE_VAULT;", landwaiter.FileUnknown, true},
	{0, "GGUF", landwaiter.FileModel, false},
	{0, "PK\x03\x04", landwaiter.FileArchive, false},
	{0, "PK\x05\x06", landwaiter.FileArchive, false},
	{0, "\x1f\x8b", landwaiter.FileArchive, false},
	{0, "BZh", landwaiter.FileArchive, false},
	{0, "\xfd7zXZ\x00", landwaiter.FileArchive, false},
	{0, "\x28\xb5\x2f\xfd", landwaiter.FileArchive, false},
	{0, "\x04\x22\x4d\x18", landwaiter.FileArchive, false},
	{0, "7z\xbc\xaf\x27\x1c", landwaiter.FileArchive, false},
	{0, "Rar!\x1a\x07", landwaiter.FileArchive, false},
	{0, "\xed\xab\xee\xdb", landwaiter.FileArchive, false}, // rpm
	{0, "hsqs", landwaiter.FileArchive, false},
	{257, "ustar", landwaiter.FileArchive, false},
	{0, "\x89HDF\r\n\x1a\n", landwaiter.FileData, false},
	{0, "PAR1", landwaiter.FileData, false},
	{0, "SQLite format 3\x00", landwaiter.FileData, false},
	{128, "DICM", landwaiter.FileData, false},
	{0, "$FL2@(#)", landwaiter.FileData, false}, // SPSS
	{0, "<stata_dta>", landwaiter.FileData, false},
	{0, "RDX", landwaiter.FileData, false},
	{0, "\x93NUMPY", landwaiter.FileData, false},
	{0, "ARROW1", landwaiter.FileData, false},
	{0, "%PDF-", landwaiter.FileData, false},
	{0, "\x89PNG\r\n\x1a\n", landwaiter.FileData, false},
	{0, "\xff\xd8\xff", landwaiter.FileData, false},
	{0, "GIF8", landwaiter.FileData, false},
	{0, "\xde\x12\x04\x95", landwaiter.FileData, false}, // gettext catalogue
	{0, "\x95\x04\x12\xde", landwaiter.FileData, false},
	{0, "TZif", landwaiter.FileData, false},
	{0, "wOFF", landwaiter.FileData, false},
	{0, "wOF2", landwaiter.FileData, false},
	{0, "OTTO", landwaiter.FileData, false},
}

// suffixKinds says what a file is by the end of its name, where first bytes do
// not tell code from text or a model from data.
var suffixKinds = map[string]landwaiter.FileKind{
	".jar": landwaiter.FileProgram, ".war": landwaiter.FileProgram, ".ear": landwaiter.FileProgram,
	".deb": landwaiter.FileArchive, ".udeb": landwaiter.FileArchive,
	".py": landwaiter.FileScript, ".pyc": landwaiter.FileScript, ".pyo": landwaiter.FileScript, ".pyw": landwaiter.FileScript,
	".sh": landwaiter.FileScript, ".bash": landwaiter.FileScript, ".zsh": landwaiter.FileScript, ".fish": landwaiter.FileScript,
	".pl": landwaiter.FileScript, ".pm": landwaiter.FileScript, ".rb": landwaiter.FileScript, ".lua": landwaiter.FileScript,
	".js": landwaiter.FileScript, ".mjs": landwaiter.FileScript, ".cjs": landwaiter.FileScript, ".ts": landwaiter.FileScript,
	".r": landwaiter.FileScript, ".R": landwaiter.FileScript, ".rdb": landwaiter.FileScript, ".jl": landwaiter.FileScript,
	".php": landwaiter.FileScript, ".tcl": landwaiter.FileScript, ".m": landwaiter.FileScript, ".el": landwaiter.FileScript,
	".elc": landwaiter.FileScript, ".awk": landwaiter.FileScript, ".ps1": landwaiter.FileScript, ".do": landwaiter.FileScript,
	".sas": landwaiter.FileScript, ".ipynb": landwaiter.FileScript, ".class": landwaiter.FileProgram,
	".pkl": landwaiter.FileModel, ".pickle": landwaiter.FileModel, ".pt": landwaiter.FileModel, ".pth": landwaiter.FileModel,
	".joblib": landwaiter.FileModel, ".onnx": landwaiter.FileModel, ".safetensors": landwaiter.FileModel, ".h5": landwaiter.FileModel,
	".keras": landwaiter.FileModel, ".tflite": landwaiter.FileModel, ".gguf": landwaiter.FileModel,
	".csv": landwaiter.FileData, ".tsv": landwaiter.FileData, ".parquet": landwaiter.FileData, ".sas7bdat": landwaiter.FileData,
	".xpt": landwaiter.FileData, ".sav": landwaiter.FileData, ".dta": landwaiter.FileData, ".rds": landwaiter.FileData,
	".rda": landwaiter.FileData, ".dcm": landwaiter.FileData, ".feather": landwaiter.FileData, ".npy": landwaiter.FileData,
}

// kindOf says what a file is by its first bytes, at most headSize, and its name.
// closed: recognised, and its content is shut without a key.
func kindOf(name string, head []byte) (kind landwaiter.FileKind, closed bool) {
	if len(head) == 0 {
		return landwaiter.FileEmpty, false
	}
	bySuffix, named := suffixKinds[path.Ext(name)]
	for _, m := range magics {
		if len(head) < m.at || !bytes.HasPrefix(head[m.at:], []byte(m.bytes)) {
			continue
		}
		kind, closed = m.kind, m.closed
		switch {
		case kind == landwaiter.FileArchive && head[0] == 'P' && len(head) > 6 && head[6]&1 != 0:
			closed = true // a zip whose first member is encrypted
		case m.bytes == "MZ" && !bytes.ContainsRune(head, 0):
			continue // a text that begins with these two letters
		}
		if named && (kind == landwaiter.FileArchive || m.bytes == "!<arch>\n" || kind == landwaiter.FileData && bySuffix == landwaiter.FileModel) {
			kind = bySuffix
		}
		return kind, closed
	}
	switch {
	case named:
		return bySuffix, false
	case text(head):
		return landwaiter.FileText, false
	}
	return landwaiter.FileUnknown, false
}

// text reports whether head has none of the control characters that text lacks.
func text(head []byte) bool {
	for _, c := range head {
		if c < 0x20 && !strings.ContainsRune("\t\n\v\f\r\x1b", rune(c)) {
			return false
		}
	}
	return true
}
