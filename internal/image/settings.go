package image

import (
	"fmt"
	"iter"
)

// Settings are the texts in which an image says how it was built and with which
// environment it runs, and where each stands: "setting NAME" with "NAME=value", "step 3
// of the build" with the step. Unlike [Image.Subject] they hide nothing: they may hold
// secrets, and are only there to be looked at. Never print, keep or log one.
func (im *Image) Settings() iter.Seq2[string, string] {
	return func(yield func(where, text string) bool) {
		for i, e := range im.env {
			if !yield("setting "+im.subject.Config.Env[i], e) {
				return
			}
		}
		for i, step := range im.steps {
			if !yield(fmt.Sprintf("step %d of the build", i+1), step) {
				return
			}
		}
	}
}
