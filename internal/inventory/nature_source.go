package inventory

import "io"

// source is one file as it passes: what is read of it goes to w as well.
type source struct {
	head []byte
	r    io.Reader
	w    io.Writer
	size int64
	err  error
}

func (s *source) Read(p []byte) (n int, err error) {
	switch {
	case len(s.head) > 0:
		n = copy(p, s.head)
		s.head = s.head[n:]
	case s.err != nil:
		return 0, s.err
	default:
		n, s.err = s.r.Read(p)
	}
	s.size += int64(n)
	if _, err := s.w.Write(p[:n]); err != nil {
		s.err = err
	}
	return n, s.err
}

// drain reads what is left and returns the size of the whole.
func (s *source) drain(buf []byte) (int64, error) {
	for {
		if _, err := s.Read(buf); err == io.EOF {
			return s.size, nil
		} else if err != nil {
			return s.size, err
		}
	}
}
