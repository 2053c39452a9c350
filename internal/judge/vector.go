package judge

import (
	"strings"

	gocvss20 "github.com/pandatix/go-cvss/20"
	gocvss30 "github.com/pandatix/go-cvss/30"
	gocvss31 "github.com/pandatix/go-cvss/31"
	gocvss40 "github.com/pandatix/go-cvss/40"

	"github.com/landwaiter/landwaiter"
)

// doorSet is a set of doors, one bit each in the order of allDoors.
type doorSet uint16

// allDoors are the doors that something can close, in the order in which
// reports show them.
var allDoors = [...]landwaiter.Door{
	landwaiter.DoorNetworkIn, landwaiter.DoorNeighbour, landwaiter.DoorProject, landwaiter.DoorHarmfulFile,
	landwaiter.DoorAccount, landwaiter.DoorInternetOut, landwaiter.DoorOtherWork, landwaiter.DoorFullControl,
	landwaiter.DoorHost, landwaiter.DoorSourceData, landwaiter.DoorPhysical,
}

// setOf returns the doors as a set, without those that nothing can close.
func setOf(doors ...landwaiter.Door) doorSet {
	var s doorSet
	for _, d := range doors {
		for i, known := range allDoors {
			if d == known {
				s |= 1 << i
			}
		}
	}
	return s
}

// list returns the doors of s in the order of allDoors.
func (s doorSet) list() []landwaiter.Door {
	var out []landwaiter.Door
	for i, d := range allDoors {
		if s&(1<<i) != 0 {
			out = append(out, d)
		}
	}
	return out
}

// maxEntries is the largest number of alternative ways in.
const maxEntries = 4

// entries are alternative ways in; the attacker picks the easiest. Each is the
// set of doors that must all be passed. The unused tail is zero.
type entries struct {
	n   int
	way [maxEntries]doorSet
}

func waysIn(ways ...doorSet) entries {
	e := entries{n: len(ways)}
	copy(e.way[:], ways)
	return e
}

// anyEntry is every way in that there is, but for touching the machine. A
// weakness with no vector uses one of these, and nobody says which.
func anyEntry() entries {
	return waysIn(setOf(landwaiter.DoorNetworkIn), setOf(landwaiter.DoorNeighbour),
		setOf(landwaiter.DoorProject), setOf(landwaiter.DoorHarmfulFile))
}

// needs is what a CVSS vector says: how an attack comes in and what it does.
type needs struct {
	in       entries
	physical bool // somebody must touch the machine
	data     bool // harm to what is kept secret or correct
	stop     bool // harm to what is available
	beyond   bool // the harm passes the software's own box
}

// metrics answers the value of a base metric, empty where there is none.
type metrics func(name string) string

// getter is a parsed vector of any version.
type getter interface{ Get(string) (string, error) }

// readVector returns what s says, and false where it says nothing that can be
// read. Only base metrics count: the rest is about places that are not ours.
//
// Format: https://www.first.org/cvss/specification-document
func readVector(s *landwaiter.Severity) (needs, bool) {
	if s == nil || len(s.Value) > 512 {
		return needs{}, false
	}
	v := strings.TrimSpace(s.Value)
	var (
		g    getter
		err  error
		read = readV3
	)
	switch {
	case strings.HasPrefix(v, "CVSS:4.0/"):
		g, err = gocvss40.ParseVector(v)
		read = readV4
	case strings.HasPrefix(v, "CVSS:3.1/"):
		g, err = gocvss31.ParseVector(v)
	case strings.HasPrefix(v, "CVSS:3.0/"):
		g, err = gocvss30.ParseVector(v)
	case s.Type == "CVSS_V2":
		g, err = gocvss20.ParseVector(strings.TrimSuffix(strings.TrimPrefix(v, "("), ")"))
		read = readV2
	default:
		return needs{}, false
	}
	if err != nil {
		return needs{}, false
	}
	return read(func(name string) string {
		value, err := g.Get(name)
		if err != nil {
			return ""
		}
		return value
	}), true
}

func readV4(m metrics) needs {
	beyond := m("SC") != "N" || m("SI") != "N" || m("SA") != "N"
	return needs{
		in:       entry(m("AV"), m("UI") != "N", m("PR") != "N"),
		physical: m("AV") == "P",
		data:     m("VC") != "N" || m("VI") != "N" || m("SC") != "N" || m("SI") != "N",
		stop:     m("VA") != "N" || m("SA") != "N",
		beyond:   beyond,
	}
}

func readV3(m metrics) needs {
	return needs{
		in:       entry(m("AV"), m("UI") != "N", m("PR") != "N"),
		physical: m("AV") == "P",
		data:     m("C") != "N" || m("I") != "N",
		stop:     m("A") != "N",
		beyond:   m("S") == "C",
	}
}

// readV2 reads a version 2 vector. It cannot say whether somebody must open a
// file, so both ways in stand; nor whether harm passes the box, so it may.
func readV2(m metrics) needs {
	account := m("Au") != "N"
	in := entry(m("AV"), false, account)
	in.way[in.n] = withAccount(setOf(landwaiter.DoorHarmfulFile), account)
	in.n++
	return needs{
		in:     in,
		data:   m("C") != "N" || m("I") != "N",
		stop:   m("A") != "N",
		beyond: true,
	}
}

// entry is the way in that an attack vector needs. Readers of files are often
// scored as if attacked over a network, or locally: where somebody must act,
// opening the file is the door, and closing the network earns nothing.
func entry(av string, act, account bool) entries {
	file := setOf(landwaiter.DoorHarmfulFile)
	var way doorSet
	switch av {
	case "N":
		way = setOf(landwaiter.DoorNetworkIn)
	case "A":
		way = setOf(landwaiter.DoorNeighbour)
		if act {
			way |= file
		}
	case "L":
		way = setOf(landwaiter.DoorProject)
	case "P":
		return waysIn(withAccount(setOf(landwaiter.DoorPhysical), account))
	default:
		return anyEntry()
	}
	if act && av != "A" {
		way = file
	}
	return waysIn(withAccount(way, account))
}

func withAccount(way doorSet, account bool) doorSet {
	if account {
		way |= setOf(landwaiter.DoorAccount)
	}
	return way
}
