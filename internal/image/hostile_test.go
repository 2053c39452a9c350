package image_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestHostile opens one image for each trap: it is refused with a kind of error
// that callers know, or read whole, and then what is visible is right.
func TestHostile(t *testing.T) {
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil || len(names) < 40 {
		t.Fatalf("%d traps, %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".txtar"), func(t *testing.T) {
			text, err := fs.ReadFile(lwtest.Hostile(), name)
			if err != nil {
				t.Fatal(err)
			}
			spec := lwtest.New(t, string(text))
			dir := filepath.Join(t.TempDir(), "oci")
			if _, err := spec.WriteLayout(dir); err != nil {
				t.Fatal(err)
			}
			want := spec.Want()
			got, odd, err := visible(t.Context(), "oci:"+dir, image.Options{MaxUnpacked: want.Cap})
			switch {
			case want.Outcome == "refused" && err == nil:
				t.Errorf("not refused; want: %s", want.Reason)
			case want.Outcome == "read" && err != nil:
				t.Errorf("%v; want it read", err)
			case err != nil:
				checkRefusal(t, err, dir)
			case want.Outcome == "read" && odd > 0:
				t.Errorf("%d odd things in an image that is in order", odd)
			}
			for p, content := range want.Visible {
				if _, ok := got[p]; ok && content == "*" {
					got[p] = "*"
				}
			}
			if want.Visible != nil && err == nil {
				if diff := cmp.Diff(want.Visible, got); diff != "" {
					t.Errorf("visible (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// checkRefusal wants a kind that callers act on, and the subject's name.
func checkRefusal(t *testing.T, err error, dir string) {
	t.Helper()
	known := false
	for _, kind := range []error{landwaiter.ErrDigest, landwaiter.ErrTooLarge, landwaiter.ErrInvalid, landwaiter.ErrNotFound, landwaiter.ErrUnsupported} {
		known = known || errors.Is(err, kind)
	}
	if _, ok := errors.AsType[*landwaiter.SyntaxError](err); !known && !ok {
		t.Errorf("an error of no kind: %v", err)
	}
	if !strings.Contains(err.Error(), dir) {
		t.Errorf("the error does not name the subject: %v", err)
	}
}

// visible reads a subject to the end and lists what a container would see: path
// to content, or "-> " and a target. odd counts notes and gaps.
func visible(ctx context.Context, ref string, opt image.Options) (map[string]string, int, error) {
	im, err := image.Open(ctx, ref, opt)
	if err != nil {
		return nil, 0, err
	}
	defer im.Close()
	var mu sync.Mutex
	n := len(im.Subject().Layers)
	records, contents := make([]*image.Records, n), make([][]string, n)
	odd := 0
	err = im.Walk(ctx, func(_ context.Context, l *image.Layer) error {
		recs, texts, notes, err := collect(l)
		if err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		odd += notes
		for _, i := range l.Indexes {
			records[i], contents[i] = recs, texts
		}
		return nil
	})
	if err != nil {
		return nil, 0, err
	}
	tree, err := image.Merge(records)
	if err != nil {
		return nil, 0, err
	}
	out := map[string]string{}
	for v := range tree.All() {
		switch r := tree.Record(v.Content); r.Type {
		case image.TypeFile:
			out[v.Path] = contents[v.Content.Layer][v.Content.Record]
		case image.TypeSymlink:
			out[v.Path] = "-> " + r.Link
		}
		got, ok := tree.Lookup(v.Path)
		if !ok || got != v {
			return nil, 0, errors.New("looking up " + v.Path + " finds " + got.Path)
		}
	}
	return out, odd + len(tree.Gaps), nil
}

func collect(l *image.Layer) (recs *image.Records, texts []string, odd int, err error) {
	recs = new(image.Records)
	for {
		e, err := l.Next()
		if err == io.EOF {
			if l.Trailing > 0 {
				odd++
			}
			return recs, texts, odd, nil
		}
		if err != nil {
			return nil, nil, 0, err
		}
		var b strings.Builder
		size, err := io.Copy(&limited{&b}, l)
		if err != nil {
			return nil, nil, 0, err
		}
		if e.Note != "" || e.Unreadable != "" {
			odd++
		}
		rec := image.NewRecord(&e)
		rec.Size = size
		if err := recs.Append(&rec); err != nil {
			return nil, nil, 0, err
		}
		texts = append(texts, b.String())
	}
}

// limited keeps the first bytes of a file.
type limited struct{ b *strings.Builder }

func (l *limited) Write(p []byte) (int, error) {
	if room := 1<<10 - l.b.Len(); room > 0 {
		l.b.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}
