package inventory

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestClaims: what was claimed is read back, and sums as they were written.
func TestClaims(t *testing.T) {
	var out facts
	sums := []string{
		"", "md5:00112233445566778899aabbccddeeff", "sha1:" + strings.Repeat("0f", 20), "sha256:" + strings.Repeat("a0", 32),
		"md5:00112233445566778899AABBCCDDEEFF", "sha256:00", "sha512:" + strings.Repeat("11", 64), "md5:", ":",
	}
	var want []claim
	for i, s := range sums {
		key := strings.Repeat("k", i/3)
		for _, path := range []string{"usr/bin/a", "usr/bin/ab", "usr/bin/a", "a"} {
			out.Owns(key, path, s)
			out.OwnsTree(key, path)
			out.OwnsConf(key, path+"/"+key)
			want = append(want, claim{key: key, path: path, sum: newSum(s)}, claim{key: key, path: path, tree: true}, claim{key: key, path: clean(path + "/" + key), conf: true})
		}
		if got := newSum(s).String(); got != s {
			t.Errorf("the sum %q reads %q", s, got)
		}
	}
	out.claims.trim()
	if diff := cmp.Diff(want, slices.Collect(out.claims.all()), cmp.AllowUnexported(claim{}, sum{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !out.claims.sound() || int(out.claims.n) != len(want) || int(out.claims.trees) != len(want)/3 {
		t.Errorf("%d claims, %d of them on folders, sound %v; want %d claims", out.claims.n, out.claims.trees, out.claims.sound(), len(want))
	}
}

// FuzzClaims: any bytes are no sound list, or are one that reads as it was claimed.
func FuzzClaims(f *testing.F) {
	var out facts
	out.Owns("key", "usr/bin/a", "md5:00112233445566778899aabbccddeeff")
	out.Owns("other", "usr/bin/b", "sha512:1")
	out.OwnsTree("other", "usr/lib")
	f.Add(out.claims.text, strings.Join(out.claims.keys, "\n"), int32(3), int32(1))
	f.Fuzz(func(t *testing.T, text []byte, keys string, n, trees int32) {
		l := claims{keys: strings.Split(keys, "\n"), text: text, n: n, trees: trees}
		list := slices.Collect(l.all())
		if !l.sound() {
			return
		}
		var again claims
		for _, c := range list {
			again.add(c)
		}
		if diff := cmp.Diff(list, slices.Collect(again.all()), cmp.AllowUnexported(claim{}, sum{})); diff != "" || int(n) != len(list) {
			t.Errorf("%d claims of %d (-first +again):\n%s", len(list), n, diff)
		}
	})
}
