package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

// Whatever an assessment holds, every format writes it, nothing in it commands
// a terminal, and the brief keeps its length. Run it with -fuzzminimizetime=1x:
// the inputs are long.
func FuzzFormats(f *testing.F) {
	for _, a := range []*landwaiter.Assessment{base(), conditions(), hostile(), {}} {
		data, err := json.Marshal(a)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		var a landwaiter.Assessment
		if json.Unmarshal(in, &a) != nil {
			return
		}
		words := 0
		for _, r := range newBrief(load(t), &a).texts() {
			words += countWords(r.String())
		}
		if words > maxBriefWords {
			t.Errorf("the brief has %d words", words)
		}
		for _, format := range written() {
			var b bytes.Buffer
			if err := format.Write(&b, &a); err != nil {
				if format.Name == "json" && strings.Contains(err.Error(), "year outside of range") {
					continue
				}
				t.Fatalf("%s: %v", format.Name, err)
			}
			harmless(t, format.Name, b.Bytes())
		}
	})
}

func BenchmarkWrite(b *testing.B) {
	a := conditions()
	a.Findings = weaknesses(5000)
	for i := range 2000 {
		a.Packages = append(a.Packages, pkg("pypi", fmt.Sprintf("p%d", i), "1", landwaiter.Answer{State: landwaiter.AnswerNoneKnown, Sources: []string{"PyPI"}}))
	}
	for _, f := range written() {
		b.Run(f.Name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var buf bytes.Buffer
				if err := f.Write(&buf, a); err != nil {
					b.Fatal(err)
				}
				b.SetBytes(int64(buf.Len()))
			}
		})
	}
}
