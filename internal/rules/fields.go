package rules

import (
	"reflect"
	"strings"
	"time"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/landwaiter/landwaiter"
)

// provider tells the checker which fields there are, so that a misspelt one is
// an error when a rule is read and not a rule that never applies. At run time
// the values are maps: a field that is not known is not there.
type provider struct {
	types.Provider
	structs map[string]map[string]*types.Type
}

func (p *provider) FindStructType(name string) (*types.Type, bool) {
	if p.structs[name] == nil {
		return p.Provider.FindStructType(name)
	}
	return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
}

func (p *provider) FindStructFieldNames(name string) ([]string, bool) {
	fields := p.structs[name]
	if fields == nil {
		return p.Provider.FindStructFieldNames(name)
	}
	var out []string
	for f := range fields {
		out = append(out, f)
	}
	return out, true
}

func (p *provider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	fields := p.structs[name]
	if fields == nil {
		return p.Provider.FindStructFieldType(name, field)
	}
	t, ok := fields[field]
	return &types.FieldType{Type: t}, ok
}

// fieldsOf returns the fields of every type that a rule can reach, by the names
// of the JSON.
func fieldsOf() map[string]map[string]*types.Type {
	out := make(map[string]map[string]*types.Type)
	for _, t := range []reflect.Type{
		reflect.TypeFor[landwaiter.Finding](), reflect.TypeFor[landwaiter.Package](),
		reflect.TypeFor[landwaiter.Subject](), reflect.TypeFor[landwaiter.System](),
	} {
		typeOf(t, out)
	}
	return out
}

var timeType = reflect.TypeFor[time.Time]()

// typeOf is CEL's type for t. Structs go to structs by name.
func typeOf(t reflect.Type, structs map[string]map[string]*types.Type) *types.Type {
	switch t.Kind() {
	case reflect.Pointer:
		return typeOf(t.Elem(), structs)
	case reflect.Bool:
		return cel.BoolType
	case reflect.String:
		return cel.StringType
	case reflect.Float32, reflect.Float64:
		return cel.DoubleType
	case reflect.Slice:
		return cel.ListType(typeOf(t.Elem(), structs))
	case reflect.Map:
		return cel.MapType(cel.StringType, typeOf(t.Elem(), structs))
	case reflect.Struct:
		if t == timeType {
			return cel.TimestampType
		}
		if structs[t.Name()] == nil {
			fields := make(map[string]*types.Type)
			structs[t.Name()] = fields
			for f := range fieldsIn(t) {
				fields[f.name] = typeOf(f.t, structs)
			}
		}
		return cel.ObjectType(t.Name())
	}
	return cel.IntType
}

// named is a field by its name in the JSON.
type named struct {
	name string
	t    reflect.Type
	at   int
	flat bool // an embedded struct, whose fields stand among those of its holder
}

// fieldsIn yields the fields of a struct; those of embedded ones among them.
func fieldsIn(t reflect.Type) func(func(named) bool) {
	return func(yield func(named) bool) {
		for i := range t.NumField() {
			f := t.Field(i)
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if f.Anonymous && name == "" {
				for inner := range fieldsIn(f.Type) {
					inner.at, inner.flat = i, true
					if !yield(inner) {
						return
					}
				}
				continue
			}
			if name == "" || name == "-" || !f.IsExported() {
				continue
			}
			if !yield(named{name: name, t: f.Type, at: i}) {
				return
			}
		}
	}
}

// plain returns v, a pointer to a struct, as CEL's own values. Words, numbers
// and lists are always there, empty where nothing is said; an object or a time
// of which nothing is known is not there, and to ask it is an error.
func plain(v any) any {
	out, _ := value(reflect.ValueOf(v))
	return out
}

func value(v reflect.Value) (out any, known bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil, false
		}
		return value(v.Elem())
	case reflect.Bool:
		return v.Bool(), true
	case reflect.String:
		return v.String(), true
	case reflect.Float32, reflect.Float64:
		return v.Float(), true
	case reflect.Slice:
		list := make([]any, 0, v.Len())
		for i := range v.Len() {
			if item, ok := value(v.Index(i)); ok {
				list = append(list, item)
			}
		}
		return list, true
	case reflect.Map:
		m := make(map[string]any, v.Len())
		for k, item := range v.Seq2() {
			m[k.String()], _ = value(item)
		}
		return m, true
	case reflect.Struct:
		if v.Type() == timeType {
			t := v.Interface().(time.Time)
			return t.UTC(), !t.IsZero()
		}
		m := make(map[string]any, v.NumField())
		object(v, m)
		return m, true
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int64(v.Uint()), true // permission bits and the like: small
	}
	return v.Int(), true
}

func object(v reflect.Value, m map[string]any) {
	for f := range fieldsIn(v.Type()) {
		if f.flat {
			object(v.Field(f.at), m)
			continue
		}
		if item, ok := value(v.Field(f.at)); ok {
			m[f.name] = item
		}
	}
}
