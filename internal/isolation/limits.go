package isolation

import (
	"cmp"
	"fmt"
	"strings"
)

// group reads a file of the control group of the second version or of a controller of
// the first; "" where there is none.
func (l *look) group(second, controller, first string) string {
	if v := l.text("sys/fs/cgroup/" + second); v != "" {
		return v
	}
	return l.text("sys/fs/cgroup/" + controller + "/" + first)
}

// unlimited reports whether a value of a control group means that there is no limit.
// The first version writes a number near the largest that there is.
func unlimited(v string) bool {
	return v == "max" || v == "-1" || strings.HasPrefix(v, "max ") || len(v) >= 18
}

// capped is a probe that a control group holds a limit.
func capped(what, second, controller, first string) func(*look) seen {
	return func(l *look) seen {
		tried := "read the limit on " + what
		v := l.group(second, controller, first)
		switch {
		case v == "":
			return unsure(tried, "no control group is shown, so nobody can say")
		case unlimited(v):
			return failed(tried, "there is none")
		}
		return passed(tried, "it is %s", v)
	}
}

func swapCapped(l *look) seen {
	const tried = "read the limits on memory and swap"
	v := l.group("memory.max", "memory", "memory.limit_in_bytes")
	swap := l.group("memory.swap.max", "memory", "memory.memsw.limit_in_bytes")
	switch {
	case v == "":
		return unsure(tried, "no control group is shown, so nobody can say")
	case unlimited(v):
		return failed(tried, "there is none on memory")
	case swap != "" && unlimited(swap):
		return failed(tried, "memory is limited to %s bytes, swap is not", v)
	}
	return passed(tried, "memory is limited to %s bytes, swap to %s", v, cmp.Or(swap, "none shown"))
}

func coreOff(l *look) seen {
	const tried = "read the limits of open files and of memory images"
	text, err := l.read("proc/self/limits")
	if err != nil {
		return unsure(tried, "%s", why(err))
	}
	limits := map[string]string{}
	for line := range strings.Lines(text) {
		for _, name := range []string{"Max core file size", "Max open files", "Max processes"} {
			if rest, ok := strings.CutPrefix(line, name); ok {
				if f := strings.Fields(rest); len(f) > 0 {
					limits[name] = f[0]
				}
			}
		}
	}
	core, files := limits["Max core file size"], limits["Max open files"]
	if core == "" {
		return unsure(tried, "the kernel shows none that we can read")
	}
	return judged(core == "0" && files != "unlimited", tried, "memory images: %s; open files: %s", core, files)
}

// hidden is a probe of kernel switches, each with the values that are right.
type knob struct {
	path, name string
	right      func(int64) bool
}

func atLeast(n int64) func(int64) bool { return func(v int64) bool { return v >= n } }
func exactly(n int64) func(int64) bool { return func(v int64) bool { return v == n } }

var hardening = []knob{
	{"proc/sys/kernel/kptr_restrict", "kernel addresses are shown", atLeast(1)},
	{"proc/sys/kernel/dmesg_restrict", "the kernel's log is open", exactly(1)},
	{"proc/sys/kernel/randomize_va_space", "memory is not laid out at random", exactly(2)},
	{"proc/sys/kernel/unprivileged_bpf_disabled", "everyone may load programs into the kernel", atLeast(1)},
	{"proc/sys/vm/unprivileged_userfaultfd", "everyone may handle page faults", exactly(0)},
	{"proc/sys/kernel/kexec_load_disabled", "another kernel can be loaded", exactly(1)},
	{"proc/sys/fs/protected_hardlinks", "hard links are not protected", exactly(1)},
	{"proc/sys/fs/protected_symlinks", "symbolic links are not protected", exactly(1)},
	{"proc/sys/fs/suid_dumpable", "set-uid programs leave memory images", exactly(0)},
	{"proc/sys/kernel/perf_event_paranoid", "everyone may measure the kernel", atLeast(2)},
}

func hardened(l *look) seen {
	const tried = "read the kernel's switches that make attacks harder"
	var bad []string
	n := 0
	for _, k := range hardening {
		v, ok := l.number(k.path)
		if !ok {
			continue
		}
		n++
		if !k.right(v) {
			bad = append(bad, k.name)
		}
	}
	if n == 0 {
		return unsure(tried, "the kernel shows none of them")
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(list(bad), fmt.Sprintf("all %d that are shown are as they should be", n)))
}

func processorFlaws(l *look) seen {
	const tried = "read what the kernel says of the processor's known flaws"
	names := l.names("sys/devices/system/cpu/vulnerabilities")
	if len(names) == 0 {
		return unsure(tried, "the kernel says nothing")
	}
	var bad []string
	for _, name := range names {
		if v := l.text("sys/devices/system/cpu/vulnerabilities/" + name); strings.HasPrefix(v, "Vulnerable") {
			bad = append(bad, name)
		}
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("open: ", bad), fmt.Sprintf("all %d are mitigated or do not apply", len(names))))
}

func kernelNamed(l *look) seen {
	const tried = "read which kernel this is"
	v := l.text("proc/version")
	if v == "" {
		return unsure(tried, "the kernel does not say")
	}
	return passed(tried, "%.160s", v)
}

func diskCapped(l *look) seen {
	const tried = "asked how much room the file systems have"
	if l.opt.Room == nil {
		return unsure(tried, "that cannot be asked here")
	}
	bytes, err := l.opt.Room(l.at(""))
	if err != nil {
		return unsure(tried, "%s", why(err))
	}
	limit := l.opt.Profile.MaxDisk
	if limit <= 0 {
		return unsure(tried, "the box sees %d GB; the profile names no limit to hold it against", bytes>>30)
	}
	return judged(bytes <= limit, tried, "the box sees %d GB, and the limit is %d GB", bytes>>30, limit>>30)
}
