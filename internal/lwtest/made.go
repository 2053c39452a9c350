package lwtest

import (
	"archive/zip"
	"bytes"
	"crypto/md5"  //nolint:gosec // dpkg's own sums are MD5
	"crypto/sha1" //nolint:gosec // apk's own sums are SHA-1
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"maps"
	"math/rand/v2"
	"path"
	"regexp"
	"slices"
	"strings"
)

// noise returns an endless stream that compresses badly and depends on name
// alone.
func noise(name string) io.Reader { return rand.NewChaCha8(sha256.Sum256([]byte(name))) }

type zeroReader struct{}

func (zeroReader) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func addFill(s *Spec, a []string) error {
	return s.addStream(a, func() io.Reader { return noise(a[0]) })
}

func addZeros(s *Spec, a []string) error {
	return s.addStream(a, func() io.Reader { return zeroReader{} })
}

func (s *Spec) addStream(a []string, open func() io.Reader) error {
	size, err := parseSize(a[1])
	if err != nil {
		return err
	}
	limited := func() io.Reader { return io.LimitReader(open(), size) }
	return s.addEntry(a[0], &entry{kind: 0x30, mode: 0o644, stream: limited, size: size})
}

func addELF(s *Spec, a []string) error {
	size, err := parseSize(a[1])
	if err != nil {
		return err
	}
	a = append(a, "", "")
	data, err := buildELF(size, a[2], a[3], noise(a[0]))
	if err != nil {
		return err
	}
	e := file("", data)
	e.mode = 0o755
	return s.addEntry(a[0], e)
}

// below returns the material whose first element is top, by the rest of its
// name.
func (s *Spec) below(top string) map[string][]byte {
	s.used[top] = true
	out := map[string][]byte{}
	for name, data := range s.material {
		if rest, ok := strings.CutPrefix(name, top+"/"); ok {
			out[rest] = data
		}
	}
	return out
}

// addZip makes a zip of material. A path that begins with "_" is material again,
// so that a later line can put one zip into another.
func addZip(s *Spec, a []string) error {
	if a[1] != "from" {
		return fmt.Errorf("write PATH from _NAME, not PATH %s", a[1])
	}
	files := s.below(a[2])
	if len(files) == 0 {
		return fmt.Errorf("no file begins with %s/", a[2])
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: modified})
		if err != nil {
			return err
		}
		if _, err := w.Write(files[name]); err != nil {
			return err
		}
	}
	if err := z.Close(); err != nil {
		return err
	}
	if strings.HasPrefix(a[0], "_") {
		s.material[a[0]] = b.Bytes()
		return nil
	}
	return s.addEntry(a[0], file("", b.Bytes()))
}

// addMD5Sums writes what dh_md5sums would: the regular files of a dpkg .list,
// but none below /etc, which are configuration files.
func addMD5Sums(s *Spec, a []string) error {
	list, err := s.find(a[1])
	if err != nil {
		return err
	}
	n, _, err := splitPath(a[1])
	if err != nil {
		return err
	}
	var b strings.Builder
	for line := range strings.Lines(string(list.data)) {
		name := strings.TrimSpace(line)
		if name == "" || strings.HasPrefix(name, "/etc/") {
			continue
		}
		e, known := s.regular(n, name)
		if !known {
			return fmt.Errorf("%s names %s, which is not in layer %d or below", a[1], name, n)
		}
		if e == nil {
			continue
		}
		sum, err := e.sum(md5.New())
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%x  %s\n", sum, strings.TrimPrefix(name, "/"))
	}
	return s.addEntry(a[0], file("", []byte(b.String())))
}

func (e *entry) sum(h hash.Hash) ([]byte, error) {
	_, err := io.Copy(h, e.open())
	return h.Sum(nil), err
}

// fillRecord turns the lines of a wheel's RECORD that hold a path alone into
// rows with digest and size. Lines with a comma stay as they are.
//
// Format: PyPA, "Recording installed projects".
func fillRecord(s *Spec, a []string) error {
	record, err := s.find(a[0])
	if err != nil {
		return err
	}
	n, p, err := splitPath(a[0])
	if err != nil {
		return err
	}
	site := path.Dir(path.Dir(p))
	var b strings.Builder
	for line := range strings.Lines(string(record.data)) {
		name := strings.TrimSpace(line)
		full := path.Join(site, name)
		switch {
		case name == "":
			continue
		case strings.Contains(name, ","):
			b.WriteString(name + "\n")
			continue
		case full == p:
			b.WriteString(name + ",,\n")
			continue
		}
		e, _ := s.regular(n, full)
		if e == nil {
			return fmt.Errorf("%s names %s, which is no file of layer %d", a[0], full, n)
		}
		sum, err := e.sum(sha256.New())
		if err != nil {
			return err
		}
		fmt.Fprintf(&b, "%s,sha256=%s,%d\n", name, base64.RawURLEncoding.EncodeToString(sum), e.length())
	}
	record.data = []byte(b.String())
	return nil
}

var placeholder = regexp.MustCompile(`\{(md5|sha1|sha256|size) ([^{}\s]+)\}`)

// fillSums replaces placeholders by the sums and sizes, in hexadecimal and
// decimal, of other files of the image.
func fillSums(s *Spec, a []string) error {
	e, err := s.find(a[0])
	if err != nil {
		return err
	}
	var failed error
	e.data = placeholder.ReplaceAllFunc(e.data, func(m []byte) []byte {
		part := placeholder.FindSubmatch(m)
		value, err := s.value(string(part[1]), string(part[2]))
		if err != nil && failed == nil {
			failed = err
		}
		return []byte(value)
	})
	return failed
}

func (s *Spec) value(what, arg string) (string, error) {
	n, p, err := splitPath(arg)
	if err != nil {
		return "", err
	}
	e, _ := s.regular(n, p)
	if e == nil {
		return "", fmt.Errorf("%s: no such file in the layer", arg)
	}
	hashes := map[string]func() hash.Hash{"md5": md5.New, "sha1": sha1.New, "sha256": sha256.New}
	if what == "size" {
		return fmt.Sprint(e.length()), nil
	}
	sum, err := e.sum(hashes[what]())
	return hex.EncodeToString(sum), err
}
