package inventory

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// gain is one file that gives more rights than whoever starts it has: by its mode, of
// which the record knows, or by capabilities.
type gain struct {
	record   int32
	uid, gid int64 // whose rights the mode gives
	caps     string
}

const (
	modeSetUID = 0o4000
	modeSetGID = 0o2000
	modeRun    = 0o111
)

// gain notes a file that gives rights. Set-uid and set-gid mean something only where
// somebody may run the file: without, set-gid once was a kind of lock.
func (s *scanner) gain(at int32, e *image.Entry) {
	if e.Type != image.TypeFile {
		return
	}
	caps := capsText(e.Caps)
	if e.Mode&(modeSetUID|modeSetGID) == 0 && caps == "" {
		return
	}
	s.out.gains = append(s.out.gains, gain{at, int64(e.UID), int64(e.GID), caps})
}

// capNames are the capabilities by their number.
//
// Format: linux/capability.h.
var capNames = [...]string{
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable",
	"net_bind_service", "net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace",
	"sys_pacct", "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write",
	"audit_control", "setfcap", "mac_override", "mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf",
	"checkpoint_restore",
}

// capsText names the capabilities that raw permits, "cap_net_admin,cap_net_raw"; ""
// where it permits none. What is damaged or newer than this program is said to be so.
//
// Format: linux/capability.h, vfs_cap_data: a revision, then permitted and
// inheritable, 32 bits each, once or twice.
func capsText(raw string) string {
	const revision = 24 // bits below it
	if raw == "" {
		return ""
	}
	b := []byte(raw)
	if len(b) < 12 {
		return "capabilities that cannot be read"
	}
	bits := uint64(binary.LittleEndian.Uint32(b[4:]))
	switch rev := binary.LittleEndian.Uint32(b) >> revision; {
	case rev == 1:
	case (rev == 2 || rev == 3) && len(b) >= 20:
		bits |= uint64(binary.LittleEndian.Uint32(b[12:])) << 32
	default:
		return "capabilities that cannot be read"
	}
	var names []string
	for i, name := range capNames {
		if bits&(1<<i) != 0 {
			names = append(names, "cap_"+name)
		}
	}
	if rest := bits >> len(capNames); rest != 0 {
		names = append(names, "capabilities without a name here")
	}
	return strings.Join(names, ",")
}

// text says what the file gives, by its mode and what was noted.
func (x *gain) text(mode uint32) string {
	var out []string
	if mode&modeSetUID != 0 && mode&modeRun != 0 {
		out = append(out, fmt.Sprintf("set-uid %d", x.uid))
	}
	if mode&modeSetGID != 0 && mode&modeRun != 0 {
		out = append(out, fmt.Sprintf("set-gid %d", x.gid))
	}
	if x.caps != "" {
		out = append(out, x.caps)
	}
	return strings.Join(out, ", ")
}

// gained lists the visible files that give rights, by path.
func (r *Result) gained(g *merge) {
	noted := map[image.Content]*gain{}
	for i, l := range g.layers {
		for j := range l.gains {
			noted[image.Content{Layer: int32(i), Record: l.gains[j].record}] = &l.gains[j]
		}
	}
	if len(noted) == 0 {
		return
	}
	for n, f := range r.files.all() {
		x := noted[g.tree.Content(n)]
		if x == nil {
			continue
		}
		if text := x.text(g.tree.Mode(n)); text != "" {
			out := r.owned(n, f)
			out.Gains = text
			r.Gains = append(r.Gains, out)
		}
	}
}

// owned describes the file that is node n, with its owner.
func (r *Result) owned(n int32, f *visible) landwaiter.File {
	out := r.file(n)
	if f.owner != noOwner {
		out.Owner = r.Packages[f.owner].ID
	}
	return out
}
