package lwtest

import (
	"archive/tar"
	"bytes"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
)

// modified is the modification time of every entry.
var modified = time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC)

// layer is one layer: what it holds, how it is stored, and what is wrong with it.
type layer struct {
	codec     string
	format    tar.Format
	createdBy string
	only      string            // platform that alone has the layer; empty for all
	entries   map[string]*entry // by path, written in order of paths
	raw       []*entry          // written after them, in the order of the directives
	many      []many            // written last
	second    string            // prefix of the material that a second archive holds
	flaws     flaws
}

// flaws are damage to a layer. Offsets that are negative count from the end.
type flaws struct {
	trailing       int64  // bytes after the end of the tar, before compression
	trailingStored int64  // bytes after the end of the compressed layer
	cut            int64  // bytes missing at the end of the blob
	flip           *int64 // offset of a flipped byte of the blob
	missing        bool   // no blob at all
	sizeOff        int64  // added to the size in the descriptor
	badDiffID      bool
	noDiffID       bool
}

type many struct {
	folder string
	n      int
}

// entry is one entry of a layer's tar.
type entry struct {
	name   string
	kind   byte // a tar.Type constant
	link   string
	mode   int64
	caps   string
	data   []byte
	stream func() io.Reader // used instead of data where set
	size   int64            // of stream; for a sparse entry its real size
}

func file(name string, data []byte) *entry {
	return &entry{name: name, kind: tar.TypeReg, mode: 0o644, data: data}
}

func (e *entry) length() int64 {
	if e.stream != nil {
		return e.size
	}
	return int64(len(e.data))
}

func (e *entry) open() io.Reader {
	if e.stream != nil {
		return e.stream()
	}
	return bytes.NewReader(e.data)
}

func (l *layer) add(e *entry) error {
	if l.entries[e.name] != nil {
		return fmt.Errorf("%s: the layer has it already", e.name)
	}
	l.entries[e.name] = e
	return nil
}

// check refuses an entry below something that is no folder: rawname does that on
// purpose.
func (l *layer) check() error {
	for name := range l.entries {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if e := l.entries[dir]; e != nil && e.kind != tar.TypeDir {
				return fmt.Errorf("%s lies below %s, which is no folder; rawname can do that", name, dir)
			}
		}
	}
	return nil
}

// regular returns the regular file at p as layer n and those below it have it,
// following symbolic links to folders, and reports whether p names anything at
// all. It takes no notice of removals.
func (s *Spec) regular(n int, p string) (e *entry, known bool) {
	p = strings.TrimPrefix(path.Clean("/"+p), "/")
	for range 40 { // as many links as Linux follows
		if e := s.entry(n, p); e != nil {
			if e.kind != tar.TypeReg {
				return nil, true
			}
			return e, true
		}
		next := s.throughLink(n, p)
		if next == "" {
			return nil, s.implied(n, p)
		}
		p = next
	}
	return nil, false
}

// entry returns the entry at p of layer n or the nearest below that has one.
func (s *Spec) entry(n int, p string) *entry {
	for i := n; i >= 0; i-- {
		if e := s.layer(i).entries[p]; e != nil {
			return e
		}
	}
	return nil
}

// throughLink replaces the first folder of p that is a symbolic link by its
// target; it returns "" where none is.
func (s *Spec) throughLink(n int, p string) string {
	for i, c := range p {
		if c != '/' {
			continue
		}
		dir := p[:i]
		if e := s.entry(n, dir); e != nil && e.kind == tar.TypeSymlink {
			target := e.link
			if !path.IsAbs(target) {
				target = path.Join("/", path.Dir(dir), target)
			}
			return strings.TrimPrefix(path.Join(target, p[i:]), "/")
		}
	}
	return ""
}

// implied reports whether p is a folder that something lies in.
func (s *Spec) implied(n int, p string) bool {
	if p == "" {
		return true
	}
	for i := n; i >= 0; i-- {
		for name := range s.layer(i).entries {
			if strings.HasPrefix(name, p+"/") {
				return true
			}
		}
	}
	return false
}

// ordered returns the entries with the folders they need, by path; hard links
// come last, after what they point at.
func (l *layer) ordered() []*entry {
	all := map[string]*entry{}
	var names, links []string
	for name, e := range l.entries {
		all[name] = e
		if e.kind == tar.TypeLink {
			links = append(links, name)
		} else {
			names = append(names, name)
		}
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if l.entries[dir] == nil && all[dir] == nil {
				all[dir] = &entry{name: dir, kind: tar.TypeDir, mode: 0o755}
				names = append(names, dir)
			}
		}
	}
	slices.Sort(names)
	slices.Sort(links)
	out := make([]*entry, 0, len(all)+len(l.raw))
	for _, name := range append(names, links...) {
		out = append(out, all[name])
	}
	return append(out, l.raw...)
}

// writeTar writes the uncompressed layer.
func (l *layer) writeTar(w io.Writer, s *Spec) error {
	tw := tar.NewWriter(w)
	for _, e := range l.ordered() {
		if e.kind == tar.TypeGNUSparse {
			// archive/tar cannot write them.
			if err := tw.Flush(); err != nil {
				return err
			}
			if err := writeSparse(w, e); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
			continue
		}
		if err := writeEntry(tw, e, l.format); err != nil {
			return fmt.Errorf("%s: %w", e.name, err)
		}
	}
	for _, m := range l.many {
		for i := range m.n {
			e := file(fmt.Sprintf("%s/%07d", m.folder, i), nil)
			if err := writeEntry(tw, e, l.format); err != nil {
				return fmt.Errorf("%s: %w", e.name, err)
			}
		}
	}
	if err := tw.Close(); err != nil {
		return err
	}
	if l.second != "" {
		second := &layer{entries: map[string]*entry{}}
		for name, data := range s.below(l.second) {
			second.entries[name] = file(name, data)
		}
		if err := second.writeTar(w, s); err != nil {
			return err
		}
	}
	_, err := io.CopyN(w, noise("trailing"), l.flaws.trailing)
	return err
}

func writeEntry(tw *tar.Writer, e *entry, format tar.Format) error {
	h := &tar.Header{
		Name: e.name, Typeflag: e.kind, Linkname: e.link, Mode: e.mode,
		ModTime: modified, Format: format,
	}
	if e.caps != "" {
		h.PAXRecords, h.Format = map[string]string{"SCHILY.xattr.security.capability": e.caps}, tar.FormatPAX
	}
	switch e.kind {
	case tar.TypeDir:
		h.Name = strings.TrimSuffix(h.Name, "/") + "/"
	case tar.TypeReg:
		h.Size = e.length()
	case tar.TypeChar, tar.TypeBlock:
		h.Devmajor, h.Devminor = 1, 3
	}
	if err := tw.WriteHeader(h); err != nil {
		return err
	}
	if e.kind != tar.TypeReg {
		return nil
	}
	_, err := io.Copy(tw, e.open())
	return err
}
