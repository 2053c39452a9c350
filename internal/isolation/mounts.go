package isolation

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"strings"
)

// usualTypes are the types of file system that every box has.
var usualTypes = []string{"cgroup", "cgroup2", "devpts", "mqueue", "overlay", "proc", "squashfs", "fuse.squashfuse_ll", "sysfs", "tmpfs", "devtmpfs", "ramfs"}

// engineFiles are single files that an engine itself puts into a box.
var engineFiles = []string{"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/run/.containerenv", "/dev/termination-log", "/etc/localtime", "/.dockerenv"}

// foreign reports whether a mount brings a part of another file system into the box.
func (m *mount) foreign() bool {
	switch {
	case m.point == "/" || slices.Contains(engineFiles, m.point):
		return false
	case m.fstype == "tmpfs" || slices.Contains(usualTypes, m.fstype):
		// A part of a tmpfs is somebody else's, but for the null device that hides a file.
		return m.fstype == "tmpfs" && m.root != "/" && m.root != "/null"
	}
	return true
}

func noHostFolders(l *look) seen {
	const tried = "read the list of mounts"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	var bad []string
	for i := range l.mounts {
		m := &l.mounts[i]
		if m.foreign() && !under(m.point, l.opt.Profile.Mounts) {
			bad = append(bad, m.point)
		}
	}
	slices.Sort(bad)
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("mounted from outside: ", slices.Compact(bad)), "nothing from outside is mounted but what is allowed"))
}

func prefixed(prefix string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return prefix + list(names)
}

// under reports whether path is one of the allowed ones or inside one.
func under(path string, allowed []string) bool {
	return slices.ContainsFunc(allowed, func(a string) bool {
		return path == a || strings.HasPrefix(path, strings.TrimSuffix(a, "/")+"/")
	})
}

func readOnlyBelow(l *look) seen {
	const tried = "looked for mounts that can be written below ones that cannot"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	var bad []string
	for i := range l.mounts {
		parent := &l.mounts[i]
		if !parent.has("ro") || parent.point == "/" || !parent.foreign() {
			continue
		}
		for j := range l.mounts {
			if m := &l.mounts[j]; m.has("rw") && strings.HasPrefix(m.point, parent.point+"/") {
				bad = append(bad, m.point)
			}
		}
	}
	slices.Sort(bad)
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("still writable: ", slices.Compact(bad)), "there is none"))
}

func mountsStay(l *look) seen {
	const tried = "read whether mounts made here would appear outside"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	var bad []string
	for i := range l.mounts {
		if m := &l.mounts[i]; m.shared && m.point != "/" {
			bad = append(bad, m.point)
		}
	}
	slices.Sort(bad)
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("shared with outside: ", slices.Compact(bad)), "none would"))
}

func rootReadOnly(l *look) seen {
	const tried = "read whether the software's own files can be changed"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	for i := range l.mounts {
		if m := &l.mounts[i]; m.point == "/" {
			return judged(m.has("ro") || slices.Contains(m.super, "ro"), tried, "its root is mounted %s", m.options[0])
		}
	}
	return unsure(tried, "no root is listed")
}

func scratchBare(l *look) seen {
	const tried = "read how scratch space is mounted"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	var bad []string
	n := 0
	// A folder for scratch that is part of a root that can be written is no better.
	for _, folder := range []string{"/tmp", "/var/tmp"} {
		at := slices.IndexFunc(l.mounts, func(m mount) bool { return m.point == folder })
		root := slices.IndexFunc(l.mounts, func(m mount) bool { return m.point == "/" })
		if at < 0 && l.exists(folder[1:]) && (root < 0 || !l.mounts[root].has("ro") && !l.mounts[root].has("nosuid")) {
			n++
			bad = append(bad, folder+" on a root that can be written")
		}
	}
	for i := range l.mounts {
		m := &l.mounts[i]
		if m.point != "/tmp" && m.point != "/dev/shm" && m.point != "/var/tmp" {
			continue
		}
		n++
		for _, want := range []string{"nosuid", "nodev"} {
			if !m.has(want) {
				bad = append(bad, m.point+" without "+want)
			}
		}
	}
	if n == 0 {
		return passed(tried, "there is none of its own")
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(list(bad), "no set-uid programs and no devices can be there"))
}

func layoutHidden(l *look) seen {
	const tried = "read whether the list of mounts shows where the host keeps the box"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	for i := range l.mounts {
		for _, opt := range l.mounts[i].super {
			if strings.HasPrefix(opt, "upperdir=") {
				return passed(tried, "it does, as is usual: %.80s", opt)
			}
		}
	}
	return passed(tried, "it does not")
}

// masked are kernel files that engines hide.
var masked = []string{"proc/acpi", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list", "proc/timer_stats", "proc/sched_debug", "proc/scsi", "sys/firmware"}

func kernelFilesHidden(l *look) seen {
	const tried = "looked what stands where the kernel's own files would"
	var bad []string
	for _, path := range masked {
		info, err := os.Lstat(l.at(path))
		if err != nil {
			continue // not there at all
		}
		point := "/" + path
		over := slices.ContainsFunc(l.mounts, func(m mount) bool {
			return m.point == point && (m.fstype == "tmpfs" || m.fstype == "devtmpfs" || m.has("ro"))
		})
		switch {
		case over, info.IsDir() && len(l.names(path)) == 0, info.Mode()&os.ModeCharDevice != 0:
		default:
			bad = append(bad, point)
		}
	}
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("not hidden: ", bad), "all are hidden or not there"))
}

// settings are kernel files that change the whole machine when they are written.
var settings = []string{
	"proc/sysrq-trigger", "proc/sys/kernel/core_pattern", "proc/sys/kernel/modprobe", "proc/sys/kernel/hotplug", "proc/sys/vm/panic_on_oom",
	"proc/sys/kernel/sysrq", "proc/sys/fs/binfmt_misc/register", "sys/kernel/uevent_helper", "proc/irq/default_smp_affinity",
}

// groupFiles are files of control groups that run programs, or admit devices, outside.
var groupFiles = []string{"release_agent", "devices.allow", "cgroup.procs", "notify_on_release"}

// opensForWriting opens without creating, cutting or writing, and closes at once.
func (l *look) opensForWriting(path string) bool {
	f, err := os.OpenFile(l.at(path), os.O_WRONLY|noFollow, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

func settingsClosed(l *look) seen {
	const tried = "opened the kernel's settings for writing, wrote nothing, and closed them"
	var bad []string
	there := 0
	for _, path := range settings {
		if l.exists(path) {
			there++
		}
		if l.opensForWriting(path) {
			bad = append(bad, "/"+path)
		}
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("these could be written: ", bad), fmt.Sprintf("all %d that are there were refused", there)))
}

func groupsClosed(l *look) seen {
	const tried = "opened control files of control groups for writing, wrote nothing, and closed them"
	var bad []string
	folders := []string{"sys/fs/cgroup"}
	for _, name := range l.names("sys/fs/cgroup") {
		folders = append(folders, "sys/fs/cgroup/"+name)
	}
	for _, folder := range folders {
		for _, name := range groupFiles {
			if path := folder + "/" + name; l.opensForWriting(path) {
				bad = append(bad, "/"+path)
			}
		}
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("these could be written: ", bad), "none could be written"))
}

func addressesHidden(l *look) seen {
	const tried = "read the first bytes of the kernel's own list of addresses"
	line := l.text("proc/kallsyms")
	if line == "" {
		return passed(tried, "nothing was shown")
	}
	address, _, _ := strings.Cut(line, " ")
	if strings.Trim(address, "0") != "" {
		return failed(tried, "real addresses are shown")
	}
	return passed(tried, "only zeros were shown")
}

func noSecondKernelView(l *look) seen {
	const tried = "looked for more views of the kernel among the mounts"
	if l.mntErr != nil {
		return unsure(tried, "%s", why(l.mntErr))
	}
	odd := []string{"debugfs", "tracefs", "bpf", "fusectl", "securityfs", "configfs", "pstore", "efivarfs", "hugetlbfs", "binfmt_misc", "selinuxfs", "fuse.lxcfs"}
	var bad []string
	for i := range l.mounts {
		m := &l.mounts[i]
		second := (m.fstype == "proc" || m.fstype == "sysfs") && m.root == "/" && m.point != "/proc" && m.point != "/sys"
		if second || slices.Contains(odd, m.fstype) {
			bad = append(bad, m.fstype+" at "+m.point)
		}
	}
	slices.Sort(bad)
	return judged(len(bad) == 0, tried, "%s", cmp.Or(list(bad), "there is none"))
}

func noOpenFiles(l *look) seen {
	const tried = "read which files were already open when the probe began"
	var bad []string
	for _, fd := range l.names("proc/self/fd") {
		to := l.link("proc/self/fd/" + fd)
		switch {
		case fd == "0", fd == "1", fd == "2", to == "", !strings.HasPrefix(to, "/"), strings.HasPrefix(to, "/proc/"), strings.HasPrefix(to, "/sys/fs/cgroup"), strings.HasPrefix(to, "/sys/kernel/mm/"):
		default:
			bad = append(bad, fd+" is "+to)
		}
	}
	if cwd := l.link("proc/self/cwd"); strings.HasPrefix(cwd, "(unreachable)") {
		bad = append(bad, "its folder is outside of the box")
	}
	if l.link("proc/self/fd/0") == "" && l.names("proc/self/fd") == nil {
		return unsure(tried, "the kernel shows no list")
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(list(bad), "none but the usual three"))
}
