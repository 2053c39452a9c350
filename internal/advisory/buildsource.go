package advisory

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
	"github.com/landwaiter/landwaiter/internal/version"
)

// source reads one source into the builder.
func (b *builder) source(ctx context.Context, in input) error {
	s := source{Source: landwaiter.Source{
		Name: in.name, Format: in.format.name, Origin: shorten(in.entry.Origin, maxText),
		Licence: shorten(in.entry.Licence, maxText), Fetched: in.entry.Fetched.UTC(), Partial: in.entry.Partial,
	}}
	var own time.Time
	var err error
	if in.format.name == "osv" {
		err = b.osvSource(ctx, in, &s)
	} else {
		own, err = b.flatSource(ctx, in, &s)
	}
	if err != nil {
		return err
	}
	if want := in.entry.SHA256; want != "" && want != s.SHA256 {
		return fmt.Errorf("its SHA-256 is %s and its manifest says %s; fetch it again: %w", s.SHA256, want, landwaiter.ErrDigest)
	}
	var problem string
	var dates map[string]time.Time
	if s.Date, dates, problem = in.entry.date(own, b.now); problem != "" {
		s.Notes = append(s.Notes, "its age is unknown: "+problem)
	}
	b.datesByRelease(&s, dates)
	if s.Format == "eol" {
		for i := range b.meta.EOL {
			if b.meta.EOL[i].Source == s.Name {
				b.meta.EOL[i].SourceDate = s.Date
			}
		}
	}
	b.meta.Sources = append(b.meta.Sources, s)
	return nil
}

// datesByRelease keeps the dates that a manifest gives for each release, under the
// name that OSV has for the release. "bookworm-security" is found by its series
// in a table of releases.
func (b *builder) datesByRelease(s *source, dates map[string]time.Time) {
	if len(dates) == 0 {
		return
	}
	s.Dates = map[string]time.Time{}
	var words []string
	for _, name := range slices.Sorted(maps.Keys(dates)) {
		words = append(words, name+" "+dates[name].Format(time.DateOnly))
		series, _, _ := strings.Cut(name, "-")
		switch release := b.codes[series]; {
		case slices.Contains(s.Covers, name):
			s.Dates[name] = dates[name]
		case slices.Contains(s.Covers, release):
			s.Dates[release] = dates[name]
		}
	}
	s.Notes = append(s.Notes, "each release has a date of its own, and the oldest counts where no release is named: "+strings.Join(words, ", "))
}

// flatSource reads a source of one file.
func (b *builder) flatSource(ctx context.Context, in input, s *source) (own time.Time, err error) {
	f, err := os.Open(in.path)
	if err != nil {
		return own, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	h := sha256.New()
	r := io.TeeReader(limitio.Cap(f, maxSourceFile), h)
	body := r
	if strings.HasSuffix(in.path, ".gz") {
		z, err := gzip.NewReader(r)
		if err != nil {
			return own, fmt.Errorf("it is no gzip file: %w", err)
		}
		body = z
	}
	system := strings.TrimPrefix(in.name, "distro-")
	err = in.format.read(body, func(got row) error {
		switch {
		case got.score != nil:
			if s.Records++; s.Records%4096 == 0 && ctx.Err() != nil {
				return ctx.Err()
			}
			if got.score.vector != nil {
				got.score.vector.Source = in.name
			}
			b.scores = append(b.scores, *got.score)
		case got.eol != nil:
			s.Records++
			e := *got.eol
			e.System, e.Source = system, in.name
			b.meta.EOL = append(b.meta.EOL, e)
			if d, ok := distroOf(system); ok && e.Version != "" {
				b.codes[e.Series] = d.osv + ":" + d.release(e.Version)
			}
		default:
			own = got.date
		}
		return nil
	})
	if err != nil {
		return own, err
	}
	// What stands behind the last byte that the reader wanted counts for the hash.
	if _, err := io.Copy(io.Discard, r); err != nil {
		return own, err
	}
	s.SHA256 = hex.EncodeToString(h.Sum(nil))
	return own, nil
}

// osvSource reads a source of OSV records.
func (b *builder) osvSource(ctx context.Context, in input, s *source) (err error) {
	files, sum, closer, err := openRecords(in)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closer.Close()) }()
	s.SHA256 = sum
	number := len(b.meta.Sources)
	tally := tally{releases: map[string]bool{}}
	err = eachRecord(ctx, in, files, func(c *compiled) error {
		tally.add(c)
		return b.record(number, c)
	})
	if err != nil {
		return err
	}
	if err := errors.Join(b.keys.flush(), b.ids.flush()); err != nil {
		return err
	}
	tally.into(s)
	return nil
}

// tally counts what a source of OSV records holds.
type tally struct {
	records, withdrawn, notSecurity, unclear, pending, changelog int
	newest                                                       time.Time
	releases                                                     map[string]bool
}

func (t *tally) add(c *compiled) {
	t.records++
	for _, f := range []struct {
		flag uint64
		n    *int
	}{{flagWithdrawn, &t.withdrawn}, {flagNoSecurity, &t.notSecurity}, {flagPending, &t.pending}, {flagChangelog, &t.changelog}} {
		if c.card.flags&f.flag != 0 {
			*f.n++
		}
	}
	if c.unclear {
		t.unclear++
	}
	if c.modified.After(t.newest) {
		t.newest = c.modified
	}
	for key := range c.postings {
		t.releases[ecosystemOfKey([]byte(key))] = true
	}
}

func ecosystemOfKey(key []byte) string {
	name, _, _ := bytes.Cut(key, []byte{0})
	return string(name)
}

// into fills in the source. A source covers the ecosystem that it is named after,
// in every release that its records speak of: a stray record of another ecosystem
// covers nothing. It clears what it covers unless it is a sample, or says of
// itself that it cannot.
func (t *tally) into(s *source) {
	s.Records, s.Withdrawn, s.Newest = t.records, t.withdrawn, t.newest
	_, err := version.For(s.Name)
	whole := err == nil
	root, _, _ := strings.Cut(s.Name, ":")
	for _, release := range slices.Sorted(maps.Keys(t.releases)) {
		of, _, _ := strings.Cut(release, ":")
		if !whole || release == s.Name || (root == s.Name && of == root) {
			s.Covers = append(s.Covers, release)
		}
	}
	switch {
	case t.changelog > 0:
		s.Why = "it lists what changelogs say was fixed, and not what is still open"
	case t.pending > 0:
		s.Why = "it says that an update waits, and not which weaknesses are known"
	case s.Partial:
		s.Why = "it is a sample"
	case !whole:
		s.Why = "it does not name itself after one ecosystem, so nobody knows that it is whole"
	default:
		s.Clears = true
	}
	for _, n := range []struct {
		count int
		text  string
	}{
		{t.notSecurity, "announce bug fixes or notices without a security reference, and match nothing"},
		{t.unclear, "name a package and no version of it that could be compared; such a package is not assessed"},
	} {
		if n.count > 0 {
			s.Notes = append(s.Notes, fmt.Sprintf("%d of its records %s", n.count, n.text))
		}
	}
}

// publicSources drops what only this package needs.
func publicSources(list []source) []landwaiter.Source {
	out := make([]landwaiter.Source, len(list))
	for i, s := range list {
		out[i] = s.Source
		out[i].Covers = slices.Clone(s.Covers)
	}
	slices.SortFunc(out, func(a, b landwaiter.Source) int { return strings.Compare(a.Name, b.Name) })
	return out
}
