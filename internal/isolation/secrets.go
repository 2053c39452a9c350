package isolation

import (
	"cmp"
	"slices"
	"strings"
)

// secretWords are parts of names of variables that hold secrets.
var secretWords = []string{"PASSWORD", "PASSWD", "SECRET", "TOKEN", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL"}

// noSecretsAround names variables, and never what they hold.
func noSecretsAround(l *look) seen {
	const tried = "read the names of the variables that the software is started with"
	text, err := l.read("proc/self/environ")
	if err != nil {
		return unsure(tried, "%s", why(err))
	}
	var bad []string
	for entry := range strings.SplitSeq(text, "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		upper := strings.ToUpper(name)
		if value != "" && slices.ContainsFunc(secretWords, func(w string) bool { return strings.Contains(upper, w) }) {
			bad = append(bad, name)
		}
	}
	slices.Sort(bad)
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("these look like secrets: ", bad), "none looks like a secret"))
}

// secretFiles are where programs keep keys, below a home folder.
var secretFiles = []string{
	".aws/credentials", ".azure/msal_token_cache.json", ".config/gcloud/credentials.db", ".docker/config.json", ".kube/config", ".netrc", ".pgpass",
	".ssh/id_ecdsa", ".ssh/id_ed25519", ".ssh/id_rsa", ".Renviron", ".pypirc",
}

func noSecretFiles(l *look) seen {
	const tried = "looked for files of keys, and opened none"
	homes := []string{"root"}
	for _, name := range l.names("home") {
		homes = append(homes, "home/"+name)
	}
	var bad []string
	for _, home := range homes {
		for _, name := range secretFiles {
			if l.exists(home + "/" + name) {
				bad = append(bad, "/"+home+"/"+name)
			}
		}
	}
	for _, name := range l.names("run/secrets") {
		bad = append(bad, "/run/secrets/"+name)
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(list(bad), "there is none"))
}

// noClusterToken reports on the token that a cluster gives to every box by itself.
func noClusterToken(l *look) seen {
	const tried = "looked for a cluster's own token, and did not open it"
	const folder = "var/run/secrets/kubernetes.io/serviceaccount"
	for _, f := range []string{folder, strings.TrimPrefix(folder, "var/")} {
		if l.exists(f + "/token") {
			return failed(tried, "there is one at /%s/token", f)
		}
	}
	return passed(tried, "there is none")
}

// sockets are those of engines and of services of the host.
var engineSockets = []string{
	"run/docker.sock", "var/run/docker.sock", "run/containerd/containerd.sock", "run/crio/crio.sock", "run/podman/podman.sock", "run/buildkit/buildkitd.sock",
}

var hostSockets = []string{
	"run/systemd/private", "run/systemd/journal/stdout", "run/libvirt/libvirt-sock", "run/snapd.socket", "run/dbus/system_bus_socket",
	"var/lib/kubelet/device-plugins/kubelet.sock", "var/lib/kubelet/pod-resources/kubelet.sock", "run/udev/control",
}

var schedulerFiles = []string{"run/munge/munge.socket.2", "var/run/munge/munge.socket.2", "etc/slurm/slurm.conf", "usr/bin/sbatch", "usr/local/bin/sbatch", "opt/slurm/bin/sbatch"}

var desktopPlaces = []string{"tmp/.X11-unix", "tmp/.ICE-unix", "run/user"}

// absent is a probe that nothing of a list is there.
func absent(what string, paths []string, allowed func(*Profile) []string) func(*look) seen {
	return func(l *look) seen {
		tried := "looked for " + what
		var bad []string
		for _, p := range paths {
			if l.exists(p) && (allowed == nil || !under("/"+p, allowed(&l.opt.Profile))) {
				bad = append(bad, "/"+p)
			}
		}
		return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("found: ", bad), "there is none"))
	}
}

func noDesktop(l *look) seen {
	const tried = "looked for a way to somebody's desktop"
	var bad []string
	for _, p := range desktopPlaces {
		if len(l.names(p)) > 0 {
			bad = append(bad, "/"+p)
		}
	}
	text, _ := l.read("proc/self/environ")
	for entry := range strings.SplitSeq(text, "\x00") {
		name, value, _ := strings.Cut(entry, "=")
		if value != "" && slices.Contains([]string{"DISPLAY", "WAYLAND_DISPLAY", "SSH_AUTH_SOCK", "DBUS_SESSION_BUS_ADDRESS"}, name) {
			bad = append(bad, name)
		}
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("found: ", bad), "there is none"))
}

func hostLogsHidden(l *look) seen {
	const tried = "looked whether the host's logs are mounted"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	for i := range l.mounts {
		if m := &l.mounts[i]; m.point == "/var/log" && m.foreign() {
			return failed(tried, "/var/log is from outside")
		}
	}
	return passed(tried, "they are not")
}

func homeNotBound(l *look) seen {
	const tried = "looked whether homes and scratch folders of the host are mounted"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	var bad []string
	for i := range l.mounts {
		m := &l.mounts[i]
		home := m.point == "/tmp" || m.point == "/var/tmp" || m.point == "/root" || m.point == "/home" || strings.HasPrefix(m.point, "/home/")
		if home && m.foreign() && !under(m.point, l.opt.Profile.Mounts) {
			bad = append(bad, m.point)
		}
	}
	slices.Sort(bad)
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("from outside: ", bad), "none is from outside"))
}
