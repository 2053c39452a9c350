package isolation

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxRead caps what is read of one file: what the kernel writes there is short.
const maxRead = 1 << 20

// look is one run's view of the system. What several probes need is read once.
type look struct {
	opt    *Options
	status map[string]string // of /proc/self/status; nil where it cannot be read
	mounts []mount
	mntErr error
}

func newLook(opt *Options) *look {
	l := &look{opt: opt}
	if text, err := l.read("proc/self/status"); err == nil {
		l.status = colonLines(text)
	}
	text, err := l.read("proc/self/mountinfo")
	if l.mntErr = err; err == nil {
		l.mounts = parseMounts(text)
	}
	return l
}

// at is where a path of the system is. Paths are without a leading slash.
func (l *look) at(path string) string { return filepath.Join(l.opt.Root, path) }

// read returns the text of a file. What was seen is short text of the kernel's.
func (l *look) read(path string) (string, error) {
	f, err := os.Open(l.at(path))
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxRead))
	return string(b), err
}

// text returns the first line of a file, without spaces around it, and "" where it
// cannot be read.
func (l *look) text(path string) string {
	s, err := l.read(path)
	if err != nil {
		return ""
	}
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	return s
}

// number reads a file that holds one number.
func (l *look) number(path string) (int64, bool) {
	n, err := strconv.ParseInt(l.text(path), 10, 64)
	return n, err == nil
}

func (l *look) exists(path string) bool {
	_, err := os.Lstat(l.at(path))
	return err == nil
}

// names lists a folder; nothing where it cannot be read.
func (l *look) names(path string) []string {
	list, err := os.ReadDir(l.at(path))
	if err != nil {
		return nil
	}
	out := make([]string, 0, len(list))
	for _, e := range list {
		out = append(out, e.Name())
	}
	return out
}

// link returns where a link points, "" where there is none.
func (l *look) link(path string) string {
	to, err := os.Readlink(l.at(path))
	if err != nil {
		return ""
	}
	return to
}

// hex reads a number of /proc/self/status that is written in hex.
func (l *look) hex(key string) (uint64, bool) {
	n, err := strconv.ParseUint(l.status[key], 16, 64)
	return n, err == nil
}

// why says an error in a word or two.
func why(err error) string {
	switch {
	case err == nil:
		return "it worked"
	case errors.Is(err, fs.ErrNotExist):
		return "it is not there"
	case errors.Is(err, fs.ErrPermission):
		return "it was refused"
	}
	var e *fs.PathError
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

// colonLines reads "Key:\tvalue" lines.
func colonLines(text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(line, ":"); ok {
			out[strings.TrimSpace(k)] = strings.TrimSpace(v)
		}
	}
	return out
}

// mount is one line of mountinfo.
//
// Format: proc(5), /proc/pid/mountinfo.
type mount struct {
	id, parent     int
	device         string // major:minor
	root, point    string
	options        []string
	shared         bool
	fstype, source string
	super          []string
}

func parseMounts(text string) (out []mount) {
	for line := range strings.Lines(text) {
		front, back, ok := strings.Cut(strings.TrimSpace(line), " - ")
		f, b := strings.Fields(front), strings.Fields(back)
		if !ok || len(f) < 6 || len(b) < 2 {
			continue
		}
		m := mount{device: f[2], root: unescape(f[3]), point: unescape(f[4]), options: strings.Split(f[5], ","), fstype: b[0], source: unescape(b[1])}
		m.id, _ = strconv.Atoi(f[0])
		m.parent, _ = strconv.Atoi(f[1])
		for _, opt := range f[6:] {
			m.shared = m.shared || strings.HasPrefix(opt, "shared:")
		}
		if len(b) > 2 {
			m.super = strings.Split(b[2], ",")
		}
		out = append(out, m)
	}
	return out
}

// unescape undoes the octal escapes of mountinfo.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (m *mount) has(option string) bool { return slices.Contains(m.options, option) }

// list joins a few names, and says how many more there are.
func list(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
