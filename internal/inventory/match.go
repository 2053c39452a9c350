package inventory

import (
	"slices"
	"strings"
)

// matcher answers which rows of a table want a file. It costs the same for ten
// rows and for a thousand: four look-ups per file.
type matcher struct {
	table    []ecosystem
	paths    map[string][]int // whole paths; folders with their trailing slash
	bases    map[string][]int
	suffixes map[string][]int // with their dot
	programs []int
	folders  map[string][]int // with their trailing slash
	fits     []int            // rows with want.fits, but for those of nameOnly
	nameOnly []int
	formats  *formatIndex
	// inside matches members of archives, where other rows look.
	inside *matcher
}

// compile makes a matcher over table. Rows are named by their index in it.
func compile(table []ecosystem) *matcher {
	x := indexFormats(formats)
	m := compileRows(table, x, false)
	m.inside = compileRows(table, x, true)
	m.inside.inside = m.inside
	return m
}

func compileRows(table []ecosystem, x *formatIndex, inside bool) *matcher {
	m := &matcher{
		formats:  x,
		table:    table,
		paths:    make(map[string][]int),
		bases:    make(map[string][]int),
		suffixes: make(map[string][]int),
		folders:  make(map[string][]int),
	}
	for i := range table {
		w := &table[i].want
		if w.inside && !inside {
			continue
		}
		index(m.paths, w.paths, i)
		index(m.bases, w.bases, i)
		index(m.suffixes, w.suffixes, i)
		index(m.folders, w.folders, i)
		if w.programs {
			m.programs = append(m.programs, i)
		}
		switch {
		case w.fits == nil:
		case w.nameOnly:
			m.nameOnly = append(m.nameOnly, i)
		default:
			m.fits = append(m.fits, i)
		}
	}
	return m
}

func index(names map[string][]int, list []string, row int) {
	for _, name := range list {
		names[name] = append(names[name], row)
	}
}

// rows appends to dst the rows that want the file at path, in the order of the
// table and each once. program says whether the file's first bytes are a
// compiled program's. It allocates only where dst is too small.
func (m *matcher) rows(dst []int, path string, program bool) []int {
	folder, base, suffix := split(path)
	start := len(dst)
	dst = m.add(dst, start, m.paths[path], path)
	if folder != "" {
		dst = m.add(dst, start, m.paths[folder], path)
	}
	dst = m.add(dst, start, m.bases[base], path)
	if suffix != "" {
		dst = m.add(dst, start, m.suffixes[suffix], path)
	}
	if program {
		dst = m.add(dst, start, m.programs, path)
	}
	for i, row := range m.fits {
		if m.table[row].want.fits(path) {
			dst = m.add(dst, start, m.fits[i:i+1], path)
		}
	}
	slices.Sort(dst[start:])
	return dst
}

// placed finds the folder that rows ask for by name alone and that path lies in:
// the name that lies directly in it, and the rows.
func (m *matcher) placed(path string) (name string, rows []int) {
	for folder, rows := range m.folders {
		if rest, ok := strings.CutPrefix(path, folder); ok && rest != "" {
			first, _, _ := strings.Cut(rest, "/")
			return folder + first, rows
		}
	}
	return "", nil
}

// byName are the rows that know the file at path by its name alone.
func (m *matcher) byName(path string) []int {
	var rows []int
	for i, row := range m.nameOnly {
		if m.table[row].want.fits(path) {
			rows = m.add(rows, 0, m.nameOnly[i:i+1], path)
		}
	}
	return rows
}

// add appends those of rows that are not in dst[start:] yet and whose also
// agrees.
func (m *matcher) add(dst []int, start int, rows []int, path string) []int {
	for _, row := range rows {
		if slices.Contains(dst[start:], row) {
			continue
		}
		if also := m.table[row].want.also; also != nil && !also(path) {
			continue
		}
		dst = append(dst, row)
	}
	return dst
}

// wants reports whether w asks for the file at path.
func (w want) wants(path string, isProgram bool) bool {
	folder, base, suffix := split(path)
	named := slices.Contains(w.paths, path) ||
		folder != "" && slices.Contains(w.paths, folder) ||
		slices.Contains(w.bases, base) ||
		suffix != "" && slices.Contains(w.suffixes, suffix) ||
		isProgram && w.programs ||
		w.fits != nil && w.fits(path)
	return named && (w.also == nil || w.also(path))
}

// split cuts path into its folder with the trailing slash, its last element,
// and that element's end from its last dot on, "" where it has no dot.
func split(path string) (folder, base, suffix string) {
	i := strings.LastIndexByte(path, '/') + 1
	folder, base = path[:i], path[i:]
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		suffix = base[i:]
	}
	return folder, base, suffix
}
