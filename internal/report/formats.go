// Package report writes an assessment for people and for programs. The first
// page is a brief that a person who is not technical can read and sign; the
// layers below hold all that it rests on. The plain words live in words/, one
// file for each kind of finding and one for everything else.
//
// Nothing in here judges: a report says what the assessment says.
package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Format is one way to write an assessment.
type Format struct {
	Name      string // as a user names it
	Extension string // of a file that holds it, with its dot
	// Write writes the whole report to w. It returns w's first error; what was
	// written before stands. The same assessment gives the same bytes.
	Write func(w io.Writer, a *landwaiter.Assessment) error
	// Observed is true for a format that says what was observed and nothing else: an
	// assessment without advice is enough for it.
	Observed bool
	// Printed is true for a format that a browser prints: it goes to a file, needs the
	// browser, and its bytes are the browser's.
	Printed bool
}

// formats is the table, in the order in which help shows them.
func formats() []Format {
	return append([]Format{
		{Name: "text", Extension: ".txt", Write: writeText},
		{Name: "json", Extension: ".json", Write: writeJSON},
		{Name: "html", Extension: ".html", Write: writeHTML},
		{Name: "pdf", Extension: ".pdf", Write: writePDF, Printed: true},
		{Name: "cyclonedx", Extension: ".cdx.json", Write: writeCycloneDX, Observed: true},
		{Name: "spdx", Extension: ".spdx.json", Write: writeSPDX, Observed: true},
		{Name: "openvex", Extension: ".openvex.json", Write: writeOpenVEX},
		{Name: "cyclonedx-vex", Extension: ".vex.cdx.json", Write: writeCycloneDXVEX},
	}, viewFormats()...)
}

// Formats returns every format.
func Formats() []Format { return formats() }

// Lookup returns the format with this name. An unknown name is
// landwaiter.ErrInvalid, and the error lists the names there are.
func Lookup(name string) (Format, error) {
	var names []string
	for _, f := range formats() {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	return Format{}, fmt.Errorf("report format %q: must be one of %s: %w", name, strings.Join(names, ", "), landwaiter.ErrInvalid)
}
