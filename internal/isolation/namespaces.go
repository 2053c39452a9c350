package isolation

import (
	"cmp"
	"strconv"
	"strings"
)

// The numbers of the host's own first namespaces. That of the network became fixed
// with Linux 6.18.
//
// Source: include/linux/proc_ns.h.
var firstNamespaces = map[string]int64{
	"ipc": 4026531839, "uts": 4026531838, "user": 4026531837, "pid": 4026531836, "cgroup": 4026531835, "time": 4026531834, "net": 4026531833, "mnt": 4026531832,
}

// namespace is the number of a namespace that the program is in.
func (l *look) namespace(kind string) (int64, bool) {
	_, n, ok := strings.Cut(strings.TrimSuffix(l.link("proc/self/ns/"+kind), "]"), ":[")
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n, 10, 64)
	return v, err == nil
}

// ownNamespace is a probe that the program is in a namespace of its own.
func ownNamespace(kind, what string) func(*look) seen {
	return func(l *look) seen {
		tried := "read the number of its " + kind + " namespace"
		n, ok := l.namespace(kind)
		if !ok {
			return unsure(tried, "the kernel shows none")
		}
		if n == firstNamespaces[kind] {
			return failed(tried, "it shares %s with the host", what)
		}
		return passed(tried, "it has %s of its own", what)
	}
}

func ownProcesses(l *look) seen {
	const tried = "read the number of its process namespace, and looked for threads of the kernel"
	n, ok := l.namespace("pid")
	if !ok {
		return unsure(tried, "the kernel shows no number")
	}
	if n == firstNamespaces["pid"] {
		return failed(tried, "it shares the host's processes: %d can be seen", l.processes())
	}
	if l.text("proc/2/comm") == "kthreadd" {
		return failed(tried, "it sees the host's processes: a thread of the kernel is among %d", l.processes())
	}
	return passed(tried, "it sees %d processes, all of its own namespace", l.processes())
}

func (l *look) processes() (n int) {
	for _, name := range l.names("proc") {
		if strings.Trim(name, "0123456789") == "" {
			n++
		}
	}
	return n
}

func ownNetwork(l *look) seen {
	const tried = "read the number of its network namespace, and its interfaces"
	n, ok := l.namespace("net")
	if !ok {
		return unsure(tried, "the kernel shows no number")
	}
	if n == firstNamespaces["net"] {
		return failed(tried, "it shares the host's network")
	}
	// Older kernels give the host a number like any other: hardware tells it apart.
	for _, name := range l.interfaces() {
		if l.exists("sys/class/net/" + name + "/device") {
			return failed(tried, "the interface %s is a piece of hardware, as only the host has", name)
		}
	}
	return passed(tried, "it has a network of its own: %s", list(l.interfaces()))
}

// interfaces are the names of network interfaces.
func (l *look) interfaces() (out []string) {
	text, err := l.read("proc/net/dev")
	if err != nil {
		return nil
	}
	for line := range strings.Lines(text) {
		if name, _, ok := strings.Cut(line, ":"); ok {
			out = append(out, strings.TrimSpace(name))
		}
	}
	return out
}

func cgroupHidden(l *look) seen {
	const tried = "read its place among the host's control groups"
	text, err := l.read("proc/self/cgroup")
	if err != nil {
		return unsure(tried, "%s", why(err))
	}
	for line := range strings.Lines(text) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && f[2] != "/" && f[2] != "" {
			return failed(tried, "the host's path is shown: %.80s", f[2])
		}
	}
	return passed(tried, "the host's path is hidden")
}

func networkShape(l *look) seen {
	const tried = "read its interfaces and resolvers"
	names := l.interfaces()
	if names == nil {
		return unsure(tried, "the kernel shows no list of interfaces")
	}
	var resolvers []string
	text, _ := l.read("etc/resolv.conf")
	for line := range strings.Lines(text) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == "nameserver" {
			resolvers = append(resolvers, f[1])
		}
	}
	return passed(tried, "interfaces: %s; resolvers: %s", cmp.Or(list(names), "none"), cmp.Or(list(resolvers), "none"))
}

func routingSafe(l *look) seen {
	const tried = "read the kernel's switches for passing traffic on"
	var bad []string
	for _, c := range []struct{ path, name string }{
		{"proc/sys/net/ipv4/ip_forward", "IPv4 is passed on"},
		{"proc/sys/net/ipv6/conf/all/forwarding", "IPv6 is passed on"},
		{"proc/sys/net/ipv4/conf/all/route_localnet", "the loopback address is routed"},
	} {
		if n, ok := l.number(c.path); ok && n != 0 {
			bad = append(bad, c.name)
		}
	}
	if !l.exists("proc/sys/net/ipv4/ip_forward") {
		return unsure(tried, "the kernel does not show them")
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(list(bad), "all are off"))
}
