package isolation

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// idRange is a line of uid_map: ids from Inside on stand for ids from Outside on.
type idRange struct{ inside, outside, n int64 }

// parseIDMap reads uid_map or gid_map.
//
// Format: user_namespaces(7).
func parseIDMap(text string) (out []idRange, ok bool) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		if len(f) != 3 {
			return nil, false
		}
		var r idRange
		for i, to := range []*int64{&r.inside, &r.outside, &r.n} {
			n, err := strconv.ParseInt(f[i], 10, 64)
			if err != nil {
				return nil, false
			}
			*to = n
		}
		out = append(out, r)
	}
	return out, len(out) > 0
}

// outside is the id on the host for one inside; -1 where none is mapped.
func outside(m []idRange, id int64) int64 {
	for _, r := range m {
		if id >= r.inside && id-r.inside < r.n {
			return r.outside + id - r.inside
		}
	}
	return -1
}

// ownUserNamespace reports whether ids inside are other ids outside.
func (l *look) ownUserNamespace() bool {
	text, err := l.read("proc/self/uid_map")
	if err != nil {
		return false
	}
	m, ok := parseIDMap(text)
	whole := len(m) == 1 && m[0].inside == 0 && m[0].outside == 0 && m[0].n >= 1<<32-1
	return ok && !whole
}

// effective is the effective id on a Uid: or Gid: line of status.
func (l *look) effective(key string) (int64, bool) {
	f := strings.Fields(l.status[key])
	if len(f) < 2 {
		return 0, false
	}
	n, err := strconv.ParseInt(f[1], 10, 64)
	return n, err == nil
}

func notRoot(l *look) seen {
	const tried = "read as whom the software runs"
	uid, ok := l.effective("Uid")
	if !ok {
		return unsure(tried, "the kernel does not say as whom")
	}
	if uid != 0 {
		return passed(tried, "it runs as user %d", uid)
	}
	text, _ := l.read("proc/self/uid_map")
	if m, ok := parseIDMap(text); ok {
		if host := outside(m, 0); host > 0 {
			return passed(tried, "it runs as root inside, which is user %d outside", host)
		}
	}
	return failed(tried, "it runs as root, and root inside is root outside")
}

func rootIsNobody(l *look) seen {
	const tried = "read which ids outside the ids inside stand for"
	for _, name := range []string{"uid_map", "gid_map"} {
		text, err := l.read("proc/self/" + name)
		if err != nil {
			return unsure(tried, "%s: %s", name, why(err))
		}
		m, ok := parseIDMap(text)
		if !ok {
			return unsure(tried, "%s holds nothing that we can read", name)
		}
		for _, r := range m {
			if r.outside == 0 {
				return failed(tried, "%s: ids from %d on stand for the host's own ids from 0 on", name, r.inside)
			}
		}
	}
	return passed(tried, "no id inside stands for the host's root")
}

// dangerousGroups are names of groups that give a way to the host, as far as numbers
// inside mean what they mean outside.
var dangerousGroups = []string{"disk", "docker", "kvm", "libvirt", "lxd", "shadow", "sudo", "wheel"}

func noExtraGroups(l *look) seen {
	const tried = "read in which groups the software is"
	line, ok := l.status["Groups"]
	if !ok {
		return unsure(tried, "the kernel does not say in which")
	}
	byNumber := map[string]string{"0": "root"}
	text, _ := l.read("etc/group")
	for entry := range strings.Lines(text) {
		if f := strings.Split(strings.TrimSpace(entry), ":"); len(f) >= 3 && slices.Contains(dangerousGroups, f[0]) {
			byNumber[f[2]] = f[0]
		}
	}
	var bad []string
	gid, _ := l.effective("Gid")
	for _, g := range strings.Fields(line) {
		if name, dangerous := byNumber[g]; dangerous && (g != "0" || gid != 0) {
			bad = append(bad, name)
		}
	}
	if uid, _ := l.effective("Uid"); len(bad) > 0 && uid == 0 && l.ownUserNamespace() {
		return passed(tried, "it is in groups that mean nothing outside")
	}
	if len(bad) > 0 {
		return failed(tried, "it is in %s", list(bad))
	}
	return passed(tried, "it is in no group that gives a way out")
}

// capabilities by their bit.
//
// Source: include/uapi/linux/capability.h.
var capabilities = []string{
	"CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID", "SETPCAP", "LINUX_IMMUTABLE",
	"NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW", "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE",
	"SYS_PACCT", "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD", "LEASE", "AUDIT_WRITE",
	"AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG", "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
}

// powerful are capabilities each of which is known to lead out of a box.
var powerful = []string{
	"SYS_ADMIN", "SYS_MODULE", "SYS_PTRACE", "DAC_READ_SEARCH", "SYS_RAWIO", "BPF", "PERFMON", "CHECKPOINT_RESTORE",
	"NET_ADMIN", "SYS_BOOT", "SYSLOG", "MAC_ADMIN", "MAC_OVERRIDE", "SYS_TIME", "LINUX_IMMUTABLE", "AUDIT_CONTROL",
}

func capNames(set uint64) (out []string) {
	for i, name := range capabilities {
		if set&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	if rest := set >> len(capabilities); rest != 0 {
		out = append(out, fmt.Sprintf("others (%x)", rest))
	}
	return out
}

func isPowerful(name string) bool { return slices.Contains(powerful, name) }

func noPowers(l *look) seen {
	const tried = "read which of root's powers the software holds"
	eff, ok1 := l.hex("CapEff")
	prm, ok2 := l.hex("CapPrm")
	amb, _ := l.hex("CapAmb")
	if !ok1 || !ok2 {
		return unsure(tried, "the kernel does not say which")
	}
	held := capNames(eff | prm | amb)
	bad := slices.DeleteFunc(slices.Clone(held), func(c string) bool { return !isPowerful(c) || slices.Contains(l.opt.Profile.Capabilities, c) })
	switch {
	case len(bad) > 0 && l.ownUserNamespace():
		return failed(tried, "inside its own user namespace it holds %s", list(bad))
	case len(bad) > 0:
		return failed(tried, "it holds %s", list(bad))
	case len(held) > 0:
		return passed(tried, "it holds %s, none of which leads out", list(held))
	}
	return passed(tried, "it holds none")
}

func noPowersBack(l *look) seen {
	const tried = "read whether powers can come back by starting another program"
	bnd, ok := l.hex("CapBnd")
	inh, _ := l.hex("CapInh")
	nnp := l.status["NoNewPrivs"]
	if !ok || nnp == "" {
		return unsure(tried, "the kernel does not say")
	}
	switch {
	case nnp == "1":
		return passed(tried, "no program that it starts may gain rights")
	case bnd|inh == 0:
		return passed(tried, "there is none that could come back")
	}
	return failed(tried, "a set-uid program may give %s", list(capNames(bnd|inh)))
}

func notPrivileged(l *look) seen {
	const tried = "held four signs of a privileged box together"
	eff, ok := l.hex("CapEff")
	if !ok {
		return unsure(tried, "the kernel does not say which powers it holds")
	}
	var signs []string
	last, known := l.number("proc/sys/kernel/cap_last_cap")
	if known && last < 63 {
		// One power may be missing where the host itself lacks it.
		if full := uint64(1)<<(last+1) - 1; len(capNames(full&^eff)) <= 1 {
			signs = append(signs, "every power of root")
		}
	}
	if l.status["Seccomp"] == "0" {
		signs = append(signs, "no filter of system calls")
	}
	if l.mntErr == nil && !slices.ContainsFunc(l.mounts, func(m mount) bool { return strings.HasPrefix(m.point, "/proc/") }) {
		signs = append(signs, "no hidden kernel files")
	}
	if n := len(l.oddDevices()); n > 20 {
		signs = append(signs, fmt.Sprintf("%d devices", n))
	}
	switch {
	case len(signs) >= 3:
		return failed(tried, "it has %s", list(signs))
	case !known || l.mntErr != nil || l.status["Seccomp"] == "":
		return unsure(tried, "not all of the four can be seen; of the rest, it has %s", cmp.Or(list(signs), "none"))
	case len(signs) > 0:
		return passed(tried, "of the four, it has %s", list(signs))
	}
	return passed(tried, "it has none of them")
}

func filterOn(l *look) seen {
	const tried = "read whether system calls are filtered, for each thread"
	mode := l.status["Seccomp"]
	if mode == "" {
		return unsure(tried, "the kernel does not say")
	}
	for _, task := range l.names("proc/self/task") {
		text, err := l.read("proc/self/task/" + task + "/status")
		if err != nil {
			continue // it has ended
		}
		if m := colonLines(text)["Seccomp"]; m != mode {
			return failed(tried, "one thread has mode %s, another %s", mode, m)
		}
	}
	switch mode {
	case "2":
		return passed(tried, "a filter is on, %s in all", cmp.Or(l.status["Seccomp_filters"], "one or more"))
	case "1":
		return passed(tried, "only four calls are allowed at all")
	}
	return failed(tried, "no filter is on")
}
