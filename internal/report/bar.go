package report

import "github.com/landwaiter/landwaiter"

// bar is the account as one bar, drawn in SVG and in characters. It shows only
// the classes that hold something; the table beside it shows all.
type bar struct {
	ID       string // tells the patterns of two bars in one document apart
	Title    rich
	Segments []segment
}

// segment is one class of the account within a bar that is barWidth wide.
type segment struct {
	Code    string // as the words and the patterns name the class
	Label   rich
	Share   string // parts of 100
	Key     string // letter that joins the bar and its legend
	X, W    int
	HasRoom bool // wide enough for its share above it
}

const barWidth = 1000

// classCodes are the names of the five classes in the words and the style sheet.
var classCodes = [landwaiter.NumClasses]string{"covered", "uncovered", "unnamed", "closed", "unread"}

// newBar draws acc, whose total must not be 0, with labels from group.
func newBar(w *words, acc *landwaiter.Account, id, group string) *bar {
	const thinnest, roomy = 12, 70 // units of barWidth: still seen in print; fits "less than 1"
	b := &bar{ID: id, Title: w.label("chart", "bar")}
	parts := classBytes(acc)
	shares := shares(parts)
	for c, n := range parts {
		if n == 0 {
			continue
		}
		b.Segments = append(b.Segments, segment{
			Code:  classCodes[c],
			Label: w.label(group, classCodes[c]),
			Share: shares[c],
			Key:   string(rune('A' + len(b.Segments))),
			W:     max(int(float64(n)/float64(acc.Total.Bytes)*barWidth), thinnest),
		})
	}
	over := -barWidth
	widest := 0
	for i, s := range b.Segments {
		over += s.W
		if s.W > b.Segments[widest].W {
			widest = i
		}
	}
	x := 0
	for i := range b.Segments {
		s := &b.Segments[i]
		if i == widest {
			s.W -= over
		}
		s.X = x
		x += s.W
		s.HasRoom = s.W >= roomy
	}
	return b
}

// barFills draw the classes: patterns, so that nothing hangs on colour.
var barFills = map[string]string{"covered": "solid", "uncovered": "lines", "unnamed": "dots", "closed": "cross", "unread": "none"}

// Paint says how to fill the segment in the drawing with this ID.
func (s segment) Paint(id string) paint { return paint{id, barFills[s.Code]} }

// Mid is the middle of the segment.
func (s segment) Mid() int { return s.X + s.W/2 }

func classBytes(acc *landwaiter.Account) []int64 {
	parts := make([]int64, landwaiter.NumClasses)
	for c := range landwaiter.NumClasses {
		parts[c] = acc.Class(c).Bytes
	}
	return parts
}
