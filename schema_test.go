package landwaiter_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

var update = flag.Bool("update", false, "rewrite docs/assessment.schema.json")

const schemaFile = "docs/assessment.schema.json"

// TestSchemaIsPublished: the JSON Schema in docs is that of the nouns. Whoever
// changes a noun sees here that the public contract changes with it.
func TestSchemaIsPublished(t *testing.T) {
	defs := map[string]any{}
	root := schemaOf(reflect.TypeFor[landwaiter.Assessment](), defs)
	got, err := json.MarshalIndent(map[string]any{
		"$schema": "https://json-schema.org/draft/2020-12/schema",
		"title":   landwaiter.Schema,
		"$ref":    root["$ref"],
		"$defs":   defs,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(schemaFile, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s is not the schema of the nouns; run go test . -update, and think of those who read the JSON", schemaFile)
	}
}

// schemaOf describes a type as encoding/json writes it. Structs go to defs by name.
func schemaOf(typ reflect.Type, defs map[string]any) map[string]any {
	switch typ.Kind() {
	case reflect.Pointer:
		return schemaOf(typ.Elem(), defs)
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.Slice:
		return map[string]any{"type": []string{"array", "null"}, "items": schemaOf(typ.Elem(), defs)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaOf(typ.Elem(), defs)}
	case reflect.Struct:
		if typ == reflect.TypeFor[time.Time]() {
			return map[string]any{"type": "string", "format": "date-time"}
		}
		return structSchema(typ, defs)
	default:
		return map[string]any{"type": "integer"}
	}
}

func structSchema(typ reflect.Type, defs map[string]any) map[string]any {
	ref := map[string]any{"$ref": "#/$defs/" + typ.Name()}
	if _, ok := defs[typ.Name()]; ok {
		return ref
	}
	defs[typ.Name()] = nil // the account holds an account
	properties, required := map[string]any{}, []string{}
	for i := range typ.NumField() {
		name, options, _ := strings.Cut(typ.Field(i).Tag.Get("json"), ",")
		properties[name] = schemaOf(typ.Field(i).Type, defs)
		if !strings.Contains(options, "omit") {
			required = append(required, name)
		}
	}
	defs[typ.Name()] = map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
	return ref
}

// TestReportsFitTheSchema: the reports that goldens hold have no field that the nouns lack.
func TestReportsFitTheSchema(t *testing.T) {
	names, err := filepath.Glob("internal/report/testdata/*.json.golden")
	if err != nil || len(names) == 0 {
		t.Fatalf("no reports to look at: %v", err)
	}
	for _, name := range names {
		if strings.Count(filepath.Base(name), ".") > 2 {
			continue // a bill of materials: name.cdx.json.golden
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.DisallowUnknownFields()
		var a landwaiter.Assessment
		if err := d.Decode(&a); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if a.Schema != landwaiter.Schema {
			t.Errorf("%s: schema %q", name, a.Schema)
		}
	}
}
