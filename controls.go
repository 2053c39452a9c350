package landwaiter

import (
	"strings"
	"time"
)

// Need is a probe that must have passed before a control counts as proven.
type Need struct {
	Probe string
	// Least is the weakest strength that shows it.
	Least Strength
	// Always is true where "not applicable" is no answer.
	Always bool
}

// Control is what several probes of the isolation kit prove together.
type Control struct {
	ID   string
	Name string // plain words
	// Probes are all that bear on it: one that failed takes it away, and one that
	// is inconclusive leaves it unproven. A last "*" stands for any ending.
	Probes []string
	Needs  []Need
	// Closes are the doors whose protections it tests. Without any it is recorded,
	// and no credit comes of it.
	Closes []Door
	// Softens says in plain words what it bears on; Never what it does not.
	Softens, Never string
}

// Bears reports whether a probe bears on c.
func (c *Control) Bears(probe string) bool {
	for _, p := range c.Probes {
		if family, ok := strings.CutSuffix(p, "*"); p == probe || ok && strings.HasPrefix(probe, family) {
			return true
		}
	}
	return false
}

// Strength is the weakest that those probes of c show which must always pass.
func (c *Control) Strength() Strength {
	weakest := StrengthNoticed
	for _, n := range c.Needs {
		if n.Always && n.Least.Rank() < weakest.Rank() {
			weakest = n.Least
		}
	}
	return weakest
}

// Proof is what a run says about one control.
type Proof struct {
	Control string
	// Held is true where every probe that it needs passed, and none that bears on it
	// failed or was inconclusive. Failed is true where one failed. Both are false
	// where the run does not show it.
	Held, Failed bool
	// Why says in plain words what failed, or what is missing.
	Why    string
	Probes int // that passed
	// Strength and ValidUntil are the weakest and the first to end of those that
	// must pass.
	Strength   Strength
	ValidUntil time.Time
}

// Controls is the table from probes to controls to what they may soften. It is the
// contract between the isolation kit and the register of protections. Every call
// returns a value of its own. The guard rails that hold for all rows:
//
//   - one step for a finding at most: a control tests one protection of one cause;
//   - never to nothing, and never "not affected": it closes a door, it ends no finding;
//   - a weakness that attackers use, or one in the wall of the box that reaches
//     beyond it, needs strength E3;
//   - one probe that fails takes the credit back at once;
//   - nothing here bears on wrong results, on a poisoned model, on damage inside the
//     project's own data, or on software that does the disclosure check itself.
func Controls() []Control {
	const read, refused, unseen = StrengthRead, StrengthRefused, StrengthUnseen
	call := func(id, what string, probes ...string) Control {
		c := Control{
			ID: "CT-SYSCALL-" + id, Name: what + " is closed to the software", Probes: probes,
			Softens: "weaknesses of the kernel beneath whose way in is " + what, Never: "any other weakness of the kernel",
		}
		for _, p := range probes {
			c.Needs = append(c.Needs, Need{p, refused, true})
		}
		return c
	}
	return []Control{
		{
			ID: "CT-NOINBOUND", Name: "nobody outside the project can call in",
			Probes: []string{"NET-01", "NET-12", "NET-16"},
			Needs:  []Need{{"NET-01", read, true}, {"NET-12", unseen, true}, {"NET-16", unseen, true}},
			Closes: []Door{DoorNetworkIn, DoorNeighbour}, Softens: "weaknesses that need a caller over the network",
			Never: "what somebody inside the project can do",
		},
		{
			ID: "CT-NOEGRESS", Name: "nothing gets out over the network",
			Probes: []string{"NET-02", "NET-03", "NET-04", "NET-05", "NET-06", "NET-07", "NET-08", "NET-09"},
			Needs: []Need{
				{"NET-02", unseen, true},
				{"NET-03", unseen, true},
				{"NET-04", unseen, false},
				{"NET-05", unseen, true},
				{"NET-06", unseen, false},
				{"NET-07", unseen, false},
				{"NET-08", unseen, false},
				{"NET-09", unseen, false},
			},
			Closes: []Door{DoorInternetOut}, Softens: "data sent out, and software that calls home",
			Never: "whether results are right",
		},
		{
			ID: "CT-SEPARATE", Name: "one project cannot reach another",
			Probes: []string{"NS-*", "FS-08", "FS-09", "NET-12", "SEC-08"},
			Needs: []Need{
				{"NS-01", unseen, false},
				{"NS-03", unseen, false},
				{"NS-07", unseen, false},
				{"FS-08", unseen, true},
				{"FS-09", unseen, false},
				{"NET-12", unseen, true},
				{"SEC-08", unseen, false},
			},
			Closes: []Door{DoorOtherWork}, Softens: "harm that would pass from one project to another",
			Never: "harm inside the project",
		},
		{
			ID: "CT-NOPRIVESC", Name: "software does not gain full control inside its box",
			Probes: []string{"CAP-*", "PRV-01", "ID-*"},
			Needs: []Need{
				{"CAP-01", read, false},
				{"CAP-02", read, false},
				{"CAP-03", read, false},
				{"PRV-01", refused, true},
				{"ID-01", read, true},
				{"ID-02", read, false},
				{"ID-03", read, true},
			},
			Closes: []Door{DoorFullControl}, Softens: "weaknesses that need, or give, full control inside the box",
			Never: "weaknesses of the kernel beneath",
		},
		{
			ID: "CT-NOESCAPE", Name: "software does not get out of its box",
			Probes: []string{"MNT-*", "FS-*", "DEV-*", "RTS-*", "SEC-03", "NS-06"},
			Needs: []Need{
				{"MNT-01", read, true},
				{"MNT-02", unseen, true},
				{"MNT-05", refused, true},
				{"FS-01", read, false},
				{"FS-02", refused, true},
				{"FS-07", unseen, true},
				{"DEV-02", unseen, true},
				{"DEV-03", unseen, false},
				{"RTS-01", refused, true},
				{"SEC-03", refused, false},
				{"NS-06", read, false},
			},
			Closes: []Door{DoorHost}, Softens: "ways out of the box to the computer beneath",
			Never: "a weakness of the runtime or the kernel itself",
		},
		{
			ID: "CT-OWNKERNEL", Name: "every workspace has a kernel of its own",
			Probes: []string{"RT-01", "KRN-04"},
			Needs:  []Need{{"RT-01", read, true}, {"KRN-04", read, true}},
			Closes: []Door{DoorHost}, Softens: "weaknesses of the kernel beneath", Never: "what is reached over the network",
		},
		call("AF-ALG", "the kernel's door for ciphers", "SEC-07"),
		call("IO-URING", "io_uring", "SEC-05"),
		call("VSOCK", "the side door to the hypervisor", "SEC-06"),
		call("KEYCTL", "the kernel's store of keys", "SEC-08"),
		call("USERNS", "making namespaces", "SEC-03", "SEC-04"),
		call("BPF", "bpf and perf", "SEC-09"),
		call("USERFAULTFD", "userfaultfd", "SEC-02"),
		{
			ID: "CT-LIMITS", Name: "software cannot use up the computer",
			Probes: []string{"RES-01", "RES-02", "RES-03", "RES-04", "RES-05", "RES-06"},
			Needs: []Need{
				{"RES-01", read, true},
				{"RES-02", read, true},
				{"RES-03", read, true},
				{"RES-04", refused, false},
				{"RES-05", refused, false},
				{"RES-06", read, true},
			},
			Softens: "software that stops or slows what others run", Never: "what it stops in its own box",
		},
		{
			ID: "CT-NOSECRETS", Name: "there are no keys to steal",
			Probes:  []string{"SCR-*", "K8S-01", "K8S-03", "NET-09"},
			Needs:   []Need{{"SCR-01", read, true}, {"SCR-02", read, true}, {"K8S-01", read, false}, {"K8S-03", refused, false}, {"NET-09", unseen, false}},
			Softens: "theft of passwords and keys", Never: "a key that the image itself brings",
		},
	}
}
