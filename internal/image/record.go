package image

import "crypto/sha256"

// Record is what a reader of layers keeps of one entry. [Records] keeps many.
type Record struct {
	Path   string
	Link   string // as in [Entry]
	Size   int64  // of a file
	SHA256 [sha256.Size]byte
	Mode   uint32
	Type   Type
}

// NewRecord is a record of e, as yet without a digest.
func NewRecord(e *Entry) Record {
	return Record{Path: e.Path, Link: e.Link, Size: e.Size, Mode: e.Mode, Type: e.Type}
}

// Content names one record: which layer, and which of its records.
type Content struct{ Layer, Record int32 }
