package inventory

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/bzip2"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/gunzip"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// packings are the formats that compress one stream.
var packings = []struct {
	magic, name string
	open        func(r io.Reader) (io.Reader, func(), error)
}{
	{"\x1f\x8b", "gzip", func(r io.Reader) (io.Reader, func(), error) {
		z, err := gunzip.Small(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { z.Close() }, nil
	}},
	{"BZh", "bzip2", func(r io.Reader) (io.Reader, func(), error) { return bzip2.NewReader(r), func() {}, nil }},
	{"\xfd7zXZ\x00", "xz", func(r io.Reader) (io.Reader, func(), error) {
		z, err := xz.ReaderConfig{DictCap: archiveMaxWindow}.NewReader(r)
		return z, func() {}, err
	}},
	{"\x28\xb5\x2f\xfd", "zstd", func(r io.Reader) (io.Reader, func(), error) {
		z, err := zstd.NewReader(r, zstd.WithDecoderMaxWindow(limitio.MaxWindow), zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, nil, err
		}
		return z, z.Close, nil
	}},
	{"\x5d\x00\x00", "lzma", func(r io.Reader) (io.Reader, func(), error) {
		z, err := lzma.ReaderConfig{DictCap: archiveMaxWindow}.NewReader(r)
		return z, func() {}, err
	}},
}

// unpack reads what is compressed by a packing of the table. Call done at the end.
func unpack(packing string, r io.Reader) (in io.Reader, done func(), err error) {
	for _, p := range packings {
		if p.name == packing {
			if in, done, err = p.open(r); err != nil {
				return nil, nil, err
			}
			return &sticky{r: in}, done, nil
		}
	}
	return nil, nil, fmt.Errorf("packed by %s: %w", packing, landwaiter.ErrUnsupported)
}

// readDocs are folders of text for people, each file compressed by itself. There
// the first bytes decide: what is text is not unpacked further.
var readDocs = []string{"usr/share/doc/", "usr/share/man/", "usr/share/info/"}

// lookPacked looks into one compressed stream: an archive, or one file.
func lookPacked(l *look) error {
	for _, p := range packings {
		if !bytes.HasPrefix(l.head, []byte(p.magic)) {
			continue
		}
		r, done, err := p.open(l.in)
		if err != nil {
			return err
		}
		defer done()
		return l.unpacked(p.name, &sticky{r: r})
	}
	return errNotIt
}

// sticky repeats the first error: some readers forget theirs, and go on as if the
// stream had ended well.
type sticky struct {
	r   io.Reader
	err error
}

func (s *sticky) Read(p []byte) (n int, err error) {
	if s.err == nil {
		n, s.err = s.r.Read(p)
	}
	return n, s.err
}

// unpacked looks at the stream inside a compressed one. Its name is that of the
// file without the suffix of the packing.
func (l *look) unpacked(packing string, r io.Reader) error {
	in, head := heads(r)
	name := packedName(l.path)
	f, kind := l.walk.s.m.formats.find(name, head)
	if kind == landwaiter.FileText && (f == nil || f.look == nil) && isDoc(l.path) {
		return errNotIt
	}
	if isTarHeader(head) {
		l.nature.Format = "tar, " + packing
		return l.finish(l.tar(in))
	}
	l.nature.Format = packing
	m, err := l.members(true)
	if err != nil {
		return err
	}
	n, err := m.add(name, -1, in)
	inside := m.kid.out.natures[m.n]
	l.nature.Members, l.nature.Programs = 0, 0
	if inside != nil {
		l.nature = *inside
		l.nature.Format = inside.Format + ", " + packing
	} else if err == nil {
		l.say("one %s file", n.kind)
	}
	if n.flags&flagClosed != 0 {
		l.closed = true
	}
	if k := n.kind; k == landwaiter.FileModel || k == landwaiter.FileData {
		l.kind = k
	}
	return l.finish(err)
}

func isDoc(name string) bool {
	for _, folder := range readDocs {
		if strings.HasPrefix(name, folder) {
			return true
		}
	}
	return false
}

// packedName is the name of the file inside a compressed one.
func packedName(name string) string {
	base := path.Base(name)
	switch ext := path.Ext(base); strings.ToLower(ext) {
	case ".gz", ".bz2", ".xz", ".zst", ".lzma", ".bgz":
		return strings.TrimSuffix(base, ext)
	case ".tgz", ".tbz", ".txz", ".tzst":
		return strings.TrimSuffix(base, ext) + ".tar"
	case ".svgz":
		return strings.TrimSuffix(base, "z")
	}
	return base
}

// isTarHeader reports whether head is the header of a tar archive's first member:
// its checksum fits.
//
// Format: pax(1), "ustar Interchange Format".
func isTarHeader(head []byte) bool {
	if len(head) < 512 || head[0] == 0 {
		return false
	}
	want, err := strconv.ParseInt(strings.Trim(string(head[148:156]), " \x00"), 8, 64)
	if err != nil {
		return false
	}
	var sum int64
	for i, c := range head[:512] {
		if i >= 148 && i < 156 {
			c = ' '
		}
		sum += int64(c)
	}
	return sum == want
}

func lookTar(l *look) error {
	if !isTarHeader(l.head) {
		return errors.New("the first member's header does not add up")
	}
	return l.finish(l.tar(l.in))
}

// tar reads the members of a tar archive.
func (l *look) tar(r io.Reader) error {
	m, err := l.members(false)
	if err != nil {
		return err
	}
	end := &tarEnd{r: r}
	for t := tar.NewReader(end); ; {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF):
			if end.zeros < 512 || end.size%512 != 0 {
				l.shut(-1, "a tar archive without its end, as if it were cut")
			}
			return l.drained(spend{r, m.kid.nest.budget})
		case err != nil && !errors.Is(err, tar.ErrInsecurePath):
			return err
		case h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeGNUSparse:
			continue
		}
		if _, err := m.add(h.Name, h.Size, t); err != nil {
			return err
		}
	}
}

// tarEnd sees whether a tar archive comes to its end, two blocks of zeros.
type tarEnd struct {
	r           io.Reader
	size, zeros int64
}

func (t *tarEnd) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	t.size += int64(n)
	tail := int64(len(bytes.TrimRight(p[max(0, n-1024):n], "\x00")))
	switch kept := int64(min(n, 1024)); {
	case n == 0:
	case tail == 0 && int64(n) == kept:
		t.zeros += kept
	default:
		t.zeros = kept - tail
	}
	return n, err
}

// lookCPIO reads the members of a cpio archive of the "new" format.
//
// Format: cpio(5).
func lookCPIO(l *look) error {
	m, err := l.members(false)
	if err != nil {
		return err
	}
	r := bufio.NewReader(l.in)
	var h [110]byte
	for {
		if _, err := io.ReadFull(r, h[:]); err != nil {
			return err
		}
		number := func(i int) int64 {
			n, fail := strconv.ParseUint(string(h[6+8*i:14+8*i]), 16, 32)
			err = errors.Join(err, fail)
			return int64(n)
		}
		mode, size, length := number(1), number(6), number(11)
		if magic := string(h[:6]); err != nil || magic != "070701" && magic != "070702" || length > limitio.MaxName {
			return errors.New("no header where a member should begin")
		}
		name := make([]byte, length+pad4(110+length))
		if _, err := io.ReadFull(r, name); err != nil {
			return err
		}
		base := cstring(name)
		if base == "TRAILER!!!" {
			return l.finish(l.drained(spend{r, m.kid.nest.budget}))
		}
		body := io.LimitReader(r, size)
		if mode&0o170000 == 0o100000 {
			if _, err := m.add(base, size, body); err != nil {
				return err
			}
		}
		if _, err := io.Copy(io.Discard, body); err != nil {
			return err
		}
		if _, err := r.Discard(int(pad4(size))); err != nil {
			return err
		}
	}
}

func pad4(n int64) int64 { return -n & 3 }

// lookAr reads the members of a Debian package.
//
// Format: deb(5).
func lookAr(l *look) error {
	m, err := l.members(false)
	if err != nil {
		return err
	}
	r := bufio.NewReader(l.in)
	if _, err := r.Discard(8); err != nil {
		return err
	}
	var h [60]byte
	for {
		if _, err := io.ReadFull(r, h[:]); err == io.EOF {
			return l.finish(nil)
		} else if err != nil {
			return err
		}
		size, err := arSize(h[:])
		if err != nil {
			return err
		}
		body := io.LimitReader(r, size)
		if _, err := m.add(strings.TrimRight(string(h[:16]), " /"), size, body); err != nil {
			return err
		}
		if size&1 == 1 {
			_, _ = r.Discard(1) // the last member may lack it
		}
	}
}

// rpmHeaderFile is the name under which the header of an rpm package is read.
const rpmHeaderFile = "rpm-header"

// lookRPM reads the header and the members of an rpm package.
//
// Format: rpm.org, "RPM V4 Package format".
func lookRPM(l *look) error {
	m, err := l.members(false)
	if err != nil {
		return err
	}
	r := bufio.NewReader(l.in)
	if _, err := r.Discard(96); err != nil {
		return err
	}
	for i := range 2 { // the signature, then the header
		intro := make([]byte, 16)
		if _, err := io.ReadFull(r, intro); err != nil {
			return err
		}
		if string(intro[:4]) != "\x8e\xad\xe8\x01" {
			return errors.New("no header where one should begin")
		}
		size := 16*int64(binary.BigEndian.Uint32(intro[8:])) + int64(binary.BigEndian.Uint32(intro[12:]))
		if size > limitio.MaxMetadata*4 {
			return fmt.Errorf("a header of %d bytes: %w", size, landwaiter.ErrTooLarge)
		}
		if i == 0 {
			if _, err := r.Discard(int(size + -size&7)); err != nil {
				return err
			}
			continue
		}
		header := io.MultiReader(bytes.NewReader(intro[8:]), io.LimitReader(r, size))
		if _, err := m.add(rpmHeaderFile, 8+size, header); err != nil {
			return err
		}
		l.nature.Members--
	}
	n, err := m.add("payload.cpio", -1, r)
	if err == nil && n.flags&flagOpened == 0 && len(l.gaps) == 0 {
		l.shut(-1, "an rpm package whose files could not be unpacked")
	}
	return l.finish(err)
}
