package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// waitForSpill waits until a process holds a file in its folder for temporary files
// open.
func waitForSpill(t *testing.T, pid int, temp string) {
	t.Helper()
	waitFor(t, "a file on disk", func() bool {
		links, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range links {
			if to, err := os.Readlink(l); err == nil && strings.HasPrefix(to, temp) {
				return true
			}
		}
		return false
	})
}
