package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// osvRecord is the part of an OSV record that matching needs. Fields that
// databases fill in their own ways are read with forgiving types: an odd value
// there must not lose the record.
//
// Format: https://ossf.github.io/osv-schema/
type osvRecord struct {
	ID         looseText     `json:"id"`
	Modified   looseTime     `json:"modified"`
	Withdrawn  looseText     `json:"withdrawn"`
	Aliases    []string      `json:"aliases"`
	Upstream   []string      `json:"upstream"`
	Related    []string      `json:"related"`
	Summary    looseText     `json:"summary"`
	Severity   []osvSeverity `json:"severity"`
	Affected   []osvAffected `json:"affected"`
	References []struct {
		Type looseText `json:"type"`
		URL  looseText `json:"url"`
	} `json:"references"`
	Specific osvSpecific `json:"database_specific"`
}

type osvSeverity struct {
	Type   looseText `json:"type"`
	Score  looseText `json:"score"`
	Source looseText `json:"source"`
}

type osvAffected struct {
	Package *struct {
		Ecosystem looseText `json:"ecosystem"`
		Name      looseText `json:"name"`
		PURL      looseText `json:"purl"`
	} `json:"package"`
	Ranges []struct {
		Type   looseText              `json:"type"`
		Events []map[string]looseText `json:"events"`
	} `json:"ranges"`
	Versions  []string      `json:"versions"`
	Severity  []osvSeverity `json:"severity"`
	Specific  osvSpecific   `json:"database_specific"`
	Ecosystem osvSpecific   `json:"ecosystem_specific"`
}

// osvSpecific is what we know of the fields that each database defines itself.
type osvSpecific struct {
	Severity      looseText `json:"severity"` // GitHub's word
	Urgency       looseText `json:"urgency"`  // Debian's word
	Status        looseText `json:"status"`   // Ubuntu's word
	Informational looseText `json:"informational"`
	URL           looseText `json:"url"`
	Landwaiter    struct {
		Kind       looseText `json:"kind"`
		Confidence looseText `json:"confidence"`
	} `json:"landwaiter"`
}

// UnmarshalJSON takes anything that is not an object for an empty one.
func (s *osvSpecific) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '{' {
		return nil
	}
	type plain osvSpecific
	var p plain
	if err := json.Unmarshal(b, &p); err != nil {
		return nil //nolint:nilerr // a database's own fields never lose the record
	}
	*s = osvSpecific(p)
	return nil
}

// looseText is a JSON string; any other value reads as "".
type looseText string

// UnmarshalJSON never fails on well-formed JSON.
func (t *looseText) UnmarshalJSON(b []byte) error {
	*t = ""
	if len(b) == 0 || b[0] != '"' {
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*t = looseText(s)
	return nil
}

// looseTime is a time in RFC 3339; anything else reads as the zero time.
type looseTime struct{ time.Time }

// UnmarshalJSON never fails on well-formed JSON.
func (t *looseTime) UnmarshalJSON(b []byte) error {
	t.Time, _ = time.Parse(time.RFC3339, strings.Trim(string(b), `"`))
	t.Time = t.UTC()
	return nil
}

// readOSV reads one OSV record and emits it with its bytes. It fails with
// *landwaiter.SyntaxError on damage and on a record without an ID.
func readOSV(r io.Reader, emit func(row) error) error {
	raw, err := limitio.ReadAll(r, maxRecord)
	if err != nil {
		return err
	}
	rec, err := parseOSV(raw)
	if err != nil {
		return err
	}
	return emit(row{record: rec, raw: raw})
}

func parseOSV(raw []byte) (*osvRecord, error) {
	if err := checkDepth(raw); err != nil {
		return nil, &landwaiter.SyntaxError{Err: err}
	}
	rec := new(osvRecord)
	if err := json.Unmarshal(raw, rec); err != nil {
		return nil, &landwaiter.SyntaxError{Err: err}
	}
	if id := string(rec.ID); id == "" || len(id) > maxID || !graphic(id) {
		return nil, &landwaiter.SyntaxError{Err: fmt.Errorf("the record's id %.40q is empty, too long or not plain text", id)}
	}
	for i := range rec.Affected {
		a := &rec.Affected[i]
		if len(a.Versions) > maxLists || len(a.Ranges) > maxLists {
			return nil, &landwaiter.SyntaxError{Err: fmt.Errorf("%s lists more than %d versions: %w", rec.ID, maxLists, landwaiter.ErrTooLarge)}
		}
		if p := a.Package; p != nil && (len(p.Ecosystem) > maxName || len(p.Name) > maxName || strings.ContainsRune(string(p.Ecosystem+p.Name), 0)) {
			return nil, &landwaiter.SyntaxError{Err: fmt.Errorf("%s names a package that is longer than %d bytes or holds a NUL", rec.ID, maxName)}
		}
		for _, r := range a.Ranges {
			if len(r.Events) > maxEvents {
				return nil, &landwaiter.SyntaxError{Err: fmt.Errorf("%s has a range of more than %d events: %w", rec.ID, maxEvents, landwaiter.ErrTooLarge)}
			}
		}
	}
	return rec, nil
}

// graphic reports whether s is printable ASCII without blanks, slashes or quotes,
// so that it can stand in a file name, a log line and an address.
func graphic(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c > '~' || c == '/' || c == '\\' || c == '"' {
			return false
		}
	}
	return true
}

// checkDepth refuses JSON nested deeper than maxDepth before a parser recurses
// into it.
func checkDepth(b []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return fmt.Errorf("JSON is nested deeper than %d: %w", maxDepth, landwaiter.ErrTooLarge)
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	if quoted {
		return errors.New("JSON ends inside a string")
	}
	return nil
}
