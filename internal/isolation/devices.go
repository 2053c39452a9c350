package isolation

import (
	"cmp"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// usualDevices are those that every box has.
var usualDevices = []string{"console", "full", "null", "ptmx", "random", "tty", "urandom", "zero", "fuse"}

// maxDevices caps a walk of /dev.
const maxDevices = 5000

// oddDevices are device files beyond the usual ones, as paths below /dev.
func (l *look) oddDevices() (out []string) {
	base := l.at("dev")
	n := 0
	_ = filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil || n > maxDevices {
			return fs.SkipDir
		}
		n++
		name, _ := filepath.Rel(base, path)
		if d.IsDir() && (name == "pts" || name == "shm" || name == "mqueue" || name == "fd") {
			return fs.SkipDir
		}
		if d.Type()&os.ModeDevice != 0 && (name == "fuse" || !slices.Contains(usualDevices, name)) {
			out = append(out, name)
		}
		return nil
	})
	slices.Sort(out)
	return out
}

func onlyUsualDevices(l *look) seen {
	const tried = "listed the devices in the box"
	if !l.exists("dev") {
		return passed(tried, "there is none at all")
	}
	bad := slices.DeleteFunc(l.oddDevices(), func(name string) bool { return under("/dev/"+name, l.opt.Profile.Devices) })
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("beyond the usual: ", bad), "only the usual ones are there"))
}

// opens opens a device for reading and closes it at once.
func (l *look) opens(path string) bool {
	f, err := os.OpenFile(l.at(path), os.O_RDONLY|noFollow|nonBlock, 0)
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// closedDevices is a probe that none of some devices can be opened.
func closedDevices(names ...string) func(*look) seen {
	return func(l *look) seen {
		const tried = "opened devices that should not be there, and closed them unread"
		var bad, there []string
		for _, name := range names {
			if !l.exists("dev/" + name) {
				continue
			}
			there = append(there, name)
			if l.opens("dev/"+name) && !under("/dev/"+name, l.opt.Profile.Devices) {
				bad = append(bad, name)
			}
		}
		switch {
		case len(bad) > 0:
			return failed(tried, "these can be opened: %s", list(bad))
		case len(there) > 0:
			return passed(tried, "these are there, and cannot be opened: %s", list(there))
		}
		return passed(tried, "none is there")
	}
}

func fabricOwn(l *look) seen {
	const tried = "looked for the fast network of a computing cluster"
	var found []string
	for _, name := range l.names("dev/infiniband") {
		found = append(found, "infiniband/"+name)
	}
	for _, name := range l.interfaces() {
		if strings.HasPrefix(name, "ib") || strings.HasPrefix(name, "hsn") {
			found = append(found, name)
		}
	}
	if len(found) == 0 {
		return passed(tried, "there is none")
	}
	return unsure(tried, "there is one (%s); whether each project has a part of its own is not seen from here", list(found))
}

// graphics are the devices of graphics processors.
func graphicsAllotted(l *look) seen {
	const tried = "listed the graphics processors in the box"
	var found, bad []string
	for _, name := range l.names("dev") {
		if rest, ok := strings.CutPrefix(name, "nvidia"); ok && rest != "" && strings.Trim(rest, "0123456789") == "" || name == "kfd" {
			found = append(found, name)
		}
	}
	for _, name := range l.names("dev/dri") {
		if strings.HasPrefix(name, "render") || strings.HasPrefix(name, "card") {
			found = append(found, "dri/"+name)
		}
	}
	for _, name := range found {
		if !under("/dev/"+name, l.opt.Profile.Devices) {
			bad = append(bad, name)
		}
	}
	if len(found) == 0 {
		return passed(tried, "there is none")
	}
	return judged(len(bad) == 0, tried, "%s", cmp.Or(prefixed("not allotted: ", bad), "only those that were allotted: "+list(found)))
}
