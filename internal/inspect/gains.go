package inspect

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// systemManagers are the package managers of operating systems: what they ship so is
// meant to be so.
var systemManagers = []string{"dpkg", "apk", "rpm", "pacman", "portage"}

// shippedSo are the programs that distributions ship with more rights than whoever
// starts them has, by name, the ones that give most first. Another program with such a
// mode was given it by somebody else, even where a distribution ships the program.
var shippedSo = []string{
	"sudo", "sudoedit", "su", "doas", "pkexec", "polkit-agent-helper-1", "bbsuid", "busybox-suid", "runuser", "userhelper", "ksu",
	"mount", "umount", "mount.nfs", "mount.cifs", "mount.ecryptfs_private", "mount.davfs", "mount.fuse", "fusermount", "fusermount3", "ntfs-3g", "bwrap", "snap-confine",
	"snap-update-ns", "chrome-sandbox", "newuidmap", "newgidmap", "nvidia-modprobe", "singularity-suid", "starter-suid",
	"passwd", "gpasswd", "chsh", "chfn", "chage", "newgrp", "sg", "expiry", "vigr", "vipw", "groupmems", "unix_chkpwd", "unix_update", "pwdb_chkpwd", "pam_timestamp_check",
	"crontab", "at", "batch", "incrontab", "fcrontab", "fcronsighup", "dbus-daemon-launch-helper", "ssh-keysign", "ssh-agent", "Xorg.wrap", "Xorg", "Xwrapper",
	"exim4", "exim", "sendmail", "sendmail.sendmail", "postdrop", "postqueue", "procmail", "lockfile", "maildrop", "dotlockfile", "mail-lock", "mail-unlock", "mail-touchlock", "mlock",
	"utempter", "gnome-pty-helper", "pt_chown", "screen", "write", "write.ul", "bsd-write", "wall", "locate", "mlocate", "plocate", "usernetctl", "pppd", "vmware-user-suid-wrapper",
	"suexec", "cgexec", "staprun", "kismet", "dumpcap", "lxc-user-nic", "arping", "clockdiff", "mtr-packet", "ping", "ping4", "ping6", "fping", "traceroute", "traceroute6.iputils", "tracepath",
	"gst-ptp-helper", "rcp", "rlogin", "rsh", "bsd-rsh", "netreport", "abrt-action-install-debuginfo-to-abrt-cache", "camel-lock-helper-1.2", "kdesud", "kcheckpass",
	"VBoxDrvInfo", "slurmrestd", "munge", "cockpit-session", "sperl", "nethack", "iouyap", "proxy-helper", "ecryptfs", "v4l-conf", "xlock", "vlock", "physlock", "i3lock",
}

// gainsRights finds the files that give more rights than whoever starts them has. What
// a distribution ships so stands apart from what nobody vouches for.
func gainsRights(in *Input) []landwaiter.Finding {
	changed := map[string]bool{}
	for i := range in.Changed {
		changed[in.Changed[i].Path] = true
	}
	var usual, odd []landwaiter.File
	for _, f := range in.Gains {
		if manager, _, _ := strings.Cut(f.Owner, ":"); slices.Contains(systemManagers, manager) && !changed[f.Path] && slices.Contains(shippedSo, path.Base(f.Path)) {
			usual = append(usual, f)
		} else {
			odd = append(odd, f)
		}
	}
	return slices.Concat(gained(odd, ":not-shipped-so", true), gained(usual, "", false))
}

// gained is the finding about a list of files, the most powerful first.
func gained(files []landwaiter.File, id string, grave bool) []landwaiter.Finding {
	if len(files) == 0 {
		return nil
	}
	slices.SortStableFunc(files, func(a, b landwaiter.File) int {
		return cmp.Or(cmp.Compare(power(a), power(b)), cmp.Compare(a.Path, b.Path))
	})
	f := landwaiter.Finding{
		ID: string(landwaiter.KindGainsRights) + id, Kind: landwaiter.KindGainsRights, Grave: grave, Confidence: landwaiter.ConfidenceObserved,
		Files: examples(files), Packages: owners(files), Seen: seen(files), Detail: files[0].Path + " (" + files[0].Gains + ")",
	}
	return []landwaiter.Finding{f}
}

// strong are the rights that amount to full control inside the box.
var strong = []string{
	"set-uid 0", "cannot be read", "cap_sys_admin", "cap_sys_module", "cap_sys_rawio", "cap_sys_ptrace", "cap_setuid", "cap_dac_override", "cap_setfcap",
	"cap_chown", "cap_fowner", "cap_dac_read_search", "cap_bpf", "cap_mknod", "cap_setgid", "cap_setpcap", "set-gid 0",
}

// power orders files: less is more powerful.
func power(f landwaiter.File) int {
	p := len(strong)
	for i, s := range strong {
		if strings.Contains(f.Gains+",", s+",") || strings.Contains(f.Gains, s) && s == "cannot be read" {
			p = i
			break
		}
	}
	place := slices.Index(shippedSo, path.Base(f.Path))
	if place < 0 {
		place = 0 // nobody says how much it does with them
	}
	return p*len(shippedSo) + place
}

// owners are the IDs of the packages that own files, each once, in order.
func owners(files []landwaiter.File) (out []string) {
	for i := range files {
		if o := files[i].Owner; o != "" {
			out = append(out, o)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func seen(files []landwaiter.File) (n landwaiter.Count) {
	for i := range files {
		n.Add(landwaiter.Count{Files: 1, Bytes: files[i].Size})
	}
	return n
}
