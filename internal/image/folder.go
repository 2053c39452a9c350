package image

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/landwaiter/landwaiter"
)

// openFolder opens a folder as one layer. Links are recorded, never followed.
func openFolder(_ context.Context, im *Image, dir string, _ platform) error {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: no such folder: %w", dir, landwaiter.ErrNotFound)
	}
	if err != nil {
		return err
	}
	im.subject.Kind = landwaiter.SubjectFolder
	im.subject.Layers = []landwaiter.Layer{{}}
	im.src = &folder{root}
	return nil
}

type folder struct{ root *os.Root }

func (f *folder) close() error { return f.root.Close() }

func (f *folder) each(ctx context.Context, gs []group, _ int, visit visitor) error {
	for _, g := range gs {
		w := &walker{ctx: ctx, root: f.root, stack: []string{"."}, links: map[inode]string{}}
		if err := errors.Join(visit(ctx, g, stream{folder: w}), w.end()); err != nil {
			return err
		}
	}
	return nil
}

type inode struct{ dev, ino uint64 }

// walker goes over a folder in a fixed order.
type walker struct {
	ctx   context.Context
	root  *os.Root
	stack []string // what is still to visit, next last
	dev   uint64
	links map[inode]string // first name of a file with several
	file  *os.File
}

// next returns the next entry. What cannot be read is an entry with a reason.
func (w *walker) next() (Entry, error) {
	if err := errors.Join(w.ctx.Err(), w.end()); err != nil {
		return Entry{}, err
	}
	if len(w.stack) == 0 {
		return Entry{}, io.EOF
	}
	name := w.stack[len(w.stack)-1]
	w.stack = w.stack[:len(w.stack)-1]
	e := Entry{Path: clean(name), Type: TypeOther}
	st, err := w.root.Lstat(name)
	if err != nil {
		e.Unreadable = "it went away or cannot be looked at: " + reason(err)
		return e, nil
	}
	e.Mode = uint32(st.Mode().Perm())
	sys, _ := st.Sys().(*syscall.Stat_t)
	if sys != nil {
		e.Mode, e.UID, e.GID = sys.Mode&0o7777, int(sys.Uid), int(sys.Gid)
		if name == "." {
			w.dev = sys.Dev
		}
	}
	switch {
	case st.IsDir() && sys != nil && sys.Dev != w.dev:
		e.Type, e.Unreadable = TypeFolder, "another file system is mounted here; it was not read"
	case st.IsDir():
		e.Type = TypeFolder
		w.list(name, &e)
	case st.Mode()&fs.ModeSymlink != 0:
		e.Type = TypeSymlink
		if e.Link, err = w.root.Readlink(name); err != nil {
			e.Note = "its target cannot be read: " + reason(err)
		}
	case st.Mode().IsRegular():
		w.regular(name, st.Size(), sys, &e)
	}
	return e, nil
}

func (w *walker) regular(name string, size int64, sys *syscall.Stat_t, e *Entry) {
	e.Type, e.Size = TypeFile, size
	if sys != nil && sys.Nlink > 1 {
		id := inode{sys.Dev, sys.Ino}
		if first, ok := w.links[id]; ok {
			e.Type, e.Size, e.Link = TypeHardlink, 0, first
			return
		}
		w.links[id] = e.Path
	}
	f, err := w.root.Open(name)
	if err != nil {
		e.Unreadable = reason(err)
		return
	}
	w.file = f
	if e.Mode&0o111 != 0 {
		e.Caps, e.Note = caps(f)
	}
}

// caps reads the capabilities of a file that can be run. Where they cannot be read,
// the note says so; most file systems and files have none.
func caps(f *os.File) (raw, note string) {
	var b [64]byte
	n, err := unix.Fgetxattr(int(f.Fd()), "security.capability", b[:])
	switch {
	case err == nil:
		return string(b[:n]), ""
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOTSUP):
		return "", ""
	}
	return "", "the capabilities that it may have cannot be read: " + err.Error()
}

// list puts what is in a folder on the stack, so that it comes out by name.
func (w *walker) list(name string, e *Entry) {
	d, err := w.root.Open(name)
	if err != nil {
		e.Unreadable = "the folder cannot be read: " + reason(err)
		return
	}
	defer d.Close()
	names, err := d.ReadDir(-1)
	if err != nil {
		e.Unreadable = "the folder cannot be read whole: " + reason(err)
	}
	slices.SortFunc(names, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for i := len(names) - 1; i >= 0; i-- {
		w.stack = append(w.stack, path.Join(name, names[i].Name()))
	}
}

func (w *walker) read(p []byte) (int, error) {
	if w.file == nil {
		return 0, io.EOF
	}
	return w.file.Read(p)
}

func (w *walker) end() error {
	if w.file == nil {
		return nil
	}
	err := w.file.Close()
	w.file = nil
	return err
}

// reason leaves the machine's own path out of an error.
func reason(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	return err.Error()
}
