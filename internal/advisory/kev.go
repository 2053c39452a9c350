package advisory

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// readKEV reads CISA's catalogue of known exploited vulnerabilities: one row per
// entry, in file order, then the date of its release. It fails on damage, on an
// entry that names no CVE, and where the catalogue does not hold as many entries
// as it says.
//
// Format: https://www.cisa.gov/known-exploited-vulnerabilities-catalog
func readKEV(r io.Reader, emit func(row) error) error {
	raw, err := limitio.ReadAll(r, maxKEV)
	if err != nil {
		return err
	}
	if err := checkDepth(raw); err != nil {
		return &landwaiter.SyntaxError{Err: err}
	}
	var list struct {
		Released looseTime `json:"dateReleased"`
		Count    *int      `json:"count"`
		Entries  []struct {
			CVE   string `json:"cveID"`
			Added string `json:"dateAdded"`
		} `json:"vulnerabilities"`
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		return &landwaiter.SyntaxError{Err: err}
	}
	if list.Entries == nil {
		return &landwaiter.SyntaxError{Err: errors.New(`no list "vulnerabilities"`)}
	}
	if list.Count != nil && *list.Count != len(list.Entries) {
		return &landwaiter.SyntaxError{Err: fmt.Errorf("holds %d entries and says that it holds %d", len(list.Entries), *list.Count)}
	}
	for i, e := range list.Entries {
		cve, ok := parseCVE(e.CVE)
		if !ok {
			return &landwaiter.SyntaxError{Err: fmt.Errorf("entry %d: %.40q is no CVE", i+1, e.CVE)}
		}
		added, err := time.Parse(time.DateOnly, e.Added)
		if err != nil || !added.After(time.Unix(0, 0)) {
			return &landwaiter.SyntaxError{Err: fmt.Errorf("entry %d: %.40q is no date", i+1, e.Added)}
		}
		if err := emit(row{score: &score{cve: cve, exploited: uint32(added.Unix() / secondsADay)}}); err != nil {
			return err
		}
	}
	if list.Released.IsZero() {
		return nil
	}
	return emit(row{date: list.Released.Time})
}
