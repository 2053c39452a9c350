package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/landwaiter/landwaiter"
)

// The tags of an rpm header that matter here.
const (
	rpmTagName         = 1000
	rpmTagVersion      = 1001
	rpmTagRelease      = 1002
	rpmTagEpoch        = 1003
	rpmTagVendor       = 1011
	rpmTagLicence      = 1014
	rpmTagArch         = 1022
	rpmTagOldFileNames = 1027
	rpmTagFileStates   = 1029
	rpmTagFileModes    = 1030
	rpmTagFileDigests  = 1035
	rpmTagFileFlags    = 1037
	rpmTagSourceRPM    = 1044
	rpmTagProvideName  = 1047
	rpmTagRequireName  = 1049
	rpmTagDirIndexes   = 1116
	rpmTagBaseNames    = 1117
	rpmTagDirNames     = 1118
	rpmTagDigestAlgo   = 5011
	rpmTagModularity   = 5096
)

// The types of values.
const (
	rpmTypeChar    = 1
	rpmTypeInt8    = 2
	rpmTypeInt16   = 3
	rpmTypeInt32   = 4
	rpmTypeString  = 6
	rpmTypeStrings = 8
	rpmTypeI18N    = 9
)

const (
	rpmHeaderIntro = 8
	rpmIndexEntry  = 16
)

// rpmHeader is the header of one package as a database holds it: two counts, an
// index of (tag, type, offset, count), the values. All big-endian.
//
// Format: rpm.org, "RPM V4 Package format", header structure.
type rpmHeader struct {
	index, data []byte
}

func parseRPMHeader(b []byte) (*rpmHeader, error) {
	if len(b) < rpmHeaderIntro {
		return nil, fmt.Errorf("a header of %d bytes", len(b))
	}
	entries := int64(binary.BigEndian.Uint32(b))
	size := int64(binary.BigEndian.Uint32(b[4:]))
	data := rpmHeaderIntro + rpmIndexEntry*entries
	if entries == 0 || data+size > int64(len(b)) {
		return nil, fmt.Errorf("a header of %d bytes that says it has %d values in %d", len(b), entries, size)
	}
	return &rpmHeader{index: b[rpmHeaderIntro:data], data: b[data : data+size]}, nil
}

// value finds a tag and returns its type, its count, and the data from its start
// on. The last entry of a tag counts: what an installation changed comes after
// what was built. data is nil where there is none.
func (h *rpmHeader) value(tag int) (kind, count uint32, data []byte, err error) {
	for e := h.index; len(e) >= rpmIndexEntry; e = e[rpmIndexEntry:] {
		if binary.BigEndian.Uint32(e) != uint32(tag) {
			continue
		}
		off := binary.BigEndian.Uint32(e[8:])
		if int64(off) >= int64(len(h.data)) {
			return 0, 0, nil, fmt.Errorf("tag %d lies at %d of %d bytes", tag, off, len(h.data))
		}
		kind, count, data = binary.BigEndian.Uint32(e[4:]), binary.BigEndian.Uint32(e[12:]), h.data[off:]
	}
	return kind, count, data, nil
}

// text is a string, or the first of several, "" where there is none.
func (h *rpmHeader) text(tag int) (string, error) {
	kind, _, data, err := h.value(tag)
	if err != nil || data == nil {
		return "", err
	}
	if kind != rpmTypeString && kind != rpmTypeStrings && kind != rpmTypeI18N {
		return "", fmt.Errorf("tag %d is of type %d, not text", tag, kind)
	}
	end := bytes.IndexByte(data, 0)
	if end < 0 || end > rpmMaxText {
		return "", fmt.Errorf("tag %d has no end", tag)
	}
	return latin1(data[:end]), nil
}

// texts is a list of strings.
func (h *rpmHeader) texts(tag int) ([]string, error) {
	kind, count, data, err := h.value(tag)
	if err != nil || data == nil {
		return nil, err
	}
	if kind != rpmTypeString && kind != rpmTypeStrings && kind != rpmTypeI18N {
		return nil, fmt.Errorf("tag %d is of type %d, not text", tag, kind)
	}
	if count > rpmMaxFiles || int64(count) > int64(len(data)) {
		return nil, fmt.Errorf("tag %d has %d values: %w", tag, count, landwaiter.ErrTooLarge)
	}
	out := make([]string, count)
	for i := range out {
		end := bytes.IndexByte(data, 0)
		if end < 0 {
			return nil, fmt.Errorf("tag %d ends after %d of %d values", tag, i, count)
		}
		out[i] = string(data[:end])
		data = data[end+1:]
	}
	return out, nil
}

// numbers is the bytes of a list of numbers, each of width bytes.
func (h *rpmHeader) numbers(tag int, width int, kinds ...uint32) ([]byte, error) {
	kind, count, data, err := h.value(tag)
	if err != nil || data == nil {
		return nil, err
	}
	for _, k := range kinds {
		if k == kind {
			if int64(count)*int64(width) > int64(len(data)) {
				return nil, fmt.Errorf("tag %d has %d values in %d bytes", tag, count, len(data))
			}
			return data[:int(count)*width], nil
		}
	}
	return nil, fmt.Errorf("tag %d is of type %d, not a number", tag, kind)
}

// number is the first of a list of 32-bit numbers, 0 where there is none.
func (h *rpmHeader) number(tag int) (uint32, error) {
	b, err := h.numbers(tag, 4, rpmTypeInt32)
	if err != nil || len(b) < 4 {
		return 0, err
	}
	return binary.BigEndian.Uint32(b), nil
}

func (h *rpmHeader) version() (string, error) {
	version, err := h.text(rpmTagVersion)
	if err != nil {
		return "", err
	}
	release, err := h.text(rpmTagRelease)
	if err != nil {
		return "", err
	}
	epoch, err := h.number(rpmTagEpoch)
	if err != nil {
		return "", err
	}
	if !printable(version) || !printable(release) {
		return "", errors.New("no version and release")
	}
	return rpmVersion(epoch, version, release), nil
}

// rpmFiles is the file list of one package; what is not said is zero.
type rpmFiles struct {
	bases, folders, digests       []string
	indexes, modes, flags, states []byte
	algorithm                     uint32
}

func (h *rpmHeader) fileList() (*rpmFiles, error) {
	var l rpmFiles
	var errs [8]error
	l.bases, errs[0] = h.texts(rpmTagBaseNames)
	l.folders, errs[1] = h.texts(rpmTagDirNames)
	l.digests, errs[2] = h.texts(rpmTagFileDigests)
	l.indexes, errs[3] = h.numbers(rpmTagDirIndexes, 4, rpmTypeInt32)
	l.modes, errs[4] = h.numbers(rpmTagFileModes, 2, rpmTypeInt16)
	l.flags, errs[5] = h.numbers(rpmTagFileFlags, 4, rpmTypeInt32)
	l.states, errs[6] = h.numbers(rpmTagFileStates, 1, rpmTypeChar, rpmTypeInt8)
	l.algorithm, errs[7] = h.number(rpmTagDigestAlgo)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	if len(l.bases) == 0 {
		// Packages built before rpm 4 name whole paths.
		var err error
		l.bases, err = h.texts(rpmTagOldFileNames)
		l.folders, l.indexes = nil, nil
		return &l, err
	}
	if len(l.indexes) != 4*len(l.bases) {
		return nil, fmt.Errorf("%d files and %d indexes of folders", len(l.bases), len(l.indexes)/4)
	}
	for i := range l.bases {
		if n := binary.BigEndian.Uint32(l.indexes[4*i:]); int64(n) >= int64(len(l.folders)) {
			return nil, fmt.Errorf("file %d is in folder %d of %d", i, n, len(l.folders))
		}
	}
	return &l, nil
}

// folder is the folder of file i with its trailing slash.
func (l *rpmFiles) folder(i int) string {
	if l.indexes == nil {
		return ""
	}
	return l.folders[binary.BigEndian.Uint32(l.indexes[4*i:])]
}

func (l *rpmFiles) mode(i int) uint16 {
	if 2*i+2 > len(l.modes) {
		return 0
	}
	return binary.BigEndian.Uint16(l.modes[2*i:])
}

func (l *rpmFiles) flag(i int) uint32 {
	if 4*i+4 > len(l.flags) {
		return 0
	}
	return binary.BigEndian.Uint32(l.flags[4*i:])
}

func (l *rpmFiles) state(i int) byte {
	if i >= len(l.states) {
		return rpmInstalled
	}
	return l.states[i]
}
