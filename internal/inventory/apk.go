package inventory

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// apkWorld lists what somebody asked apk for.
const apkWorld = "etc/apk/world"

// apkWant names the database; systems with a merged /usr keep it below usr.
var apkWant = want{
	paths:    []string{"lib/apk/db/", "usr/lib/apk/db/", apkWorld},
	maxBytes: limitio.MaxText,
}

// readAPK reads apk-tools' installed database. It emits packages in file order
// under their name. The distribution is not known here, so the merge makes the
// purl.
//
// What lies in etc counts as configuration, save etc/init.d and etc/apk: these
// are the paths that apk protects when it upgrades.
//
// Format: https://wiki.alpinelinux.org/wiki/Apk_spec, and apk_db_fdb_read in
// apk-tools' src/database.c.
func readAPK(f *file, out *facts) error {
	out.Owns("apk-tools", f.Path, "")
	if f.Path == apkWorld {
		return readAPKWorld(f, out)
	}
	if !strings.HasSuffix(f.Path, "/installed") {
		return nil
	}
	r := apkReader{lines: newLines(f.Path, f.Reader()), out: out}
	// A damaged stanza still names its package.
	defer r.end()
	for r.next() {
		if r.blank() {
			r.end()
			continue
		}
		if len(r.text) < 2 || r.text[1] != ':' {
			return r.damagef("no field letter and colon")
		}
		if err := r.field(r.text[0], string(r.text[2:])); err != nil {
			return err
		}
	}
	return r.err()
}

// readAPKWorld reads the constraints that "apk add" was given, "a>1 b@edge !c",
// over any number of lines.
func readAPKWorld(f *file, out *facts) error {
	l := newLines(f.Path, f.Reader())
	for l.next() {
		for _, name := range apkNames(string(l.text)) {
			out.Amend(amendment{key: name, requested: true})
		}
	}
	return l.err()
}

// apkReader holds what the stanza has said so far.
type apkReader struct {
	*lines
	out    *facts
	total  tally
	begun  bool
	pkg    landwaiter.Package
	gives  []string // what it provides
	folder string   // of the last F
	name   string   // of the last R, "" once its Z is read
}

// field reads one line. Letters that say nothing we need pass.
func (r *apkReader) field(letter byte, value string) error {
	r.begun = true
	switch letter {
	case 'P':
		if r.pkg.Name != "" {
			return r.damagef("package %q goes on as %q without a blank line", r.pkg.Name, value)
		}
		r.pkg.Name = value
	case 'V':
		r.pkg.Version = value
	case 'A':
		r.pkg.Arch = value
	case 'o':
		r.pkg.SourceName = value
	case 'L':
		r.pkg.Licence = value
	case 'm':
		r.pkg.Vendor = value
	case 'D':
		r.pkg.Requires = apkNames(value)
	case 'p':
		r.gives = apkNames(value)
	case 'F':
		r.flush("")
		r.folder = clean(value)
	case 'R':
		r.flush("")
		if r.pkg.Name == "" {
			return r.damagef("a file %q of no package", value)
		}
		r.name = clean(r.folder + "/" + clean(value))
		if err := r.total.add(r.name); err != nil {
			return r.damagef("%w", err)
		}
	case 'Z':
		sum, err := apkSum(value)
		if err != nil {
			return r.damagef("%w", err)
		}
		r.flush(sum)
	}
	return nil
}

// flush claims the last file, whose sum may follow its name some lines later.
func (r *apkReader) flush(sum string) {
	switch {
	case r.name == "":
	case apkProtects(r.folder):
		r.out.OwnsConf(r.pkg.Name, r.name)
	default:
		r.out.Owns(r.pkg.Name, r.name, sum)
	}
	r.name = ""
}

// end emits the package whose stanza ends here.
func (r *apkReader) end() {
	if !r.begun {
		return
	}
	r.flush("")
	p, gives := r.pkg, r.gives
	r.begun, r.pkg, r.gives, r.folder = false, landwaiter.Package{}, nil, ""
	switch {
	case p.Name == "":
		r.out.Gap(r.path, -1, true, fmt.Sprintf("the stanza that ends at line %d names no package", r.n))
		return
	case p.Version == "":
		r.out.Gap(r.path, -1, true, fmt.Sprintf("package %q has no version", p.Name))
		return
	}
	p.Ecosystem = "apk"
	if p.SourceName == "" {
		p.SourceName = p.Name
	}
	p.SourceVersion = p.Version
	r.out.Package("package database", p, p.Name)
	r.out.Provides(gives...)
}

// apkSum reads "Q1" and the base64 of a SHA-1, or "Q2" and that of a SHA-256;
// very old databases hold the hex of an MD5.
func apkSum(value string) (string, error) {
	if len(value) == 32 {
		if raw, err := hex.DecodeString(value); err == nil {
			return "md5:" + hex.EncodeToString(raw), nil
		}
	}
	for _, kind := range []struct {
		mark, name string
		size       int
	}{{"Q1", "sha1:", 20}, {"Q2", "sha256:", 32}} {
		text, ok := strings.CutPrefix(value, kind.mark)
		if !ok {
			continue
		}
		raw, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(text, "="))
		if err != nil || len(raw) != kind.size {
			return "", fmt.Errorf("a checksum %q that is not %d bytes of base64", value, kind.size)
		}
		return kind.name + hex.EncodeToString(raw), nil
	}
	return "", fmt.Errorf("a checksum of unknown kind %q", value)
}

// apkNames lists what a line of dependencies such as "a>=1 so:libc.so.1 !b"
// needs, each once and in apk's own words; "!b" is a conflict.
func apkNames(value string) []string {
	var out []string
	seen := make(map[string]bool)
	for _, one := range strings.Fields(value) {
		if i := strings.IndexAny(one, "<>=~@"); i >= 0 {
			one = one[:i]
		}
		if one != "" && one[0] != '!' && !seen[one] {
			seen[one] = true
			out = append(out, one)
		}
	}
	return out
}

// apkProtects reports whether apk keeps changes that somebody made in folder.
func apkProtects(folder string) bool {
	return within(folder, "etc") && !within(folder, "etc/init.d") && !within(folder, "etc/apk")
}

// within reports whether name is folder or below it.
func within(name, folder string) bool {
	rest, ok := strings.CutPrefix(name, folder)
	return ok && (rest == "" || rest[0] == '/')
}
