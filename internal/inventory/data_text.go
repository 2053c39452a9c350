package inventory

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter/internal/limitio"
)

// delimiters are what may stand between the columns of a text table, the likeliest
// first.
const delimiters = ",\t;|"

// lookCSV reads the names of columns from the first line of a text table, where it
// is certain that they are names. A first line that may be data is not shown.
func lookCSV(l *look) error {
	b := bytes.TrimPrefix(l.start(), []byte("\ufeff"))
	whole := int64(len(b)) >= l.size-3
	if !whole { // the last line is cut
		if i := bytes.LastIndexByte(b, '\n'); i >= 0 {
			b = b[:i+1]
		}
	}
	if !text(b[:min(len(b), headSize)]) {
		return errNotIt
	}
	first, _, _ := bytes.Cut(b, []byte("\n"))
	best, most := byte(','), 0
	for i := range len(delimiters) {
		if n := bytes.Count(first, []byte{delimiters[i]}); n > most {
			best, most = delimiters[i], n
		}
	}
	if path.Ext(l.path) == ".tsv" {
		best = '\t'
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.Comma, r.LazyQuotes, r.ReuseRecord, r.FieldsPerRecord = rune(best), true, true, -1
	row, err := r.Read()
	if err != nil {
		return errNotIt
	}
	header := slices.Clone(row)
	sure := false
	for {
		row, err = r.Read()
		if err != nil {
			break
		}
		l.nature.Rows++
		for i := range min(len(row), len(header)) {
			sure = sure || isValue(row[i]) && !isValue(header[i]) && header[i] != ""
		}
	}
	if !whole {
		l.nature.Rows = 0
	}
	switch {
	case sure && areNames(header):
		l.fields(header)
	default:
		if whole { // the first line may be data
			l.nature.Rows++
		}
		l.say("%d columns, with no line of names that could be told from data", len(header))
	}
	return nil
}

// areNames reports whether cells can be names of columns: short, different, and
// none of them a number or a date.
func areNames(cells []string) bool {
	seen := map[string]bool{}
	for _, c := range cells {
		c = strings.TrimSpace(c)
		if isValue(c) || len(c) > natureName || c != "" && seen[c] || strings.Contains(c, "@") {
			return false
		}
		seen[c] = true
	}
	return true
}

// isValue reports whether a cell is a number, a date or a time, which no name is.
func isValue(s string) bool {
	s = strings.TrimSpace(s)
	if s == "" {
		return false
	}
	if _, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", "."), 64); err == nil {
		return true
	}
	for _, form := range []string{"2006-01-02", "02/01/2006", "01/02/2006", "02.01.2006", time.RFC3339, "2006-01-02 15:04:05", "15:04", "15:04:05"} {
		if _, err := time.Parse(form, s); err == nil {
			return true
		}
	}
	return false
}

// lookJSONLines reads the names that every one of the first objects has. A name
// that only one has may be a value.
func lookJSONLines(l *look) error {
	dec := json.NewDecoder(bytes.NewReader(l.start()))
	var names []string
	n := 0
	for ; n < 100; n++ {
		var o map[string]json.RawMessage
		if err := dec.Decode(&o); err != nil {
			if n == 0 {
				return errNotIt
			}
			break
		}
		keys := []string{}
		for k := range o {
			if n == 0 || slices.Contains(names, k) {
				keys = append(keys, k)
			}
		}
		names = keys
	}
	if n > 1 {
		slices.Sort(names)
		l.fields(names)
	}
	return nil
}

// lookNotebook counts the cells of a notebook. What they hold is not shown.
//
// Format: nbformat.readthedocs.io.
func lookNotebook(l *look) error {
	if l.size > limitio.MaxMetadata {
		return errHole
	}
	b, err := l.all()
	if err != nil {
		return err
	}
	var n struct {
		Cells []struct {
			Type    string            `json:"cell_type"`
			Outputs []json.RawMessage `json:"outputs"`
		} `json:"cells"`
		Metadata struct {
			Kernel struct {
				Language string `json:"language"`
				Name     string `json:"name"`
			} `json:"kernelspec"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(b, &n); err != nil {
		return err
	}
	code, outputs := 0, 0
	for _, c := range n.Cells {
		if c.Type == "code" {
			code++
		}
		outputs += len(c.Outputs)
	}
	if l.nature.Interpreter = short(n.Metadata.Kernel.Language, natureName); l.nature.Interpreter == "" {
		l.nature.Interpreter = short(n.Metadata.Kernel.Name, natureName)
	}
	l.say("%d cells, %d of them code", len(n.Cells), code)
	if outputs > 0 {
		l.say("keeps %d outputs, which may show data", outputs)
	}
	return nil
}

// lookVCF counts the people of a file of genetic variants. Their names are not
// shown.
func lookVCF(l *look) error {
	b := l.start()
	version, _, _ := bytes.Cut(b, []byte("\n"))
	l.say("%s", short(strings.TrimPrefix(string(version), "##fileformat="), 20))
	_, line, ok := bytes.Cut(b, []byte("\n#CHROM\t"))
	if !ok {
		return nil
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	if n := bytes.Count(line, []byte("\t")) + 2 - 9; n > 0 {
		l.say("%d samples", n)
	}
	return nil
}

// lookPDF says whether a document brings a script. Nothing else in it is read, and
// what it keeps compressed is not seen.
func lookPDF(l *look) error {
	l.say("version %s", short(strings.TrimPrefix(cstringLine(l.head), "%PDF-"), 12))
	b, err := l.bytes(0, min(l.size, natureStart))
	if err != nil {
		return err
	}
	if bytes.Contains(b, []byte("/JavaScript")) || bytes.Contains(b, []byte("/JS ")) {
		l.runsCode(isUnknown)
		l.say("brings JavaScript, which runs if its reader lets it")
	}
	return nil
}

// cstringLine is the first line of b.
func cstringLine(b []byte) string {
	if i := bytes.IndexAny(b, "\r\n"); i >= 0 {
		b = b[:i]
	}
	return string(b)
}

// lookSQLite counts tables. No name and no row of one is shown.
func lookSQLite(l *look) error {
	db, err := openSQLite(l, l.size)
	if err != nil {
		return err
	}
	tables := 0
	db.rows(1, 0, func(row []byte, fail error) bool {
		if fail != nil {
			err = fail
			return false
		}
		columns, fail := sqliteColumns(row, 1)
		if fail != nil {
			err = fail
			return false
		}
		if string(columns[0].data) == "table" {
			tables++
		}
		return true
	})
	if err != nil {
		return fmt.Errorf("the schema: %w", err)
	}
	l.say("%d tables", tables)
	return nil
}

// lookFITS reads the shape of the first image or table.
//
// Format: FITS standard 4.0.
func lookFITS(l *look) error {
	var dims []string
	name := ""
	for b := l.start(); len(b) >= 80 && name != "END"; b = b[80:] {
		var value string
		name, value, _ = strings.Cut(string(b[:80]), "=")
		value, _, _ = strings.Cut(value, "/")
		name = strings.TrimSpace(name)
		if !strings.HasPrefix(name, "NAXIS") || name == "NAXIS" {
			continue
		}
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && len(dims) < 8 {
			dims = append(dims, strconv.Itoa(n))
		}
	}
	l.say("%s", strings.Join(dims, " x "))
	return nil
}
