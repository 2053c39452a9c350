package inventory

import (
	"bytes"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestSQLite compares with SQLite itself: all sizes of pages, rows from nothing
// to many pages, rows removed and replaced, a schema of many tables.
func TestSQLite(t *testing.T) {
	for page := 512; page <= 65536; page *= 2 {
		t.Run(fmt.Sprint(page), func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(7, uint64(page)))
			name := filepath.Join(t.TempDir(), "x.sqlite")
			db, err := sql.Open("sqlite", name)
			if err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(1)
			exec := func(query string, args ...any) {
				t.Helper()
				if _, err := db.Exec(query, args...); err != nil {
					t.Fatal(err)
				}
			}
			exec(fmt.Sprintf("PRAGMA page_size = %d", page))
			exec("PRAGMA synchronous = OFF")
			exec("PRAGMA journal_mode = MEMORY")
			for i := range 40 {
				exec(fmt.Sprintf("CREATE TABLE other%d (a, b)", i))
			}
			exec("CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT, blob BLOB NOT NULL)")
			for i := range 300 {
				blob := make([]byte, rnd.IntN(1<<(4+rnd.IntN(13))))
				for j := range blob {
					blob[j] = byte(rnd.Uint32())
				}
				exec("INSERT INTO Packages (blob) VALUES (?)", blob)
				if i%3 == 0 {
					exec("DELETE FROM Packages WHERE hnum = ?", rnd.IntN(i+1))
				}
			}
			want := sqliteRows(t, db)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := rpmSQLite(bytes.NewReader(data), int64(len(data)))
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for row, err := range rows {
				if err != nil {
					t.Fatal(err)
				}
				if n >= len(want) || !bytes.Equal(row, want[n]) {
					t.Fatalf("row %d of %d is not what SQLite reads", n, len(want))
				}
				n++
			}
			if n != len(want) || n < 100 {
				t.Errorf("%d rows, SQLite reads %d", n, len(want))
			}
		})
	}
}

func sqliteRows(t *testing.T, db *sql.DB) [][]byte {
	t.Helper()
	rows, err := db.Query("SELECT blob FROM Packages ORDER BY hnum")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
