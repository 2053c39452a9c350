package image

import "strings"

// A column is a list that grows in chunks: what is in it is not copied when it
// grows, and no room is left over that could hold as much again.
type column[T any] struct{ chunks [][]T }

const chunkLen = 1 << 12 // items of one chunk

func (c *column[T]) add(v T) {
	last := len(c.chunks) - 1
	switch {
	case last < 0:
		c.chunks = append(c.chunks, nil) // a small layer needs no whole chunk
		last = 0
	case len(c.chunks[last]) == chunkLen:
		c.chunks = append(c.chunks, make([]T, 0, chunkLen))
		last++
	}
	c.chunks[last] = append(c.chunks[last], v)
}

func (c *column[T]) len() int {
	if len(c.chunks) == 0 {
		return 0
	}
	last := len(c.chunks) - 1
	return last*chunkLen + len(c.chunks[last])
}

func (c *column[T]) at(i int32) *T { return &c.chunks[i/chunkLen][i%chunkLen] }

// trim gives back the room behind the last item.
func (c *column[T]) trim() {
	if len(c.chunks) > 0 {
		last := &c.chunks[len(c.chunks)-1]
		*last = append(make([]T, 0, len(*last)), *last...)
	}
}

// arena holds texts one after the other, in chunks. Who holds two neighbouring
// texts' places needs no length of the first.
type arena struct {
	chunks []string
	open   *strings.Builder // of the last chunk; nil once it was trimmed
	size   int64
}

const (
	arenaBits  = 16
	arenaChunk = 1 << arenaBits
	// arenaEnd is a place behind the last text.
	arenaEnd = 1<<32 - 1
)

// add keeps s and returns its place.
func (a *arena) add(s string) uint32 {
	if last := len(a.chunks) - 1; a.open == nil || len(a.chunks[last]) > 0 && len(a.chunks[last])+len(s) >= arenaChunk {
		a.open = new(strings.Builder)
		if last >= 0 { // a small layer needs no whole chunk
			a.open.Grow(max(arenaChunk, len(s)))
		}
		a.chunks = append(a.chunks, "")
	}
	last := len(a.chunks) - 1
	place := uint32(last<<arenaBits | len(a.chunks[last]))
	a.open.WriteString(s)
	a.chunks[last] = a.open.String()
	a.size += int64(len(s))
	return place
}

// full reports whether there is no room for another text, of which most bytes may
// be held.
func (a *arena) full(most int64) bool {
	return a.size > most || len(a.chunks) >= 1<<(32-arenaBits)-1
}

// text is the text at a place, next the place of the one that was added after it.
func (a *arena) text(place, next uint32) string {
	chunk := a.chunks[place>>arenaBits]
	from, to := place%arenaChunk, uint32(len(chunk))
	if next>>arenaBits == place>>arenaBits {
		to = next % arenaChunk
	}
	return chunk[from:to]
}

func (a *arena) trim() {
	if len(a.chunks) > 0 {
		last := &a.chunks[len(a.chunks)-1]
		*last, a.open = strings.Clone(*last), nil
	}
}
