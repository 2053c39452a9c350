package judge

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

const schemaFile = "../../docs/method.schema.json"

// schema is what the tests here read of a JSON Schema.
type schema struct {
	Ref        string             `json:"$ref"`
	Properties map[string]*schema `json:"properties"`
	Additional *bool              `json:"additionalProperties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
	MaxItems   int                `json:"maxItems"`
	Enum       []string           `json:"enum"`
	Minimum    *int               `json:"minimum"`
	Maximum    *int               `json:"maximum"`
	Defs       map[string]*schema `json:"$defs"`
}

func readSchema(t *testing.T) (*schema, *jsonschema.Schema) {
	t.Helper()
	raw, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var s schema
	if err := json.Unmarshal(raw, &s); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("method.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("method.json")
	if err != nil {
		t.Fatal(err)
	}
	return &s, compiled
}

// TestSchemaFits: the shipped method and the full example are valid, and what is
// not a method file is not.
func TestSchemaFits(t *testing.T) {
	_, s := readSchema(t)
	full, _ := fullMethod(t)
	for _, text := range []string{string(ShippedMethod()), full} {
		if err := s.Validate(asJSON(t, text)); err != nil {
			t.Error(err)
		}
	}
	for _, c := range [][2]string{
		{"version: 2026-11\n", ""},
		{"version: 2026-11\n", "version: 1\nedition: 2\n"},
		{"id: B4", "id: D4"},
		{"by: [licence]", "by: []"},
		{"open: do-not-import-yet", "open: maybe"},
		{"maxTestDays: 60", "maxTestDays: -1"},
		{"days: 7", "days: 0"},
		{"outcome: cannot-judge\n", "outcome: recommend-import\n"},
	} {
		if s.Validate(asJSON(t, edit(t, full, c[0], c[1]))) == nil {
			t.Errorf("the schema lets in %q", c[1])
		}
	}
}

// asJSON returns YAML text as a JSON Schema sees it: numbers are numbers, all
// else is text, as the reader takes it.
func asJSON(t *testing.T, text string) any {
	t.Helper()
	var n yaml.Node
	if err := yaml.Unmarshal([]byte(text), &n); err != nil {
		t.Fatal(err)
	}
	return nodeJSON(n.Content[0])
}

func nodeJSON(n *yaml.Node) any {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			m[n.Content[i].Value] = nodeJSON(n.Content[i+1])
		}
		return m
	case yaml.SequenceNode:
		l := []any{}
		for _, item := range n.Content {
			l = append(l, nodeJSON(item))
		}
		return l
	}
	if n.Tag == "!!int" {
		if v, err := strconv.ParseFloat(n.Value, 64); err == nil {
			return v
		}
	}
	return n.Value
}

var (
	unknownKey = regexp.MustCompile(`key "zz" is not known in [a-z ]+; use ([A-Za-z, -]+): invalid`)
	unknownOne = regexp.MustCompile(`"zz!" is not known; use one of ([A-Za-z, -]+): invalid`)
)

// TestSchemaIsTheReaders: at every place of the full example, the reader and the
// schema know the same keys, need the same keys and know the same words.
func TestSchemaIsTheReaders(t *testing.T) {
	s, _ := readSchema(t)
	text, _ := fullMethod(t)
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	w := &walk{t: t, defs: s.Defs, root: &root, met: map[*schema]bool{}}
	w.node("method", root.Content[0], s)
	if w.mappings < 25 || w.words < 50 {
		t.Errorf("only %d mappings and %d words were looked at", w.mappings, w.words)
	}
	w.everyProperty("method", s)
	numbers := s.Properties["limits"].Properties
	for _, l := range limits {
		if n := numbers[l.key]; n == nil || *n.Minimum != l.least || *n.Maximum != l.most {
			t.Errorf("limit %s: %+v", l.key, n)
		}
	}
	for what, is := range map[string][2]int{
		"scenarios": {s.Properties["scenarios"].MaxItems, maxEvents}, "tiers": {s.Properties["tiers"].MaxItems, maxTiers}, "rules": {s.Properties["rules"].MaxItems, maxRules},
		"wall": {s.Properties["wall"].MaxItems, maxNames}, "ways": {s.Defs["scenario"].Properties["ways"].MaxItems, maxWays},
	} {
		if is[0] != is[1] {
			t.Errorf("%s: %d in the schema, %d in the reader", what, is[0], is[1])
		}
	}
}

// walk goes through an example and the schema side by side.
type walk struct {
	t               *testing.T
	defs            map[string]*schema
	root            *yaml.Node
	met             map[*schema]bool // properties that the example has
	mappings, words int
}

// read is what the reader says of the example as it stands.
func (w *walk) read() string {
	b, err := yaml.Marshal(w.root)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err = readMethod(w.t, string(b)); err != nil {
		return err.Error()
	}
	return ""
}

func (w *walk) resolve(s *schema) *schema {
	if s != nil && s.Ref != "" {
		return w.defs[strings.TrimPrefix(s.Ref, "#/$defs/")]
	}
	return s
}

func (w *walk) node(path string, n *yaml.Node, s *schema) {
	s = w.resolve(s)
	if s == nil {
		w.t.Fatalf("%s: no schema", path)
	}
	switch n.Kind {
	case yaml.MappingNode:
		w.mapping(path, n, s)
	case yaml.SequenceNode:
		for i, item := range n.Content {
			if i < 3 || s.Items.Ref != "" { // names are all alike
				w.node(path+"[]", item, s.Items)
			}
		}
	case yaml.ScalarNode:
		was := n.Value
		n.Value = "zz!"
		var known []string
		if m := unknownOne.FindStringSubmatch(w.read()); m != nil {
			known = strings.Split(m[1], ", ")
			w.words++
		}
		n.Value = was
		if diff := cmp.Diff(known, s.Enum); diff != "" {
			w.t.Errorf("%s: words of the reader against the schema's:\n%s", path, diff)
		}
	}
}

func (w *walk) mapping(path string, n *yaml.Node, s *schema) {
	w.mappings++
	if s.Additional == nil || *s.Additional {
		w.t.Errorf("%s: the schema lets any key in", path)
	}
	was := n.Content
	n.Content = slices.Concat([]*yaml.Node{{Kind: yaml.ScalarNode, Value: "zz"}, {Kind: yaml.ScalarNode, Value: "1"}}, was)
	said := w.read()
	m := unknownKey.FindStringSubmatch(said)
	if m == nil {
		w.t.Fatalf("%s: no keys in %q", path, said)
	}
	keys := strings.Split(m[1], ", ")
	if diff := cmp.Diff(slices.Sorted(slices.Values(keys)), slices.Sorted(maps.Keys(s.Properties))); diff != "" {
		w.t.Errorf("%s: keys of the reader against the schema's:\n%s", path, diff)
	}
	for i := 0; i < len(was); i += 2 {
		key := was[i].Value
		n.Content = slices.Delete(slices.Clone(was), i, i+2)
		if needs := strings.Contains(w.read(), `has no "`+key+`"; add it`); needs != slices.Contains(s.Required, key) {
			w.t.Errorf("%s/%s: the reader needs it: %v", path, key, needs)
		}
	}
	n.Content = was
	for i := 0; i < len(was); i += 2 {
		p := s.Properties[was[i].Value]
		w.met[p] = true
		w.node(path+"/"+was[i].Value, was[i+1], p)
	}
}

// everyProperty fails for one that the example lacks: nothing was held against it.
func (w *walk) everyProperty(path string, s *schema) {
	for key, p := range s.Properties {
		// Rows and limits of tiers are those of the method, and all optional.
		if !w.met[p] && !strings.HasPrefix(path, "method/tiers[]/") {
			w.t.Errorf("the full example has no %s/%s", path, key)
		}
		r := w.resolve(p)
		w.everyProperty(path+"/"+key, r)
		if r.Items != nil {
			w.everyProperty(path+"/"+key+"[]", w.resolve(r.Items))
		}
	}
}
