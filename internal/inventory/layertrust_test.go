package inventory

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

const oneLayer = "-- 0/etc/os-release --\nID=debian\nVERSION_ID=\"12\"\n"

// diffIDs are what an image says its layers are.
func diffIDs(t *testing.T, dir string) (digest, diffID string) {
	t.Helper()
	im, err := image.Open(t.Context(), "oci:"+dir, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	l := im.Subject().Layers[0]
	return l.Digest, l.DiffID
}

// claimDiffID makes the configuration of a layout say that its layer is another.
func claimDiffID(t *testing.T, dir, was, is string) {
	t.Helper()
	blobs := filepath.Join(dir, "blobs", "sha256")
	files, err := os.ReadDir(blobs)
	if err != nil {
		t.Fatal(err)
	}
	replaced := 0
	// What names a blob by its digest must name the new one: configuration, manifest,
	// index.
	for range 2 {
		for _, f := range files {
			data, err := os.ReadFile(filepath.Join(blobs, f.Name()))
			if err != nil || !json.Valid(data) || !bytes.Contains(data, []byte(was)) {
				continue
			}
			data = bytes.ReplaceAll(data, []byte(was), []byte(is))
			was, is = f.Name(), fmt.Sprintf("%x", sha256.Sum256(data))
			if err := os.WriteFile(filepath.Join(blobs, is), data, 0o600); err != nil {
				t.Fatal(err)
			}
			replaced++
			break
		}
	}
	index := filepath.Join(dir, "index.json")
	data, err := os.ReadFile(index)
	if err != nil || replaced != 2 {
		t.Fatalf("%d blobs replaced, %v", replaced, err)
	}
	if err := os.WriteFile(index, bytes.ReplaceAll(data, []byte(was), []byte(is)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestClaimedDiffID: an image that says that its layer is one that we know is not
// believed. It is refused as it is without a cache, each time, and the one that we
// know stays what it is.
func TestClaimedDiffID(t *testing.T) {
	var kept memory
	_, good := cachedLayout(t, oneLayer)
	want := readImage(t, "oci:"+good, image.Options{}, &kept)
	_, known := diffIDs(t, good)
	_, evil := cachedLayout(t, oneLayer+"-- 0/usr/bin/evil --\n#!/bin/sh\n")
	_, own := diffIDs(t, evil)
	claimDiffID(t, evil, own, known)
	if _, now := diffIDs(t, evil); now != known {
		t.Fatalf("it says %s", now)
	}
	for _, cache := range []Cache{nil, &kept, &kept} {
		got := readImage(t, "oci:"+evil, image.Options{}, cache)
		if !errors.Is(got.err, landwaiter.ErrDigest) || !strings.Contains(got.err.Error(), "against the image's own configuration") {
			t.Errorf("%v %s", got.err, got.json)
		}
	}
	if n := len(kept.keys("")); n != 2 {
		t.Errorf("%d entries, want the facts and the link of the good one", n)
	}
	got := readImage(t, "oci:"+good, image.Options{}, &kept)
	same(t, "the good one", want, got)
	wantKnown(t, "the good one", got, 1, 0)
}

// TestDamagedBlob: stored bytes that nobody has seen whole are read, whatever is known
// of the DiffID.
func TestDamagedBlob(t *testing.T) {
	spec, good := cachedLayout(t, oneLayer)
	_, bad := cachedLayout(t, oneLayer)
	digest, _ := diffIDs(t, bad)
	blob := filepath.Join(bad, "blobs", strings.Replace(digest, ":", "/", 1))
	data, err := os.ReadFile(blob)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)-1] ^= 1
	if err := os.WriteFile(blob, data, 0o600); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(t.TempDir(), "docker.tar")
	f, err := os.Create(archive)
	if err != nil {
		t.Fatal(err)
	}
	_, err = spec.WriteDockerArchive(f, false)
	if err = errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	var kept memory
	if got := readImage(t, "docker-archive:"+archive, image.Options{}, &kept); got.err != nil || len(kept.keys("link")) != 0 {
		t.Fatalf("%v, links %q", got.err, kept.keys("link"))
	}
	if got := readImage(t, "oci:"+bad, image.Options{}, &kept); !errors.Is(got.err, landwaiter.ErrDigest) {
		t.Errorf("a damaged blob: %v", got.err)
	}
	if links := kept.keys("link"); len(links) != 0 {
		t.Errorf("links of a damaged blob: %q", links)
	}
	got := readImage(t, "oci:"+good, image.Options{}, &kept)
	same(t, "the good one", readImage(t, "oci:"+good, image.Options{}, nil), got)
	wantKnown(t, "the good one", got, 1, 1)
	wantKnown(t, "the good one again", readImage(t, "oci:"+good, image.Options{}, &kept), 1, 0)
	// Its digest names the blob: it is not read again but where somebody asks for it.
	wantKnown(t, "the damaged one", readImage(t, "oci:"+bad, image.Options{}, &kept), 1, 0)
	if got := readImage(t, "oci:"+bad, image.Options{}, nil); !errors.Is(got.err, landwaiter.ErrDigest) {
		t.Errorf("a damaged blob without a cache: %v", got.err)
	}
}
