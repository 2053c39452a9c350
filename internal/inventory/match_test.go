package inventory

import (
	"slices"
	"strings"
	"testing"
)

var matchTable = []ecosystem{
	{name: "whole", want: want{paths: []string{"var/lib/db", "var/lib/db.d/"}}},
	{name: "base", want: want{bases: []string{"METADATA", "db"}}},
	{name: "suffix", want: want{suffixes: []string{".jar", ".db"}}},
	{name: "program", want: want{programs: true}},
	{name: "also", want: want{
		bases: []string{"METADATA"}, suffixes: []string{".jar"}, programs: true,
		also: func(path string) bool { return strings.HasPrefix(path, "opt/") },
	}},
}

func TestMatcher(t *testing.T) {
	tests := []struct {
		path    string
		program bool
		want    []int
	}{
		{"var/lib/db", false, []int{0, 1}},
		{"var/lib/db", true, []int{0, 1, 3}},
		{"var/lib/db.d/x", false, []int{0}},
		{"var/lib/db.d/x.jar", false, []int{0, 2}},
		{"var/lib/db.d/x/y", false, nil},
		{"var/lib/db.d", false, nil},
		{"usr/var/lib/db", false, []int{1}},
		{"METADATA", false, []int{1}},
		{"opt/a/METADATA", false, []int{1, 4}},
		{"METADATA/x", false, nil},
		{"xMETADATA", false, nil},
		{"opt/a.jar", true, []int{2, 3, 4}},
		{"a.jar", false, []int{2}},
		{".jar", false, []int{2}},
		{"a.jar.gz", false, nil},
		{"a.JAR", false, nil},
		{"jar", false, nil},
		{"", false, nil},
		{"", true, []int{3}},
	}
	m := compile(matchTable)
	for _, tt := range tests {
		if got := m.rows(nil, tt.path, tt.program); !slices.Equal(got, tt.want) {
			t.Errorf("rows(%q, program %v) = %v, want %v", tt.path, tt.program, got, tt.want)
		}
		for i := range matchTable {
			if got, want := matchTable[i].want.wants(tt.path, tt.program), slices.Contains(tt.want, i); got != want {
				t.Errorf("%s wants %q, program %v: got %v, want %v", matchTable[i].name, tt.path, tt.program, got, want)
			}
		}
	}
	if got := m.rows([]int{9}, "var/lib/db", false); !slices.Equal(got, []int{9, 0, 1}) {
		t.Errorf("rows must append to what it is given, got %v", got)
	}
}

func TestMatcherDoesNotAllocate(t *testing.T) {
	m := compile(matchTable)
	buf := make([]int, 0, 8)
	allocs := testing.AllocsPerRun(100, func() {
		buf = m.rows(buf[:0], "opt/a/METADATA", true)
		buf = m.rows(buf[:0], "usr/lib/x86_64-linux-gnu/libc.so.6", false)
	})
	if allocs != 0 {
		t.Errorf("rows allocates %v times", allocs)
	}
}

// benchPaths are names such as an image holds: most are wanted by nobody.
var benchPaths = []string{
	"usr/lib/x86_64-linux-gnu/libc.so.6",
	"usr/share/doc/bash/copyright",
	"opt/conda/lib/python3.11/site-packages/numpy/core/__init__.py",
	"var/lib/dpkg/info/bash.list",
	"usr/local/lib/node_modules/npm/package.json",
	"usr/share/zoneinfo/Europe/London",
	"opt/conda/conda-meta/numpy-1.26.4-py311h64a7726_0.json",
	"usr/lib/R/library/stats/DESCRIPTION",
}

func BenchmarkMatcher(b *testing.B) {
	m := compile(ecosystems)
	var buf []int
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		buf = m.rows(buf[:0], benchPaths[i%len(benchPaths)], i%16 == 0)
	}
}
