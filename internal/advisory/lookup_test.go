package advisory

import (
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/version"
)

// TestLookups fails for a row that gives neither something to look up nor a reason.
func TestLookups(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range lookups {
		if seen[l.ecosystem] {
			t.Errorf("%s stands twice", l.ecosystem)
		}
		seen[l.ecosystem] = true
		targets, reason := l.targets(&File{}, nil, &landwaiter.Package{Ecosystem: l.ecosystem, Name: "thing", Version: "1.0"})
		if (len(targets) == 0) == (reason == "") {
			t.Errorf("%s: %d targets and the reason %q", l.ecosystem, len(targets), reason)
		}
	}
}

// TestEcosystemsHaveOrders fails for an ecosystem that is looked up and whose versions
// nobody can order, or whose package URLs another table orders otherwise.
func TestEcosystemsHaveOrders(t *testing.T) {
	for _, e := range osvEcosystems {
		want, err := version.For(e.name)
		if err != nil {
			t.Error(err)
		}
		if e.purl == "" {
			continue
		}
		if got, err := version.ForPURL(e.purl); err != nil || got != want {
			t.Errorf("versions of pkg:%s are ordered otherwise than those of %s: %v", e.purl, e.name, err)
		}
	}
}
