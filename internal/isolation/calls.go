package isolation

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Outcome is what became of a harmless call. Its arguments are wrong on purpose: a
// kernel that says so was reached.
type Outcome struct {
	// Errno is the number of the error, 0 where the call went through.
	Errno int
	// Killed is true where a filter ended the process that called.
	Killed bool
}

// The numbers of errors that say that a call never got to do anything.
//
// Source: include/uapi/asm-generic/errno.h.
const (
	errnoPerm        = 1
	errnoAccess      = 13
	errnoNoSpace     = 28 // no more namespaces are allowed
	errnoNoCall      = 38
	errnoNoFamily    = 97
	errnoNoProtocol  = 93
	errnoNoSocketTyp = 94
	errnoUsers       = 87
)

// Refused reports whether something stood in the way of the call. "There is no such
// call" is a refusal too: some filters answer so, and where the kernel itself does,
// there is nothing to reach.
func (o Outcome) Refused() bool {
	switch o.Errno {
	case errnoPerm, errnoAccess, errnoNoSpace, errnoNoCall, errnoNoFamily, errnoNoProtocol, errnoNoSocketTyp, errnoUsers:
		return true
	}
	return o.Killed
}

// calls that a filter has to refuse, as a box for research has no use for them.
var mustRefuse = []string{
	"add_key", "bpf", "delete_module", "finit_module", "init_module", "kexec_load", "keyctl", "mount",
	"open_by_handle_at", "perf_event_open", "setns", "swapon", "syslog", "userfaultfd",
}

// reached makes calls, and returns the names of those that nothing stood in the way of.
func (l *look) reached(names ...string) (open []string, err error) {
	if l.opt.Call == nil {
		return nil, errNoCalls
	}
	for _, name := range names {
		o, err := l.opt.Call(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if !o.Refused() {
			open = append(open, name)
		}
	}
	slices.Sort(open)
	return open, nil
}

var errNoCalls = errors.New("no calls can be made here")

// refused is a probe that each of some calls is refused.
func refused(tried string, names ...string) func(*look) seen {
	return func(l *look) seen {
		open, err := l.reached(names...)
		if err != nil {
			return unsure(tried, "%v", err)
		}
		return judged(len(open) == 0, tried, "%s", cmp.Or(prefixed("nothing stands before ", open), fmt.Sprintf("all %d were refused", len(names))))
	}
}

func noNamespaceOfOwn(name string) func(*look) seen {
	return func(l *look) seen {
		const tried = "tried to begin a program in a namespace of its own"
		open, err := l.reached(name)
		if err != nil {
			return unsure(tried, "%v", err)
		}
		if len(open) > 0 {
			return failed(tried, "it may, and is root there with every power over it")
		}
		return passed(tried, "it was refused")
	}
}

func kernelProgramsClosed(l *look) seen {
	s := refused("called with wrong arguments what loads programs into the kernel and measures it", "bpf", "perf_event_open")(l)
	if v, ok := l.number("proc/sys/kernel/unprivileged_bpf_disabled"); s.verdict == Pass && ok && v == 0 {
		return failed(s.tried, "the calls were refused here, but the kernel lets everyone load programs")
	}
	return s
}

func rings(l *look) seen {
	const tried = "called with wrong arguments what sets up rings of input and output"
	if v, ok := l.number("proc/sys/kernel/io_uring_disabled"); ok && v == 2 {
		return passed(tried, "the kernel has them switched off")
	}
	return refused(tried, "io_uring_setup")(l)
}

// wallNames are what a security module calls a process that nothing confines.
func confined(l *look) seen {
	const tried = "read what the kernel's security modules say of this process"
	if s := cmp.Or(l.text("proc/self/attr/apparmor/current"), l.text("proc/self/attr/current")); s != "" {
		label := strings.TrimRight(s, "\x00")
		switch {
		case strings.HasSuffix(label, "(enforce)"), strings.Contains(label, ":container_t:"):
			return passed(tried, "it is confined: %.80s", label)
		case label != "unconfined" && strings.Contains(label, ":"):
			return unsure(tried, "its label is %.80s; whether that confines it is not seen from here", label)
		}
		return failed(tried, "it is %.80s", label)
	}
	return failed(tried, "no security module speaks of it, whatever was asked for when it was started")
}

func landlocked(l *look) seen {
	const tried = "asked which version of Landlock the kernel has"
	if l.opt.Call == nil {
		return unsure(tried, "no calls can be made here")
	}
	o, err := l.opt.Call("landlock_create_ruleset")
	if err != nil {
		return unsure(tried, "%v", err)
	}
	if o.Refused() {
		return passed(tried, "it has none, or a filter hides it")
	}
	return passed(tried, "it has it")
}

func engineClosed(l *look) seen {
	const tried = "looked for an engine's socket and asked it for a sign of life"
	var open, there []string
	done := map[string]bool{}
	for _, path := range engineSockets {
		if !l.exists(path) || done[strings.TrimPrefix(path, "var/")] {
			continue
		}
		done[strings.TrimPrefix(path, "var/")] = true
		there = append(there, "/"+path)
		if l.opt.Ping != nil && l.opt.Ping(l.at(path)) {
			open = append(open, "/"+path)
		}
	}
	switch {
	case len(open) > 0:
		return failed(tried, "it answers: %s", list(open))
	case len(there) > 0 && l.opt.Ping == nil:
		return unsure(tried, "there is one that could not be asked: %s", list(there))
	case len(there) > 0:
		return passed(tried, "there is one, and it does not answer: %s", list(there))
	}
	return passed(tried, "there is none")
}
