package inventory

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// lookImage reads the width and height of the common kinds of image. What else an
// image carries, such as where it was taken, is not shown.
func lookImage(l *look) error {
	h := l.head
	var width, height uint32
	switch {
	case bytes.HasPrefix(h, []byte("\x89PNG")) && len(h) >= 24:
		l.nature.Format = "PNG image"
		width, height = binary.BigEndian.Uint32(h[16:]), binary.BigEndian.Uint32(h[20:])
	case bytes.HasPrefix(h, []byte("GIF8")) && len(h) >= 10:
		l.nature.Format = "GIF image"
		width, height = uint32(binary.LittleEndian.Uint16(h[6:])), uint32(binary.LittleEndian.Uint16(h[8:]))
	case bytes.HasPrefix(h, []byte("BM")) && len(h) >= 26:
		l.nature.Format = "BMP image"
		width, height = binary.LittleEndian.Uint32(h[18:]), binary.LittleEndian.Uint32(h[22:])
	case bytes.HasPrefix(h, []byte("RIFF")) && len(h) >= 30:
		l.nature.Format = "WebP image"
		if string(h[12:16]) == "VP8X" {
			width = 1 + (uint32(h[24]) | uint32(h[25])<<8 | uint32(h[26])<<16)
			height = 1 + (uint32(h[27]) | uint32(h[28])<<8 | uint32(h[29])<<16)
		}
	case bytes.HasPrefix(h, []byte("\xff\xd8")):
		l.nature.Format = "JPEG image"
		width, height = jpegSize(l.start())
	case bytes.HasPrefix(h, []byte("II*\x00")), bytes.HasPrefix(h, []byte("MM\x00*")):
		l.nature.Format = "TIFF image"
	default:
		return errors.New("too short for its header")
	}
	if width > 0 && height > 0 {
		l.say("%d x %d", width, height)
	}
	return nil
}

// jpegSize finds the frame header of a JPEG image.
//
// Format: ITU-T T.81, annex B.
func jpegSize(b []byte) (width, height uint32) {
	for at := 2; at+9 < len(b) && b[at] == 0xff; {
		mark := b[at+1]
		if mark >= 0xc0 && mark <= 0xcf && mark != 0xc4 && mark != 0xc8 && mark != 0xcc {
			return uint32(binary.BigEndian.Uint16(b[at+7:])), uint32(binary.BigEndian.Uint16(b[at+5:]))
		}
		at += 2 + int(binary.BigEndian.Uint16(b[at+2:]))
	}
	return 0, 0
}

// isWebP and isSound tell what stands in a RIFF file.
func isWebP(_ string, head []byte) bool {
	return !bytes.HasPrefix(head, []byte("RIFF")) || len(head) > 12 && string(head[8:12]) == "WEBP"
}

// lookSVG says whether a drawing brings a script.
func lookSVG(l *look) error {
	b := bytes.ToLower(l.start())
	if bytes.Contains(b, []byte("<script")) || bytes.Contains(b, []byte("javascript:")) {
		l.runsCode(isUnknown)
		l.say("brings JavaScript, which runs if its reader lets it")
	}
	return nil
}

// likeKey reports whether a PEM file begins with a private key.
func likeKey(_ string, head []byte) bool {
	line, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.Contains(line, []byte("PRIVATE KEY-----"))
}

// lookKey says that there is a key and whether a password closes it. No byte of it
// is shown.
func lookKey(l *look) error {
	if bytes.Contains(l.head, []byte("ENCRYPTED")) {
		l.say("closed by a password")
	}
	return nil
}

func lookShut(l *look) error {
	l.shut(-1, l.nature.Format+": an archive that we cannot open")
	return nil
}

// lookDisk says what an image of a disk is. The files in it are not read.
func lookDisk(l *look) error {
	h := l.head
	var name string
	switch {
	case bytes.HasPrefix(h, []byte("QFI\xfb")):
		name = "qcow2"
	case bytes.HasPrefix(h, []byte("KDMV")), bytes.HasPrefix(h, []byte("# Disk DescriptorFile")):
		name = "VMDK"
	case bytes.HasPrefix(h, []byte("conectix")), bytes.HasPrefix(h, []byte("vhdxfile")):
		name = "VHD"
	case bytes.HasPrefix(h, []byte("hsqs")):
		name = "SquashFS"
	case len(h) > 41 && bytes.HasPrefix(h[32:], []byte("SIF_MAGIC")):
		name = "Singularity image (SIF)"
	default:
		b, err := l.bytes(32769, 5)
		if err != nil || string(b) != "CD001" {
			if text(l.start()) {
				l.kind = landwaiter.FileText
			}
			return errNotIt
		}
		name = "ISO 9660"
	}
	l.nature.Format = "disk image"
	l.say("%s, whose files were not read", name)
	l.shut(-1, "disk image ("+name+"): its files were not read")
	return nil
}

// lookHead names the format and says no more.
func lookHead(*look) error { return nil }

// isTSV and the like: names decide, and text must follow.
func isText(_ string, head []byte) bool { return text(head) }

// notText keeps formats that are never plain text apart from text that is only
// called like them.
func notText(_ string, head []byte) bool { return !text(head) }

// isPyTorchProto keeps messages of Protocol Buffers apart from other files whose
// names end in ".pb".
func isGraph(name string, _ []byte) bool {
	for _, base := range []string{"saved_model.pb", "frozen_inference_graph.pb", "frozen_graph.pb", "graph.pb", "model.pb"} {
		if strings.HasSuffix("/"+name, "/"+base) {
			return true
		}
	}
	return false
}

// likeTensors recognises a safetensors header whatever the file's name.
func likeTensors(_ string, head []byte) bool {
	return binary.LittleEndian.Uint64(head) <= tensorMaxHeader && (bytes.Contains(head, []byte(`"dtype"`)) || bytes.Contains(head, []byte(`"__metadata__"`)))
}

// isDOS tells a program from a text that begins with the same two letters.
func isDOS(_ string, head []byte) bool { return bytes.IndexByte(head, 0) >= 0 }

// isLZMA asks for what follows the weak magic of lzma's old files: a size that is
// unknown, or less than a thousandth of all there is.
func isLZMA(_ string, head []byte) bool {
	return len(head) > 13 && (bytes.Equal(head[5:13], bytes.Repeat([]byte{0xff}, 8)) || binary.LittleEndian.Uint64(head[5:]) < 1<<40)
}

func isClass(name string, head []byte) bool { return len(head) > 8 && !isFat(name, head) }
