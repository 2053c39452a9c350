package inventory

import "github.com/landwaiter/landwaiter"

// note is what a scan adds to a record.
type note struct {
	kind  landwaiter.FileKind
	flags uint8
}

// noted is a note as it is kept: there can be millions.
type noted struct {
	kind  uint8 // index in kinds
	flags uint8
}

func (n *note) noted() noted { return noted{kindCode(n.kind), n.flags} }

const (
	flagClosed = 1 << iota // recognised, content shut
	flagUnread             // content not read
	flagOpened             // a reader looked inside

	flagsSaid = flagClosed | flagUnread | flagOpened
)

const ( // what the merge adds
	flagFile   = 8 << iota // it is a file: other names have no content
	flagLinked             // its content has several names
	flagSystem             // the owner is the system's package manager
	flagConf               // a configuration file: its owner does not mind a change
)
