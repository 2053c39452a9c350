package inventory

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unsafe"

	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// filled sets every field in v, however deep, to what is not zero. Texts differ.
func filled(t testing.TB, v reflect.Value, n *int) {
	if v.Type() == reflect.TypeFor[image.Records]() {
		return // coded by its own package
	}
	if v.Type() == reflect.TypeFor[claims]() {
		l := v.Addr().Interface().(*claims)
		l.add(claim{key: "a", path: "usr/a", sum: newSum("not a sum"), conf: true})
		l.add(claim{key: "b", path: "usr/b", tree: true})
		for i := range v.NumField() {
			if v.Field(i).IsZero() {
				t.Fatalf("claims.%s: say here how it is filled, and code it", v.Type().Field(i).Name)
			}
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Field(i)
			filled(t, reflect.NewAt(f.Type(), unsafe.Pointer(f.UnsafeAddr())).Elem(), n)
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		filled(t, v.Index(0), n)
		filled(t, v.Index(1), n)
	case reflect.Array:
		for i := range v.Len() {
			filled(t, v.Index(i), n)
		}
	case reflect.Map:
		key, val := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		filled(t, key, n)
		filled(t, val, n)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, val)
	case reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		filled(t, v.Elem(), n)
	case reflect.String:
		*n++
		v.SetString(fmt.Sprintf("text %d", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1) // the number of something that is there
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(1)
	default:
		t.Fatalf("a %s: say here how it is filled, and code it", v.Type())
	}
}

// fill fills s, which has two records, with what a layer could have said.
func fill(t testing.TB, s *savedLayer, n *int) {
	filled(t, reflect.ValueOf(s).Elem(), n)
	s.sums[0].record = 0 // in their order
}

func twoRecords(t testing.TB, l *layerFacts) {
	for _, name := range []string{"usr/bin/a", "usr/bin/b"} {
		if err := l.records.Append(&image.Record{Path: name, Type: image.TypeFile, Size: 7, Mode: 0o755}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestCodeForgetsNothing: whoever adds a field to what a layer says must code it.
func TestCodeForgetsNothing(t *testing.T) {
	in := &savedLayer{layerFacts: &layerFacts{}}
	twoRecords(t, in.layerFacts)
	n := 0
	fill(t, in, &n)
	if n < 50 {
		t.Errorf("only %d texts were filled", n)
	}
	out := recoded(t, in)
	in.records, out.records = image.Records{}, image.Records{}
	if !reflect.DeepEqual(in, out) {
		t.Errorf("was %+v\n is %+v", in, out)
		differ(t, "layer", reflect.ValueOf(in.layerFacts).Elem(), reflect.ValueOf(out.layerFacts).Elem())
	}
}

// differ names the fields that are not the same.
func differ(t *testing.T, at string, a, b reflect.Value) {
	switch {
	case a.Kind() == reflect.Struct:
		for i := range a.NumField() {
			differ(t, at+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	case a.Kind() == reflect.Slice && a.Len() == b.Len():
		for i := range a.Len() {
			differ(t, fmt.Sprintf("%s[%d]", at, i), a.Index(i), b.Index(i))
		}
	case fmt.Sprintf("%+v", a) != fmt.Sprintf("%+v", b):
		t.Errorf("%s: was %+v, is %+v", at, a, b)
	}
}

// recoded is in, written and read. Written again it is the same bytes.
func recoded(t testing.TB, in *savedLayer) *savedLayer {
	t.Helper()
	data := encoded(t, in)
	out, err := decodeLayer(data, inData)
	if err != nil {
		t.Fatal(err)
	}
	if again := encoded(t, out); !bytes.Equal(data, again) {
		t.Fatalf("%d bytes, and written again %d others", len(data), len(again))
	}
	return out
}

func encoded(t testing.TB, s *savedLayer) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// scans are what the layers of the example and of every trap say.
func scans(t testing.TB) []*savedLayer {
	t.Helper()
	example, err := os.ReadFile("../../examples/image.txtar")
	if err != nil {
		t.Fatal(err)
	}
	texts := [][]byte{example}
	names, err := fs.Glob(lwtest.Hostile(), "*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(lwtest.Hostile(), name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	kept := memory{}
	for _, text := range texts {
		spec := lwtest.New(t, string(text))
		dir := filepath.Join(t.TempDir(), "oci")
		if _, err := spec.WriteLayout(dir); err != nil {
			t.Fatal(err)
		}
		readImage(t, "oci:"+dir, image.Options{MaxUnpacked: spec.Want().Cap}, &kept)
	}
	var out []*savedLayer
	for _, key := range kept.keys("facts ") {
		s, err := decodeLayer(kept.entries[key], inData)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
	if len(out) < 60 {
		t.Fatalf("%d layers", len(out))
	}
	return out
}

// TestCodeKeepsScans: what real readers say comes back as it was, and a nature that
// many files share is one still.
func TestCodeKeepsScans(t *testing.T) {
	packages, natures, claims := 0, 0, 0
	for _, in := range scans(t) {
		out := recoded(t, in)
		if !reflect.DeepEqual(in, out) {
			t.Errorf("was %+v\n is %+v", in, out)
		}
		natures += len(out.natures)
		was, is := map[any]bool{}, map[any]bool{}
		for i := range in.natures {
			was[in.natures[i]], is[out.natures[i]] = true, true
		}
		if len(was) != len(is) {
			t.Errorf("%d natures became %d", len(was), len(is))
		}
		for i := range out.facts {
			packages, claims = packages+len(out.facts[i].packages), claims+int(out.facts[i].claims.n)
		}
	}
	if packages < 30 || natures < 20 || claims < 100 {
		t.Errorf("the scans say little: %d packages, %d natures, %d claims", packages, natures, claims)
	}
}

// TestCodeRefusesWhatPointsNowhere: what a damaged entry says must not lead astray.
func TestCodeRefusesWhatPointsNowhere(t *testing.T) {
	whole := func() *savedLayer {
		s := &savedLayer{layerFacts: &layerFacts{}}
		twoRecords(t, s.layerFacts)
		n := 0
		fill(t, s, &n)
		return s
	}
	for what, spoil := range map[string]func(s *savedLayer){
		"fewer notes":       func(s *savedLayer) { s.notes = s.notes[:1] },
		"a kind":            func(s *savedLayer) { s.notes[0].kind = uint8(len(kinds)) },
		"what a scan says":  func(s *savedLayer) { s.notes[0].flags = flagFile },
		"sums":              func(s *savedLayer) { s.sums[1].record = 2 },
		"sums twice":        func(s *savedLayer) { s.sums[0].record = 1 },
		"claims":            func(s *savedLayer) { s.facts[0].claims.n++ },
		"claims cut":        func(s *savedLayer) { s.facts[0].claims.text = s.facts[0].claims.text[:3] },
		"claims of nobody":  func(s *savedLayer) { s.facts[0].claims.keys = nil },
		"a record":          func(s *savedLayer) { s.facts[1].record = 2 },
		"a record below":    func(s *savedLayer) { s.facts[1].record = -1 },
		"a row":             func(s *savedLayer) { s.facts[0].row = len(ecosystems) },
		"a row below":       func(s *savedLayer) { s.facts[0].row = -1 },
		"no evidence":       func(s *savedLayer) { s.facts[0].packages[0].pkg.Evidence = nil },
		"a system's record": func(s *savedLayer) { s.systems[0].record = 2 },
		"a large one":       func(s *savedLayer) { s.large[0] = 2 },
		"a nature's record": func(s *savedLayer) { s.natures[2] = s.natures[1] },
		"what is shut":      func(s *savedLayer) { s.shut[0].record = 2 },
		"bytes below zero":  func(s *savedLayer) { s.unpacked = -1 },
	} {
		s := whole()
		if _, err := decodeLayer(encoded(t, s), inData); err != nil {
			t.Fatal(err)
		}
		spoil(s)
		if _, err := decodeLayer(encoded(t, s), inData); err == nil {
			t.Errorf("%s: it was taken", what)
		}
	}
	data := encoded(t, whole())
	for i := range data {
		if _, err := decodeLayer(data[:i], inData); err == nil {
			t.Fatalf("the first %d of %d bytes were taken", i, len(data))
		}
	}
	if _, err := decodeLayer(append(bytes.Clone(data), 0), inData); err == nil {
		t.Error("a byte more was taken")
	}
}

// FuzzStoredFacts hands any bytes to the reader of stored facts. What it takes is
// something that a layer could have said: it can be written again, and merged.
func FuzzStoredFacts(f *testing.F) {
	for _, s := range scans(f) {
		if data := encoded(f, s); len(data) < 64<<10 {
			f.Add(data)
		}
	}
	s := &savedLayer{layerFacts: &layerFacts{}}
	twoRecords(f, s.layerFacts)
	n := 0
	fill(f, s, &n)
	f.Add(encoded(f, s))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeLayer(data, inData)
		if err != nil {
			return
		}
		recoded(t, s)
		if g, err := newMerge([]*layerFacts{s.layerFacts}); err == nil {
			if _, err := g.result(); err != nil {
				t.Log(err)
			}
		}
	})
}

// BenchmarkLoadLayer loads what a layer of 126,000 files of a distribution says, all
// of which its packages name.
func BenchmarkLoadLayer(b *testing.B) {
	const count = 126_000
	s := &savedLayer{layerFacts: &layerFacts{notes: make([]noted, count)}}
	var ff fileFacts
	for i := range count {
		e := image.Entry{Path: fmt.Sprintf("usr/lib/python3/dist-packages/package%04d/module_%06d.py", i/100, i), Type: image.TypeFile, Size: int64(i), Mode: 0o644}
		rec := image.NewRecord(&e)
		for k := range rec.SHA256 {
			rec.SHA256[k] = byte(i*(k+3) ^ i>>(k%8))
		}
		if err := s.records.Append(&rec); err != nil {
			b.Fatal(err)
		}
		ff.Owns(fmt.Sprintf("package%04d:amd64", i/100), e.Path, fmt.Sprintf("md5:%x", rec.SHA256[:16]))
	}
	s.facts = []fileFacts{ff}
	data := encoded(b, s)
	b.ReportMetric(float64(len(data)), "bytes")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decodeLayer(data, inData); err != nil {
			b.Fatal(err)
		}
	}
}
