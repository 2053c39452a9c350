package assess_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/declared"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// checked assesses an image from testdata, held against a list that names one package.
func checked(t *testing.T, name, list string) *landwaiter.Assessment {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	d, err := declared.Read(strings.NewReader(list), "requirements.txt")
	if err != nil {
		t.Fatal(err)
	}
	return run(t, "oci:"+lwtest.Layout(t, string(text)), assess.Options{Declared: []*landwaiter.Declaration{d}})
}

// TestChecks: what is planted in an image is found, each by its own check, and nothing
// else is; an image without any of it is quiet.
func TestChecks(t *testing.T) {
	a := checked(t, "checks.txtar", "wandb\nstreamlit\n")
	type view struct {
		Kind   landwaiter.Kind
		Detail string
		Files  int64
		Grave  bool
	}
	views := func(a *landwaiter.Assessment) (out []view) {
		for _, f := range a.Findings {
			out = append(out, view{f.Kind, f.Detail, f.Seen.Files, f.Grave})
		}
		return out
	}
	if diff := cmp.Diff([]view{
		{landwaiter.KindUnknownProgram, "", 3, false}, // opt/tool, opt/probe, start.sh
		{landwaiter.KindUnattributed, "", 4, false},   // os-release, build.sh, and the like
		{landwaiter.KindModelCode, "posix.system", 1, true},
		{landwaiter.KindModelCode, "mylib.Model", 1, false},
		{landwaiter.KindSelfInstall, "the image's own command: pip install late", 0, false},
		{landwaiter.KindSelfInstall, "opt/conda/etc/conda/activate.d/fetch.sh: curl -fsSL https://example.org/setup.sh", 1, false},
		{landwaiter.KindSelfInstall, "usr/local/bin/start.sh: pip install --no-cache-dir $EXTRA", 1, false},
		{landwaiter.KindNetworkClient, "streamlit: sends counts of use to its maker; STREAMLIT_BROWSER_GATHER_USAGE_STATS can switch this off, and the image sets no such variable", 1, false},
		{landwaiter.KindNetworkClient, "wandb: sends the settings, results and output of runs to its maker's service; the image sets WANDB_MODE, which can switch this off", 1, false},
		{landwaiter.KindGainsRights, "opt/tool (set-uid 0)", 3, true}, // and cat, and opt/probe
		{landwaiter.KindGainsRights, "usr/bin/su (set-uid 0)", 1, false},
		{landwaiter.KindRunsAsRoot, "", 0, false},
		{landwaiter.KindRunsAsRoot, "RUN: --privileged", 0, true},
		{landwaiter.KindUndeclared, "requirements.txt", 1, false},
		{landwaiter.KindLicence, "its source can be read, but some uses are not allowed or must be paid for", 1, false},
	}, views(a)); diff != "" {
		t.Error(diff)
	}
	checkSound(t, a)
	if a.Advice.Outcome != landwaiter.DoNotImport {
		t.Errorf("advice %s", a.Advice.Outcome)
	}
	quiet := checked(t, "quiet.txtar", "six\nrequests\n")
	if diff := cmp.Diff([]view{{landwaiter.KindUnattributed, "", quiet.Account.Unnamed.Files, false}, {landwaiter.KindGainsRights, "usr/bin/su (set-uid 0)", 1, false}}, views(quiet)); diff != "" {
		t.Error(diff)
	}

	// Without the image, what was observed in it stands.
	again, err := assess.Again(stored(t, a), assess.Options{Now: lwtest.Clock()})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(views(a), views(again)); diff != "" {
		t.Errorf("judged again: %s", diff)
	}
	if !slices.EqualFunc(a.Advice.Conditions, again.Advice.Conditions, func(x, y landwaiter.Condition) bool { return x.Code == y.Code }) {
		t.Errorf("conditions %+v, judged again %+v", a.Advice.Conditions, again.Advice.Conditions)
	}
}
