package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// dicomSyntaxes are the transfer syntaxes that are not simply explicit and little
// endian, and the names of common others.
var dicomSyntaxes = map[string]string{
	"1.2.840.10008.1.2": "implicit little endian", "1.2.840.10008.1.2.1": "explicit little endian", "1.2.840.10008.1.2.2": "explicit big endian",
	"1.2.840.10008.1.2.1.99": "deflated", "1.2.840.10008.1.2.4.50": "JPEG", "1.2.840.10008.1.2.4.70": "JPEG lossless", "1.2.840.10008.1.2.4.90": "JPEG 2000 lossless",
}

// lookDICOM says which kind of image it is, and whether it names a patient: that
// it does, never whom.
//
// Format: DICOM PS3.5, PS3.10.
func lookDICOM(l *look) error {
	d := &dicom{order: &order{r: l, size: l.size, ByteOrder: binary.LittleEndian, at: 132}, explicit: true}
	var syntax, modality string
	name, id := false, false
	for d.more() {
		switch d.tag {
		case 0x00020010:
			syntax = strings.TrimRight(d.text(), " \x00")
		case 0x00080060:
			modality = short(d.text(), 16)
		case 0x00100010:
			name = strings.Trim(d.text(), " ^\x00") != ""
		case 0x00100020:
			id = strings.Trim(d.text(), " \x00") != ""
		}
		if d.tag>>16 > 0x0010 {
			break
		}
		if d.next >= l.size {
			break
		}
		d.at = d.next
		if d.tag>>16 == 2 && d.peek()>>16 != 2 {
			d.explicit = syntax != "1.2.840.10008.1.2"
			if syntax == "1.2.840.10008.1.2.2" {
				d.ByteOrder = binary.BigEndian
			}
			if syntax == "1.2.840.10008.1.2.1.99" {
				l.say("deflated, so that not all was read")
				return nil
			}
		}
	}
	if modality != "" {
		l.say("modality %s", modality)
	}
	if s := dicomSyntaxes[syntax]; s != "" {
		l.say("%s", s)
	} else if syntax != "" {
		l.say("transfer syntax %s", short(syntax, 64))
	}
	switch {
	case name && id:
		l.say("has a patient's name and number")
	case name:
		l.say("has a patient's name")
	case id:
		l.say("has a patient's number")
	default:
		l.say("no patient's name or number was seen")
	}
	if d.err != nil && d.at < l.size {
		return d.err
	}
	return nil
}

// dicom reads data elements one after the other.
type dicom struct {
	*order
	explicit bool
	tag      uint32
	length   int64
	next     int64
	done     bool
}

func (d *dicom) peek() uint32 {
	at := d.at
	v := uint32(d.u16())<<16 | uint32(d.u16())
	d.at = at
	return v
}

// dicomLong are the kinds of values whose size takes four bytes.
var dicomLong = []string{"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT", "SV", "UV"}

func (d *dicom) more() bool {
	if d.done || d.err != nil || d.at+8 > d.size {
		return false
	}
	d.tag = uint32(d.u16())<<16 | uint32(d.u16())
	if d.tag>>16 > 0x0010 {
		return false
	}
	if d.explicit || d.tag>>16 == 2 {
		vr := string(d.bytes(2))
		if slices.Contains(dicomLong, vr) {
			d.skip(2)
			d.length = int64(d.u32())
		} else {
			d.length = int64(d.u16())
		}
	} else {
		d.length = int64(d.u32())
	}
	if d.length == 0xffffffff { // a sequence that ends with a mark of its own
		return d.sequence()
	}
	if d.next = d.at + d.length; d.next > d.size {
		d.fail(fmt.Errorf("an element of %d bytes: %w", d.length, landwaiter.ErrTooLarge))
	}
	return d.err == nil
}

// sequence passes over items up to the mark that ends them.
func (d *dicom) sequence() bool {
	mark := []byte{0xfe, 0xff, 0xdd, 0xe0, 0, 0, 0, 0}
	b := make([]byte, 64<<10)
	n, _ := d.r.ReadAt(b, d.at)
	i := bytes.Index(b[:n], mark)
	if i < 0 {
		d.done = true
		return false
	}
	d.length, d.next = 0, d.at+int64(i+len(mark))
	return true
}

func (d *dicom) text() string {
	if d.length > 1024 || d.length < 0 {
		return ""
	}
	return string(d.bytes(d.length))
}

// lookNIfTI reads the size of an image of a brain or body.
//
// Format: nifti.nimh.nih.gov, nifti1.h, nifti2.h.
func lookNIfTI(l *look) error {
	h := l.head
	if len(h) < 348 {
		return errors.New("no header")
	}
	var o binary.ByteOrder = binary.LittleEndian
	if n := o.Uint32(h); n != 348 && n != 540 {
		o = binary.BigEndian
	}
	var dims []string
	switch o.Uint32(h) {
	case 348:
		for i := range min(int(o.Uint16(h[40:])), 7) {
			dims = append(dims, fmt.Sprint(o.Uint16(h[42+2*i:])))
		}
	case 540:
		for i := range min(o.Uint64(h[16:]), 7) {
			dims = append(dims, fmt.Sprint(o.Uint64(h[24+8*i:])))
		}
	default:
		return errNotIt
	}
	l.say("%s", strings.Join(dims, " x "))
	return nil
}

// lookBAM counts the people of whom there are aligned reads. Names are not shown.
//
// Format: samtools.github.io, SAMv1.
func lookBAM(l *look) error {
	b := l.start()
	if len(b) < 8 {
		return errors.New("no header")
	}
	n := min(int64(binary.LittleEndian.Uint32(b[4:])), int64(len(b)-8))
	l.samSamples(b[8 : 8+n])
	return nil
}

func lookSAM(l *look) error {
	l.samSamples(l.start())
	return nil
}

func (l *look) samSamples(header []byte) {
	people := map[string]bool{}
	for line := range bytes.Lines(header) {
		if !bytes.HasPrefix(line, []byte("@RG")) {
			continue
		}
		for part := range bytes.SplitSeq(bytes.TrimSpace(line), []byte("\t")) {
			if s, ok := bytes.CutPrefix(part, []byte("SM:")); ok {
				people[string(s)] = true
			}
		}
	}
	if len(people) > 0 {
		l.say("%d samples", len(people))
	}
}

func lookCRAM(l *look) error {
	if len(l.head) < 6 {
		return errors.New("no version")
	}
	l.say("version %d.%d", l.head[4], l.head[5])
	return nil
}

// lookBGEN counts variants and people.
//
// Format: chg.ox.ac.uk/~gav/bgen_format.
func lookBGEN(l *look) error {
	l.say("%d variants, %d samples", binary.LittleEndian.Uint32(l.head[8:]), binary.LittleEndian.Uint32(l.head[12:]))
	return nil
}

// likeFASTQ recognises sequencing reads: a name, letters of DNA, a plus.
func likeFASTQ(_ string, head []byte) bool {
	lines := bytes.SplitN(head, []byte("\n"), 4)
	return len(lines) > 2 && (len(lines) == 3 || bytes.HasPrefix(lines[2], []byte("+"))) && len(bytes.Trim(lines[1], "ACGTNacgtn.\r")) == 0
}
