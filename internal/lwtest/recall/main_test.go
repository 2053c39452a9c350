package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestRecall(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string) string {
		t.Helper()
		full := filepath.Join(dir, name)
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return full
	}
	ours := file("ours.json", `{"packages": [
		{"ecosystem": "npm", "name": "lodash", "version": "4.17.21", "evidence": [{"path": "srv/node_modules/lodash/package.json"}]},
		{"ecosystem": "go", "name": "stdlib", "version": "1.22.1", "evidence": [{"path": "opt/tool"}]},
		{"ecosystem": "java", "name": "com.google.inject", "version": "4.2.3", "evidence": [{"path": "opt/guice.jar!/META-INF/MANIFEST.MF"}]}]}`)
	syft := file("syft.json", `{"artifacts": [
		{"type": "npm", "name": "lodash", "version": "4.17.21"},
		{"type": "npm", "name": "inner", "version": "1", "locations": [{"path": "/srv/node_modules/lodash/fp/package.json"}]},
		{"type": "go-module", "name": "stdlib", "version": "go1.22.1"},
		{"type": "java-archive", "name": "guice", "version": "4.2.3", "locations": [{"path": "/opt/guice.jar"}]},
		{"type": "binary", "name": "x", "version": "UNKNOWN"}]}`)
	other := file("other.json", `{"components": [
		{"type": "library", "name": "go", "version": "1.22.1", "purl": "pkg:golang/go@1.22.1"},
		{"type": "library", "name": "wish", "version": "2", "purl": "pkg:npm/wish@2", "evidence": {"occurrences": [{"location": "srv/package-lock.json"}]}},
		{"type": "library", "name": "missed", "version": "3", "purl": "pkg:npm/missed@3", "evidence": {"occurrences": [{"location": "srv/node_modules/missed/package.json"}]}}]}`)
	var out strings.Builder
	n, err := run(&out, ours, []string{syft, other})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"syft.json: 5 found, 2 of them by us as well", "other.json: 3 found, 0 of them by us as well",
		"not explained: npm missed 3 in srv/node_modules/missed/package.json", "only ours: java 1",
	}
	for _, w := range want {
		if !strings.Contains(out.String(), w) {
			t.Errorf("nothing of %q in\n%s", w, out.String())
		}
	}
	if n != 1 {
		t.Errorf("%d not explained, want 1:\n%s", n, out.String())
	}
}
