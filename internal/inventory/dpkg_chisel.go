package inventory

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// chiselManifest lists what Ubuntu's chisel cut out of packages. There is no dpkg
// database in such an image.
const chiselManifest = "var/lib/chisel/manifest.wall"

// readChisel reads chisel's manifest: a compressed "jsonwall", which is a line with
// a count of lines, and then an object a line. It emits packages in file order,
// under their names, and who owns which path, with the sum after chisel changed it.
// The sources of packages are not in it, which a gap says.
//
// Format: documentation.ubuntu.com/chisel, "Chisel manifest" and "jsonwall".
func readChisel(f *file, out *facts) error {
	in, done, err := unpack("zstd", f.Reader())
	if err != nil {
		return err
	}
	defer done()
	c := chisel{lines: newLines(f.Path, limitio.Cap(in, limitio.MaxText)), out: out}
	if !c.next() {
		if err := c.err(); err != nil {
			return err
		}
		return c.damagef("an empty manifest")
	}
	count, err := c.header()
	if err != nil {
		return err
	}
	objects := 1
	for c.next() {
		if c.blank() {
			continue
		}
		objects++
		if err := c.line(); err != nil {
			return err
		}
	}
	if err := c.err(); err != nil {
		return err
	}
	if objects != count {
		return c.damagef("%d lines, where the first says %d", objects, count)
	}
	if len(out.packages) > 0 {
		out.Gap(f.Path, -1, true, "chisel's manifest does not say from which source each package was built, and weaknesses are listed by source")
	}
	return nil
}

// chisel is a manifest while it is read.
type chisel struct {
	*lines
	out *facts
	tally
}

// object reads the current line. Names are compared as they stand.
func (c *chisel) object() (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(c.text, &m); err != nil {
		return nil, c.damagef("%w", err)
	}
	return m, nil
}

// header reads the first line, and returns how many lines it says there are.
func (c *chisel) header() (count int, err error) {
	m, err := c.object()
	if err != nil {
		return 0, err
	}
	if v := textOf(m["jsonwall"]); !strings.HasPrefix(v, "1.") {
		return 0, c.damagef("a jsonwall of version %.20q: %w", v, landwaiter.ErrUnsupported)
	}
	if v := textOf(m["schema"]); v != "" && !strings.HasPrefix(v, "1.") {
		return 0, c.damagef("a manifest of version %.20q: %w", v, landwaiter.ErrUnsupported)
	}
	if json.Unmarshal(m["count"], &count) != nil {
		return 0, c.damagef("no count of lines")
	}
	return count, nil
}

func (c *chisel) line() error {
	m, err := c.object()
	if err != nil {
		return err
	}
	switch textOf(m["kind"]) {
	case "package":
		return c.pack(m)
	case "path":
		return c.file(m)
	}
	return nil // slices and their contents, which paths repeat
}

func (c *chisel) pack(m map[string]json.RawMessage) error {
	p := landwaiter.Package{Ecosystem: "dpkg", Name: textOf(m["name"]), Version: textOf(m["version"]), Arch: textOf(m["arch"])}
	if p.Name == "" {
		return c.damagef("a package without a name")
	}
	if p.Version == "" {
		c.out.Gap(c.path, -1, true, fmt.Sprintf("package %q has no version", p.Name))
		return nil
	}
	p.Origin = vendorOf(p.Name, p.Version, "")
	keys := []string{p.Name}
	if p.Arch != "" {
		keys = append(keys, p.Name+":"+p.Arch)
	}
	c.out.Package("package list", p, keys...)
	return nil
}

// file reads a path. A folder, which ends in "/", is nobody's.
func (c *chisel) file(m map[string]json.RawMessage) error {
	name := textOf(m["path"])
	if name == "" || strings.HasSuffix(name, "/") {
		return nil
	}
	sum := textOf(m["final_sha256"])
	if sum == "" {
		sum = textOf(m["sha256"])
	}
	switch {
	case sum == "":
	case isHex(sum, 64):
		sum = "sha256:" + sum
	default:
		return c.damagef("no SHA-256 sum: %.80q", sum)
	}
	var slices []string
	if m["slices"] != nil && json.Unmarshal(m["slices"], &slices) != nil {
		return c.damagef("slices that are no list of names")
	}
	seen := map[string]bool{}
	for _, s := range slices {
		// A slice is called PACKAGE_SLICE, and no package has "_" in its name.
		pack, _, ok := strings.Cut(s, "_")
		if !ok {
			return c.damagef("a slice called %.80q", s)
		}
		if seen[pack] {
			continue
		}
		seen[pack] = true
		if err := c.add(name); err != nil {
			return c.damagef("%w", err)
		}
		c.out.Owns(pack, name, sum)
	}
	return nil
}

// textOf is the string that raw holds, "" where it is none.
func textOf(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}
