package inventory

import (
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// The words for what opening a model does. Nature.RunsCode says the same to
// programs.
const (
	holdsData     = "holds only data"
	makesOrdinary = "makes ordinary objects of known libraries"
	wouldRun      = "opening it would run "
	unknownModel  = "model of unknown format"
	mayRun        = "opening it would call what we do not know: "
)

// runs is what Nature.RunsCode says of a risk.
var runs = map[risk]string{isCode: "yes", isUnknown: "unknown"}

// runsCode raises what is said of code to at least v.
func (l *look) runsCode(v risk) {
	if old := l.nature.RunsCode; v == isCode || v == isUnknown && old != runs[isCode] {
		l.nature.RunsCode = runs[v]
	}
}

// called takes the callables of a pickle, and says what they amount to.
func (l *look) called(calls map[string]risk) {
	worst := isOrdinary
	for _, v := range calls {
		worst = max(worst, v)
	}
	names := slices.Sorted(maps.Keys(calls))
	var weighty []string
	for _, name := range names {
		if calls[name] == worst {
			weighty = append(weighty, name)
		}
	}
	l.runsCode(worst)
	switch {
	case len(names) == 0:
		l.say(holdsData)
	case worst == isOrdinary:
		l.say(makesOrdinary)
	case worst == isCode:
		l.say("%s", wouldRun+some(weighty))
	default:
		l.say("%s", mayRun+some(weighty))
	}
	// The worst come first, so that a cap hides none of them.
	slices.SortStableFunc(names, func(a, b string) int { return int(calls[b]) - int(calls[a]) })
	all := unique(append(l.nature.Calls, names...))
	if len(all) > natureCalls {
		l.say("%d callables, of which %d are named", len(all), natureCalls)
		all = all[:natureCalls]
	}
	slices.Sort(all)
	l.nature.Calls = all
}

// some names the first few of a list.
func some(list []string) string {
	const few = 3
	if len(list) > few {
		return strings.Join(list[:few], ", ") + fmt.Sprintf(" and %d more", len(list)-few)
	}
	return strings.Join(list, ", ")
}

// lookPickle follows a pickle, or several one after the other, to the end.
func lookPickle(l *look) error { return l.pickle(l.in) }

func (l *look) pickle(r io.Reader) error {
	p := newPickle(r)
	return l.amounts(p, p.run())
}

// amounts says what the pickles that p read amount to.
func (l *look) amounts(p *pickle, err error) error {
	if err != nil || p.blind != "" {
		l.runsCode(isUnknown)
	}
	if p.count > 0 || len(p.calls) > 0 || err == nil {
		l.called(p.calls)
	}
	if p.raw {
		l.nature.Format = "PyTorch model, old form"
	} else if p.calls["joblib.numpy_pickle.NumpyArrayWrapper"] != 0 || slices.Contains(l.nature.Calls, "joblib.numpy_pickle.NumpyArrayWrapper") {
		l.nature.Format = "joblib pickle"
	}
	switch {
	case err != nil:
		return fmt.Errorf("a pickle that cannot be followed to its end: %w", err)
	case p.blind != "":
		l.say("not known whole: %s", p.blind)
		l.shut(-1, "pickle: "+p.blind)
	}
	return nil
}

// lookPickleByName looks at what only a suffix calls a pickle: one of the first
// protocols, a compressed one, or something else.
func lookPickleByName(l *look) error {
	if len(l.head) > 1 && l.head[0] == 0x78 && (uint(l.head[0])<<8|uint(l.head[1]))%31 == 0 {
		z, err := zlib.NewReader(l.in)
		if err != nil {
			return err
		}
		defer z.Close()
		l.nature.Format = "joblib pickle"
		return l.pickle(limitio.Cap(z, limitio.MaxNestedSize))
	}
	p := newPickle(l.in)
	err := p.run()
	// A loader gives up where this did, and has named nothing yet that it would call.
	lost := errors.Is(err, errPickle) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if lost && !p.called && len(p.calls) == 0 && p.ops < pickleSoon && text(l.head) {
		l.kind = landwaiter.FileText
		return errNotIt
	}
	if err = l.amounts(p, err); err != nil {
		l.nature.Format = unknownModel
	}
	return err
}

// likePickle reports whether a file that begins with a protocol's number goes on
// as a pickle does.
func likePickle(_ string, head []byte) bool {
	return len(head) > 2 && head[1] <= 5 && strings.IndexByte("}]()NcKMJLIFGSTUVXBCiQP\x82\x83\x84\x88\x89\x8a\x8b\x8c\x8d\x8e\x8f\x95\x96\x97", head[2]) >= 0
}

// likeOldPickle recognises the first protocols, which are text, where they name a
// callable at once: "cMODULE\nNAME\n".
func likeOldPickle(_ string, head []byte) bool {
	lines := strings.SplitN(string(head), "\n", 3)
	if len(lines) < 3 || len(lines[0]) < 2 || lines[2] == "" {
		return false
	}
	isName := func(s string) bool {
		return s != "" && strings.IndexFunc(s, func(c rune) bool {
			return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '.'
		}) < 0
	}
	return isName(lines[0][1:]) && isName(lines[1]) && oldPickleGoesOn.MatchString(lines[2])
}

// oldPickleGoesOn is how a pickle's text goes on after a callable.
var oldPickleGoesOn = regexp.MustCompile(`^(p[0-9]+\n|q|\)|\(([SV]['"]|I-?[0-9]|[dlt]|[NcK(]))`)

// lookOldPickle follows what may be a pickle of text. It is none where it goes wrong
// before anything is called: a loader would do no harm with it either.
func lookOldPickle(l *look) error {
	p := newPickle(l.in)
	err := p.run()
	if err != nil && !p.called {
		if text(l.head) {
			l.kind = landwaiter.FileText
		} else {
			l.kind = landwaiter.FileUnknown
		}
		return errNotIt
	}
	return l.amounts(p, err)
}

// lookNumPy reads the header of an array. An array of objects is a pickle.
//
// Format: numpy.org, "NumPy Enhancement Proposal 1: a simple file format".
func lookNumPy(l *look) error {
	h := make([]byte, 12)
	if _, err := io.ReadFull(l.in, h[:10]); err != nil {
		return err
	}
	size := int(h[8]) | int(h[9])<<8
	if h[6] > 1 {
		if _, err := io.ReadFull(l.in, h[10:]); err != nil {
			return err
		}
		size |= int(h[10])<<16 | int(h[11])<<24
	}
	if size > natureStart {
		return fmt.Errorf("a header of %d bytes: %w", size, landwaiter.ErrTooLarge)
	}
	text := make([]byte, size)
	if _, err := io.ReadFull(l.in, text); err != nil {
		return err
	}
	shape := pythonValue(string(text), "shape", "(", ")")
	kind := pythonValue(string(text), "descr", "'", "'")
	if kind == "" && strings.Contains(string(text), "'descr': [") {
		kind = "record"
		for _, part := range strings.Split(pythonValue(string(text), "descr", "[", "]"), "(")[1:] {
			if name := strings.Split(part, "'"); len(name) > 2 {
				l.nature.Fields = append(l.nature.Fields, short(name[1], natureName))
			}
		}
		l.nature.Fields = l.nature.Fields[:min(len(l.nature.Fields), natureFields)]
	}
	if kind == "" || shape == "" && !strings.Contains(string(text), "()") {
		return errors.New("a header without a type or a shape")
	}
	l.say("%s of %s", strings.Join(strings.FieldsFunc(shape, func(c rune) bool { return c == ',' || c == ' ' }), " x "), kind)
	if strings.Contains(kind, "O") || strings.Contains(string(text), "|O") {
		return l.pickle(l.in)
	}
	return nil
}

// pythonValue is what stands between two marks after a name in a Python literal.
func pythonValue(text, name, open, end string) string {
	_, text, ok := strings.Cut(text, "'"+name+"':")
	if text = strings.TrimSpace(text); !ok || !strings.HasPrefix(text, open) {
		return ""
	}
	text, _, _ = strings.Cut(text[len(open):], end)
	return text
}

// lookMisnamed speaks of a file that only its name calls a model. Text alone is none;
// text at the start may stand before one, as HDF5 and zip allow.
func lookMisnamed(l *look) error {
	plain, err := allText(l.in)
	if err != nil {
		return err
	}
	if plain {
		l.kind = landwaiter.FileText
		return errNotIt
	}
	l.nature.Format = unknownModel
	l.runsCode(isUnknown)
	l.shut(-1, "a model by its name, and not of the format that the name stands for")
	return nil
}

// allText reports whether r holds text to its end.
func allText(r io.Reader) (bool, error) {
	buf := make([]byte, 32<<10)
	for {
		n, err := r.Read(buf)
		if !text(buf[:n]) {
			return false, nil
		}
		if errors.Is(err, io.EOF) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
	}
}
