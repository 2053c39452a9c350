package image

import "crypto/sha256"

// Record is what a reader of layers keeps of one entry. There can be millions.
type Record struct {
	Path   string
	Size   int64
	link   *string           // few entries are links
	SHA256 [sha256.Size]byte // of a file's content
	Mode   uint32
	Type   Type
}

// NewRecord is a record of e, as yet without a digest.
func NewRecord(e *Entry) Record {
	r := Record{Path: e.Path, Size: e.Size, Mode: e.Mode, Type: e.Type}
	if e.Link != "" {
		link := e.Link
		r.link = &link
	}
	return r
}

// Link is the target of a link, as in [Entry].
func (r *Record) Link() string {
	if r.link == nil {
		return ""
	}
	return *r.link
}

// Content names one record: which layer, and which of its records.
type Content struct{ Layer, Record int32 }
