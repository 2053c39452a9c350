package advisory

import (
	"archive/zip"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/landwaiter/landwaiter"
)

// recordFile is one record of a source, before it is read.
type recordFile struct {
	name   string // "ID.json"
	packed uint64 // bytes as stored; 0 where nothing is packed
	open   func() (io.ReadCloser, error)
}

// openRecords lists the records of a source by name. sum is the SHA-256 of the
// zip, or, for a folder, of the list of its files' names and SHA-256.
func openRecords(in input) (files []recordFile, sum string, closer io.Closer, err error) {
	if in.folder {
		files, sum, err = folderRecords(in.path)
		return files, sum, io.NopCloser(nil), err
	}
	f, err := os.Open(in.path)
	if err != nil {
		return nil, "", nil, err
	}
	files, sum, err = zipRecords(f)
	if err != nil {
		return nil, "", nil, errors.Join(err, f.Close())
	}
	return files, sum, f, nil
}

func zipRecords(f *os.File) ([]recordFile, string, error) {
	h := sha256.New()
	size, err := copyCapped(h, f, maxSourceFile)
	if err != nil {
		return nil, "", err
	}
	z, err := zip.NewReader(f, size)
	if err != nil {
		return nil, "", fmt.Errorf("it is no whole zip; fetch it again: %w", err)
	}
	if len(z.File) > maxEntries {
		return nil, "", fmt.Errorf("more than %d records: %w", maxEntries, landwaiter.ErrTooLarge)
	}
	files := make([]recordFile, 0, len(z.File))
	for _, e := range z.File {
		if e.Mode().IsDir() || strings.ContainsAny(e.Name, `/\`) || !strings.HasSuffix(e.Name, ".json") {
			return nil, "", fmt.Errorf("it holds %.80q, and a source holds only records named ID.json at its root: %w", e.Name, landwaiter.ErrInvalid)
		}
		files = append(files, recordFile{e.Name, max(1, e.CompressedSize64), e.Open})
	}
	return sorted(files), hex.EncodeToString(h.Sum(nil)), nil
}

func folderRecords(path string) ([]recordFile, string, error) {
	list, err := os.ReadDir(path)
	if err != nil {
		return nil, "", err
	}
	if len(list) > maxEntries {
		return nil, "", fmt.Errorf("more than %d records: %w", maxEntries, landwaiter.ErrTooLarge)
	}
	var files []recordFile
	h := sha256.New()
	for _, e := range list { // by name already
		if beside(e.Name()) {
			continue
		}
		full := filepath.Join(path, e.Name())
		if err := hashEntry(h, full); err != nil {
			return nil, "", err
		}
		files = append(files, recordFile{name: e.Name(), open: func() (io.ReadCloser, error) { return os.Open(full) }})
	}
	return sorted(files), hex.EncodeToString(h.Sum(nil)), nil
}

func hashEntry(h hash.Hash, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	one := sha256.New()
	if _, err := copyCapped(one, f, maxRecord); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	_, err = fmt.Fprintf(h, "%x  %s\n", one.Sum(nil), filepath.Base(path))
	return err
}

func copyCapped(w io.Writer, r io.Reader, n int64) (int64, error) {
	size, err := io.Copy(w, io.LimitReader(r, n+1))
	if err == nil && size > n {
		err = fmt.Errorf("more than %d bytes: %w", n, landwaiter.ErrTooLarge)
	}
	return size, err
}

func sorted(files []recordFile) []recordFile {
	slices.SortStableFunc(files, func(a, b recordFile) int { return cmp.Compare(a.name, b.name) })
	return files
}

// eachRecord reads and compiles the records of a source, several at a time, and
// hands them over in order of their names.
func eachRecord(ctx context.Context, in input, files []recordFile, emit func(*compiled) error) error {
	compilers := make([]*compiler, runtime.GOMAXPROCS(0))
	for i := range compilers {
		compilers[i] = newCompiler(in.name)
	}
	unpacked := int64(0)
	for start := 0; start < len(files); start += batchSize {
		batch := files[start:min(start+batchSize, len(files))]
		out := make([]*compiled, len(batch))
		g, ctx := errgroup.WithContext(ctx)
		for w, c := range compilers {
			g.Go(func() error {
				for i := w; i < len(batch); i += len(compilers) {
					if err := ctx.Err(); err != nil {
						return err
					}
					var err error
					if out[i], err = oneRecord(in.format, c, batch[i]); err != nil {
						return err
					}
				}
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		for i, c := range out {
			if unpacked += int64(len(c.raw)); unpacked > maxUnpacked {
				return fmt.Errorf("more than %d bytes of records: %w", int64(maxUnpacked), landwaiter.ErrTooLarge)
			}
			if i+start > 0 && files[i+start-1].name == batch[i].name {
				return fmt.Errorf("it holds %s twice: %w", batch[i].name, landwaiter.ErrInvalid)
			}
			if err := emit(c); err != nil {
				return err
			}
		}
	}
	return nil
}

func oneRecord(f *format, c *compiler, file recordFile) (out *compiled, err error) {
	r, err := file.open()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	err = f.read(r, func(got row) error {
		if file.packed > 0 && uint64(len(got.raw)) > maxRatio*file.packed {
			return fmt.Errorf("it unpacks to %d bytes from %d: %w", len(got.raw), file.packed, landwaiter.ErrTooLarge)
		}
		if string(got.record.ID)+".json" != file.name {
			return &landwaiter.SyntaxError{Err: fmt.Errorf("the record's id is %q", got.record.ID)}
		}
		out = c.compile(got.record, got.raw)
		return nil
	})
	var damage *landwaiter.SyntaxError
	if errors.As(err, &damage) {
		return nil, &landwaiter.SyntaxError{Path: file.name, Line: damage.Line, Err: damage.Err}
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file.name, err)
	}
	return out, nil
}
