package isolation

import (
	"fmt"
	"slices"
	"strings"
)

// Runtime is what kind of box this is, with the signals that say so. What the kernel
// shows outweighs a file that anybody may leave.
type Runtime struct {
	Class string `json:"class"` // such as "docker"; "unknown" where the signals do not say
	// OwnKernel is true where system calls go to a kernel of the runtime's own.
	OwnKernel bool     `json:"ownKernel,omitempty"`
	Signals   []string `json:"signals"`
}

// The classes of runtime.
const (
	classBare    = "bare host"
	classDocker  = "docker"
	classPodman  = "podman"
	classRoot    = "podman without root"
	classCluster = "kubernetes"
	classHPC     = "user namespace, as on a computing cluster"
	classGVisor  = "gvisor"
	classUnknown = "unknown"
)

// signs is the table of signals, the strongest first. class is empty for one that only
// adds to what others say.
var signs = []struct {
	class, says string
	there       func(*look) bool
}{
	{classGVisor, "the kernel calls itself gvisor", func(l *look) bool {
		return strings.Contains(l.text("proc/cmdline"), "gvisor") || strings.HasPrefix(l.text("proc/version"), "Linux version 4.4.0 #1 SMP Sun Jan 10")
	}},
	{classCluster, "its control group is a pod's", func(l *look) bool { return l.groupHolds("kubepods") }},
	{classDocker, "its control group is Docker's", func(l *look) bool { return l.groupHolds("/docker/") || l.groupHolds("docker-") }},
	{classDocker, "its files lie in Docker's folders", func(l *look) bool { return l.mountHolds("/docker/containers/") || l.mountHolds("/docker/overlay2/") }},
	{classDocker, "its own name and addresses come from a folder that Docker keeps for each box", func(l *look) bool {
		return slices.ContainsFunc(l.mounts, func(m mount) bool {
			folder, ok := strings.CutSuffix(m.root, "/hosts")
			i := strings.LastIndex(folder, "/containers/")
			return ok && i >= 0 && isHash(folder[i+len("/containers/"):])
		})
	}},
	{classRoot, "ids are mapped in two ranges, the first a user's", func(l *look) bool {
		text, _ := l.read("proc/self/uid_map")
		m, ok := parseIDMap(text)
		return ok && len(m) > 1 && m[0].n == 1 && m[0].outside >= 1000
	}},
	{classPodman, "its files lie in Podman's folders", func(l *look) bool { return l.mountHolds("/containers/storage/") || l.exists("run/.containerenv") }},
	{classHPC, "one id is mapped, groups may not be set, and no rights can be gained", func(l *look) bool {
		text, _ := l.read("proc/self/uid_map")
		m, ok := parseIDMap(text)
		return ok && len(m) == 1 && m[0].n == 1 && l.text("proc/self/setgroups") == "deny" && l.status["NoNewPrivs"] == "1"
	}},
	{classBare, "process 1 is the host's, and so is its root", func(l *look) bool {
		n, ok := l.namespace("pid")
		mnt, ok2 := l.namespace("mnt")
		return ok && ok2 && n == firstNamespaces["pid"] && mnt == firstNamespaces["mnt"]
	}},
	{"", "a marker file of Docker's", func(l *look) bool { return l.exists(".dockerenv") }},
	{"", "a marker folder of Apptainer's", func(l *look) bool { return l.exists(".singularity.d") }},
}

// isHash reports whether s is 64 digits of hex, as Docker names its boxes.
func isHash(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

func (l *look) groupHolds(s string) bool {
	text, err := l.read("proc/self/cgroup")
	return err == nil && strings.Contains(text, s)
}

func (l *look) mountHolds(s string) bool {
	return slices.ContainsFunc(l.mounts, func(m mount) bool {
		return strings.Contains(m.root, s) || slices.ContainsFunc(m.super, func(o string) bool { return strings.Contains(o, s) })
	})
}

// runtime collects the signals.
func (l *look) runtime() Runtime {
	out := Runtime{Class: classUnknown, Signals: []string{}}
	for _, s := range signs {
		if !s.there(l) {
			continue
		}
		out.Signals = append(out.Signals, s.says)
		if out.Class == classUnknown && s.class != "" {
			out.Class = s.class
		}
	}
	out.OwnKernel = out.Class == classGVisor
	return out
}

func runtimeAsDeclared(l *look) seen {
	const tried = "held several signals of the runtime against what was declared"
	rt := l.runtime()
	want := l.opt.Profile.Runtime
	switch {
	case want == "":
		return passed(tried, "it is %s; nothing was declared", rt.Class)
	case rt.Class == classUnknown:
		return unsure(tried, "the signals do not say; %s was declared", want)
	}
	return judged(strings.HasPrefix(rt.Class, want), tried, "%s", fmt.Sprintf("it is %s, and %s was declared", rt.Class, want))
}

// Profile says what is expected of an environment, and what is allowed there.
type Profile struct {
	Name    string `json:"name"`
	Runtime string `json:"runtime,omitempty"` // the beginning of a class
	// Mounts and Devices are paths that may come from outside.
	Mounts  []string `json:"mounts,omitempty"`
	Devices []string `json:"devices,omitempty"`
	// Capabilities may be held although they are powerful.
	Capabilities []string `json:"capabilities,omitempty"`
	MaxDisk      int64    `json:"maxDisk,omitempty"` // bytes; 0 is not said
}
