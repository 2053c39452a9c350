package inventory

import (
	"bytes"
	"debug/buildinfo"
	"encoding/binary"
	"errors"
	"runtime/debug"
)

const (
	goMagic = "\xff Go buildinf:" // goSign and more
	// goInline is the mark of build information that holds its texts itself, as
	// since Go 1.18; before, it held where in memory they are.
	goInline    = 2
	goPointer   = 14 // where the size of a pointer stands
	goFlags     = 15 // where the marks stand; another is whose byte comes first
	goTexts     = 32 // where the texts begin
	goAlign     = 16
	goMaxInfo   = 1 << 20 // of a program's list of modules; that of the largest has some 100 KiB
	goMaxPlaces = 4       // that look like build information
)

// goSearch looks for build information in a program that is written to it. It is
// where Go's magic stands at a multiple of goAlign. What cannot be read so, such as
// the information of old programs, takes the whole program.
//
// Format: package debug/buildinfo.
type goSearch struct {
	off   int64  // of the byte behind tail
	tail  []byte // the last bytes, in which a sign may begin
	signs bool   // something of Go stands in the program
	infos [][]byte
	more  bool // places than goMaxPlaces
}

func (s *goSearch) Write(p []byte) (int, error) {
	for i, info := range s.infos {
		s.infos[i] = append(info, p[:min(len(p), goMaxInfo-len(info))]...)
	}
	// What joins the piece before, then the piece itself.
	join := len(s.tail)
	s.tail = append(s.tail, p[:min(len(goMagic)-1, len(p))]...)
	s.search(s.tail, s.off-int64(join), join, p[len(s.tail)-join:])
	s.search(p, s.off, len(p), nil)
	s.tail = append(s.tail[:0], lastBytes(s.tail, p, len(goMagic)-1)...)
	s.off += int64(len(p))
	return len(p), nil
}

// search looks for signs that begin in b[:stop], which is at off in the program.
// rest is what stands behind b.
func (s *goSearch) search(b []byte, off int64, stop int, rest []byte) {
	for at := 0; at < stop; at += len(goSign) {
		n := bytes.Index(b[at:], []byte(goSign))
		if n < 0 || at+n >= stop {
			return
		}
		at += n
		s.signs = true
		if !bytes.HasPrefix(b[at:], []byte(goMagic)) || (off+int64(at))%goAlign != 0 {
			continue
		}
		if len(s.infos) == goMaxPlaces {
			s.more = true
			return
		}
		info := append([]byte(nil), b[at:min(len(b), at+goMaxInfo)]...)
		s.infos = append(s.infos, append(info, rest[:min(len(rest), goMaxInfo-len(info))]...))
	}
}

func (s *goSearch) done(f *file, out *facts) (again bool) {
	var found *buildinfo.BuildInfo
	for _, b := range s.infos {
		info, err := parseGoInfo(b)
		if errors.Is(err, errNotIt) {
			continue
		}
		if err != nil || found != nil {
			return true
		}
		found = info
	}
	if found == nil || s.more {
		return s.signs
	}
	readGoInfo(f, found, out)
	return false
}

// parseGoInfo reads build information that holds its texts. It fails with errNotIt
// where b is no build information.
func parseGoInfo(b []byte) (*buildinfo.BuildInfo, error) {
	errCut := errors.New("cut off")
	if len(b) < goTexts || b[goPointer] != 4 && b[goPointer] != 8 || b[goFlags] > goInline|1 {
		return nil, errNotIt
	}
	if b[goFlags]&goInline == 0 {
		return nil, errCut // its texts stand elsewhere
	}
	b = b[goTexts:]
	var texts [2]string
	for i := range texts {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > goMaxInfo {
			return nil, errNotIt
		}
		if b = b[used:]; n > uint64(len(b)) {
			return nil, errCut
		}
		texts[i], b = string(b[:n]), b[n:]
	}
	version, modules := texts[0], texts[1]
	if version == "" {
		return nil, errNotIt
	}
	// Marks of 16 bytes stand around the list, for tools that have only the program.
	const mark = 16
	if n := len(modules); n >= 2*mark+1 && modules[n-mark-1] == '\n' {
		modules = modules[mark : n-mark]
	} else {
		modules = ""
	}
	info, err := debug.ParseBuildInfo(modules)
	if err != nil {
		return nil, errCut
	}
	info.GoVersion = version
	return info, nil
}
