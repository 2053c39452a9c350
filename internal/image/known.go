package image

import (
	"fmt"
	"io"

	"github.com/landwaiter/landwaiter"
)

// Want is what the image says of the layer: a claim, until the layer has been read.
func (l *Layer) Want() landwaiter.Layer { return l.want }

// Check reads the layer to its end and checks every digest, for those who know what
// content of that DiffID holds: content bytes of files, which count against the cap
// as if somebody had looked at them.
func (l *Layer) Check(content int64) error {
	if err := l.im.spend(&l.im.content, content); err != nil {
		return err
	}
	if err := l.open(); err != nil {
		return err
	}
	if err := l.finish(); err != io.EOF {
		return err
	}
	return nil
}

// Skip ends the layer without opening it, for those who know what the stored bytes of
// that digest unpack to: so many bytes of tar, with so many bytes of files. Both
// count against the caps as if they had been read. It fails where the stored bytes
// are not there, as far as their place can say so without reading them.
func (l *Layer) Skip(unpacked, content int64) error {
	if l.from.present != nil {
		if err := l.from.present(); err != nil {
			return err
		}
	}
	if err := l.im.spend(&l.im.unpacked, unpacked); err != nil {
		return err
	}
	if err := l.im.spend(&l.im.content, content); err != nil {
		return err
	}
	l.im.read.Add(l.want.Size)
	l.skipped, l.ended = unpacked, true
	return nil
}

// sized fails where stored bytes are not as many as the image says.
func sized(got, want int64) error {
	if got != want {
		return fmt.Errorf("stored bytes: %d bytes where %d were promised: %w; copy the image again", got, want, landwaiter.ErrDigest)
	}
	return nil
}
