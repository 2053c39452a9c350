package image

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync/atomic"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// stream is where a layer's bytes come from: stored bytes, or a folder.
type stream struct {
	// open opens the stored bytes. Reading them ends with the context.
	open func(context.Context) (io.ReadCloser, error)
	// present fails where the place lacks the stored bytes, without reading them;
	// nil where nobody can say.
	present func() error
	folder  *walker
}

// Type is the type of an entry.
type Type byte

// The types of entry. A whiteout removes Path from the layers below, an opaque
// one all that is in the folder Path.
const (
	TypeFile     Type = 'f'
	TypeFolder   Type = 'd'
	TypeSymlink  Type = 'l'
	TypeHardlink Type = 'h'
	TypeOther    Type = 'o' // device, pipe, socket
	TypeWhiteout Type = 'w'
	TypeOpaque   Type = 'q'
)

// Entry is one entry of a layer, in the layer's own order.
type Entry struct {
	Path string // clean, slash-separated, no leading slash; "" is the root
	Type Type
	Mode uint32 // permission bits with set-uid, set-gid and sticky
	Size int64  // of a file
	Link string // target of a link, as written; of a hard link, clean
	UID  int
	GID  int
	// Caps are the file's capabilities as the system keeps them, raw; empty for
	// most. In a folder they are read of files that can be run.
	Caps string
	// Note says what is odd about the entry, such as a name that points out of
	// the root. It becomes a gap.
	Note string
	// Unreadable says why the content cannot be read: of a file, or of all that is
	// in a folder. Read then gives nothing.
	Unreadable string
}

// Layer streams the entries of one layer.
type Layer struct {
	// Indexes are the positions in Subject.Layers that have this content.
	Indexes []int
	// Trailing is the number of bytes behind the end of the archive, from the
	// first that is not zero. Engines do not unpack them, and nobody may call
	// them clean. Known after Next has returned io.EOF.
	Trailing int64

	im      *Image
	want    landwaiter.Layer
	from    stream
	in      *cancelled
	cancel  context.CancelFunc
	body    io.Closer // nil until the layer is opened
	stored  *limitio.Digest
	plain   *limitio.Digest // of another goroutine, until ahead is closed
	ahead   *limitio.Ahead
	read    int64 // bytes of tar
	tar     *tar.Reader
	folder  *walker
	count   int
	skipped int64 // unpacked bytes that nobody read
	ended   bool
}

// newLayer is a layer that is not open yet.
func (im *Image) newLayer(ctx context.Context, g group, s stream) *Layer {
	l := &Layer{Indexes: g.indexes, im: im, want: g.layer, from: s, folder: s.folder, in: &cancelled{ctx: ctx, im: im}}
	l.stored = limitio.NewDigest(bytes.NewReader(nil))
	l.plain = l.stored
	return l
}

// open starts to read the layer.
func (l *Layer) open() error {
	l.in.ctx, l.cancel = context.WithCancel(l.in.ctx)
	body, err := l.from.open(l.in.ctx)
	if err != nil {
		return err
	}
	l.body, l.in.r = body, body
	l.stored = limitio.NewDigest(l.in)
	l.plain = limitio.NewDigest(bytes.NewReader(nil))
	ready := make(chan error)
	content := limitio.NewAheadOf(func(a *limitio.Ahead) (func() (limitio.Block, error), func()) {
		d, err := decompress(l.stored, a.Enough)
		if ready <- err; err != nil {
			return func() (limitio.Block, error) { return nil, err }, func() {}
		}
		return (&budget{im: l.im, in: l.in, next: d.next}).block, d.stop
	})
	if err := <-ready; err != nil {
		return errors.Join(err, content.Close())
	}
	// The digest is taken beside: it is as much work as a third of decompression.
	l.ahead = limitio.NewAheadOf(func(*limitio.Ahead) (func() (limitio.Block, error), func()) {
		return (&summed{l, content}).block, func() { content.Close() }
	})
	l.tar = tar.NewReader(counted{l})
	return nil
}

// counted reads what tar.Reader reads.
type counted struct{ l *Layer }

func (c counted) Read(p []byte) (int, error) {
	lap := c.l.im.stages.wait.Begin(c.l.in.ctx, c.l.im.opt.Clock)
	n, err := c.l.ahead.Read(p)
	lap.End(int64(n))
	c.l.read += int64(n)
	return n, err
}

// close ends the layer, wherever it is.
func (l *Layer) close() {
	if l.cancel != nil {
		l.cancel() // whoever waits for the source waits no longer
	}
	l.settle()
	if l.body != nil {
		l.body.Close()
	}
}

// settle ends decompression, so that nobody else reads the stored bytes.
func (l *Layer) settle() {
	if l.ahead != nil {
		l.ahead.Close()
		l.ahead = nil
	}
}

// Unpacked returns the bytes of uncompressed tar read so far, or skipped.
func (l *Layer) Unpacked() int64 { return l.read + l.skipped }

// Next goes on to the next entry, and opens the layer before the first. It returns
// io.EOF after the last, and only when every digest has been checked to the last byte.
func (l *Layer) Next() (Entry, error) {
	if l.count++; l.count > limitio.MaxEntries {
		return Entry{}, fmt.Errorf("more than %d entries: %w", limitio.MaxEntries, landwaiter.ErrTooLarge)
	}
	if l.folder != nil {
		e, err := l.folder.next()
		if err == io.EOF {
			l.ended = true
		}
		return e, err
	}
	if l.tar == nil {
		if err := l.open(); err != nil {
			return Entry{}, err
		}
	}
	for {
		h, err := l.tar.Next()
		if err == io.EOF {
			return Entry{}, l.finish()
		}
		if err != nil {
			return Entry{}, l.damage(err)
		}
		if h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		e := entry(h)
		// A sparse file holds more than the archive does.
		if err := l.im.spend(&l.im.content, e.Size); err != nil {
			return Entry{}, fmt.Errorf("%s: %w", e.Path, err)
		}
		if int64(len(h.Name)) > limitio.MaxName {
			return Entry{}, fmt.Errorf("a name of %d bytes, at most %d are read: %w", len(h.Name), limitio.MaxName, landwaiter.ErrTooLarge)
		}
		return e, nil
	}
}

// Read reads the content of the entry that Next returned.
func (l *Layer) Read(p []byte) (int, error) {
	if l.folder != nil {
		return l.folder.read(p)
	}
	n, err := l.tar.Read(p)
	if err != nil && err != io.EOF {
		return n, l.damage(err)
	}
	return n, err
}

// damage says what a broken stream means: a wrong digest, if it has one, tells
// the reader more than the decompressor's complaint.
func (l *Layer) damage(err error) error {
	if errors.Is(err, landwaiter.ErrTooLarge) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	err = fmt.Errorf("damaged after %d bytes of content: %w", l.read, err)
	l.settle()
	if l.want.Digest != "" {
		if bad := l.stored.Verify(l.want.Digest, l.want.Size); errors.Is(bad, landwaiter.ErrDigest) {
			return fmt.Errorf("%w; copy the image again: %w", err, bad)
		}
	}
	return fmt.Errorf("%w; the image was built so, ask for a new one: %w", err, landwaiter.ErrInvalid)
}

// finish reads what stands behind the archive's end, then checks both digests.
func (l *Layer) finish() error {
	var buf [32 << 10]byte
	for {
		n, err := counted{l}.Read(buf[:])
		rest := buf[:n]
		if l.Trailing == 0 {
			rest = bytes.TrimLeft(rest, "\x00")
		}
		l.Trailing += int64(len(rest))
		if err == io.EOF {
			break
		}
		if err != nil {
			return l.damage(err)
		}
	}
	l.settle()
	if l.want.Digest != "" {
		if err := l.stored.Verify(l.want.Digest, l.want.Size); err != nil {
			return fmt.Errorf("stored bytes: %w; copy the image again", err)
		}
	}
	if l.want.DiffID != "" {
		if err := l.plain.Verify(l.want.DiffID, -1); err != nil {
			return fmt.Errorf("content against the image's own configuration: %w; ask for a new one", err)
		}
	}
	l.ended = true
	return io.EOF
}

// capsRecord is where an archive keeps the capabilities of a file.
const capsRecord = "SCHILY.xattr.security.capability"

// entry turns a tar header into an Entry.
func entry(h *tar.Header) Entry {
	e := Entry{Path: clean(h.Name), Mode: uint32(h.Mode) & 0o7777, UID: h.Uid, GID: h.Gid, Link: h.Linkname}
	if len(h.PAXRecords) > 0 {
		e.Caps = h.PAXRecords[capsRecord]
	}
	if leaves(h.Name) {
		e.Note = fmt.Sprintf("the name %q points out of the image", h.Name)
	}
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeGNUSparse, tar.TypeCont, '\x00':
		e.Type, e.Size = TypeFile, h.Size
	case tar.TypeDir:
		e.Type = TypeFolder
	case tar.TypeSymlink:
		e.Type = TypeSymlink
	case tar.TypeLink:
		e.Type, e.Link = TypeHardlink, clean(h.Linkname)
	case tar.TypeChar, tar.TypeBlock, tar.TypeFifo:
		e.Type = TypeOther
	default:
		e.Type, e.Note = TypeOther, fmt.Sprintf("an entry of unknown type %q, %d bytes", h.Typeflag, h.Size)
	}
	return whiteout(e)
}

// whiteout recognises the marks by which a layer removes what is below it.
//
// Format: https://github.com/opencontainers/image-spec/blob/main/layer.md
func whiteout(e Entry) Entry {
	dir, base := path.Split(e.Path)
	dir = strings.TrimSuffix(dir, "/")
	name, ok := strings.CutPrefix(base, ".wh.")
	switch {
	case !ok:
		return e
	case name == ".wh..opq":
		return Entry{Path: dir, Type: TypeOpaque}
	case strings.HasPrefix(name, ".wh."):
		return Entry{Path: e.Path, Type: TypeOther} // bookkeeping of AUFS
	case name == "" || name == "." || name == "..":
		return Entry{Path: e.Path, Type: TypeOther, Note: fmt.Sprintf("%q removes nothing that has a name", e.Path)}
	}
	return Entry{Path: path.Join(dir, name), Type: TypeWhiteout}
}

// clean makes a name below the root of any name: no leading slash, no dots.
func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// leaves reports whether name climbs above the root.
func leaves(name string) bool {
	p := path.Clean(strings.TrimLeft(name, "/"))
	return p == ".." || strings.HasPrefix(p, "../")
}

// cancelled counts stored bytes and ends when the context does.
type cancelled struct {
	ctx context.Context
	r   io.Reader
	im  *Image
	n   atomic.Int64 // read by the other goroutine, too
}

func (c *cancelled) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	lap := c.im.stages.source.Begin(c.ctx, c.im.opt.Clock)
	n, err := c.r.Read(p)
	lap.End(int64(n))
	c.n.Add(int64(n))
	c.im.read.Add(int64(n))
	return n, err
}

// budget counts unpacked bytes of all layers against one cap, and of one layer
// against what it is stored in.
type budget struct {
	im   *Image
	n    int64
	in   *cancelled
	next func() (limitio.Block, error)
}

func (b *budget) block() (limitio.Block, error) {
	lap := b.im.stages.unpack.Begin(b.in.ctx, b.im.opt.Clock)
	p, err := b.next()
	if err != nil {
		lap.End(0)
		return nil, err
	}
	n := int64(len(p.Bytes()))
	lap.End(n)
	if err := b.im.spend(&b.im.unpacked, n); err != nil {
		return nil, err
	}
	if b.n += n; b.n > limitio.MinRatio && b.n/limitio.MaxRatio > b.in.n.Load() {
		return nil, fmt.Errorf("%d bytes unpack to more than %d: nothing but a trap is stored so: %w", b.in.n.Load(), b.n, landwaiter.ErrTooLarge)
	}
	return p, nil
}

// summed takes the digest of a layer's content.
type summed struct {
	l    *Layer
	from *limitio.Ahead
}

func (s *summed) block() (limitio.Block, error) {
	p, err := s.from.Next()
	if err != nil {
		return nil, err
	}
	lap := s.l.im.stages.digest.Begin(s.l.in.ctx, s.l.im.opt.Clock)
	s.l.plain.Add(p.Bytes())
	lap.End(int64(len(p.Bytes())))
	return p, nil
}

// spend counts n bytes against the cap on unpacked bytes.
func (im *Image) spend(count *atomic.Int64, n int64) error {
	if count.Add(n) > im.opt.maxUnpacked() || n < 0 {
		return fmt.Errorf("the image unpacks to more than %d MiB; if that is meant, raise --max-unpacked-gib: %w", im.opt.maxUnpacked()>>20, landwaiter.ErrTooLarge)
	}
	return nil
}
