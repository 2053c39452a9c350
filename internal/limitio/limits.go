// Package limitio caps, digests and drains bytes from outside. Caps that
// several packages share stand in this file, a package's own in its limits.go.
package limitio

// Caps on what is taken from outside. Passing one is an error or a gap, never a
// quiet end.
const (
	MaxUnpacked   = 64 << 30  // uncompressed bytes over all layers, unless the user says more
	MaxRatio      = 1100      // uncompressed to compressed bytes of one layer; deflate cannot pass 1032
	MinRatio      = 32 << 20  // uncompressed bytes from which MaxRatio counts
	MaxManifest   = 4 << 20   // a manifest or an index
	MaxConfig     = 8 << 20   // an image configuration
	MaxIndexes    = 4         // indexes inside indexes
	MaxMembers    = 100_000   // members of an archive of an image
	MaxWindow     = 128 << 20 // memory of one zstd stream: "zstd --long", and no more
	MaxLayers     = 1000      // layers of one image
	MaxEntries    = 20 << 20  // entries of all layers
	MaxName       = 4096      // bytes of one path
	MaxNames      = 1 << 30   // bytes of the names in one layer
	MaxSymlinks   = 40        // links followed for one path, as in Linux
	MaxWanted     = 512 << 20 // a file that a reader asks for
	MaxInMemory   = 64 << 20  // of that, held in memory; more goes to a spill file
	MaxText       = 64 << 20  // a text database of packages
	MaxLine       = 1 << 20   // one line of it
	MaxMetadata   = 16 << 20  // one package's own metadata
	MaxNested     = 8         // archives inside archives
	MaxNestedSize = 2 << 30   // bytes unpacked from one file's nested archives
	MaxNestedFile = 256 << 20 // one archive inside an archive
	MaxArchived   = 1 << 20   // entries of one archive
)
