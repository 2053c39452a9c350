package content

import (
	"encoding/binary"
	"regexp"
	"strings"
)

// maxDICOM is how much of a picture's start is read: who the patient is stands before
// the picture.
const maxDICOM = 256 << 10

// What is seen of the patient of a medical picture.
const (
	whatPatient    = "a medical picture that names its patient"
	whatMayPatient = "a medical picture that may name its patient"
)

// nobody are words in place of a patient.
var nobody = regexp.MustCompile(`(?i)anon|test|phantom|dummy|unknown|none|removed|deident|de-ident|pseudo|patient|subject|sample|example|demo|xxx|^[0\s^.-]*$`)

// patient looks at the elements of a DICOM file that say who the patient is. The
// values are compared here, and go no further.
//
// Format: DICOM PS3.5, PS3.10; elements (0010,0010), (0010,0020), (0010,0030) and
// (0012,0062).
func (w *watch) patient(b []byte) {
	d := readDICOM(b)
	name := d.name != "" && !nobody.MatchString(d.name)
	id := d.id != "" && !nobody.MatchString(d.id)
	born := strings.Trim(d.born, "01 ") != "" // 19000101 stands for no day
	switch {
	case name && (id || born) && !d.removed:
		w.markLine(whatPatient, 0)
	case name || d.name == "" && born && id:
		w.markLine(whatMayPatient, 0)
	}
}

type dicom struct {
	name, id, born string
	removed        bool
}

// longForms are the types of values whose length takes four bytes.
const longForms = "OB OD OF OL OV OW SQ SV UC UN UR UT UV"

// readDICOM reads elements up to the group of the patient's. What it cannot read ends
// it: the values up to there stand.
func readDICOM(b []byte) (d dicom) {
	const start = 132
	var order binary.ByteOrder = binary.LittleEndian
	explicit, syntax, meta := true, "", true
	for at := start; at+8 <= len(b); {
		group := order.Uint16(b[at:])
		if meta && group != 2 {
			meta = false
			explicit = syntax != "1.2.840.10008.1.2"
			if syntax == "1.2.840.10008.1.2.2" {
				order = binary.BigEndian
				group = order.Uint16(b[at:])
			}
		}
		tag := uint32(group)<<16 | uint32(order.Uint16(b[at+2:]))
		if group > 0x0012 {
			return d
		}
		at += 4
		var size uint32
		switch {
		case !explicit:
			size = order.Uint32(b[at:])
			at += 4
		case strings.Contains(longForms, string(b[at:at+2])):
			if at+8 > len(b) {
				return d
			}
			size = order.Uint32(b[at+4:])
			at += 8
		default:
			size = uint32(order.Uint16(b[at+2:]))
			at += 4
		}
		if int64(size) > int64(len(b)-at) { // also a sequence without a stated end
			return d
		}
		value := strings.Trim(string(b[at:at+min(int(size), 256)]), " \x00^")
		at += int(size)
		switch tag {
		case 0x00020010:
			syntax = value
		case 0x00100010:
			d.name = value
		case 0x00100020:
			d.id = value
		case 0x00100030:
			d.born = value
		case 0x00120062:
			d.removed = strings.EqualFold(value, "yes")
		}
	}
	return d
}
