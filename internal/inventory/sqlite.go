package inventory

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const sqliteMagic = "SQLite format 3\x00"

// Numbers of SQLite's format.
//
// Format: sqlite.org/fileformat2.html.
const (
	sqliteHeader   = 100
	sqliteInterior = 5  // page of a table that points to pages
	sqliteLeaf     = 13 // page of a table that holds rows
	sqliteDeepest  = 32 // levels of a table; 2^32 pages need no more
)

// rpmSQLite yields the second column of every row of the table Packages.
func rpmSQLite(r io.ReaderAt, size int64) (iter.Seq2[[]byte, error], error) {
	db, err := openSQLite(r, size)
	if err != nil {
		return nil, err
	}
	root, err := db.table("Packages")
	if err != nil {
		return nil, err
	}
	return func(yield func([]byte, error) bool) {
		db.rows(root, 0, func(row []byte, err error) bool {
			if err != nil {
				return yield(nil, err)
			}
			columns, err := sqliteColumns(row, 2)
			if err != nil {
				return yield(nil, err)
			}
			return yield(columns[1].data, nil)
		})
	}, nil
}

// sqliteFile reads tables of an SQLite database from its first row to its last,
// and nothing else: no index, view, virtual table or SQL of the file's own is
// looked at, and no page is read twice.
type sqliteFile struct {
	r      io.ReaderAt
	page   int64 // bytes of a page
	usable int64 // of them, those that hold content
	pages  int64
	seen   pageSet
	row    []byte
	id     int64 // number of the row that was read last
}

func openSQLite(r io.ReaderAt, size int64) (*sqliteFile, error) {
	var h [sqliteHeader]byte
	if _, err := r.ReadAt(h[:], 0); err != nil {
		return nil, fmt.Errorf("the header: %w", err)
	}
	page := int64(binary.BigEndian.Uint16(h[16:]))
	if page == 1 {
		page = 65536
	}
	reserved := int64(h[20])
	if page < 512 || page&(page-1) != 0 || page-reserved < 480 {
		return nil, fmt.Errorf("pages of %d bytes with %d kept", page, reserved)
	}
	if e := binary.BigEndian.Uint32(h[56:]); e > 1 {
		return nil, fmt.Errorf("text encoding %d: %w", e, landwaiter.ErrUnsupported)
	}
	pages := size / page
	return &sqliteFile{r: r, page: page, usable: page - reserved, pages: pages, seen: newPageSet(pages + 1)}, nil
}

// table finds the first page of a table in the schema, which is itself a table,
// at page 1: type, name, table, first page, SQL.
func (s *sqliteFile) table(name string) (root int64, err error) {
	s.rows(1, 0, func(row []byte, fail error) bool {
		if fail != nil {
			err = fmt.Errorf("the schema: %w", fail)
			return false
		}
		columns, fail := sqliteColumns(row, 4)
		if fail != nil {
			err = fmt.Errorf("the schema: %w", fail)
			return false
		}
		if string(columns[0].data) == "table" && strings.EqualFold(string(columns[1].data), name) {
			root = columns[3].number()
			return false
		}
		return true
	})
	if err == nil && root <= 1 {
		err = fmt.Errorf("no table %q: %w", name, landwaiter.ErrNotFound)
	}
	return root, err
}

// rows yields the rows of the table below page n, or what is wrong with one, or
// with a page.
func (s *sqliteFile) rows(n int64, depth int, yield func(row []byte, err error) bool) bool {
	if n < 1 || depth > sqliteDeepest || !s.seen.add(n) {
		return yield(nil, fmt.Errorf("page %d is not in the file, or in two places", n))
	}
	page := make([]byte, s.page)
	if _, err := s.r.ReadAt(page, (n-1)*s.page); err != nil {
		return yield(nil, fmt.Errorf("page %d: %w", n, err))
	}
	head := page
	if n == 1 {
		head = page[sqliteHeader:]
	}
	header := 8
	if head[0] == sqliteInterior {
		header = 12
	} else if head[0] != sqliteLeaf {
		return yield(nil, fmt.Errorf("page %d is of type %d, not a table's", n, head[0]))
	}
	cells := head[header:]
	count := int(binary.BigEndian.Uint16(head[3:]))
	if 2*count > len(cells) {
		return yield(nil, fmt.Errorf("page %d says it holds %d cells", n, count))
	}
	for i := range count {
		at := int64(binary.BigEndian.Uint16(cells[2*i:]))
		if !s.cell(page, at, head[0], depth, yield) {
			return false
		}
	}
	if head[0] == sqliteInterior {
		return s.rows(int64(binary.BigEndian.Uint32(head[8:])), depth+1, yield)
	}
	return true
}

// cell yields the row at this place of a page, or the rows of the page that it
// points to.
func (s *sqliteFile) cell(page []byte, at int64, kind byte, depth int, yield func(row []byte, err error) bool) bool {
	if at+4 > s.usable {
		return yield(nil, fmt.Errorf("a cell at %d of a page of %d bytes", at, s.usable))
	}
	if kind == sqliteInterior {
		return s.rows(int64(binary.BigEndian.Uint32(page[at:])), depth+1, yield)
	}
	row, err := s.payload(page[at:s.usable])
	return yield(row, err)
}

// payload reads a row: its size, its number, its start, and where it is long a
// chain of pages with the rest.
func (s *sqliteFile) payload(cell []byte) ([]byte, error) {
	size, n := sqliteVarint(cell)
	id, m := sqliteVarint(cell[n:])
	if n == 0 || m == 0 {
		return nil, errors.New("a cell without a size")
	}
	cell, s.id = cell[n+m:], id
	if size < 0 || size > limitio.MaxMetadata {
		return nil, fmt.Errorf("a row of %d bytes, where %d are the most: %w", size, limitio.MaxMetadata, landwaiter.ErrTooLarge)
	}
	most, least := s.usable-35, (s.usable-12)*32/255-23
	if size <= most {
		if size > int64(len(cell)) {
			return nil, errors.New("a row beyond its page")
		}
		return cell[:size], nil
	}
	local := least + (size-least)%(s.usable-4)
	if local > most {
		local = least
	}
	if local+4 > int64(len(cell)) {
		return nil, errors.New("a row beyond its page")
	}
	s.row = append(s.row[:0], cell[:local]...)
	next := int64(binary.BigEndian.Uint32(cell[local:]))
	var link [4]byte
	for int64(len(s.row)) < size {
		if next < 1 || !s.seen.add(next) {
			return nil, fmt.Errorf("page %d is not in the file, or in two rows", next)
		}
		off := (next - 1) * s.page
		if _, err := s.r.ReadAt(link[:], off); err != nil {
			return nil, fmt.Errorf("page %d: %w", next, err)
		}
		part := min(size-int64(len(s.row)), s.usable-4)
		s.row = append(s.row, make([]byte, part)...)
		if _, err := s.r.ReadAt(s.row[int64(len(s.row))-part:], off+4); err != nil {
			return nil, fmt.Errorf("page %d: %w", next, err)
		}
		next = int64(binary.BigEndian.Uint32(link[:]))
	}
	return s.row, nil
}

// sqliteVarint reads a number of one to nine bytes; n is 0 where b is too short.
func sqliteVarint(b []byte) (v int64, n int) {
	var u uint64
	for i, c := range b {
		if i == 8 {
			return int64(u<<8 | uint64(c)), 9
		}
		u = u<<7 | uint64(c&0x7f)
		if c < 0x80 {
			return int64(u), i + 1
		}
	}
	return 0, 0
}

// sqliteColumn is one value of a row.
type sqliteColumn struct {
	kind int64
	data []byte
}

// sqliteColumns returns the first want values of a row.
func sqliteColumns(row []byte, want int) ([]sqliteColumn, error) {
	size, n := sqliteVarint(row)
	if n == 0 || size < int64(n) || size > int64(len(row)) {
		return nil, errors.New("a row without a header")
	}
	kinds, data := row[n:size], row[size:]
	var out []sqliteColumn
	for len(out) < want {
		kind, n := sqliteVarint(kinds)
		if n == 0 {
			return nil, fmt.Errorf("a row of %d columns", len(out))
		}
		length := sqliteLength(kind)
		if length < 0 || length > int64(len(data)) {
			return nil, errors.New("a value beyond its row")
		}
		out = append(out, sqliteColumn{kind, data[:length]})
		kinds, data = kinds[n:], data[length:]
	}
	return out, nil
}

// sqliteLength is how many bytes a value of a type takes, -1 where there is no
// such type.
func sqliteLength(kind int64) int64 {
	switch {
	case kind < 0 || kind == 10 || kind == 11:
		return -1
	case kind >= 12:
		return (kind - 12) / 2
	}
	return [...]int64{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}[kind]
}

// number is the value of an integer, 0 for all else.
func (c sqliteColumn) number() int64 {
	if c.kind == 9 {
		return 1
	}
	if c.kind < 1 || c.kind > 6 {
		return 0
	}
	v := int64(int8(c.data[0]))
	for _, b := range c.data[1:] {
		v = v<<8 | int64(b)
	}
	return v
}
