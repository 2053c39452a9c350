package inventory

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestRecount: whichever packages lists cover, the account that is made again from what
// packages hold is the one that is counted over the files. Contents are shared inside
// one package, by two in either order, by all three, and with nobody; and one name of a
// content may be a program where the other is none.
func TestRecount(t *testing.T) {
	var b strings.Builder
	names := map[string][]string{
		"a": {"usr/bin/a1", "usr/bin/a2", "usr/share/a.txt", "usr/bin/zz", "usr/share/all"},
		"b": {"usr/bin/b1", "usr/bin/b2", "usr/lib/b.sh", "usr/lib/all"},
		"c": {"usr/bin/c1", "usr/lib/zz", "opt/all", "usr/share/c.txt"},
	}
	for _, link := range []string{
		"usr/bin/a2 usr/bin/a1", "usr/bin/b2 usr/bin/a1", "usr/lib/zz usr/bin/zz", "usr/lib/all usr/share/all", "opt/all usr/share/all", "srv/loose usr/bin/c1", "usr/lib/b.sh usr/share/c.txt",
	} {
		b.WriteString("hardlink 0/" + link + "\n")
	}
	b.WriteString("-- 0/var/lib/dpkg/status --\n")
	for _, p := range []string{"a", "b", "c"} {
		fmt.Fprintf(&b, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n", p)
	}
	for _, p := range []string{"a", "b", "c"} {
		fmt.Fprintf(&b, "-- 0/var/lib/dpkg/info/%s.list --\n/%s\n", p, strings.Join(names[p], "\n/"))
	}
	for i, name := range []string{"usr/bin/a1", "usr/share/a.txt", "usr/bin/zz", "usr/share/all", "usr/bin/b1", "usr/bin/c1", "usr/share/c.txt", "srv/nobody.sh"} {
		fmt.Fprintf(&b, "-- 0/%s --\n%s%s\n", name, map[bool]string{true: "#!/bin/sh\n"}[i != 1], strings.Repeat("x", 1+1<<i))
	}
	im, err := image.Open(t.Context(), "oci:"+lwtest.Layout(t, b.String()), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	r, err := Read(t.Context(), im, &Stats{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Packages) != 3 {
		t.Fatalf("packages %+v", r.Packages)
	}
	set := func(n int) map[string]bool {
		out := map[string]bool{}
		for i := range r.Packages {
			if n>>i&1 == 1 {
				out[r.Packages[i].ID] = true
			}
		}
		return out
	}
	counted := func(n int) landwaiter.Account {
		is := set(n)
		if err := r.Count(func(id string) bool { return is[id] }); err != nil {
			t.Fatal(err)
		}
		return r.Account
	}
	for was := range 8 {
		before := counted(was)
		if len(before.Shared) < 3 {
			t.Fatalf("shared %+v", before.Shared)
		}
		for now := range 8 {
			want := counted(now)
			got, err := before.Recount(r.Packages, set(was), set(now))
			if err != nil {
				t.Fatalf("from %03b to %03b: %v", was, now, err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("from %03b to %03b: counted (-), made again (+):\n%s", was, now, diff)
			}
		}
	}
}
