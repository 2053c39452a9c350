package why

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/landwaiter/landwaiter"
)

// maxNames is how many names a line of text gives before it counts the rest.
const maxNames = 8

// WriteText writes an answer in plain words. What comes from the subject is made
// harmless to a terminal. It returns w's first error.
func WriteText(w io.Writer, a *Answer) error {
	t := &text{bufio.NewWriter(w)}
	if a.File != nil {
		t.file(a)
	}
	if len(a.Packages) == 0 && len(a.Matches) > 0 {
		t.line("%d packages are called %s. Ask for one of them by its ID:", len(a.Matches), plain(a.Question))
		for _, n := range a.Matches {
			t.line("  %s", plain(n.ID))
		}
	}
	for i := range a.Packages {
		if i > 0 || a.File != nil {
			t.line("")
		}
		t.explain(&a.Packages[i])
	}
	if err := t.w.Flush(); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return nil
}

// text writes lines; their error stays in w until Flush.
type text struct{ w *bufio.Writer }

func (t *text) line(format string, args ...any) { fmt.Fprintf(t.w, format+"\n", args...) }

func (t *text) file(a *Answer) {
	f := a.File
	t.line("/%s: %s, %s bytes, from layer %d", plain(f.Path), kindName(f.Kind), number(f.Size), f.Layer+1)
	if a.Step != "" {
		t.line("  That layer was made by: %s", plain(a.Step))
	}
	if n := f.Nature; n != nil {
		t.line("  A look inside: %s", plain(strings.TrimSpace(n.Format+" "+n.Detail)))
		if n.SameAs != "" {
			t.line("  It is the same as /%s.", plain(n.SameAs))
		}
	}
	switch {
	case f.Owner == "":
		t.line("  No package owns it. No record says who made it.")
	case f.State == StateShipped:
		t.line("  %s owns it. It is what that package shipped.", plain(f.Owner))
	case f.State == StateChanged:
		t.line("  %s owns it. It is NOT what that package shipped: somebody changed it.", plain(f.Owner))
	default:
		t.line("  %s owns it. We have no sum that tells whether it is as shipped.", plain(f.Owner))
	}
}

func kindName(k landwaiter.FileKind) string {
	if k == landwaiter.FileUnknown || k == "" {
		return "a file of a kind that we do not know"
	}
	return string(k)
}

func (t *text) explain(e *Explanation) {
	t.line("%s %s (%s)", plain(e.Package.Name), plain(e.Package.Version), plain(e.Package.ID))
	t.line("")
	t.line("Why it is here")
	t.reason(e)
	for _, c := range e.Chains {
		t.line("    %s", chain(c))
	}
	if left := e.Roots - len(e.Chains); left > 0 {
		t.line("    and %s from %s", count(left, "more such way", "more such ways"), count(left, "another package", "other packages"))
	}
	t.line("")
	t.line("Where we saw it")
	for i, ev := range e.Evidence {
		if i == maxNames {
			t.line("  and %s", count(len(e.Evidence)-i, "more place", "more places"))
			break
		}
		t.line("  %s (%s, layer %d)", plain(ev.Path), plain(ev.Method), ev.Layer+1)
	}
	t.line("  It owns %s, %s bytes.", count(int(e.Owns.Files), "file", "files"), number(e.Owns.Bytes))
	t.line("  Layer %d brought it%s", e.Layer+1, made(e.Step))
	t.line("")
	t.line("What it needs or holds")
	t.line("  %s", list(e.Needs, "It says that it needs nothing that is here."))
	if more := e.NeedsAll - len(e.Needs); more > 0 {
		t.line("  Those need %s in turn.", count(more, "more", "more"))
	}
	if len(e.Missing) > 0 {
		t.line("  It also asks for names that no package here answers to: %s.", names(e.Missing))
		t.line("  Another one may stand in for some of them.")
	}
	t.line("")
	t.line("If it went")
	t.gone(e)
}

func made(step string) string {
	if step == "" {
		return "; no record says which step made that layer."
	}
	return ", made by: " + plain(step)
}

// reason says in words what the verdict says in one.
func (t *text) reason(e *Explanation) {
	switch {
	case e.Requested:
		t.line("  Somebody asked for it by name: its installer wrote that down.")
	case e.OwnedBy != nil:
		t.line("  It came with %s, which installed it.", plain(e.OwnedBy.ID))
	case e.PartOf != nil:
		t.line("  It is a part of %s.", plain(e.PartOf.ID))
	}
	switch {
	case e.NeededByAll > 0:
		direct := slices.DeleteFunc(slices.Clone(e.NeededBy), func(n Named) bool {
			return e.OwnedBy != nil && n.ID == e.OwnedBy.ID || e.PartOf != nil && n.ID == e.PartOf.ID
		})
		switch len(direct) {
		case 0:
		case 1:
			t.line("  %s needs it.", plain(direct[0].Name))
		default:
			t.line("  %d packages need it: %s.", len(direct), namesOf(direct))
		}
		if more := e.NeededByAll - len(e.NeededBy); more > 0 {
			t.line("  By way of these, %s it.", count(more, "other needs", "others need"))
		}
		if e.Verdict == Loop {
			t.line("  They need each other, and nothing else here needs any of them.")
		}
	case e.Requested:
		t.line("  No other package needs it.")
	case e.Verdict == NotStated:
		t.line("  Packages of its kind (%s) do not say what they need, so nobody can tell.", plain(e.Package.Ecosystem))
	default:
		t.line("  No package needs it, and no record says that somebody asked for it.")
	}
	if !e.Requested && !e.RequestsKnown {
		t.line("  No record here says which %s packages somebody asked for by name.", plain(e.Package.Ecosystem))
	}
	if len(e.Chains) > 0 {
		t.line("  The shortest %s to it:", map[bool]string{true: "way", false: "ways"}[len(e.Chains) == 1])
	}
}

func chain(c Chain) string {
	var b strings.Builder
	for i, l := range c.Links {
		if i > 0 {
			b.WriteString(map[bool]string{true: " holds ", false: " needs "}[l.Holds])
		}
		b.WriteString(plain(l.Name))
		if i == 0 && c.Requested {
			b.WriteString(" (asked for)")
		}
		if i == 0 && c.Loop {
			b.WriteString(" (it and others need each other)")
		}
	}
	return b.String()
}

func (t *text) gone(e *Explanation) {
	switch {
	case len(e.WouldGo) > 0:
		t.line("  %s only because of it: %s.", count(len(e.WouldGo), "package is here", "packages are here"), namesOf(e.WouldGo))
		t.line("  %s %s, %s bytes.", map[bool]string{true: "It owns", false: "They own"}[len(e.WouldGo) == 1], count(int(e.WouldGoOwns.Files), "file", "files"), number(e.WouldGoOwns.Bytes))
	default:
		t.line("  Nothing else is here only because of it.")
	}
	if e.NeededByAll > 0 {
		t.line("  %s it and might stop working.", count(e.NeededByAll, "package needs", "packages need"))
	}
}

func list(l []Named, none string) string {
	if len(l) == 0 {
		return none
	}
	return namesOf(l) + "."
}

func namesOf(l []Named) string {
	all := make([]string, 0, len(l))
	for i := range l {
		all = append(all, l[i].Name)
	}
	return names(all)
}

func names(all []string) string {
	var b strings.Builder
	for i, n := range all {
		if i == maxNames {
			fmt.Fprintf(&b, " and %d more", len(all)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(plain(n))
	}
	return b.String()
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(int64(n)) + " " + many
}

// number writes n with separators: 1,204.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plain makes text from outside harmless on a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, s)
}
