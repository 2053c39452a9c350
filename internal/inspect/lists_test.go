package inspect

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
)

func TestLicenceClasses(t *testing.T) {
	for _, c := range []struct{ ecosystem, name, licence, origin, want string }{
		{"python", "a", "MIT", "", ""},
		{"python", "a", "GPL-3.0-or-later", "", ""},
		{"python", "a", "AGPL-3.0-only", "", ""},
		{"python", "a", "Academic Free License (AFL)", "", ""},
		{"python", "a", "AFL-3.0", "", ""},
		{"npm", "a", "Unlicense", "", ""},
		{"npm", "a", "SEE LICENSE IN LICENSE.md", "", ""},
		{"conda", "mkl", "LicenseRef-IntelSimplifiedSoftwareOctober2022", "", ""},
		{"npm", "a", "UNLICENSED", "", "proprietary"},
		{"python", "a", "Other/Proprietary License", "", "proprietary"},
		{"npm", "a", "BUSL-1.1", "", "source-available"},
		{"npm", "a", "(MIT OR BUSL-1.1)", "", ""}, // one of the two is free
		{"npm", "a", "MIT AND SSPL-1.0", "", "source-available"},
		{"npm", "a", "(MIT OR Apache-2.0) AND Elastic-2.0", "", "source-available"},
		{"npm", "a", "SSPL-1.0 OR Elastic-2.0", "", "source-available"},
		{"r", "a", "CC BY-NC-SA 4.0", "", "non-commercial"},
		{"r", "a", "file LICENSE", "", ""},
		{"python", "a", "Free for academic use only", "", "non-commercial"},
		{"python", "a", "PolyForm-Noncommercial-1.0.0", "", "non-commercial"},
		{"python", "a", "bigscience-openrail-m", "", "use-rules"},
		{"python", "nvidia-cudnn-cu12", "", "", "nvidia"},
		{"python", "a", "NVIDIA Proprietary Software", "", "nvidia"},
		{"python", "nvidia-ml-py", "BSD-3-Clause", "", ""},
		{"conda", "numpy", "BSD-3-Clause", "https://repo.anaconda.com/pkgs/main", "anaconda"},
		{"conda", "numpy", "BSD-3-Clause", "https://conda.anaconda.org/conda-forge", ""},
		{"matlab", "MATLAB", "", "", "matlab"},
		{"dpkg", "rstudio-server", "AGPL", "", ""},
		{"rpm", "a", "MIT)(((OR", "", ""},
	} {
		in := &Input{Packages: []landwaiter.Package{{ID: "x", Ecosystem: c.ecosystem, Name: c.name, Licence: c.licence, Origin: c.origin}}}
		got := ""
		for _, f := range licences(in) {
			got += strings.TrimPrefix(f.ID, "licence:")
		}
		if got != c.want {
			t.Errorf("%s %s %q %q: %q, want %q", c.ecosystem, c.name, c.licence, c.origin, got, c.want)
		}
	}
	in := &Input{Packages: []landwaiter.Package{{ID: "x", Licence: "BUSL-1.1", Declared: true}}}
	if len(licences(in)) > 0 {
		t.Error("nobody observed it")
	}
}

func FuzzRestricts(f *testing.F) {
	f.Add("(MIT OR BUSL-1.1) AND x")
	f.Fuzz(func(t *testing.T, s string) {
		for i := range licenceClasses {
			if c := &licenceClasses[i]; c.text != nil && restricts(s, c) && !c.text.MatchString(strings.Join(strings.Fields(strings.NewReplacer("(", " ( ", ")", " ) ").Replace(s)), " ")) && !strings.ContainsAny(s, "()") {
				t.Errorf("%s restricts %q", c.id, s)
			}
		}
	})
}

func TestNetworkClients(t *testing.T) {
	in := &Input{Packages: []landwaiter.Package{
		{ID: "python:huggingface_hub@1", Ecosystem: "python", Name: "huggingface_hub"},
		{ID: "python:requests@2", Ecosystem: "python", Name: "requests"},
		{ID: "dpkg:dotnet-sdk-8.0@8", Ecosystem: "dpkg", Name: "dotnet-sdk-8.0"},
		{ID: "dpkg:curl@8", Ecosystem: "dpkg", Name: "curl"},
		{ID: "python:wandb@1", Ecosystem: "python", Name: "wandb", Declared: true},
	}}
	in.Subject.Config.Env = []string{"PATH", "HF_HUB_OFFLINE", "LM_LICENSE_FILE"}
	var got []string
	for _, f := range networkClients(in) {
		got = append(got, f.ID+" "+f.Detail)
	}
	want := []string{
		"network-client:huggingface_hub huggingface_hub: fetches models and data by name, and tells its maker which; the image sets HF_HUB_OFFLINE, which can switch this off",
		"network-client:dotnet dotnet: sends which commands are used to its maker; DOTNET_CLI_TELEMETRY_OPTOUT can switch this off, and the image sets no such variable",
		"network-client:licence server licence server: asks a licence server whether it may run",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
}

// TestClientsAreWhole: each row says what it does, who says so, and how to stop it
// where that is known; no package stands in two rows.
func TestClientsAreWhole(t *testing.T) {
	variable, ids, rows := regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`), map[string]bool{}, map[string]string{}
	for _, c := range clients {
		if u, err := url.Parse(c.source); err != nil || u.Scheme != "https" || u.Host == "" {
			t.Errorf("%s: source %q", c.id, c.source)
		}
		if c.id == "" || ids[c.id] || c.does == "" || len(c.off) > 0 && c.offBy != "" {
			t.Errorf("row %+v", c)
		}
		ids[c.id] = true
		for _, name := range append(append([]string{}, c.off...), c.askedBy...) {
			if !variable.MatchString(name) {
				t.Errorf("%s: variable %q", c.id, name)
			}
		}
		for _, p := range c.packages {
			if old, twice := rows[p]; twice || !strings.Contains(p, ":") {
				t.Errorf("%s stands in %s and %s", p, old, c.id)
			}
			rows[p] = c.id
		}
	}
}

func TestUndeclared(t *testing.T) {
	in := &Input{Declared: []landwaiter.Comparison{
		{File: "a", SHA256: "1", NotDeclared: []string{"python:x@1", "python:y@1"}},
		{File: "b", SHA256: "2", MaybeBase: 30, NotSpoken: 9}, // it cannot speak of these
		{File: "again", SHA256: "1", NotDeclared: []string{"python:x@1", "python:y@1"}},
	}}
	got := undeclared(in)
	if len(got) != 1 || got[0].Seen.Files != 2 || len(got[0].Packages) != 2 || got[0].Detail != "a" {
		t.Errorf("%+v", got)
	}
}

func TestSelfInstall(t *testing.T) {
	in := &Input{Starts: []landwaiter.File{{Path: "init", Owner: "dpkg:x@1", Nature: &landwaiter.Nature{Fetches: []string{"a", "b", "c", "d"}}}}}
	in.Subject.Config.Entrypoint, in.Subject.Config.Cmd = []string{"tini", "--"}, []string{"sh", "-c", "pip install x && app"}
	got := selfInstall(in)
	if len(got) != 2 || got[0].Detail != "the image's own command: pip install x" || got[1].Detail != "init: a; b; c; and others" || got[1].ID != "self-install:init" {
		t.Errorf("%+v", got)
	}
	in.Starts, in.Subject.Config.Cmd = nil, []string{"python", "app.py"}
	if got := selfInstall(in); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}
