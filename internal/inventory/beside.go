package inventory

import "io"

// Pieces that wait for a beside, and their size.
const (
	besidePieces = 4
	besidePiece  = 128 << 10
)

// beside is a writer whose writer works in another goroutine.
type beside struct {
	work chan []byte // nil asks for an answer
	free chan []byte
	idle chan struct{}
	done chan struct{}
}

func newBeside(w io.Writer) *beside {
	b := &beside{
		work: make(chan []byte, besidePieces), free: make(chan []byte, besidePieces),
		idle: make(chan struct{}), done: make(chan struct{}),
	}
	for range besidePieces {
		b.free <- make([]byte, besidePiece)
	}
	go b.run(w)
	return b
}

func (b *beside) run(w io.Writer) {
	defer close(b.done)
	for p := range b.work {
		if p == nil {
			b.idle <- struct{}{}
			continue
		}
		w.Write(p) //nolint:errcheck // a hash takes everything
		b.free <- p[:besidePiece]
	}
}

func (b *beside) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		piece := <-b.free
		k := copy(piece, p)
		b.work <- piece[:k]
		p = p[k:]
	}
	return n, nil
}

// wait waits until all that was written has been worked on.
func (b *beside) wait() {
	b.work <- nil
	<-b.idle
}

// close ends the goroutine and waits for it.
func (b *beside) close() {
	close(b.work)
	<-b.done
}
