package advisory

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
	"github.com/landwaiter/landwaiter/internal/version"
)

// FetchOptions are what Fetch may be given.
type FetchOptions struct {
	// Ecosystems are those to fetch, as OSV names them. Empty: all in the server's
	// ecosystems.txt that have an order of versions.
	Ecosystems []string
	Client     *http.Client // default: http.DefaultClient
	// Now is the time that the manifest records. It is required.
	Now time.Time
	Log *slog.Logger // default: none
	// MaxBytes is the largest file to take; default 16 GiB.
	MaxBytes int64
	// Wait is the pause before the first retry; it doubles with each. Default 1s.
	Wait time.Duration
	// Stall is how long a server may send nothing; default one minute.
	Stall time.Duration
}

func (o FetchOptions) withDefaults() FetchOptions {
	if o.Client == nil {
		o.Client = http.DefaultClient
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = maxSourceFile
	}
	if o.Wait <= 0 {
		o.Wait = time.Second
	}
	if o.Stall <= 0 {
		o.Stall = time.Minute
	}
	return o
}

const (
	partSuffix  = ".part"
	stateSuffix = ".part.json"
	maxNames    = 1 << 20 // bytes of ecosystems.txt
)

// Fetch collects sources from a server of osv.dev's layout into the folder dir:
// base/ECOSYSTEM/all.zip becomes dir/ECOSYSTEM.zip, and dir/sources.json records
// for each its origin, its data date (the server's Last-Modified), when it was
// fetched, its size and its SHA-256.
//
// A file that has not changed is not fetched again. A transfer that broke goes on
// where it ended, at the next try or the next call, unless the file has changed
// since. A file appears under its name only when it is a whole zip of records.
// One that fails does not stop the others; the error then names each.
func Fetch(ctx context.Context, base, dir string, opt FetchOptions) error {
	f := fetcher{opt: opt.withDefaults(), base: strings.TrimSuffix(base, "/"), dir: dir}
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
		return fmt.Errorf("fetching from %q: it must be an http or https address: %w", base, landwaiter.ErrInvalid)
	}
	if opt.Now.IsZero() {
		return fmt.Errorf("fetching from %s: the time of fetching is not given: %w", base, landwaiter.ErrInvalid)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("fetching: %w", err)
	}
	names := opt.Ecosystems
	if len(names) == 0 {
		if names, err = f.ecosystems(ctx); err != nil {
			return fmt.Errorf("fetching the list of ecosystems from %s: %w", base, err)
		}
	}
	var errs []error
	for _, name := range names {
		if err := f.ecosystem(ctx, name); err != nil {
			errs = append(errs, fmt.Errorf("fetching %s: %w", name, err))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(errs...)
}

type fetcher struct {
	opt  FetchOptions
	base string
	dir  string
}

// ecosystems reads the server's list. It leaves out what has no order of versions,
// and the parts of an ecosystem that is in the list as a whole.
func (f *fetcher) ecosystems(ctx context.Context) ([]string, error) {
	path := filepath.Join(f.dir, ".ecosystems"+partSuffix)
	defer os.Remove(path)
	d := download{fetcher: f, url: f.base + "/ecosystems.txt", part: path, state: path + ".json", max: maxNames}
	defer os.Remove(d.state)
	if _, err := d.run(ctx, ""); err != nil {
		return nil, err
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []string
	in := bufio.NewScanner(limitio.Cap(file, maxNames))
	for in.Scan() {
		if name := strings.TrimSpace(in.Text()); name != "" {
			all = append(all, name)
		}
	}
	if err := in.Err(); err != nil {
		return nil, err
	}
	var out []string
	for _, name := range all {
		root, _, part := strings.Cut(name, ":")
		if _, err := version.For(name); err != nil {
			f.opt.Log.InfoContext(ctx, "ecosystem left out: its versions have no known order", "ecosystem", name)
			continue
		}
		if part && slices.Contains(all, root) {
			continue
		}
		out = append(out, name)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("it names no ecosystem that is known: %w", landwaiter.ErrNotFound)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// ecosystem fetches one zip.
func (f *fetcher) ecosystem(ctx context.Context, name string) error {
	if name == "" || name[0] == '.' || strings.ContainsAny(name, "/\\\x00") || len(name) > 200 {
		return fmt.Errorf("%q cannot be the name of a file: %w", name, landwaiter.ErrInvalid)
	}
	base := name + ".zip"
	final := filepath.Join(f.dir, base)
	list, err := readManifestFile(filepath.Join(f.dir, manifestName))
	if err != nil {
		return err
	}
	have := list[base]
	tag := ""
	if sum, err := fileSum(final); err == nil && have.ETag != "" && sum == have.SHA256 {
		tag = have.ETag
	}
	d := download{
		fetcher: f, url: f.base + "/" + url.PathEscape(name) + "/" + allZip,
		part: final + partSuffix, state: final + stateSuffix, max: f.opt.MaxBytes,
	}
	got, err := d.run(ctx, tag)
	if err != nil {
		return err
	}
	if got.unchanged {
		f.opt.Log.InfoContext(ctx, "unchanged", "ecosystem", name)
		return nil
	}
	sum, size, err := checkZip(d.part)
	if err != nil {
		// Kept, it would be taken up again and never become whole.
		return errors.Join(fmt.Errorf("what came is no whole zip of records: %w", err), d.forget())
	}
	if err := errors.Join(os.Rename(d.part, final), os.Remove(d.state)); err != nil {
		return err
	}
	e := entry{
		Origin: d.url, Licence: have.Licence, Fetched: f.opt.Now.UTC().Truncate(time.Second), SHA256: sum,
		Bytes: size, ETag: got.ETag, Partial: have.Partial,
	}
	if t, err := http.ParseTime(got.LastModified); err == nil {
		e.RawDate, _ = json.Marshal(t.UTC().Format(time.RFC3339)) //nolint:errchkjson // a string
	}
	f.opt.Log.InfoContext(ctx, "fetched", "ecosystem", name, "bytes", size)
	return f.record(base, e)
}

// record puts an entry into sources.json.
func (f *fetcher) record(base string, e entry) error {
	path := filepath.Join(f.dir, manifestName)
	list, err := readManifestFile(path)
	if err != nil {
		return err
	}
	if list == nil {
		list = manifest{}
	}
	list[base] = e
	raw, err := json.MarshalIndent(list, "", " ")
	if err != nil {
		return err
	}
	return writeAtomic(path, append(raw, '\n'))
}

func writeAtomic(path string, raw []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tmp-*")
	if err != nil {
		return err
	}
	_, err = f.Write(raw)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return os.Rename(f.Name(), path)
}

func fileSum(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	d := limitio.NewDigest(f)
	if _, err := io.Copy(io.Discard, d); err != nil {
		return "", err
	}
	return strings.TrimPrefix(d.String(), "sha256:"), nil
}

// checkZip reads every record of a zip to its end, so that each checksum is held
// against its bytes.
func checkZip(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	files, sum, err := zipRecords(f)
	if err != nil {
		return "", 0, err
	}
	if len(files) == 0 {
		return "", 0, errors.New("it holds no record")
	}
	unpacked := int64(0)
	for _, e := range files {
		n, err := drain(e)
		if unpacked += n; err == nil && unpacked > maxUnpacked {
			err = landwaiter.ErrTooLarge
		}
		if err != nil {
			return "", 0, fmt.Errorf("%s: %w", e.name, err)
		}
	}
	info, err := f.Stat()
	if err != nil {
		return "", 0, err
	}
	return sum, info.Size(), nil
}

func drain(e recordFile) (int64, error) {
	r, err := e.open()
	if errors.Is(err, zip.ErrAlgorithm) {
		return 0, fmt.Errorf("%w: %w", err, landwaiter.ErrUnsupported)
	}
	if err != nil {
		return 0, err
	}
	n, err := copyCapped(io.Discard, r, maxRecord)
	return n, errors.Join(err, r.Close())
}
