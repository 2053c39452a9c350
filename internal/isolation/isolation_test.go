package isolation

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

var now = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

// tree lays out a fixture: files, and links where the text begins with "-> ".
func tree(t *testing.T, name string) string {
	t.Helper()
	a, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	for _, f := range a.Files {
		path := filepath.Join(root, f.Name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if to, ok := strings.CutPrefix(strings.TrimSpace(string(f.Data)), "-> "); ok {
			err = os.Symlink(to, path)
		} else {
			err = os.WriteFile(path, f.Data, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// refusing answers every call but those named as a filter does.
func refusing(but ...string) func(string) (Outcome, error) {
	return func(name string) (Outcome, error) {
		if slices.Contains(but, name) {
			return Outcome{Errno: 14}, nil
		}
		return Outcome{Errno: errnoPerm}, nil
	}
}

func results(t *testing.T, name string, change func(*Options)) (*Report, map[string]Result) {
	t.Helper()
	opt := Options{
		Root: tree(t, name), Now: func() time.Time { return now }, Kit: "test", Call: refusing(),
		Room: func(string) (int64, error) { return 10 << 30, nil },
	}
	opt.Profile.MaxDisk = 20 << 30
	if change != nil {
		change(&opt)
	}
	r := Run(opt)
	by := map[string]Result{}
	for _, res := range r.Results {
		by[res.Probe] = res
	}
	return r, by
}

// TestStrict: a box with every wall in place passes every probe.
func TestStrict(t *testing.T) {
	r, _ := results(t, "strict", nil)
	for _, res := range r.Results {
		if res.Verdict != Pass {
			t.Errorf("%s %s: %s", res.Probe, res.Verdict, res.Saw)
		}
	}
	if r.Exit() != 0 || r.Runtime.Class != classDocker {
		t.Errorf("exit %d, %+v", r.Exit(), r.Runtime)
	}
}

// TestLeaks: each hole is seen by its probe, and by no probe that has nothing to do
// with it. A case says what differs from the strict box: a file's new text, or calls
// that go through.
func TestLeaks(t *testing.T) {
	cases := []struct {
		name    string
		file    string
		text    string // "" removes the file
		calls   []string
		profile func(*Profile)
		fails   []string
		unsure  []string
	}{
		{name: "root", file: "proc/self/status", text: replaceIn("Uid:\t1000\t1000\t1000\t1000", "Uid:\t0\t0\t0\t0"), fails: nil},
		{name: "root unmapped", file: "proc/self/uid_map", text: "0 0 4294967295", fails: []string{"ID-02"}},
		{name: "in the docker group", file: "proc/self/status", text: replaceIn("Groups:\t1000", "Groups:\t1000 998"), fails: []string{"ID-03"}},
		{name: "SYS_ADMIN", file: "proc/self/status", text: replaceIn("CapEff:\t0000000000000000", "CapEff:\t0000000000200000"), fails: []string{"CAP-01"}},
		{name: "SYS_PTRACE, allowed", file: "proc/self/status", text: replaceIn("CapEff:\t0000000000000000", "CapEff:\t0000000000080000"), profile: func(p *Profile) { p.Capabilities = []string{"SYS_PTRACE"} }},
		{name: "rights come back", file: "proc/self/status", text: replaceIn("NoNewPrivs:\t1", "NoNewPrivs:\t0", "CapBnd:\t0000000000000000", "CapBnd:\t00000000a80425fb"), fails: []string{"CAP-02"}},
		{name: "no filter", file: "proc/self/status", text: replaceIn("Seccomp:\t2", "Seccomp:\t0"), fails: []string{"SEC-01"}},
		{name: "the host's processes", file: "proc/self/ns/pid", text: "-> pid:[4026531836]", fails: []string{"NS-01"}},
		{name: "a thread of the kernel", file: "proc/2/comm", text: "kthreadd\n", fails: []string{"NS-01"}},
		{name: "the host's network", file: "proc/self/ns/net", text: "-> net:[4026531833]", fails: []string{"NS-02"}},
		{name: "a network card", file: "sys/class/net/eth0/device/vendor", text: "0x1af4\n", fails: []string{"NS-02"}},
		{name: "the host's shared memory", file: "proc/self/ns/ipc", text: "-> ipc:[4026531839]", fails: []string{"NS-03"}},
		{name: "the host's name", file: "proc/self/ns/uts", text: "-> uts:[4026531838]", fails: []string{"NS-04"}},
		{name: "the host's ids", file: "proc/self/ns/user", text: "-> user:[4026531837]", fails: []string{"NS-06"}},
		{name: "the host's control group", file: "proc/self/cgroup", text: "0::/system.slice/docker-9f2c.scope\n", fails: []string{"NS-05"}},
		{name: "a host folder", file: "proc/self/mountinfo", text: appended("80 60 8:1 /srv/data /data rw,nosuid - ext4 /dev/sda1 rw"), fails: []string{"MNT-01"}},
		{name: "a host folder, allowed", file: "proc/self/mountinfo", text: appended("80 60 8:1 /srv/data /data rw,nosuid - ext4 /dev/sda1 rw"), profile: func(p *Profile) { p.Mounts = []string{"/data"} }},
		{name: "read only above, writable below", file: "proc/self/mountinfo", text: appended("80 60 8:1 / /host ro - ext4 /dev/sda1 rw\n81 80 0:5 / /host/proc rw - proc proc rw"), fails: []string{"FS-05", "MNT-01", "MNT-04"}},
		{name: "mounts pass outside", file: "proc/self/mountinfo", text: appended("80 60 8:1 /srv /data rw shared:7 - ext4 /dev/sda1 rw"), profile: func(p *Profile) { p.Mounts = []string{"/data"} }, fails: []string{"MNT-06"}},
		{name: "its files can change", file: "proc/self/mountinfo", text: replaceIn("/ / ro,relatime", "/ / rw,relatime"), fails: []string{"MNT-07"}},
		{name: "set-uid in scratch", file: "proc/self/mountinfo", text: replaceIn("/ /tmp rw,nosuid,nodev", "/ /tmp rw,nodev"), fails: []string{"MNT-08"}},
		{name: "keys of the kernel", file: "proc/timer_list", text: "Timer List Version: v0.9\n", fails: []string{"FS-01"}},
		{name: "core_pattern", file: "proc/sys/kernel/core_pattern", text: "core\n", fails: []string{"FS-02"}},
		{name: "release_agent", file: "sys/fs/cgroup/release_agent", text: "\n", fails: []string{"FS-03"}},
		{name: "addresses", file: "proc/kallsyms", text: "ffffffff81000000 T _text\n", fails: []string{"FS-04"}},
		{name: "debugfs", file: "proc/self/mountinfo", text: appended("80 60 0:9 / /sys/kernel/debug rw - debugfs debugfs rw"), fails: []string{"FS-05", "MNT-01"}},
		{name: "a file left open", file: "proc/self/fd/10", text: "-> /srv/secret", fails: []string{"FS-06"}},
		{name: "a home", file: "proc/self/mountinfo", text: appended("80 60 8:1 /home/kim /home/kim rw - ext4 /dev/sda1 rw"), fails: []string{"FS-10", "MNT-01"}},
		{name: "logs", file: "proc/self/mountinfo", text: appended("80 60 8:1 /var/log /var/log ro - ext4 /dev/sda1 rw"), fails: []string{"FS-11", "MNT-01"}},
		{name: "a desktop", file: "tmp/.X11-unix/X0", text: "x", fails: []string{"FS-12"}},
		{name: "an engine that answers", file: "run/docker.sock", text: "x", fails: []string{"RTS-01"}},
		{name: "a scheduler", file: "etc/slurm/slurm.conf", text: "ClusterName=x\n", fails: []string{"RTS-03"}},
		{name: "the host's bus", file: "run/dbus/system_bus_socket", text: "x", fails: []string{"RTS-04"}},
		{name: "traffic passed on", file: "proc/sys/net/ipv4/ip_forward", text: "1\n", fails: []string{"NET-15"}},
		{name: "a cluster's token", file: "run/secrets/kubernetes.io/serviceaccount/token", text: "x", fails: []string{"K8S-01", "SCR-02"}},
		{name: "a secret in a variable", file: "proc/self/environ", text: "PATH=/bin\x00DB_PASSWORD=hunter\x00", fails: []string{"SCR-01"}},
		{name: "an empty secret", file: "proc/self/environ", text: "PATH=/bin\x00DB_PASSWORD=\x00"},
		{name: "a key", file: "home/kim/.ssh/id_ed25519", text: "x", fails: []string{"SCR-02"}},
		{name: "no limit of memory", file: "sys/fs/cgroup/memory.max", text: "max\n", fails: []string{"RES-01"}},
		{name: "no limit of programs", file: "sys/fs/cgroup/pids.max", text: "max\n", fails: []string{"RES-02"}},
		{name: "no limit of processor time", file: "sys/fs/cgroup/cpu.max", text: "max 100000\n", fails: []string{"RES-03"}},
		{name: "nobody says what the limit is", file: "sys/fs/cgroup/pids.max", unsure: []string{"RES-02"}},
		{name: "nobody says how many powers there are", file: "proc/sys/kernel/cap_last_cap", unsure: []string{"CAP-03"}},
		{name: "a large disk", profile: func(p *Profile) { p.MaxDisk = 1 << 30 }, fails: []string{"RES-06"}},
		{name: "memory images", file: "proc/self/limits", text: "Max core file size        unlimited            unlimited            bytes\nMax open files 1024 1024 files\n", fails: []string{"RES-07"}},
		{name: "a soft kernel", file: "proc/sys/kernel/kptr_restrict", text: "0\n", fails: []string{"KRN-02"}},
		{name: "an open flaw", file: "sys/devices/system/cpu/vulnerabilities/mds", text: "Vulnerable: no microcode\n", fails: []string{"KRN-03"}},
		{name: "nothing confines it", file: "proc/self/attr/current", text: "unconfined\n", fails: []string{"LSM-01"}},
		{name: "another runtime", profile: func(p *Profile) { p.Runtime = "podman" }, fails: []string{"RT-01"}},
		{name: "keys of the kernel in reach", calls: []string{"keyctl"}, fails: []string{"SEC-02"}},
		{name: "a namespace of one's own", calls: []string{"user namespace"}, fails: []string{"SEC-03"}},
		{name: "a network of one's own", calls: []string{"user and network namespace"}, fails: []string{"SEC-04"}},
		{name: "rings", calls: []string{"io_uring_setup"}, fails: []string{"SEC-05"}},
		{name: "a side door", calls: []string{"socket AF_VSOCK"}, fails: []string{"SEC-06"}},
		{name: "rare sockets", calls: []string{"socket AF_ALG"}, fails: []string{"SEC-07"}},
		{name: "programs in the kernel", calls: []string{"bpf"}, fails: []string{"SEC-02", "SEC-09"}},
		{name: "another program's memory", calls: []string{"pidfd_getfd"}, fails: []string{"SEC-10"}},
		{name: "modules", calls: []string{"finit_module"}, fails: []string{"SEC-02", "SEC-11"}},
		{name: "raw sockets", calls: []string{"socket AF_PACKET"}, fails: []string{"NET-14"}},
	}
	seen := map[string]bool{}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, by := results(t, "strict", func(opt *Options) {
				opt.Call = refusing(c.calls...)
				opt.Ping = func(string) bool { return true }
				if c.profile != nil {
					c.profile(&opt.Profile)
				}
				if c.file != "" {
					change(t, filepath.Join(opt.Root, c.file), c.text)
				}
			})
			var fails, unsure []string
			for id, r := range by {
				switch r.Verdict {
				case Fail:
					fails = append(fails, id)
				case Inconclusive, Broken, NotRun, NotApplicable:
					unsure = append(unsure, id)
				}
			}
			slices.Sort(fails)
			slices.Sort(unsure)
			if !slices.Equal(fails, c.fails) || !slices.Equal(unsure, c.unsure) {
				t.Errorf("do not hold: %v, want %v; cannot tell: %v, want %v", fails, c.fails, unsure, c.unsure)
			}
		})
		for _, id := range append(c.fails, c.unsure...) {
			seen[id] = true
		}
	}
	// What is only recorded never fails; devices and root need more than a file.
	never := []string{"ID-01", "CAP-03", "DEV-01", "DEV-04", "DEV-05", "DEV-06", "DEV-09", "LSM-03", "MNT-09", "NET-01", "KRN-01"}
	for i := range Probes {
		if id := Probes[i].ID; !seen[id] && !slices.Contains(never, id) {
			t.Errorf("no case in which %s does not hold", id)
		}
	}
}

const (
	markReplace = "\x01replace\x01"
	markAppend  = "\x01append\x01"
)

func replaceIn(pairs ...string) string { return markReplace + strings.Join(pairs, "\x01") }
func appended(text string) string      { return markAppend + text + "\n" }

// change makes the change of a case.
func change(t *testing.T, path, text string) {
	t.Helper()
	old, _ := os.ReadFile(path)
	os.Remove(path)
	if text == "" {
		return
	}
	if to, ok := strings.CutPrefix(text, "-> "); ok {
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		must(t, os.Symlink(to, path))
		return
	}
	if rest, ok := strings.CutPrefix(text, markReplace); ok {
		pairs := strings.Split(rest, "\x01")
		for i := 0; i+1 < len(pairs); i += 2 {
			if !strings.Contains(string(old), pairs[i]) {
				t.Fatalf("%s does not hold %q", path, pairs[i])
			}
		}
		text = strings.NewReplacer(pairs...).Replace(string(old))
	} else if rest, ok := strings.CutPrefix(text, markAppend); ok {
		text = string(old) + rest
	}
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), 0o644))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestScratchOnRoot: scratch that is a part of a writable root can hold set-uid programs.
func TestScratchOnRoot(t *testing.T) {
	for root, want := range map[string]Verdict{"rw": Fail, "ro": Pass, "rw,nosuid": Pass} {
		_, by := results(t, "strict", func(opt *Options) {
			change(t, filepath.Join(opt.Root, "var/tmp/x"), "x")
			change(t, filepath.Join(opt.Root, "proc/self/mountinfo"), replaceIn("/ / ro,relatime", "/ / "+root+",relatime"))
		})
		if by["MNT-08"].Verdict != want {
			t.Errorf("root %s: %s, %s", root, by["MNT-08"].Verdict, by["MNT-08"].Saw)
		}
	}
}

// TestBare: a bare host is refused, unless that is meant.
func TestBare(t *testing.T) {
	bare := func(opt *Options) {
		change(t, filepath.Join(opt.Root, "proc/self/ns/pid"), "-> pid:[4026531836]")
		change(t, filepath.Join(opt.Root, "proc/self/ns/mnt"), "-> mnt:[4026531832]")
		change(t, filepath.Join(opt.Root, "proc/self/mountinfo"), "60 1 8:1 / / ro - ext4 /dev/sda1 ro\n")
	}
	if r, _ := results(t, "strict", bare); r.Refused == "" || len(r.Results) != 0 {
		t.Errorf("%+v", r)
	}
	if r, _ := results(t, "strict", func(opt *Options) { bare(opt); opt.AllowHost = true }); r.Refused != "" || len(r.Results) != len(Probes) {
		t.Errorf("%+v", r)
	}
}

// TestOwnKernel: what is asked of the host's kernel means nothing where the runtime has
// one of its own; what is asked of mounts and networks still does.
func TestOwnKernel(t *testing.T) {
	r, by := results(t, "strict", func(opt *Options) {
		change(t, filepath.Join(opt.Root, "proc/cmdline"), "BOOT_IMAGE=/vmlinuz-4.4.0-gvisor quiet\n")
		change(t, filepath.Join(opt.Root, "proc/self/mountinfo"), appended("80 60 8:1 /srv /data rw - ext4 /dev/sda1 rw"))
		opt.Call = refusing("bpf", "mount", "user namespace")
	})
	if !r.Runtime.OwnKernel || by["SEC-02"].Verdict != NotApplicable || by["NS-01"].Verdict != NotApplicable || by["MNT-01"].Verdict != Fail {
		t.Errorf("%+v %+v %+v", r.Runtime, by["SEC-02"], by["MNT-01"])
	}
}

// TestBlind: where nothing can be read, nothing is said to hold.
func TestBlind(t *testing.T) {
	r := Run(Options{Root: t.TempDir(), Now: func() time.Time { return now }})
	for _, res := range r.Results {
		// A file that should not be there, and is not, holds.
		absence := slices.Contains([]string{"FS-01", "FS-02", "FS-03", "FS-04", "FS-12", "RTS-01", "RTS-03", "RTS-04", "DEV-01", "DEV-04", "DEV-05", "DEV-06", "DEV-09", "K8S-01", "SCR-02", "RT-01"}, res.Probe)
		if res.Verdict == Pass && !absence {
			t.Errorf("%s holds where nothing could be read: %s", res.Probe, res.Saw)
		}
		if res.Verdict == Broken {
			t.Errorf("%s: %s", res.Probe, res.Saw)
		}
	}
	if r.Exit() == 0 {
		t.Error("a run that saw nothing looks good")
	}
}

// TestTable: every row is whole, and its sentences are short.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for i := range Probes {
		p := &Probes[i]
		if seen[p.ID] || p.Verifies == "" || p.Matters == "" || p.run == nil || len(p.SATRE) == 0 || len(p.Attack) == 0 || p.Severity == "" || p.Mode == "" {
			t.Errorf("%s is not whole, or stands twice", p.ID)
		}
		if p.Severity != Info && len(p.Controls) == 0 {
			t.Errorf("%s proves nothing", p.ID)
		}
		seen[p.ID] = true
		for _, s := range []string{p.Verifies, p.Matters} {
			if n := len(strings.Fields(s)); n > 20 {
				t.Errorf("%s: a sentence of %d words: %s", p.ID, n, s)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for errno, want := range map[int]bool{0: false, 1: true, 3: false, 9: false, 13: true, 14: false, 22: false, 28: true, 38: true, 95: false, 97: true} {
		if got := (Outcome{Errno: errno}).Refused(); got != want {
			t.Errorf("errno %d: refused %v", errno, got)
		}
	}
	if !(Outcome{Killed: true}).Refused() {
		t.Error("a filter that kills does not refuse")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"strict"} {
		a, err := txtar.ParseFile(filepath.Join("testdata", name+".txtar"))
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range a.Files {
			f.Add(string(file.Data))
		}
	}
	f.Fuzz(func(_ *testing.T, text string) {
		for _, m := range parseMounts(text) {
			_ = fmt.Sprint(m.foreign())
		}
		m, _ := parseIDMap(text)
		outside(m, 0)
		colonLines(text)
	})
}
