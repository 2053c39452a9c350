package judge

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// ask is something that software can ask for. Giving it opens doors, whatever
// protection stands in them.
type ask struct {
	what  string // after "the software asks for "
	opens doorSet
	when  func(*wish) bool
}

// wish is what an image says about how it wants to be run.
type wish struct {
	root  bool
	start []string // what it starts
	line  string   // that and its labels, in small letters
	words []string // of line
	env   []string // names
}

// asksFor is the table of what an image can ask for. What it asks for in its manual
// nobody sees here.
//
// That a program can use the network is no such thing: the block stands, and the
// program does without. A licence server is one: without it the software does not run.
func asksFor() []ask {
	host, full := setOf(landwaiter.DoorHost), setOf(landwaiter.DoorFullControl)
	return []ask{
		{"full control", full, func(w *wish) bool { return w.root }},
		{"privileged mode, or a part of it", full | host, func(w *wish) bool {
			return w.says("--privileged", "--privileged=true", "privileged:true") ||
				w.begins("--cap-add", "capadd:", "--security-opt", "securityopt:", "seccomp=unconfined", "apparmor=unconfined", "label=disable")
		}},
		{"the container engine beneath", full | host, func(w *wish) bool {
			sockets := []string{"docker.sock", "containerd.sock", "podman.sock", "crio.sock"}
			return slices.ContainsFunc(w.start, startsEngine) || named(w.env, engineNames()) ||
				slices.ContainsFunc(sockets, func(s string) bool { return strings.Contains(w.line, s) })
		}},
		{"folders of the computer beneath", host, (*wish).mountsFolders},
		{"a view of the computer beneath", host, func(w *wish) bool { return w.shares("pid", "ipc", "uts", "userns", "cgroupns") }},
		{
			"the network of the computer beneath", setOf(landwaiter.DoorNetworkIn, landwaiter.DoorNeighbour, landwaiter.DoorInternetOut),
			func(w *wish) bool { return w.shares("net", "network") },
		},
		{"a licence server", setOf(landwaiter.DoorInternetOut), func(w *wish) bool { return named(w.env, licenceNames()) }},
	}
}

// asks returns what the subject asks for, as far as its configuration says so.
func asks(in *Input) []ask {
	w := wish{root: asksForRoot(in)}
	if in.Subject.Kind == landwaiter.SubjectImage {
		c := &in.Subject.Config
		w.start, w.env = slices.Concat(c.Entrypoint, c.Cmd), c.Env
		w.line = strings.ToLower(strings.Join(slices.Concat(w.start, runLabels(c.Labels)), " "))
		w.words = strings.FieldsFunc(w.line, func(r rune) bool { return strings.ContainsRune(" \t\n\"'[]{},;()&|", r) })
	}
	return slices.DeleteFunc(asksFor(), func(a ask) bool { return !a.when(&w) })
}

func (w *wish) says(want ...string) bool {
	return slices.ContainsFunc(w.words, func(word string) bool { return slices.Contains(want, word) })
}

func (w *wish) begins(want ...string) bool {
	return slices.ContainsFunc(w.words, func(word string) bool {
		return slices.ContainsFunc(want, func(p string) bool { return strings.HasPrefix(word, p) })
	})
}

// shares reports whether w asks to share one of the computer's own things, as
// "--pid=host" or "--pid host".
func (w *wish) shares(what ...string) bool {
	for i, word := range w.words {
		for _, flag := range what {
			if word == "--"+flag+"=host" || word == "--"+flag && i+1 < len(w.words) && w.words[i+1] == "host" {
				return true
			}
		}
	}
	return false
}

// runLabels returns the labels that say how the image wants to be run: those of
// "podman container runlabel", and the development containers' one, whose colons
// are pulled together as in a flag.
func runLabels(labels map[string]string) []string {
	var out []string
	for _, key := range []string{"RUN", "run", "INSTALL", "install", "UPGRADE", "upgrade"} {
		out = append(out, labels[key])
	}
	if meta := labels["devcontainer.metadata"]; meta != "" {
		var plain bytes.Buffer
		if json.Compact(&plain, []byte(meta)) == nil {
			meta = plain.String()
		}
		out = append(out, strings.ReplaceAll(meta, `":`, ":"))
	}
	return out
}

// startsEngine reports whether a word of how the image starts is a program that
// works on the computer beneath, or runs containers.
func startsEngine(word string) bool {
	for _, w := range strings.FieldsFunc(word, func(r rune) bool { return strings.ContainsRune(" \t\n;&|()\"'", r) }) {
		switch w[strings.LastIndexByte(w, '/')+1:] {
		case "nsenter", "docker", "dockerd", "dockerd-entrypoint.sh", "dockerd-rootless.sh", "dind", "docker-entrypoint-dind.sh", "podman", "containerd", "ctr", "nerdctl",
			"runc", "crun", "buildkitd", "buildctl-daemonless.sh", "crictl", "kubelet", "k3s", "k0s", "kind":
			return true
		}
	}
	return false
}

// engineNames are environment variables that point at a container engine.
func engineNames() []string {
	return []string{"DOCKER_HOST", "DOCKER_TLS_CERTDIR", "DIND_COMMIT", "CONTAINER_HOST"}
}

// licenceNames are environment variables that point at a licence server; a first
// "*" stands for any beginning.
func licenceNames() []string {
	return []string{
		"*_LICENSE_FILE", "*_LICENSE_SERVER", "*_LICENCE_SERVER", "*LICENSE_SERVERS", "LICENSE_SERVER", "*LMD_LICENSE", "RLM_LICENSE", "*_RLM_LICENSE", "RLM_SERVER",
		"*FLEXLM_SERVER", "*FLEXNET_SERVER", "LSFORCEHOST", "LSHOST", "*_LICENSE_HOST", "*_LICENCE_HOST",
	}
}

func named(env, want []string) bool {
	return slices.ContainsFunc(env, func(name string) bool {
		name, _, _ = strings.Cut(strings.ToUpper(name), "=")
		return slices.ContainsFunc(want, func(w string) bool {
			end, any := strings.CutPrefix(w, "*")
			return name == w || any && strings.HasSuffix(name, end)
		})
	})
}

// mountsFolders reports whether w asks for a folder of the computer beneath. A named
// volume is none.
func (w *wish) mountsFolders() bool {
	const starts = "/.~$" // of a path, and of no volume's name
	path := func(s string) bool { return s != "" && strings.IndexByte(starts, s[0]) >= 0 }
	for i, word := range w.words {
		if (word == "-v" || word == "--volume") && i+1 < len(w.words) && path(w.words[i+1]) {
			return true
		}
		for _, key := range []string{"--volume=", "source=", "src="} {
			if rest, ok := strings.CutPrefix(word, key); ok && path(rest) {
				return true
			}
		}
	}
	return false
}

// opened is what all asks together open.
func opened(all []ask) doorSet {
	var s doorSet
	for _, a := range all {
		s |= a.opens
	}
	return s
}

// asksForRoot reports whether the subject asks for full control inside its box.
// An image with no user runs as root.
func asksForRoot(in *Input) bool {
	for i := range in.Findings {
		if in.Findings[i].Kind == landwaiter.KindRunsAsRoot {
			return true
		}
	}
	if in.Subject.Kind != landwaiter.SubjectImage {
		return false
	}
	user, _, _ := strings.Cut(strings.TrimSpace(in.Subject.Config.User), ":")
	if n, err := strconv.Atoi(user); err == nil {
		return n == 0
	}
	return user == "" || user == "root"
}
