package inventory

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNixDatabase reads a database that SQLite wrote with Nix's own tables. The
// rows have numbers of their own, as paths that were removed leave holes.
func TestNixDatabase(t *testing.T) {
	name := filepath.Join(t.TempDir(), "db.sqlite")
	db, err := sql.Open("sqlite", name)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	exec := func(query string, args ...any) {
		if _, err := db.Exec(query, args...); err != nil {
			t.Fatal(err)
		}
	}
	exec(`CREATE TABLE ValidPaths (id integer primary key autoincrement not null, path text unique not null, hash text not null)`)
	exec(`CREATE TABLE Refs (referrer integer not null, reference integer not null, primary key (referrer, reference))`)
	store := func(n int, s string) string { return fmt.Sprintf("/nix/store/%032d-%s", n, s) }
	for i := range 300 { // more than a page holds
		exec(`INSERT INTO ValidPaths (id, path, hash) VALUES (?, ?, 'sha256:x')`, 7+3*i, store(i, "p-1.0"))
	}
	for _, r := range [][2]int{{7, 7}, {7, 10}, {10, 13}, {10, 904}, {904, 7}, {10, 5000}, {5000, 7}} {
		exec(`INSERT INTO Refs VALUES (?, ?)`, r[0], r[1])
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out facts
	if err := readNix(newFile(t, nixDB, data), &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, a := range out.later {
		got = append(got, fmt.Sprint(a.key, " needs ", strings.Join(a.requires, " ")))
	}
	base := func(n int) string { return strings.TrimPrefix(store(n, "p-1.0"), "/nix/store/") }
	want := []string{
		"nix/store/" + base(0) + " needs " + base(1),
		"nix/store/" + base(1) + " needs " + base(2) + " " + base(299),
		"nix/store/" + base(299) + " needs " + base(0),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, size := range []int{100, 4096, len(data) / 2} {
		if err := readNix(newFile(t, nixDB, data[:size]), &facts{}); err == nil {
			t.Errorf("the first %d bytes are no whole database, and nobody says so", size)
		}
	}
}
