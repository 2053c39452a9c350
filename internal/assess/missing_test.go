package assess

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/landwaiter/landwaiter"
)

// TestModuleStreams: a stream that may end before its system is said, once, and as a
// thing of its day.
func TestModuleStreams(t *testing.T) {
	a := &landwaiter.Assessment{
		Advisories: &landwaiter.AdvisoryFile{}, System: &landwaiter.System{ID: "rhel", VersionID: "8.9"},
		Packages: []landwaiter.Package{
			{Modularity: "nodejs:18:8090020240101:abc"}, {Modularity: "nodejs:18:8090020240101:abc"}, {Modularity: "perl:5.26:8010020190322:def"}, {},
		},
	}
	got := missing(a, time.Date(2029, 5, 31, 0, 0, 0, 0, time.UTC))
	if len(got) != 1 || got[0].Reason != "no list says until when the module streams nodejs:18, perl:5.26 get fixes" || !said(&got[0]) {
		t.Errorf("%+v", got)
	}
	for i := range 30 {
		a.Packages = append(a.Packages, landwaiter.Package{Modularity: fmt.Sprintf("m%02d:1:2:3", i)})
	}
	if got := missing(a, time.Time{}); len(got) != 2 || !strings.Contains(got[1].Reason, " and 22 more get") {
		t.Errorf("%+v", got)
	}
	a.Packages = nil
	if got := missing(a, time.Date(2029, 5, 31, 0, 0, 0, 0, time.UTC)); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
