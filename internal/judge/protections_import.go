package judge

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

// TestRecord is a test of one protection, from evidence.
type TestRecord struct {
	Protection string // its ID
	Level      landwaiter.EvidenceLevel
	Test       landwaiter.ProtectionTest
}

// Recorded is what became of a record.
type Recorded struct {
	TestRecord
	// Before is the test that stood; nil where there was none.
	Before      *landwaiter.ProtectionTest
	BeforeLevel landwaiter.EvidenceLevel
	// Skipped says in plain words why nothing was changed.
	Skipped string
}

// Record writes tests into the protections file b and returns the new file, whose
// comments and order are kept, with what became of each record. Where nothing is to be
// changed, it is b.
//
// A record never raises what the evidence does not show: an older test does not
// replace a newer one, of two on one day the one that failed stands, and one of the
// TRE's own teams is no outsider. Evidence from researchers is refused, as is that for
// a protection that is not there.
func Record(m *Method, b []byte, name string, records []TestRecord) ([]byte, []Recorded, error) {
	reg, root, err := readRegister(b, name)
	if err != nil {
		return nil, nil, err
	}
	records = slices.Clone(records)
	slices.SortStableFunc(records, func(a, b TestRecord) int {
		return cmp.Or(a.Test.Date.Compare(b.Test.Date), -strings.Compare(a.Test.Result, b.Test.Result)) // held, then failed
	})
	var out []Recorded
	touched := map[string]bool{}
	for _, r := range records {
		i := slices.IndexFunc(reg.Protections, func(p landwaiter.Protection) bool { return p.ID == r.Protection })
		if i < 0 {
			return nil, nil, fmt.Errorf("%s has no protection %q; add it, or correct the evidence: %w", name, clip(r.Protection), landwaiter.ErrNotFound)
		}
		if slices.Contains(m.Researchers, tester(r.Test.By)) {
			return nil, nil, fmt.Errorf("the evidence for %q comes from %q; what researchers test earns no credit: %w", r.Protection, clip(r.Test.By), landwaiter.ErrInvalid)
		}
		p := &reg.Protections[i]
		if r.Level == landwaiter.EvidenceTestedOut && reg.own(r.Test.By) {
			r.Level = landwaiter.EvidenceTestedOwn
		}
		rec := Recorded{TestRecord: r, Before: p.Test, BeforeLevel: p.Evidence, Skipped: kept(p.Test, &r.Test)}
		if rec.Skipped == "" {
			test := r.Test
			p.Evidence, p.Test, touched[p.ID] = r.Level, &test, true
		}
		out = append(out, rec)
	}
	if len(touched) == 0 {
		return b, out, nil
	}
	edited, err := rewrite(b, name, root, reg, touched)
	return edited, out, err
}

// kept says why a new test does not replace the one that stands.
func kept(stands, next *landwaiter.ProtectionTest) string {
	switch {
	case stands == nil:
		return ""
	case stands.SHA256 != "" && stands.SHA256 == next.SHA256:
		return "this evidence is there already"
	case dayOf(next.Date).Before(dayOf(stands.Date)):
		return "a later test stands, of " + dateOf(stands.Date)
	case dayOf(next.Date).Equal(dayOf(stands.Date)) && stands.Result != held && next.Result == held:
		return "another test of the same day failed"
	}
	return ""
}

// rewrite returns b with the tests of the touched protections as reg has them. Line by
// line first, so that every other byte stays; where the file is written in a way that
// this does not fit, the whole tree is written anew, with its comments. What comes out
// is read again: it must say what reg says.
func rewrite(b []byte, name string, root *yaml.Node, reg *Register, touched map[string]bool) ([]byte, error) {
	lines := strings.SplitAfter(string(b), "\n")
	items := protectionNodes(root)
	for i := len(items) - 1; i >= 0; i-- { // from the end, so that lines above keep their numbers
		p := &reg.Protections[i]
		if !touched[p.ID] {
			continue
		}
		evidence := valueOf(items[i], "evidence")
		at := spot{evidence: *evidence, end: lastLine(evidence)}
		if key, test := entryOf(items[i], "test"); test != nil {
			at.test, at.from, at.end = key, key.Line, lastLine(test)
		}
		setTest(items[i], p)
		if lines != nil {
			lines = splice(lines, items[i], &at)
		}
	}
	if lines != nil {
		out := []byte(strings.Join(lines, ""))
		if saysThe(out, name, reg) {
			return out, nil
		}
	}
	var w bytes.Buffer
	enc := yaml.NewEncoder(&w)
	enc.SetIndent(2)
	if err := enc.Encode(root); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	if err := enc.Close(); err != nil {
		return nil, fmt.Errorf("writing %s: %w", name, err)
	}
	if !saysThe(w.Bytes(), name, reg) {
		return nil, fmt.Errorf("%s is written in a way that cannot be changed by itself; write each key on a line of its own: %w", name, landwaiter.ErrUnsupported)
	}
	return w.Bytes(), nil
}

func saysThe(b []byte, name string, reg *Register) bool {
	again, _, err := readRegister(b, name)
	return err == nil && reflect.DeepEqual(again, reg)
}

// spot is where a protection's evidence and test stand in the file, before they are
// changed.
type spot struct {
	evidence  yaml.Node
	test      *yaml.Node // the key; nil where there is no test
	from, end int        // lines, from 1; a test that is not there yet comes after end
}

// splice puts the evidence and the test of item into lines, or returns nil where they
// do not stand on lines of their own.
func splice(lines []string, item *yaml.Node, at *spot) []string {
	if item.Style&yaml.FlowStyle != 0 || at.evidence.Line < 1 || at.end > len(lines) {
		return nil
	}
	key, test := entryOf(item, "test")
	first := item.Content[0]
	indent := strings.Repeat(" ", first.Column-1)
	lead := indent
	if at.test != nil {
		lead = lines[at.from-1][:min(at.test.Column-1, len(lines[at.from-1]))]
	}
	var w bytes.Buffer
	enc := yaml.NewEncoder(&w)
	enc.SetIndent(2)
	bare := *key // its comments stand outside
	bare.HeadComment, bare.FootComment, bare.LineComment = "", "", ""
	if enc.Encode(&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{&bare, test}}) != nil || enc.Close() != nil {
		return nil
	}
	block := strings.SplitAfter(strings.TrimSuffix(w.String(), "\n"), "\n")
	for i := range block {
		if i == 0 {
			block[i] = lead + block[i]
		} else {
			block[i] = indent + block[i]
		}
	}
	block[len(block)-1] += "\n"

	line := lines[at.evidence.Line-1]
	old, start := at.evidence.Value, at.evidence.Column-1
	if start > len(line) || !strings.HasPrefix(strings.TrimLeft(line[start:], `"'`), old) {
		return nil
	}
	lines[at.evidence.Line-1] = line[:start] + strings.Replace(line[start:], old, valueOf(item, "evidence").Value, 1)
	if last := lines[at.end-1]; !strings.HasSuffix(last, "\n") {
		lines[at.end-1] = last + "\n"
	}
	if at.test != nil {
		return slices.Replace(lines, at.from-1, at.end, block...)
	}
	return slices.Insert(lines, at.end, block...)
}

// setTest makes the tree of a protection say what p says of its test.
func setTest(item *yaml.Node, p *landwaiter.Protection) {
	set(item, "evidence", "!!str", string(p.Evidence))
	_, test := entryOf(item, "test")
	if test == nil {
		test = &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for i := 0; i+1 < len(item.Content); i += 2 {
			if item.Content[i].Value == "evidence" {
				item.Content = slices.Insert(item.Content, i+2, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "test"}, test)
				break
			}
		}
	}
	t := p.Test
	set(test, "date", "!!timestamp", dateOf(t.Date))
	set(test, "by", "!!str", t.By)
	set(test, "method", "!!str", t.Method)
	set(test, "result", "!!str", t.Result)
	set(test, "sha256", "!!str", t.SHA256)
	until := ""
	if !t.ValidUntil.IsZero() {
		until = dateOf(t.ValidUntil)
	}
	set(test, "validUntil", "!!timestamp", until)
	set(test, "tre", "!!str", t.TRE)
	remove(test, "tiers")
	if len(t.Tiers) > 0 {
		tiers := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Style: yaml.FlowStyle}
		for _, tier := range t.Tiers {
			tiers.Content = append(tiers.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: tier})
		}
		test.Content = append(test.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "tiers"}, tiers)
	}
	set(test, "strength", "!!str", string(t.Strength))
}

// set sets a key of a mapping to a text, or takes it away where that is empty. A
// comment beside it goes with the value that it was about.
func set(n *yaml.Node, key, tag, value string) {
	if value == "" {
		remove(n, key)
		return
	}
	next := &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: value}
	if _, v := entryOf(n, key); v != nil {
		if v.Value != value {
			*v = *next
		}
		return
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: key}, next)
}

func remove(n *yaml.Node, key string) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			n.Content = slices.Delete(n.Content, i, i+2)
			return
		}
	}
}

// entryOf returns the key and the value of an entry of a mapping, or nil.
func entryOf(n *yaml.Node, key string) (k, v *yaml.Node) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func valueOf(n *yaml.Node, key string) *yaml.Node {
	_, v := entryOf(n, key)
	return v
}

// protectionNodes are the trees of the protections, in the order of the register.
func protectionNodes(root *yaml.Node) []*yaml.Node { return valueOf(root, "protections").Content }

// lastLine is the last line on which something of n begins.
func lastLine(n *yaml.Node) int {
	last := n.Line
	for _, c := range n.Content {
		last = max(last, lastLine(c))
	}
	return last
}
