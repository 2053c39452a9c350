package inventory

import (
	"fmt"
	"slices"
	"strings"
)

// relations reads the names that a package requires or provides, each once, in
// rpm's own words but for the versions of a library's symbols: those of
// "libc.so.6(GLIBC_2.14)(64bit)" are all in "libc.so.6()(64bit)".
//
// Left out is what no package answers to: what rpm itself must be able to do,
// "rpmlib(…)", and what a package says of its own settings, "config(…)".
func (db *rpmDatabase) relations(h *rpmHeader, tag int) ([]string, error) {
	list, err := h.texts(tag)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, text := range list {
		for _, name := range rpmAlternatives(text) {
			if strings.HasPrefix(name, "rpmlib(") || strings.HasPrefix(name, "config(") || !printable(name) {
				continue
			}
			if err := db.names.add(name); err != nil {
				return nil, fmt.Errorf("%w: %w", errRPMTooMany, err)
			}
			out = append(out, rpmSymbols(name))
		}
	}
	return unique(out), nil
}

// rpmSymbols takes the version of symbols out of a library's name.
func rpmSymbols(name string) string {
	lib, rest, ok := strings.Cut(name, "(")
	if !ok || !strings.Contains(lib, ".so") {
		return name
	}
	if _, width, ok := strings.Cut(rest, ")"); ok {
		return lib + "()" + width
	}
	return name
}

// rpmWords join the parts of a condition in parentheses, "(a >= 1 or b)", and
// rpmConditional those after which a part only counts where another holds.
var (
	rpmWords       = []string{"and", "or", "with", "without", "<", "<=", "=", ">=", ">"}
	rpmConditional = []string{"if", "unless"}
)

// rpmAlternatives lists the names in one relation. Of a condition these are all
// that may answer; what is asked for only "if" something else is there is left out,
// as is what must not be there.
//
// Format: rpm.org, "Boolean Dependencies".
func rpmAlternatives(text string) []string {
	if !strings.HasPrefix(text, "(") {
		return []string{text}
	}
	words := strings.Fields(text)
	if slices.ContainsFunc(words, func(w string) bool { return slices.Contains(rpmConditional, w) }) {
		return nil
	}
	var out []string
	for i, w := range words {
		version := i > 0 && strings.ContainsAny(words[i-1], "<=>")
		if w = rpmBare(w); w == "" || version || slices.Contains(rpmWords, w) || i > 0 && words[i-1] == "without" {
			continue
		}
		out = append(out, w)
	}
	return out
}

// rpmBare takes off the parentheses that belong to the condition, not to the name.
func rpmBare(w string) string {
	w = strings.TrimLeft(w, "(")
	for strings.HasSuffix(w, ")") && strings.Count(w, ")") > strings.Count(w, "(") {
		w = strings.TrimSuffix(w, ")")
	}
	return w
}

// trim drops what packages provide and none requires: one database speaks of all
// packages, and its lists of fonts, symbols and modules are long.
func (db *rpmDatabase) trim() {
	asked := map[string]bool{}
	for i := range db.out.packages {
		for _, name := range db.out.packages[i].pkg.Requires {
			asked[name] = true
		}
	}
	for i := range db.out.packages {
		p := &db.out.packages[i]
		p.provides = slices.DeleteFunc(p.provides, func(name string) bool { return !asked[name] || name == p.pkg.Name })
		p.provides = slices.Clip(p.provides)
	}
}
