package report

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"github.com/landwaiter/landwaiter"
)

// chart is a drawing in SVG. All that it says stands in a table beside it as well,
// so text leaves it out. Nothing in it is told apart by colour.
type chart struct {
	ID     string
	Title  rich
	Desc   rich
	W, H   int
	Shapes []shape
	Legend []legend
}

// shape is one thing to draw. Fill is "solid", "lines", "dots", "cross" or "none".
type shape struct {
	Kind       string // "rect", "line", "text"
	X, Y, W, H int    // of a line, W and H lead to its end
	Fill       string
	Text       string
	Anchor     string // of text: "start", "middle" or "end"
	Dashed     bool
}

// legend explains a fill or a key.
type legend struct {
	Fill, Key string
	Text      rich
}

// paint is a fill and the ID of the drawing that holds its pattern.
type paint struct{ ID, Fill string }

// Paint says how to fill the shape in the drawing with this ID.
func (s shape) Paint(id string) paint { return paint{id, s.Fill} }

// EndX and EndY are where a line ends.
func (s shape) EndX() int { return s.X + s.W }

// EndY is the other half of it.
func (s shape) EndY() int { return s.Y + s.H }

// Paint says how to fill the swatch.
func (l legend) Paint(id string) paint { return paint{id, l.Fill} }

// Keyed reports whether keys tell the entries apart, rather than fills.
func (c chart) Keyed() bool { return len(c.Legend) > 0 && c.Legend[0].Key != "" }

// iconGroup is one group of an icon array: a code of the words, and how many.
type iconGroup struct {
	code string
	n    int64
}

var iconFills = map[string]string{"used": "solid", "fixed": "lines", "none": "none"}

// newIcons draws at most a hundred squares, grouped, which together are all there
// are: so nobody sees three without the thousand beside them.
func newIcons(w *words, id string, groups []iconGroup) chart {
	const most, perRow, pitch, side = 100, 25, 40, 30
	total := int64(0)
	for _, g := range groups {
		total += g.n
	}
	squares := squaresOf(groups, total, most)
	c := chart{ID: id, Title: w.label("chart", "icons"), W: perRow * pitch}
	i := 0
	for g, n := range squares {
		for range n {
			c.Shapes = append(c.Shapes, shape{Kind: "rect", X: i%perRow*pitch + 4, Y: i/perRow*pitch + 4, W: side, H: side, Fill: iconFills[groups[g].code]})
			i++
		}
		if groups[g].n > 0 {
			c.Legend = append(c.Legend, legend{Fill: iconFills[groups[g].code], Text: rich{{Text: w.label("icon", groups[g].code).String() + ": " + number(groups[g].n)}}})
		}
	}
	c.H = (i + perRow - 1) / perRow * pitch
	f := counts(int64(i), total)
	f.Totals = total > most
	c.Desc = w.say("chart", "icons-desc", f)
	return c
}

// squaresOf shares most squares out, or as many as there are. A group that is there
// has one at least.
func squaresOf(groups []iconGroup, total, most int64) []int {
	out := make([]int, len(groups))
	if total == 0 {
		return out
	}
	sum, widest := 0, 0
	for i, g := range groups {
		n := g.n
		if total > most {
			n = int64(float64(g.n)/float64(total)*float64(most) + 0.5)
		}
		if g.n > 0 {
			n = max(n, 1)
		}
		out[i] = int(n)
		sum += int(n)
		if out[i] > out[widest] {
			widest = i
		}
	}
	out[widest] += int(min(total, most)) - sum
	return out
}

// pair is two numbers about one thing, of which a chart shows the distance.
type pair struct {
	name          rich
	first, second int64
}

// newPairs draws each pair as an open square for its first number and a full one for
// its second, on one scale. The words hold a title, a description and a line for a
// pair, under id, id-desc and id-pair of the group "chart".
func newPairs(w *words, id string, pairs []pair) []chart {
	const width, left, right, pitch, top, most = 1000, 60, 40, 34, 10, 20
	pairs = pairs[:min(len(pairs), most)]
	largest := int64(0)
	for _, p := range pairs {
		largest = max(largest, p.first, p.second)
	}
	if largest == 0 {
		return nil
	}
	at := func(n int64) int {
		return left + int(float64(max(n, 0))/float64(largest)*float64(width-left-right))
	}
	c := chart{ID: id, Title: w.label("chart", id), Desc: w.label("chart", id+"-desc"), W: width, H: top + pitch*len(pairs) + 36}
	for i, p := range pairs {
		y, key := top+pitch*i+pitch/2, strconv.Itoa(i+1)
		c.Shapes = append(c.Shapes,
			shape{Kind: "text", X: left - 44, Y: y + 8, Anchor: "start", Text: key},
			shape{Kind: "line", X: at(p.second), Y: y, W: at(p.first) - at(p.second)},
			shape{Kind: "rect", X: at(p.first) - 8, Y: y - 8, W: 16, H: 16, Fill: "none"},
			shape{Kind: "rect", X: at(p.second) - 5, Y: y - 5, W: 10, H: 10, Fill: "solid"})
		c.Legend = append(c.Legend, legend{Key: key, Text: join(p.name, w.say("chart", id+"-pair", counts(p.first, p.second)))})
	}
	bottom := c.H - 8
	c.Shapes = append(c.Shapes, shape{Kind: "text", X: left, Y: bottom, Anchor: "middle", Text: "0"},
		shape{Kind: "text", X: width - right, Y: bottom, Anchor: "middle", Text: number(largest)})
	return []chart{c}
}

// dated is a row of a date line: from one day to another, either of which may be zero.
type dated struct {
	name     rich
	from, to time.Time
}

// newDates draws when each protection was tested, until when its test counts, and
// by when each condition is due, around the day of the report. Nil where there are
// no dates.
func newDates(w *words, a *landwaiter.Assessment) []chart {
	rows := datedRows(w, a)
	if len(rows) == 0 || a.At.IsZero() {
		return nil
	}
	const width, left, right, pitch, top = 1000, 60, 40, 34, 34
	first, last := a.At, a.At
	for _, r := range rows {
		for _, t := range []time.Time{r.from, r.to} {
			if t.IsZero() {
				continue
			}
			if t.Before(first) {
				first = t
			}
			if t.After(last) {
				last = t
			}
		}
	}
	span := max(last.Sub(first).Hours(), 1)
	at := func(t time.Time) int { return left + int(t.Sub(first).Hours()/span*float64(width-left-right)) }
	c := chart{ID: "dates", Title: w.label("chart", "dates"), Desc: w.label("chart", "dates-desc"), W: width, H: top + pitch*len(rows) + 36}
	today := at(a.At)
	c.Shapes = append(c.Shapes, shape{Kind: "line", X: today, Y: top - 8, W: 0, H: pitch*len(rows) + 8, Dashed: true},
		shape{Kind: "text", X: today, Y: top - 14, Anchor: anchor(today, width), Text: w.say("chart", "today", facts{Date: day(a.At)}).String()})
	for i, r := range rows {
		y := top + pitch*i + pitch/2
		key := strconv.Itoa(i + 1)
		c.Shapes = append(c.Shapes, shape{Kind: "text", X: left - 44, Y: y + 8, Anchor: "start", Text: key})
		if !r.from.IsZero() && !r.to.IsZero() {
			c.Shapes = append(c.Shapes, shape{Kind: "line", X: at(r.from), Y: y, W: at(r.to) - at(r.from)})
		}
		if !r.from.IsZero() {
			c.Shapes = append(c.Shapes, shape{Kind: "rect", X: at(r.from) - 8, Y: y - 8, W: 16, H: 16, Fill: "solid"})
		}
		if !r.to.IsZero() {
			c.Shapes = append(c.Shapes, shape{Kind: "rect", X: at(r.to) - 8, Y: y - 8, W: 16, H: 16, Fill: "none"})
		}
		c.Legend = append(c.Legend, legend{Key: key, Text: join(r.name, rich{{Text: "–"}}, w.say("chart", "from-to", facts{Date: day(r.from), Limit: day(r.to)}))})
	}
	bottom := c.H - 8
	c.Shapes = append(c.Shapes, shape{Kind: "text", X: left, Y: bottom, Anchor: "start", Text: day(first)},
		shape{Kind: "text", X: width - right, Y: bottom, Anchor: "end", Text: day(last)})
	return []chart{c}
}

// anchor keeps a label inside the drawing.
func anchor(x, width int) string {
	switch {
	case x < width/4:
		return "start"
	case x > width-width/4:
		return "end"
	}
	return "middle"
}

// datedRows are the protections that count and the conditions with a day, by their
// last day.
func datedRows(w *words, a *landwaiter.Assessment) []dated {
	const most = 20
	v := &view{words: w, a: a, room: room{name: briefName}}
	var out []dated
	for _, p := range a.Protections {
		if p.Test == nil || p.Test.Date.IsZero() {
			continue
		}
		out = append(out, dated{dataRich(cmp.Or(p.Name, p.ID), briefName), p.Test.Date, creditEnds(a, &p)})
	}
	slices.SortStableFunc(out, func(a, b dated) int { return a.to.Compare(b.to) })
	for _, c := range a.Advice.Conditions {
		if !c.By.IsZero() {
			out = append(out, dated{name: v.whatToDo(c), to: c.By})
		}
	}
	return out[:min(len(out), most)]
}

// creditEnds is the day on which the test of p stops counting: the first of its own
// last day and the method's limit. It is zero where there was none.
func creditEnds(a *landwaiter.Assessment, p *landwaiter.Protection) time.Time {
	if p.Test == nil {
		return time.Time{}
	}
	ends := p.ValidUntil
	if days := a.Advice.Method.MaxTestDays; !p.Test.Date.IsZero() && days > 0 {
		if limit := p.Test.Date.AddDate(0, 0, days); ends.IsZero() || limit.Before(ends) {
			ends = limit
		}
	}
	return ends
}
