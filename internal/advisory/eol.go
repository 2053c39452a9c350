package advisory

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// EOL says how long a release of an operating system gets fixes. Dates are zero
// where the source names none.
type EOL struct {
	// Source is the name of the source, SourceDate its data date.
	Source     string    `json:"source"`
	SourceDate time.Time `json:"sourceDate,omitzero"`
	System     string    `json:"system"`  // os-release ID
	Version    string    `json:"version"` // os-release VERSION_ID
	Codename   string    `json:"codename"`
	Series     string    `json:"series"` // such as "bookworm"
	Released   time.Time `json:"released,omitzero"`
	// Support is the last day of normal support, LongTerm the last day of
	// long-term support that everybody gets: Debian LTS, Ubuntu's server term.
	Support  time.Time `json:"support,omitzero"`
	LongTerm time.Time `json:"longTerm,omitzero"`
	// Paid is the last day of support that somebody must subscribe to: Debian
	// ELTS, Ubuntu Pro.
	Paid time.Time `json:"paid,omitzero"`
}

// readEOL reads a release table of the distro-info-data package. It emits a row
// per release in file order and fails on damage. The system's name is not in the
// table: the file's name says it.
//
// Format: https://salsa.debian.org/debian/distro-info-data
func readEOL(r io.Reader, emit func(row) error) error {
	in := csv.NewReader(limitio.Cap(r, maxEOL))
	in.FieldsPerRecord = -1 // lines end at the last date that is known
	head, err := in.Read()
	if err != nil {
		return &landwaiter.SyntaxError{Line: 1, Err: errors.Join(errors.New("no header line"), err)}
	}
	at := map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	for _, name := range []string{"version", "codename", "series", "release", "eol"} {
		if _, ok := at[name]; !ok {
			return &landwaiter.SyntaxError{Line: 1, Err: fmt.Errorf("no column %q", name)}
		}
	}
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		line, _ := in.FieldPos(0)
		if err != nil {
			return &landwaiter.SyntaxError{Line: line, Err: err}
		}
		e, err := eolRow(rec, at)
		if err != nil {
			return &landwaiter.SyntaxError{Line: line, Err: err}
		}
		if err := emit(row{eol: e}); err != nil {
			return err
		}
	}
}

func eolRow(rec []string, at map[string]int) (*EOL, error) {
	cell := func(name string) string {
		if i, ok := at[name]; ok && i < len(rec) {
			return strings.TrimSpace(rec[i])
		}
		return ""
	}
	var errs []error
	day := func(names ...string) time.Time {
		for _, name := range names {
			s := cell(name)
			if s == "" {
				continue
			}
			t, err := time.Parse(time.DateOnly, s)
			if err != nil {
				errs = append(errs, fmt.Errorf("column %s: %.40q is no date", name, s))
			}
			return t
		}
		return time.Time{}
	}
	version, _, _ := strings.Cut(cell("version"), " ") // "24.04 LTS"
	e := &EOL{
		Version: version, Codename: cell("codename"), Series: cell("series"),
		Released: day("release"), Support: day("eol"), LongTerm: day("eol-lts", "eol-server"), Paid: day("eol-elts", "eol-esm"),
	}
	if e.Series == "" {
		errs = append(errs, errors.New("names no series"))
	}
	return e, errors.Join(errs...)
}
