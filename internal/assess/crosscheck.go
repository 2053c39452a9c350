package assess

import (
	"fmt"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/advisory"
	"github.com/landwaiter/landwaiter/internal/judge"
)

// crossCheck records what other methods say about each weakness, and on which day its
// fix was released, where known says that.
func crossCheck(a *landwaiter.Assessment, method judge.Method, in judge.Input, known *advisory.File) error {
	for i, c := range judge.CrossChecks(method, in) {
		f := &a.Findings[i]
		if f.CrossCheck = c; c == nil || known == nil || f.Fixed == "" || c.Fix == "lower" {
			continue
		}
		day, err := known.FixReleased(f)
		if err != nil {
			return fmt.Errorf("looking up when %s was fixed: %w", f.Reference, err)
		}
		if !day.IsZero() && !day.After(a.At) {
			own := *c // others share it
			own.FixReleased = day.UTC().Format(time.DateOnly)
			f.CrossCheck = &own
		}
	}
	return nil
}
