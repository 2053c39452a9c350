package isolation

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The calls, by name. Each has arguments that the kernel must refuse before it does
// anything, or makes a socket and closes it.
var systemCalls = map[string]func() error{
	"add_key":           raw(unix.SYS_ADD_KEY, 0, 0, 0, 0, 0),
	"bpf":               raw(unix.SYS_BPF, 0xffff, 0, 0),
	"delete_module":     raw(unix.SYS_DELETE_MODULE, 0, 0),
	"finit_module":      raw(unix.SYS_FINIT_MODULE, nowhere, 0, 0),
	"init_module":       raw(unix.SYS_INIT_MODULE, 0, 0, 0),
	"io_uring_setup":    raw(unix.SYS_IO_URING_SETUP, 0, 0),
	"kexec_load":        raw(unix.SYS_KEXEC_LOAD, 0, 0xffff, 0, nowhere),
	"keyctl":            raw(unix.SYS_KEYCTL, 0xffff, 0, 0),
	"mount":             raw(unix.SYS_MOUNT, 0, 0, 0, 0, 0),
	"open_by_handle_at": raw(unix.SYS_OPEN_BY_HANDLE_AT, nowhere, 0, 0),
	"perf_event_open":   raw(unix.SYS_PERF_EVENT_OPEN, 0, 0, nowhere, nowhere, 0),
	"pidfd_getfd":       raw(unix.SYS_PIDFD_GETFD, nowhere, nowhere, 0),
	"process_vm_readv":  raw(unix.SYS_PROCESS_VM_READV, 0, 0, 0, 0, 0, 0),
	"setns":             raw(unix.SYS_SETNS, nowhere, 0),
	"swapon":            raw(unix.SYS_SWAPON, 0, 0),
	"syslog":            raw(unix.SYS_SYSLOG, 10, 0, 0), // 10 asks how large the kernel's log is
	"userfaultfd":       raw(unix.SYS_USERFAULTFD, nowhere),

	"landlock_create_ruleset": raw(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, 1), // 1 asks for the version

	"socket AF_VSOCK":  socket(unix.AF_VSOCK, unix.SOCK_STREAM, 0),
	"socket AF_ALG":    socket(unix.AF_ALG, unix.SOCK_SEQPACKET, 0),
	"socket AF_KEY":    socket(unix.AF_KEY, unix.SOCK_RAW, 2),
	"socket AF_TIPC":   socket(unix.AF_TIPC, unix.SOCK_RDM, 0),
	"socket AF_RXRPC":  socket(unix.AF_RXRPC, unix.SOCK_DGRAM, unix.AF_INET),
	"socket AF_PACKET": socket(unix.AF_PACKET, unix.SOCK_RAW, 0),
	"socket raw ICMP":  socket(unix.AF_INET, unix.SOCK_RAW, unix.IPPROTO_ICMP),

	// These begin a child in a namespace of its own, which does nothing and ends.
	"user namespace":             namespaced(unix.CLONE_NEWUSER),
	"user and network namespace": namespaced(unix.CLONE_NEWUSER | unix.CLONE_NEWNET),
}

// nowhere is a file descriptor, or flags, that nothing has.
const nowhere = ^uintptr(0)

func raw(number uintptr, args ...uintptr) func() error {
	return func() error {
		var a [6]uintptr
		copy(a[:], args)
		if r, _, e := unix.RawSyscall6(number, a[0], a[1], a[2], a[3], a[4], a[5]); e != 0 {
			return e
		} else if number == unix.SYS_IO_URING_SETUP || number == unix.SYS_USERFAULTFD {
			return unix.Close(int(r)) // nothing should have been made
		}
		return nil
	}
}

func socket(family, kind, protocol int) func() error {
	return func() error {
		fd, err := unix.Socket(family, kind|unix.SOCK_CLOEXEC, protocol)
		if err != nil {
			return err
		}
		return unix.Close(fd)
	}
}

func namespaced(flags uintptr) func() error {
	return func() error {
		self, err := os.Executable()
		if err != nil {
			return err
		}
		c := exec.Command(self, CallCommand, nothingCall)
		c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags}
		return c.Run()
	}
}

// How the program calls itself to make one call in a child process: CallCommand, then
// the name of the call. Whoever calls [Call] must answer to that with [MakeCall].
const (
	CallCommand = "call"
	nothingCall = "nothing"
)

// Exit statuses by which a child tells what became of its call: 0 to 149 for the
// number of the error.
const (
	exitUnknown = 200
	exitOther   = 201
)

// MakeCall makes the call of that name, and returns the exit status that tells [Call]
// what became of it.
func MakeCall(name string) int {
	if name == nothingCall {
		return 0
	}
	call, ok := systemCalls[name]
	if !ok {
		return exitUnknown
	}
	err := call()
	if e, ok := errors.AsType[syscall.Errno](err); ok && e < 150 {
		return int(e)
	}
	if err != nil {
		return exitOther
	}
	return 0
}

// callTime is the longest that a call may take.
const callTime = 5 * time.Second

// Call makes a call in a child process, as a filter may end whoever makes it.
func Call(name string) (Outcome, error) {
	self, err := os.Executable()
	if err != nil {
		return Outcome{}, err
	}
	c := exec.Command(self, CallCommand, name)
	c.WaitDelay = callTime
	if err := c.Start(); err != nil {
		return Outcome{}, fmt.Errorf("beginning a child: %w", err)
	}
	timer := time.AfterFunc(callTime, func() { _ = c.Process.Kill() })
	defer timer.Stop()
	err = c.Wait()
	status, _ := c.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && status.Signal() == syscall.SIGSYS:
		return Outcome{Killed: true}, nil
	case status.Signaled():
		return Outcome{}, fmt.Errorf("its child was ended by %s", status.Signal())
	case status.ExitStatus() == exitUnknown:
		return Outcome{}, errors.New("there is no such call in this program")
	case status.ExitStatus() == exitOther:
		return Outcome{}, errors.New("its child failed in a way that says nothing")
	}
	_ = err // an exit status that is not 0 is the answer
	return Outcome{Errno: status.ExitStatus()}, nil
}

// Ping asks an engine's socket for a sign of life, and for nothing else.
func Ping(path string) bool {
	c, err := net.DialTimeout("unix", path, time.Second)
	if err != nil {
		return false
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Second)) //nolint:forbidigo // a deadline of a socket is a time of the clock
	if _, err := c.Write([]byte("GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n")); err != nil {
		return false
	}
	var buf [12]byte
	n, _ := c.Read(buf[:])
	return strings.HasPrefix(string(buf[:n]), "HTTP/")
}

// Room is the size of the file system that path is on, in bytes.
func Room(path string) (int64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(path, &s); err != nil {
		return 0, &os.PathError{Op: "statfs", Path: path, Err: err}
	}
	n, err := strconv.ParseInt(strconv.FormatUint(s.Blocks, 10), 10, 64)
	if err != nil || s.Bsize <= 0 || n > 1<<62/s.Bsize {
		return 0, errors.New("its size makes no sense")
	}
	return n * s.Bsize, nil
}
