package inventory

import (
	"sync/atomic"
	"time"

	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Stats are counted while a scan runs; anybody may read them at any time.
type Stats struct {
	Layers, Files, Packages atomic.Int64
	// Cached are the layers of Layers that were known from an earlier run, Checked
	// those of Cached whose bytes were read, to check their digests.
	Cached, Checked atomic.Int64
	// Again are the layers that were read a second time, Spilled the bytes of files
	// too large for memory that lay on disk for a while.
	Again, Spilled atomic.Int64

	files, extract, look, merge limitio.Stage

	clock func() time.Time
	image atomic.Pointer[image.Image]
}

// begin starts to count for im.
func (s *Stats) begin(im *image.Image) {
	s.files.Name, s.extract.Name = "hash and recognise files", "read package data"
	s.look.Name, s.merge.Name = "look inside files", "merge layers"
	s.clock = im.Clock()
	s.image.Store(im)
}

// Stages returns what each stage of the scan took, in order. Times are those of
// [image.Options.Clock], and 0 without one. Stages run side by side and wait for each
// other: "hash and recognise files" includes all waiting for content.
func (s *Stats) Stages() []*limitio.Stage {
	im := s.image.Load()
	if im == nil {
		return nil
	}
	return append(im.Stages(), &s.files, &s.extract, &s.look, &s.merge)
}
