package advisory

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/landwaiter/landwaiter"
)

// FixReleased returns the day on which the fix that finding f names was released: a
// distribution publishes an erratum when it releases what the erratum is about. Of
// several errata that name the same version, the first counts. The zero time means
// that nobody here says.
func (f *File) FixReleased(finding *landwaiter.Finding) (first time.Time, err error) {
	for i := range finding.Advisories {
		a := &finding.Advisories[i]
		if a.Fixed == "" || a.Fixed != finding.Fixed || familyOf(a.ID).name != "errata" {
			continue
		}
		raw, err := f.Record(a.ID)
		if errors.Is(err, landwaiter.ErrNotFound) {
			continue // it was taken from another file
		} else if err != nil {
			return time.Time{}, err
		}
		var record struct {
			Published looseTime `json:"published"`
		}
		if err := json.Unmarshal(raw, &record); err != nil {
			continue // as a record without a day
		}
		if t := record.Published.Time; !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first, nil
}
