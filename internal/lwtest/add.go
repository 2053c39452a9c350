package lwtest

import (
	"archive/tar"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
)

// Add adds a file to layer n beside what the text says. open is called once for each
// time that the layer is written, and gives size bytes; name is its path in the image.
func (s *Spec) Add(n int, name string, mode, size int64, open func() io.Reader) error {
	if path.Clean("/"+name) != "/"+name || strings.HasPrefix(name, "/") {
		return fmt.Errorf("path %q is not clean", name)
	}
	e := &entry{name: name, kind: tar.TypeReg, mode: mode, size: size, stream: open}
	return s.layer(n).add(e)
}

// addEntry adds e at arg, which is LAYER/PATH.
func (s *Spec) addEntry(arg string, e *entry) error {
	n, p, err := splitPath(arg)
	if err != nil {
		return err
	}
	e.name = p
	return s.layer(n).add(e)
}

func addText(s *Spec, a []string) error { return s.addEntry(a[0], file("", []byte(a[1]))) }

func setMode(s *Spec, a []string) error {
	mode, err := strconv.ParseInt(a[0], 8, 64)
	if err != nil || mode < 0 || mode > 0o7777 {
		return fmt.Errorf("%q is not an octal mode such as 0755", a[0])
	}
	for _, arg := range a[1:] {
		e, err := s.find(arg)
		if err != nil {
			return err
		}
		e.mode = mode
	}
	return nil
}

func setCaps(s *Spec, a []string) error {
	raw, err := hex.DecodeString(a[0])
	if err != nil {
		return err
	}
	e, err := s.find(a[1])
	if err != nil {
		return err
	}
	e.caps = string(raw)
	return nil
}

func addDir(s *Spec, a []string) error {
	return s.addEntry(a[0], &entry{kind: tar.TypeDir, mode: 0o755})
}

func addSymlink(s *Spec, a []string) error {
	return s.addEntry(a[0], &entry{kind: tar.TypeSymlink, mode: 0o777, link: a[1]})
}

func addHardlink(s *Spec, a []string) error {
	return s.addEntry(a[0], &entry{kind: tar.TypeLink, mode: 0o644, link: a[1]})
}

func addDevice(s *Spec, a []string) error {
	return s.addEntry(a[0], &entry{kind: tar.TypeChar, mode: 0o666})
}

func addFifo(s *Spec, a []string) error {
	return s.addEntry(a[0], &entry{kind: tar.TypeFifo, mode: 0o644})
}

func addWhiteout(s *Spec, a []string) error {
	dir, base := path.Split(a[0])
	return s.addEntry(dir+".wh."+base, file("", nil))
}

func addOpaque(s *Spec, a []string) error {
	return s.addEntry(a[0]+"/.wh..wh..opq", file("", nil))
}

func addSparse(s *Spec, a []string) error {
	size, err := parseSize(a[1])
	if err != nil {
		return err
	}
	if size < int64(len(a[2])) {
		return fmt.Errorf("%s: size %d is smaller than its content of %d bytes", a[0], size, len(a[2]))
	}
	return s.addEntry(a[0], &entry{kind: tar.TypeGNUSparse, mode: 0o644, data: []byte(a[2]), size: size})
}

func addMany(s *Spec, a []string) error {
	n, folder, err := splitPath(a[0])
	if err != nil {
		return err
	}
	count, err := strconv.Atoi(a[1])
	if err != nil || count < 1 {
		return fmt.Errorf("%q is not a number from 1", a[1])
	}
	l := s.layer(n)
	l.many = append(l.many, many{folder, count})
	return nil
}

func rawFile(s *Spec, a []string) error {
	return onLayer(s, a, func(l *layer) error {
		l.raw = append(l.raw, file(a[1], []byte(a[2])))
		return nil
	})
}

func rawEntry(s *Spec, a []string) error {
	kinds := map[string]byte{
		"dir": tar.TypeDir, "symlink": tar.TypeSymlink, "hardlink": tar.TypeLink,
		"char": tar.TypeChar, "block": tar.TypeBlock, "fifo": tar.TypeFifo,
	}
	kind, ok := kinds[a[1]]
	if !ok {
		return fmt.Errorf("unknown kind %q; there are dir, symlink, hardlink, char, block and fifo", a[1])
	}
	isLink := kind == tar.TypeSymlink || kind == tar.TypeLink
	if isLink != (len(a) == 4) {
		return fmt.Errorf("a symlink or hardlink has a target, a %s has none", a[1])
	}
	e := &entry{name: a[2], kind: kind, mode: 0o755}
	if isLink {
		e.link = a[3]
	}
	return onLayer(s, a, func(l *layer) error { l.raw = append(l.raw, e); return nil })
}

func addDuplicate(s *Spec, a []string) error {
	old, err := s.find(a[0])
	if err != nil {
		return err
	}
	n, p, err := splitPath(a[0])
	if err != nil {
		return err
	}
	e := file(p, []byte(a[1]))
	e.mode = old.mode
	l := s.layer(n)
	l.raw = append(l.raw, e)
	return nil
}
