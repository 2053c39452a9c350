package inspect

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
)

// TestGainsRights: what a distribution ships so stands apart from what somebody made so.
func TestGainsRights(t *testing.T) {
	file := func(path, owner, gains string) landwaiter.File {
		return landwaiter.File{Path: path, Owner: owner, Gains: gains, Size: 1}
	}
	in := &Input{
		Gains: []landwaiter.File{
			file("usr/bin/su", "dpkg:util-linux@1", "set-uid 0"),
			file("usr/bin/chage", "dpkg:passwd@1", "set-gid 42"),
			file("usr/bin/passwd", "dpkg:passwd@1", "set-uid 0"), // changed
			file("usr/bin/bash", "dpkg:bash@1", "set-uid 0"),     // Debian does not ship it so
			file("opt/conda/bin/su", "conda:su@1", "set-uid 0"),  // no distribution's
			file("opt/tool", "", "cap_net_raw"),                  // nobody's
			file("usr/bin/dumpcap", "rpm:wireshark-cli@1", "cap_net_admin,cap_net_raw"),
		},
		Changed: []landwaiter.File{{Path: "usr/bin/passwd", Owner: "dpkg:passwd@1"}},
	}
	got := gainsRights(in)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	type view struct {
		ID     string
		Grave  bool
		N      int64
		Detail string
		Owners []string
	}
	var views []view
	for _, f := range got {
		views = append(views, view{f.ID, f.Grave, f.Seen.Files, f.Detail, f.Packages})
	}
	if diff := cmp.Diff([]view{
		{"gains-rights:not-shipped-so", true, 4, "usr/bin/bash (set-uid 0)", []string{"conda:su@1", "dpkg:bash@1", "dpkg:passwd@1"}},
		{"gains-rights", false, 3, "usr/bin/su (set-uid 0)", []string{"dpkg:passwd@1", "dpkg:util-linux@1", "rpm:wireshark-cli@1"}},
	}, views); diff != "" {
		t.Error(diff)
	}
	if last := got[0].Files[3].Path; last != "opt/tool" {
		t.Errorf("the least powerful is %s", last)
	}
}

func TestAsksForMore(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"RUN", "/usr/bin/docker run -d --privileged -v /:/host ${IMAGE}", "RUN: --privileged"},
		{"run", "podman run --rm IMAGE", ""},
		{"io.containers.capabilities", "CHOWN,SYS_ADMIN", "io.containers.capabilities: SYS_ADMIN"},
		{"io.containers.capabilities", "CHOWN,SETUID", ""}, // every box has these
		{"devcontainer.metadata", `[{"capAdd":["SYS_PTRACE"]}]`, "devcontainer.metadata: capAdd"},
		{"devcontainer.metadata", `[{"remoteUser":"vscode"}]`, ""},
		{"description", "do not run --privileged", ""},
	} {
		in := &Input{}
		in.Subject.Config.Labels = map[string]string{c.name: c.value}
		got := ""
		for _, f := range asksForMore(in) {
			got = f.Detail
		}
		if got != c.want {
			t.Errorf("%s=%s: %q, want %q", c.name, c.value, got, c.want)
		}
	}
}

func TestModelCode(t *testing.T) {
	model := func(path, runs string, calls ...string) landwaiter.File {
		return landwaiter.File{Path: path, Kind: landwaiter.FileModel, Size: 10, Nature: &landwaiter.Nature{RunsCode: runs, Calls: calls}}
	}
	many := make([]string, maxCalls)
	for i := range many {
		many[i] = "functools.partial"
	}
	in := &Input{Unowned: []landwaiter.File{
		model("a.pkl", "yes", "posix.system"),
		model("b.pkl", "unknown", "mylib.Model"),
		model("c.pkl", "yes", "functools.partial"),
		model("d.pkl", "yes", "torch.serialization.os.system"),
		model("e.pkl", "yes", many...), // what stands behind them nobody knows
		model("f.h5", "yes"),
		{Path: "site-packages/x.pth", Kind: landwaiter.FileScript, Nature: &landwaiter.Nature{RunsCode: "yes"}},
		{Path: "table.csv", Kind: landwaiter.FileData, Nature: &landwaiter.Nature{}},
	}}
	in.Account.Unnamed = landwaiter.Count{Files: 8, Bytes: 100}
	got := modelCode(in)
	if len(got) != 2 || !got[0].Grave || got[0].Seen.Files != 3 || got[1].Grave || got[1].Seen.Files != 3 {
		t.Fatalf("%+v", got)
	}
	if got[0].Detail != "posix.system, torch.serialization.os.system" || got[1].Detail != "functools.partial, mylib.Model" {
		t.Errorf("%q, %q", got[0].Detail, got[1].Detail)
	}
	// What has a finding of its own is not counted with the rest.
	if rest := unowned(in); len(rest) != 1 || rest[0].Seen.Files != 2 || rest[0].Seen.Bytes != 40 {
		t.Errorf("%+v", rest)
	}
}

func TestIsCommand(t *testing.T) {
	for call, want := range map[string]bool{
		"os.system": true, "builtins.eval": true, "__builtin__.exec": true, "subprocess.Popen": true, "numpy.testing._private.utils.runstring": true, "marshal.loads": true,
		"functools.partial": false, "cloudpickle.cloudpickle._make_function": false, "torch._utils._rebuild_tensor_v2": false, "collections.OrderedDict": false,
		"sklearn.ensemble._forest.RandomForestClassifier": false, "mycode.os_model.Thing": false, "": false,
	} {
		if got := isCommand(call); got != want {
			t.Errorf("%q: %v, want %v", call, got, want)
		}
	}
}
