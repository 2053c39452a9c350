package inventory

import (
	"bytes"
	"debug/pe"
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"github.com/landwaiter/landwaiter"
)

const (
	methodResource = "version resource"
	// How much of a Windows program's resources is searched for its version, which
	// comes last in many and takes some 800 bytes.
	peMaxResources = 4 << 20
	peMaxVersion   = 16 << 10
	peMaxHead      = 1 << 20
)

// readWindowsProgram reads the version that the maker of a Windows program wrote
// into its resources. An assembly of .NET is left to its own row: its version is
// not that of the package it came in.
//
// Format: VS_VERSIONINFO in Microsoft's Win32 documentation.
func readWindowsProgram(f *file, out *facts) (err error) {
	defer caught(f.Path, &err)
	e, err := pe.NewFile(&meteredReader{r: f.ReaderAt, left: peMaxHead})
	if err != nil {
		return nil // damage in a program is no loss of a list of software
	}
	resources, managed := peFolders(e)
	if managed || resources.Size == 0 {
		return nil
	}
	for _, s := range e.Sections {
		if resources.VirtualAddress < s.VirtualAddress || resources.VirtualAddress-s.VirtualAddress >= s.VirtualSize {
			continue
		}
		data := make([]byte, min(int64(s.Size), peMaxResources, max(f.Size-int64(s.Offset), 0)))
		n, _ := f.ReadAt(data, int64(s.Offset)) // what there is of it
		v := peVersion(data[:n])
		name, version := v["ProductName"], v["ProductVersion"]
		if version == "" {
			version = v["FileVersion"]
		}
		if name == "" {
			name = v["InternalName"]
		}
		// "1, 1, 0, 14" is how old tools write it.
		version = strings.ReplaceAll(version, ", ", ".")
		if !printable(name) || !printable(version) || !strings.ContainsAny(version, "0123456789") {
			return nil
		}
		out.Package(methodResource, landwaiter.Package{
			Ecosystem: "program", Name: name, Version: version, Vendor: v["CompanyName"], PURL: purl("generic", "", name, version),
		}, f.Path)
		out.Owns(f.Path, f.Path, "")
		return nil
	}
	return nil
}

func isWindowsProgram(f *file) bool {
	var magic [2]byte
	_, err := f.ReadAt(magic[:], 0)
	return err == nil && string(magic[:]) == "MZ"
}

// peFolders finds the resources, and whether the program is an assembly of .NET.
func peFolders(e *pe.File) (resources pe.DataDirectory, managed bool) {
	var list []pe.DataDirectory
	switch h := e.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		list = h.DataDirectory[:min(h.NumberOfRvaAndSizes, uint32(len(h.DataDirectory)))]
	case *pe.OptionalHeader64:
		list = h.DataDirectory[:min(h.NumberOfRvaAndSizes, uint32(len(h.DataDirectory)))]
	}
	if len(list) > pe.IMAGE_DIRECTORY_ENTRY_RESOURCE {
		resources = list[pe.IMAGE_DIRECTORY_ENTRY_RESOURCE]
	}
	if len(list) > pe.IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR {
		managed = list[pe.IMAGE_DIRECTORY_ENTRY_COM_DESCRIPTOR].Size > 0
	}
	return resources, managed
}

// peVersion finds the texts of a version resource by their keys.
func peVersion(data []byte) map[string]string {
	at := bytes.Index(data, wide("VS_VERSION_INFO"))
	if at < 0 {
		return nil
	}
	data = data[at:min(len(data), at+peMaxVersion)]
	out := map[string]string{}
	for _, key := range []string{"ProductName", "ProductVersion", "FileVersion", "InternalName", "CompanyName"} {
		mark := wide(key + "\x00")
		i := bytes.Index(data, mark)
		if i < 0 {
			continue
		}
		rest := data[i+len(mark):]
		for len(rest) > 1 && rest[0] == 0 && rest[1] == 0 { // to the next multiple of four
			rest = rest[2:]
		}
		if s := strings.TrimSpace(narrow(rest)); printable(s) {
			out[key] = s
		}
	}
	return out
}

// wide is s as Windows keeps it: UTF-16, the low byte first.
func wide(s string) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(s)) {
		out = binary.LittleEndian.AppendUint16(out, u)
	}
	return out
}

// narrow reads such a text up to its zero, or to where it is too long to be one.
func narrow(data []byte) string {
	const longest = 256
	var units []uint16
	for len(data) > 1 && len(units) < longest {
		u := binary.LittleEndian.Uint16(data)
		if u == 0 {
			break
		}
		units, data = append(units, u), data[2:]
	}
	return string(utf16.Decode(units))
}
