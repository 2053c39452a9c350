package inventory

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"time"

	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/log"

	"github.com/landwaiter/landwaiter"
)

// The rows of the long tail are read by extractors of osv-scalibr, one file at a
// time. Only extractors that read installed software, and need no other file than
// the one, can serve here. What they cost and what they give: docs/adr/0006.

const (
	tailMaxBytes = 4 << 20 // of one file
	tailTime     = 10 * time.Second
	tailAtOnce   = 8 // calls that run, those that were given up among them
	tailMost     = 10_000
)

// newExtractor is the form of osv-scalibr's constructors.
type newExtractor func(*cpb.PluginConfig) (filesystem.Extractor, error)

// tailSlots bounds how many calls run. One that outlives its time keeps its slot.
type tailSlots chan struct{}

// tailPackage is what an extractor said, made ours inside its own call.
type tailPackage struct {
	pkg  landwaiter.Package
	from string // the file or folder that the extractor names as the package's own
}

// tailAnswer is what one call came back with.
type tailAnswer struct {
	packages []tailPackage
	err      error
}

// tail makes the reader of a row of the long tail. folder says which folder a
// package owns, "" for none, by the file's path and by what the extractor names as
// the package's own place. The key of a package is its file, "#", name and version.
func (slots tailSlots) tail(row string, create newExtractor, folder func(file, from string) string) func(*file, *facts) error {
	return func(f *file, out *facts) error {
		e, err := create(&cpb.PluginConfig{})
		if err != nil {
			return fmt.Errorf("osv-scalibr: %w", err)
		}
		if f.Size > tailMaxBytes {
			return fmt.Errorf("%d bytes: %w", f.Size, landwaiter.ErrTooLarge)
		}
		data, err := io.ReadAll(f.Reader())
		if err != nil {
			return err
		}
		packages, err := slots.call(e, row, f.Path, data, tailTime)
		for _, p := range packages {
			tailEmit(f, p, folder, out)
		}
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			return &landwaiter.SyntaxError{Path: f.Path, Err: err}
		}
		return err
	}
}

// call asks an extractor about one file, within a time. It reads a copy of its own
// and answers over a channel with room for the answer, so that a call that was
// given up cannot touch anything of ours and ends by itself; until then it holds
// its slot, and where all slots are held nobody is asked.
func (slots tailSlots) call(e filesystem.Extractor, row, name string, data []byte, most time.Duration) ([]tailPackage, error) {
	quietTail()
	ctx, cancel := context.WithTimeout(context.Background(), most)
	defer cancel()
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: other files took too long: %w", row, ctx.Err())
	}
	answer := make(chan tailAnswer, 1)
	go func() {
		defer func() { <-slots }()
		answer <- asked(ctx, e, row, name, data)
	}()
	select {
	case a := <-answer:
		return a.packages, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%s: given up after %v: %w", row, most, ctx.Err())
	}
}

// asked runs the extractor and makes its packages ours.
func asked(ctx context.Context, e filesystem.Extractor, row, name string, data []byte) (a tailAnswer) {
	defer caught(name, &a.err)
	one := oneFile{name: name, data: data}
	found, err := e.Extract(ctx, &filesystem.ScanInput{
		FS: one, Path: name, Info: one, Reader: &timedReader{ctx, bytes.NewReader(data)},
	})
	for _, p := range found.Packages {
		if p == nil {
			continue
		}
		if len(a.packages) >= tailMost {
			return tailAnswer{a.packages, fmt.Errorf("more than %d packages: %w", tailMost, landwaiter.ErrTooLarge)}
		}
		a.packages = append(a.packages, tailPackage{tailMap(row, p), p.Location.PathOrEmpty()})
	}
	a.err = err
	return a
}

// tailMap makes a package of osv-scalibr's one of ours.
func tailMap(row string, p *extractor.Package) landwaiter.Package {
	p.Name, p.Version = strings.TrimSpace(p.Name), strings.TrimSpace(p.Version)
	out := landwaiter.Package{
		Ecosystem: row, Name: p.Name, Version: p.Version,
		Licence: oneLine(strings.Join(p.Licenses, " AND ")),
	}
	if u := p.PURL(); u != nil {
		out.PURL = u.String()
	}
	return out
}

func tailEmit(f *file, p tailPackage, folder func(file, from string) string, out *facts) {
	name, version := p.pkg.Name, p.pkg.Version
	if name == "" || version == "" || !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("%q has no name or no version", oneLine(name)))
		return
	}
	key := f.Path + "#" + name + "@" + version
	out.Package("installed metadata", p.pkg, key)
	out.Owns(key, f.Path, "")
	if dir := folder(f.Path, p.from); dir != "" {
		out.OwnsTree(key, dir)
	}
}

// oneFile is a filesystem that holds exactly one file, and its description.
type oneFile struct {
	name string
	data []byte
}

func (o oneFile) Open(name string) (fs.File, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	return struct {
		*bytes.Reader
		opened
	}{bytes.NewReader(o.data), opened{o}}, nil
}

func (o oneFile) Stat(name string) (fs.FileInfo, error) {
	if name != o.name {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return o, nil
}

func (o oneFile) ReadDir(name string) ([]fs.DirEntry, error) {
	return nil, &fs.PathError{Op: "readdir", Path: name, Err: fs.ErrNotExist}
}

func (o oneFile) Name() string     { return path.Base(o.name) }
func (o oneFile) Size() int64      { return int64(len(o.data)) }
func (oneFile) Mode() fs.FileMode  { return 0o644 }
func (oneFile) ModTime() time.Time { return time.Time{} }
func (oneFile) IsDir() bool        { return false }
func (oneFile) Sys() any           { return nil }

// opened is what a file that was opened has beside its bytes.
type opened struct{ oneFile oneFile }

func (o opened) Stat() (fs.FileInfo, error) { return o.oneFile, nil }
func (opened) Close() error                 { return nil }

// timedReader ends when the time is up.
type timedReader struct {
	ctx context.Context //nolint:containedctx // an io.Reader has no other way to hear of it
	r   io.Reader
}

func (t *timedReader) Read(p []byte) (int, error) {
	if err := t.ctx.Err(); err != nil {
		return 0, err
	}
	return t.r.Read(p)
}

// quietTail stops osv-scalibr from writing to the error output: what it could not
// read is a gap, and it complains that no file but the one is there.
var quietTail = sync.OnceFunc(func() { log.SetLogger(silent{}) })

// silent drops what it is told.
type silent struct{}

func (silent) Errorf(string, ...any) {}
func (silent) Error(...any)          {}
func (silent) Warnf(string, ...any)  {}
func (silent) Warn(...any)           {}
func (silent) Infof(string, ...any)  {}
func (silent) Info(...any)           {}
func (silent) Debugf(string, ...any) {}
func (silent) Debug(...any)          {}
