package inventory

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	cpb "github.com/google/osv-scalibr/binary/proto/config_go_proto"
	"github.com/google/osv-scalibr/extractor"
	"github.com/google/osv-scalibr/extractor/filesystem"
	"github.com/google/osv-scalibr/extractor/filesystem/language/nim/nimble"
	"github.com/google/osv-scalibr/extractor/filesystem/misc/vscodeextensions"
	wordpress "github.com/google/osv-scalibr/extractor/filesystem/misc/wordpress/plugins"
	"github.com/google/osv-scalibr/extractor/filesystem/os/flatpak"
	"github.com/google/osv-scalibr/extractor/filesystem/os/pacman"
	"github.com/google/osv-scalibr/extractor/filesystem/os/portage"
	"github.com/google/osv-scalibr/extractor/filesystem/os/snap"
	"github.com/google/osv-scalibr/inventory"
	"github.com/google/osv-scalibr/plugin"

	"github.com/landwaiter/landwaiter"
)

// TestLongTailWantsWhatExtractorsWant: each row asks for the files that its
// extractor asks for, but for the exceptions, which are on purpose.
func TestLongTailWantsWhatExtractorsWant(t *testing.T) {
	paths := strings.Fields(`
		snap/core22/1234/meta/snap.yaml snap/core22/meta/snap.yaml var/snap/core22/1/meta/snap.yaml snap/a/1/meta/other.yaml snap/a/1/meta/xsnap.yaml
		var/lib/flatpak/app/org.example.App/current/active/export/share/metainfo/org.example.App.metainfo.xml
		home/x/.local/share/flatpak/app/a/x86_64/stable/0123/export/share/metainfo/a.metainfo.xml
		var/lib/flatpak/runtime/a/export/share/metainfo/a.metainfo.xml usr/share/metainfo/a.metainfo.xml
		root/.vscode/extensions/extensions.json app/.vscode/extensions.json .vscode/extensions/extensions.json
		home/x/.vscode-server/extensions/extensions.json home/x/extensions/extensions.json
		var/www/html/wp-content/plugins/akismet/akismet.php var/www/html/wp-content/plugins/hello.php
		var/www/html/wp-content/plugins/akismet/views/a.php wp-content/plugins/a/a.php wp-content/plugins/a/a.txt
		root/.nimble/pkgs2/gura-0.1.1-2b26a9e0fc79638dbb9272fb4ab5a1d79264f938/gura.nimble root/.nimble/pkgs/gura-0.1.1/gura.nimble
		root/.nimble/pkgs2/gura-head/gura.nimble src/gura/gura.nimble`)
	for _, row := range []struct {
		want   want
		create newExtractor
		more   []string // that we ask for and the extractor does not
		less   []string // the other way round
	}{
		{snapWant, snap.New, nil, nil},
		{flatpakWant, flatpak.New, nil, nil},
		{vscodeWant, vscodeextensions.New, []string{".vscode/extensions/extensions.json", "home/x/.vscode-server/extensions/extensions.json"}, nil},
		{wordpressWant, wordpress.New, nil, nil},
		// A folder without a version in its name makes the extractor fail.
		{nimWant, nimble.New, nil, []string{"root/.nimble/pkgs2/gura-head/gura.nimble"}},
	} {
		e, err := row.create(&cpb.PluginConfig{})
		if err != nil {
			t.Fatal(err)
		}
		agreed := 0
		for _, p := range paths {
			ours, theirs := row.want.wants(p, false), e.FileRequired(requiredFile{oneFile{name: p}})
			switch {
			case ours && !theirs && slices.Contains(row.more, p), !ours && theirs && slices.Contains(row.less, p):
			case ours != theirs:
				t.Errorf("%s: %s: we ask for it: %v, the extractor: %v", e.Name(), p, ours, theirs)
			case ours:
				agreed++
			}
		}
		if agreed == 0 {
			t.Errorf("%s: no path is asked for", e.Name())
		}
	}
}

// requiredFile is a file that an extractor is asked about.
type requiredFile struct{ oneFile }

func (r requiredFile) Path() string               { return r.name }
func (r requiredFile) Stat() (fs.FileInfo, error) { return r.oneFile, nil }

// odd is an extractor that behaves as told.
type odd struct {
	filesystem.Extractor
	extract func(context.Context, *filesystem.ScanInput) (inventory.Inventory, error)
}

func (odd) Name() string                       { return "odd" }
func (odd) Requirements() *plugin.Capabilities { return &plugin.Capabilities{} }
func (o odd) Extract(ctx context.Context, in *filesystem.ScanInput) (inventory.Inventory, error) {
	return o.extract(ctx, in)
}

// TestLongTailContainsExtractors: one that panics, that does not end, that says
// odd things or looks for other files does no harm.
func TestLongTailContainsExtractors(t *testing.T) {
	stuck := make(chan struct{})
	slots := make(tailSlots, 1)
	call := func(extract func(context.Context, *filesystem.ScanInput) (inventory.Inventory, error)) ([]tailPackage, error) {
		return slots.call(odd{extract: extract}, "odd", "a/file", []byte("text"), 50*time.Millisecond)
	}
	if _, err := call(func(context.Context, *filesystem.ScanInput) (inventory.Inventory, error) { panic("at the disco") }); err == nil || !strings.Contains(err.Error(), "at the disco") {
		t.Errorf("a panic came out as %v", err)
	}
	_, err := call(func(_ context.Context, in *filesystem.ScanInput) (inventory.Inventory, error) {
		_, err := in.FS.Open("etc/os-release")
		_, err2 := in.FS.Stat("a")
		_, err3 := in.FS.ReadDir(".")
		if err == nil || err2 == nil || err3 == nil {
			t.Error("there is another file than the one")
		}
		f, err := in.FS.Open("a/file")
		if err != nil {
			return inventory.Inventory{}, err
		}
		text, err := io.ReadAll(f)
		if _, seek := f.(io.ReaderAt); !seek || string(text) != "text" {
			t.Errorf("read %q", text)
		}
		return inventory.Inventory{}, errors.Join(err, f.Close())
	})
	if err != nil {
		t.Error(err)
	}
	got, err := call(func(context.Context, *filesystem.ScanInput) (inventory.Inventory, error) {
		return inventory.Inventory{Packages: []*extractor.Package{nil, {Name: " a ", Version: "1\n", PURLType: "generic"}}}, nil
	})
	if err != nil || len(got) != 1 || got[0].pkg.Name != "a" || got[0].pkg.Version != "1" || got[0].pkg.PURL != "pkg:generic/a@1" {
		t.Errorf("%+v, %v", got, err)
	}
	// One that does not end is given up, and keeps its slot until it does.
	forever := func(context.Context, *filesystem.ScanInput) (inventory.Inventory, error) {
		<-stuck
		return inventory.Inventory{}, nil
	}
	for range 2 {
		if _, err := call(forever); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an extractor that does not end came out as %v", err)
		}
	}
	if len(slots) != 1 {
		t.Errorf("%d calls run", len(slots))
	}
	close(stuck)
	slots <- struct{}{} // waits until it is gone
}

// TestLongTailReaderEnds: an extractor that only reads hears of the time.
func TestLongTailReaderEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := &timedReader{ctx, strings.NewReader("text")}
	cancel()
	if _, err := r.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	var out facts
	if err := readSnap(&file{Path: "snap/a/1/meta/snap.yaml", Size: tailMaxBytes + 1}, &out); !errors.Is(err, landwaiter.ErrTooLarge) {
		t.Errorf("a large file came out as %v", err)
	}
}

// TestPacmanAndPortageAgreeWithScalibr: our own readers of two databases say what
// osv-scalibr's extractors say of the samples in that module, where the module
// cache has them. Where one finds nothing, so must the other.
func TestPacmanAndPortageAgreeWithScalibr(t *testing.T) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/google/osv-scalibr").Output()
	if err != nil {
		t.Skipf("the module cache has no osv-scalibr: %v", err)
	}
	compared := 0
	for _, row := range []struct {
		folder, path string
		create       newExtractor
		read         func(*file, *facts) error
	}{
		{"pacman", "var/lib/pacman/local/x-1-1/desc", pacman.New, readPacman},
		{"portage", "var/db/pkg/cat/x-1/PF", portage.New, readPortage},
	} {
		for _, name := range glob(t, filepath.Join(strings.TrimSpace(string(dir)), "extractor/filesystem/os", row.folder, "testdata/*")) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			e, err := row.create(&cpb.PluginConfig{})
			if err != nil {
				t.Fatal(err)
			}
			var want, got []string
			theirs, _ := longTail.call(e, row.folder, row.path, data, tailTime)
			for _, p := range theirs {
				want = append(want, p.pkg.Name+" "+p.pkg.Version)
			}
			var out facts
			_ = row.read(newFile(t, row.path, data), &out)
			for _, p := range out.packages {
				got = append(got, path.Base(p.pkg.Name)+" "+p.pkg.Version)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-osv-scalibr +got):\n%s", name, diff)
			}
			compared += len(got)
		}
	}
	if compared == 0 {
		t.Skip("osv-scalibr's samples are not in the module cache")
	}
}
