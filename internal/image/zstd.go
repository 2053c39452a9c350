package image

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// A zstd stream is a row of frames, each decoded by itself. Where they are small,
// as "zstd:chunked" and pzstd make them, several are decoded at a time; what stands
// in one large frame, as zstd itself makes it, is decoded in order.
//
// Format: RFC 8878.
const (
	zstdMagic     = "\x28\xb5\x2f\xfd"
	zstdJob       = 1 << 20 // stored bytes of frames that are decoded together
	zstdMaxStored = 4 << 20 // of one frame that is decoded beside others
	zstdMaxPlain  = 8 << 20 // bytes that such frames unpack to together
)

// isZstd reports whether a stream that begins so is of zstd: a frame, or one to skip.
func isZstd(head []byte) bool {
	return bytes.HasPrefix(head, []byte(zstdMagic)) || len(head) > 3 && isSkippable(head)
}

func isSkippable(b []byte) bool {
	return b[0]&0xf0 == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18
}

func newZstd(r io.Reader, workers int) (*zstd.Decoder, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(workers), zstd.WithDecoderMaxWindow(limitio.MaxWindow))
	if err != nil {
		return nil, fmt.Errorf("zstd: %w", err)
	}
	return d, nil
}

// openZstd decompresses r, with as many workers as there are processors.
func openZstd(r io.Reader, workers int) (unpacked, error) {
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	z := &frames{r: r, jobs: make(chan *zstdJobOf, workers), order: make(chan *zstdJobOf, workers), quit: make(chan struct{})}
	z.wg.Go(z.feed)
	for range workers {
		z.wg.Go(z.work)
	}
	return unpacked{z.next, z.close}, nil
}

// frames decodes frames side by side and gives their content in order.
type frames struct {
	r     io.Reader
	jobs  chan *zstdJobOf
	order chan *zstdJobOf
	quit  chan struct{}
	wg    sync.WaitGroup
	free  sync.Pool // of *zstdJobOf

	rest func() (limitio.Block, error) // of what is decoded in order
	stop func()
	err  error
}

// zstdJobOf is some frames.
type zstdJobOf struct {
	stored []byte
	size   int64 // that they unpack to
	plain  []byte
	err    error
	done   chan struct{}
	// rest is where the stream goes on whose frames cannot be cut, nil in a job
	// of whole frames.
	rest io.Reader
	pool *sync.Pool
}

func (j *zstdJobOf) Bytes() []byte { return j.plain }
func (j *zstdJobOf) Release()      { j.pool.Put(j) }

func (z *frames) job() *zstdJobOf {
	if j, ok := z.free.Get().(*zstdJobOf); ok {
		*j = zstdJobOf{stored: j.stored[:0], plain: j.plain[:0], done: make(chan struct{}), pool: &z.free}
		return j
	}
	return &zstdJobOf{done: make(chan struct{}), pool: &z.free}
}

// feed cuts the stream into jobs. The last is what it could not cut: nothing, at the
// end of a whole stream.
func (z *frames) feed() {
	defer close(z.order)
	defer close(z.jobs)
	for {
		j := z.job()
		rest := z.cut(j)
		if len(j.stored) > 0 && !z.send(j) {
			return
		}
		if rest != nil {
			last := z.job()
			last.rest = rest
			close(last.done)
			select {
			case z.order <- last:
			case <-z.quit:
			}
			return
		}
	}
}

func (z *frames) send(j *zstdJobOf) bool {
	for _, to := range []chan *zstdJobOf{z.jobs, z.order} {
		select {
		case to <- j:
		case <-z.quit:
			return false
		}
	}
	return true
}

// cut reads whole frames into j, until they are enough for one job. rest is the
// stream from where that is no longer possible.
func (z *frames) cut(j *zstdJobOf) (rest io.Reader) {
	for len(j.stored) < zstdJob {
		start := len(j.stored)
		size, err := z.frame(j)
		if err == nil && j.size+size <= zstdMaxPlain {
			j.size += size
			continue
		}
		part := bytes.Clone(j.stored[start:])
		if j.stored = j.stored[:start]; err == nil || errors.Is(err, errFrame) {
			return io.MultiReader(bytes.NewReader(part), z.r)
		}
		return io.MultiReader(bytes.NewReader(part), failing{err})
	}
	return nil
}

// failing is a reader of nothing.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// errFrame: a frame that is too large for a job, does not tell its size, or is none.
var errFrame = errors.New("not cut")

// frame reads one frame behind what j holds and returns what it says it unpacks to.
func (z *frames) frame(j *zstdJobOf) (size int64, err error) {
	more := func(n int) ([]byte, error) {
		at := len(j.stored)
		j.stored = append(j.stored, make([]byte, n)...)
		m, err := io.ReadFull(z.r, j.stored[at:])
		j.stored = j.stored[:at+m]
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = io.EOF // the decoder says that it is cut off
		}
		return j.stored[at:], err
	}
	start := len(j.stored)
	b, err := more(4)
	if err != nil {
		return 0, err
	}
	if isSkippable(b) {
		if b, err = more(4); err != nil {
			return 0, err
		}
		n := binary.LittleEndian.Uint32(b)
		if n > zstdMaxStored {
			return 0, errFrame
		}
		_, err = more(int(n))
		return 0, err
	}
	if string(b) != zstdMagic {
		return 0, errFrame
	}
	var h zstd.Header
	if b, err = more(1); err != nil {
		return 0, err
	}
	if _, err = more(zstdHeaderRest(b[0])); err != nil {
		return 0, err
	}
	if err := h.Decode(j.stored[start:]); err != nil || !h.HasFCS || h.FrameContentSize > zstdMaxPlain {
		return 0, errFrame
	}
	for last := false; !last; {
		if b, err = more(3); err != nil {
			return 0, err
		}
		v := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
		last = v&1 == 1
		n := int(v >> 3)
		const repeated = 1
		if v>>1&3 == repeated {
			n = 1
		}
		if len(j.stored)-start+n > zstdMaxStored {
			return 0, errFrame
		}
		if _, err = more(n); err != nil {
			return 0, err
		}
	}
	if h.HasCheckSum {
		_, err = more(4)
	}
	return int64(h.FrameContentSize), err
}

// zstdHeaderRest is how many bytes of a frame's header follow the one that says so.
func zstdHeaderRest(b byte) int {
	single := b>>5&1 == 1
	n := []int{0, 1, 2, 4}[b&3] + []int{0, 2, 4, 8}[b>>6]
	switch {
	case !single:
		n++ // the window
	case b>>6 == 0:
		n++ // the size
	}
	return n
}

func (z *frames) work() {
	d, err := newZstd(nil, 1)
	if err == nil {
		defer d.Close()
	}
	for j := range z.jobs {
		if j.err = err; err != nil {
			close(j.done)
			continue
		}
		if int64(cap(j.plain)) < j.size {
			j.plain = make([]byte, 0, j.size)
		}
		j.plain, j.err = d.DecodeAll(j.stored, j.plain[:0])
		if int64(len(j.plain)) > j.size {
			j.err = errFrame
		}
		close(j.done)
	}
}

// next gives the content of the next job.
func (z *frames) next() (limitio.Block, error) {
	for {
		if z.rest != nil {
			b, err := z.rest()
			if err == io.EOF {
				err = z.err
			}
			return b, err
		}
		j, ok := <-z.order
		if !ok {
			return nil, io.ErrUnexpectedEOF // only where it was closed
		}
		<-j.done
		in, end := j.rest, io.EOF
		switch {
		case in == nil && j.err == nil && len(j.plain) > 0:
			return j, nil
		case in == nil && j.err == nil:
			j.Release()
			continue
		case in == nil: // decoding in order says what is wrong, behind what is not
			in, end = bytes.NewReader(j.stored), j.err
		}
		d, err := newZstd(in, 1)
		if err != nil {
			return nil, err
		}
		z.rest, z.stop, z.err = limitio.NewBlocks(d), d.Close, end
	}
}

func (z *frames) close() {
	close(z.quit)
	z.wg.Wait()
	if z.stop != nil {
		z.stop()
	}
}
