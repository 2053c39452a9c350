package judge

import (
	"encoding/json"
	"math/rand"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// full sets every field of v to something.
func full(t *testing.T, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		f := v.Field(i)
		switch f.Kind() {
		case reflect.Slice:
			f.Set(reflect.MakeSlice(f.Type(), 1, 1))
		case reflect.Pointer:
			f.Set(reflect.New(f.Type().Elem()))
		case reflect.String:
			f.SetString("x")
		case reflect.Bool:
			f.SetBool(true)
		case reflect.Int, reflect.Int64:
			f.SetInt(1)
		case reflect.Struct:
			if f.Type() == reflect.TypeFor[landwaiter.Assessment]() {
				t.Fatal("it holds itself")
			}
			if f.Type() == reflect.TypeOf(now) {
				f.Set(reflect.ValueOf(now))
			} else {
				full(t, f)
			}
		}
	}
}

// TestInputOfForgetsNothing: whoever adds to what advice rests on must say where an
// assessment keeps it.
func TestInputOfForgetsNothing(t *testing.T) {
	var a landwaiter.Assessment
	full(t, reflect.ValueOf(&a).Elem())
	in := reflect.ValueOf(InputOf(&a))
	for i := range in.NumField() {
		if in.Field(i).IsZero() {
			t.Errorf("Input.%s is not taken from an assessment", in.Type().Field(i).Name)
		}
	}
}

// TestInputOf: what was judged, written and read, is judged to the same advice.
func TestInputOf(t *testing.T) {
	m := DefaultMethod()
	r := rand.New(rand.NewSource(11))
	for range rounds / 8 {
		in := calm()
		for i := range r.Intn(6) {
			in.Findings = append(in.Findings, randomFinding(r, i))
		}
		for i := range r.Intn(4) {
			in.Protections = append(in.Protections, randomProtection(r, i))
		}
		a := landwaiter.Assessment{
			Subject: in.Subject, System: in.System, Packages: in.Packages, Findings: in.Findings, Account: in.Account, Gaps: in.Gaps,
			Advisories: &landwaiter.AdvisoryFile{}, Sources: in.Sources, At: in.Now,
		}
		a.Advice, a.Protections = Judge(m, in)
		raw, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		var back landwaiter.Assessment
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		again, protections := Judge(m, InputOf(&back))
		if diff := cmp.Diff(back.Advice, again); diff != "" {
			t.Fatalf("judged (-) and again (+):\n%s", diff)
		}
		for i := range back.Protections {
			back.Protections[i] = Frozen(&back.Protections[i], now.AddDate(1, 0, 0))
		}
		frozen := InputOf(&back)
		frozen.Now = now.AddDate(1, 0, 0)
		_, later := Judge(m, frozen)
		for i := range later {
			if later[i].Credited != protections[i].Credited && len(protections[i].Closes) > 0 {
				t.Errorf("%+v is no longer judged as %+v", later[i], protections[i])
			}
		}
	}
}
