package inventory

import (
	"io"
)

// window keeps the two ends of what is written to it.
type window struct {
	first, last int   // how many bytes of either end are kept
	size        int64 // written
	head, tail  []byte
	at          int // where in tail, a ring once it is full, the next byte goes
}

func (w *window) Write(p []byte) (int, error) {
	n := len(p)
	w.size += int64(n)
	k := min(w.first-len(w.head), n)
	w.head = append(w.head, p[:k]...)
	p = p[k:]
	if w.last == 0 {
		return n, nil
	}
	if len(p) >= w.last {
		w.tail, w.at = append(w.tail[:0], p[len(p)-w.last:]...), 0
		return n, nil
	}
	for len(p) > 0 {
		if len(w.tail) < w.last {
			k := min(w.last-len(w.tail), len(p))
			w.tail = append(w.tail, p[:k]...)
			p = p[k:]
			continue
		}
		k := copy(w.tail[w.at:], p)
		w.at = (w.at + k) % w.last
		p = p[k:]
	}
	return n, nil
}

// ReadAt reads what was kept; a read that touches the hole fails with errHole.
func (w *window) ReadAt(p []byte, off int64) (int, error) {
	n := 0
	for n < len(p) {
		at := off + int64(n)
		switch tail := w.size - int64(len(w.tail)); {
		case at < 0 || at >= w.size:
			return n, io.EOF
		case at < int64(len(w.head)):
			n += copy(p[n:], w.head[at:])
		case at >= tail:
			i := int(at - tail)
			if len(w.tail) == w.last {
				i = (i + w.at) % w.last
				end := w.last
				if i < w.at {
					end = w.at
				}
				n += copy(p[n:], w.tail[i:end])
				continue
			}
			n += copy(p[n:], w.tail[i:])
		default:
			return n, errHole
		}
	}
	return n, nil
}

// reset empties the window, and makes room for the ends of a file of size bytes.
func (w *window) reset(first, last int, size int64) {
	*w = window{first: first, last: last, head: w.head[:0], tail: w.tail[:0]}
	if n := int(min(int64(first), max(size, 0))); cap(w.head) < n {
		w.head = make([]byte, 0, n)
	}
	if size > int64(first) && cap(w.tail) < last {
		w.tail = make([]byte, 0, last)
	}
}

// holed reads the first bytes of a file, of which nothing else was kept.
type holed []byte

func (h holed) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 || off >= int64(len(h)) {
		return 0, errHole
	}
	n := copy(p, h[off:])
	if n < len(p) {
		return n, errHole
	}
	return n, nil
}
