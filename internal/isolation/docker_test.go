package isolation

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// engine is a Docker engine of the test's own, in folders of the test's own and
// without a network.
type engine struct {
	dir, host string
}

// startEngine starts one. The test is skipped where there is none to start, but not
// where LANDWAITER_REAL_PARTS asks for real parts.
func startEngine(t *testing.T) *engine {
	t.Helper()
	skip := func(format string, args ...any) {
		t.Helper()
		if os.Getenv("LANDWAITER_REAL_PARTS") != "" {
			t.Fatalf(format, args...)
		}
		t.Skipf(format, args...)
	}
	if testing.Short() {
		t.Skip("it starts an engine")
	}
	if os.Getuid() != 0 {
		skip("an engine needs root")
	}
	for _, name := range []string{"dockerd", "docker", "go"} {
		if _, err := exec.LookPath(name); err != nil {
			skip("%s is not installed", name)
		}
	}
	// Not t.TempDir: paths of sockets are short.
	dir, err := os.MkdirTemp("", "iso")
	must(t, err)
	e := &engine{dir: dir, host: "unix://" + dir + "/d.sock"}
	log, err := os.Create(filepath.Join(dir, "log"))
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	d := exec.CommandContext(ctx, "dockerd", "--data-root", dir+"/data", "--exec-root", dir+"/exec", "-H", e.host, "--pidfile", dir+"/pid", "--bridge", "none", "--iptables=false")
	d.Stdout, d.Stderr = log, log
	d.Cancel = func() error { return d.Process.Signal(syscall.SIGTERM) }
	d.WaitDelay = 20 * time.Second
	if err := d.Start(); err != nil {
		cancel()
		skip("dockerd does not start: %v", err)
	}
	t.Cleanup(func() {
		cancel()
		_ = d.Wait()
		log.Close()
		// The engine leaves the namespace of its network mounted.
		names, _ := filepath.Glob(dir + "/exec/netns/*")
		for _, name := range names {
			_ = syscall.Unmount(name, 0)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Errorf("the engine left something behind: %v", err)
		}
	})
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if _, err := e.docker("version"); err == nil {
			break
		}
		if time.Now().After(deadline) {
			said, _ := os.ReadFile(log.Name())
			skip("dockerd did not answer within a minute: %s", said)
		}
	}
	return e
}

func (e *engine) docker(args ...string) ([]byte, error) {
	c := exec.Command("docker", args...)
	c.Env = append(os.Environ(), "DOCKER_HOST="+e.host, "DOCKER_BUILDKIT=0")
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil && len(out) == 0 {
		return nil, fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, errs.String())
	}
	return out, nil
}

// build makes the sample image: the probe alone, on nothing.
func (e *engine) build(t *testing.T) {
	t.Helper()
	ctx := filepath.Join(e.dir, "image")
	must(t, os.Mkdir(ctx, 0o755))
	c := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(ctx, "probe"), "../../cmd/landwaiter-probe")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	info, err := os.Stat(filepath.Join(ctx, "probe"))
	must(t, err)
	if info.Size() > 8<<20 {
		t.Errorf("the probe has %d bytes; 8 MiB are the most", info.Size())
	}
	must(t, os.WriteFile(filepath.Join(ctx, "Dockerfile"), []byte("FROM scratch\nCOPY probe /probe\nENTRYPOINT [\"/probe\"]\n"), 0o644))
	if _, err := e.docker("build", "-q", "-t", "iso", ctx); err != nil {
		t.Fatal(err)
	}
}

// strict are the settings of a box with every wall that this engine can give.
var strict = []string{
	"--user=1000:1000", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--read-only", "--pids-limit=64", "--memory=128m",
	"--memory-swap=128m", "--cpus=0.5", "--cgroupns=private", "--ipc=private", "--ulimit=core=0", "--network=none",
	"--sysctl=net.ipv4.ip_forward=0",
}

// run runs the probe with the strict settings and what a case adds or replaces.
func (e *engine) run(t *testing.T, with []string) (*Report, map[string]Verdict) {
	t.Helper()
	args := []string{"run", "--rm"}
	for _, s := range strict {
		name, _, _ := strings.Cut(s, "=")
		if !slices.ContainsFunc(with, func(w string) bool { return w == "-"+s || strings.HasPrefix(w, name+"=") && name != "--security-opt" }) {
			args = append(args, s)
		}
	}
	for _, w := range with {
		if !strings.HasPrefix(w, "---") { // which only takes a strict setting away
			args = append(args, w)
		}
	}
	out, err := e.docker(append(args, "iso", "-format", "json", "-max-disk", "1125899906842624")...)
	if err != nil {
		t.Fatal(err)
	}
	var r Report
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	by := map[string]Verdict{}
	for _, res := range r.Results {
		by[res.Probe] = res.Verdict
	}
	return &r, by
}

// TestDocker: in a real engine, each leaky setting is seen by its probes and by no
// other, against the strict box on the same machine.
func TestDocker(t *testing.T) {
	e := startEngine(t)
	e.build(t)
	r, base := e.run(t, nil)
	if r.Runtime.Class != classDocker {
		t.Errorf("it says that it runs in %s: %v", r.Runtime.Class, r.Runtime.Signals)
	}
	// What the machine decides, and what needs settings of the whole engine.
	machine := []string{"ID-02", "NS-06", "SEC-05", "SEC-06", "SEC-07", "LSM-01", "KRN-02", "KRN-03"}
	for id, v := range base {
		if v != Pass && !slices.Contains(machine, id) {
			t.Errorf("strict: %s %s", id, v)
		}
	}
	for _, c := range []struct {
		name  string
		with  []string
		fails []string // that held in the strict box
	}{
		{"root", []string{"--user=0:0"}, []string{"ID-01"}},
		{"rights of the engine's default", []string{"---cap-drop=ALL", "--user=0:0"}, []string{"ID-01", "NET-14"}},
		{"rights that come back", []string{"---cap-drop=ALL", "---security-opt=no-new-privileges"}, []string{"CAP-02"}},
		{"SYS_PTRACE", []string{"--user=0:0", "--cap-add=SYS_PTRACE"}, []string{"CAP-01", "ID-01", "SEC-10"}},
		{"SYS_MODULE", []string{"--user=0:0", "--cap-add=SYS_MODULE"}, []string{"CAP-01", "ID-01"}},
		{"no filter", []string{"--security-opt=seccomp=unconfined"}, []string{"SEC-01", "SEC-02", "SEC-03", "SEC-04", "SEC-09", "SEC-10"}},
		{"kernel files shown", []string{"--security-opt=systempaths=unconfined"}, []string{"FS-01"}},
		{"kernel settings open", []string{"--user=0:0", "--security-opt=systempaths=unconfined"}, []string{"FS-01", "FS-02", "ID-01"}},
		{"the host's processes", []string{"--pid=host"}, []string{"NS-01"}},
		{"the host's network", []string{"--network=host", "---sysctl=net.ipv4.ip_forward=0"}, []string{"NS-02"}},
		{"the host's shared memory", []string{"--ipc=host"}, []string{"NS-03"}},
		{"the host's name", []string{"--uts=host"}, []string{"NS-04"}},
		{"the host's control groups", []string{"--cgroupns=host"}, []string{"NS-05"}},
		{"a folder", []string{"--volume=/srv:/data"}, []string{"MNT-01"}},
		{"the whole host, read only", []string{"--volume=/:/host:ro"}, []string{"FS-05", "MNT-01", "MNT-04"}},
		{"the engine's socket", []string{"--user=0:0", "--volume=" + e.dir + "/d.sock:/run/docker.sock"}, []string{"ID-01", "MNT-01", "RTS-01"}},
		{"the engine's socket, read only", []string{"--user=0:0", "--volume=" + e.dir + "/d.sock:/run/docker.sock:ro"}, []string{"ID-01", "MNT-01", "RTS-01"}},
		{"control groups", []string{"--user=0:0", "--volume=/sys/fs/cgroup:/sys/fs/cgroup:rw"}, []string{"FS-03", "ID-01"}},
		{"a device", []string{"--user=0:0", "--device=/dev/fuse"}, []string{"DEV-01", "DEV-05", "ID-01"}},
		{"writable files", []string{"---read-only"}, []string{"MNT-07"}},
		{"scratch with set-uid", []string{"--tmpfs=/tmp:suid,dev,size=1m"}, []string{"MNT-08"}},
		{"no limit of programs", []string{"--pids-limit=0"}, []string{"RES-02"}},
		{"no limit of memory", []string{"---memory=128m", "---memory-swap=128m"}, []string{"RES-01"}},
		{"no limit of processor time", []string{"---cpus=0.5"}, []string{"RES-03"}},
		{"memory images", []string{"--ulimit=core=-1"}, []string{"RES-07"}},
		{"a password in a variable", []string{"--env=DB_PASSWORD=made-up"}, []string{"SCR-01"}},
		{"traffic passed on", []string{"--sysctl=net.ipv4.ip_forward=1"}, []string{"NET-15"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, by := e.run(t, c.with)
			var fails []string
			for id, v := range by {
				if v == Fail && base[id] != Fail {
					fails = append(fails, id)
				}
				if v == Broken {
					t.Errorf("%s broke", id)
				}
			}
			slices.Sort(fails)
			missed := slices.DeleteFunc(slices.Clone(c.fails), func(id string) bool { return slices.Contains(fails, id) || base[id] == Fail })
			extra := slices.DeleteFunc(fails, func(id string) bool { return slices.Contains(c.fails, id) || slices.Contains(changes[c.name], id) })
			if len(missed)+len(extra) > 0 {
				t.Errorf("not seen: %v; seen beside: %v", missed, extra)
			}
		})
	}
}

// changes are further effects of a setting that hang on the machine: on one with
// control groups of the first version, mounting them hides the box's own limits.
var changes = map[string][]string{
	"control groups":           {"RES-01", "RES-02", "RES-03", "MNT-01"},
	"the host's shared memory": {"MNT-08"},
	"the host's network":       {"NET-14", "NET-15"},
}
