package inventory

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"testing"
)

// windowsProgram is the smallest program that has resources.
func windowsProgram(resources []byte, managed bool) []byte {
	var b bytes.Buffer
	put := func(v any) {
		if err := binary.Write(&b, binary.LittleEndian, v); err != nil {
			panic(err) // a buffer takes everything
		}
	}
	dos := make([]byte, 0x40)
	copy(dos, "MZ")
	dos[0x3c] = 0x40
	b.Write(dos)
	b.WriteString("PE\x00\x00")
	const optional = 112 + 16*8
	put(pe.FileHeader{Machine: pe.IMAGE_FILE_MACHINE_AMD64, NumberOfSections: 1, SizeOfOptionalHeader: optional})
	h := pe.OptionalHeader64{Magic: 0x20b, NumberOfRvaAndSizes: 16}
	h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_RESOURCE] = pe.DataDirectory{VirtualAddress: 0x1000, Size: uint32(len(resources))}
	if managed {
		h.DataDirectory[pe.IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR] = pe.DataDirectory{VirtualAddress: 0x1000, Size: 72}
	}
	put(h)
	s := pe.SectionHeader32{Name: [8]byte{'.', 'r', 's', 'r', 'c'}, VirtualSize: uint32(len(resources)), VirtualAddress: 0x1000, SizeOfRawData: uint32(len(resources)), PointerToRawData: uint32(b.Len() + 40)}
	put(s)
	b.Write(resources)
	return b.Bytes()
}

func versionResource(pairs ...string) []byte {
	out := append(make([]byte, 6), wide("VS_VERSION_INFO\x00")...)
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, make([]byte, 6)...)
		out = append(out, wide(pairs[i]+"\x00")...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
		out = append(out, wide(pairs[i+1]+"\x00")...)
	}
	return out
}

func TestWindowsPrograms(t *testing.T) {
	for _, c := range []struct {
		name    string
		data    []byte
		want    string
		version string
	}{
		{"named", windowsProgram(versionResource("CompanyName", "Example", "FileVersion", "1.1.0.0", "ProductName", "Simple Launcher", "ProductVersion", "1.1.0.14"), false), "Simple Launcher", "1.1.0.14"},
		{"old style", windowsProgram(versionResource("InternalName", "tool", "FileVersion", "6, 1, 0, 2"), false), "tool", "6.1.0.2"},
		{"no digits", windowsProgram(versionResource("ProductName", "x", "ProductVersion", "unknown"), false), "", ""},
		{"assembly", windowsProgram(versionResource("ProductName", "x", "ProductVersion", "1"), true), "", ""},
		{"no resources", windowsProgram(nil, false), "", ""},
		{"cut", windowsProgram(versionResource("ProductName", "x", "ProductVersion", "1"), false)[:0x60], "", ""},
	} {
		var out facts
		if err := readProgram(newFile(t, "opt/x.exe", c.data), &out); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		got, version := "", ""
		if len(out.packages) > 0 {
			got, version = out.packages[0].pkg.Name, out.packages[0].pkg.Version
		}
		if got != c.want || version != c.version {
			t.Errorf("%s: %q %q, want %q %q", c.name, got, version, c.want, c.version)
		}
	}
}
