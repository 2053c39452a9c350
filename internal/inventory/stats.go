package inventory

import "sync/atomic"

// Stats are counted while a scan runs; anybody may read them at any time.
type Stats struct {
	Layers, Files, Packages atomic.Int64
	// Cached are the layers of Layers that were known from an earlier run, Checked
	// those of Cached whose bytes were read, to check their digests.
	Cached, Checked atomic.Int64
}
