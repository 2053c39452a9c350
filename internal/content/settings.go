package content

import (
	"iter"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

// Setting is a secret in what an image says of itself.
type Setting struct {
	What  string
	Where string // "setting DB_PASSWORD", "step 3 of the build"
}

func (s Setting) finding() landwaiter.Finding {
	return landwaiter.Finding{
		ID: string(landwaiter.KindSecret) + ":" + s.Where, Kind: landwaiter.KindSecret, Confidence: landwaiter.ConfidenceObserved,
		Detail: s.What + ", in " + s.Where, Seen: landwaiter.Count{Files: 1},
	}
}

// Settings looks for secrets in what an image says of itself: where each text stands,
// and the text.
func (k *Looker) Settings(texts iter.Seq2[string, string]) (out []Setting) {
	for where, text := range texts {
		what := ""
		if strings.HasPrefix(where, "setting ") {
			if setting(text) != "" {
				what = whatSetting
			}
		} else if typed(" "+text) != "" {
			what = whatStep
		}
		w := k.watch()
		if w.File(inventory.Passing{Path: where, Head: []byte(text[:min(len(text), 512)])}) {
			_, _ = w.Write([]byte(text)) // takes everything
			w.End()
			for _, m := range w.marks {
				if kindOf(m.What) == landwaiter.KindSecret {
					what = m.What
				}
			}
		}
		if what != "" {
			out = append(out, Setting{what, where})
		}
	}
	return out
}
