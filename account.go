package landwaiter

import (
	"fmt"
	"slices"
)

// Class is one of the five classes of the account. Every visible file is in
// exactly one.
type Class int

// The five classes, best known first.
const (
	ClassCovered   Class = iota // named, and a source of advisories covers its owner
	ClassUncovered              // named, and no list covers its owner
	ClassUnnamed                // nobody owns it
	ClassClosed                 // recognised, but its content is closed to us: encrypted, compiled model, odd format
	ClassUnread                 // not read: failed, too large, time limit
	NumClasses
)

var classNames = [NumClasses]string{"named and covered", "named, no list covers it", "not named", "recognised but closed", "not read"}

func (c Class) String() string {
	if c < 0 || c >= NumClasses {
		return fmt.Sprintf("class %d", int(c))
	}
	return classNames[c]
}

// Account puts every visible file and byte of a subject in exactly one class.
type Account struct {
	Total     Count `json:"total"`
	Covered   Count `json:"covered"`
	Uncovered Count `json:"uncovered"`
	Unnamed   Count `json:"unnamed"`
	Closed    Count `json:"closed"`
	Unread    Count `json:"unread"`
	// Code is the same account over programs and scripts alone; its own Code
	// and Hidden are empty.
	Code *Account `json:"code,omitempty"`
	// Hidden counts what later layers removed or replaced. It was read, it still
	// travels with the image, and it is in no class.
	Hidden Count `json:"hidden"`
	// Shared are contents that files of several packages have: which of them counts
	// the bytes hangs on which a list covers.
	Shared []Sharing `json:"shared,omitempty"`
}

// Holding is what an account holds of one package's files that were read: all, and
// programs and scripts alone. The bytes of a [Sharing] are in neither.
type Holding struct {
	All  Count `json:"all"`
	Code Count `json:"code,omitzero"`
}

// Sharing is contents that the same packages share, by hard links. The first of
// Packages that a list covers counts the bytes, or else the first.
type Sharing struct {
	Packages []string `json:"packages"` // IDs, in the order of the files' paths
	// Code says of each whether its file is a program or a script.
	Code  []bool `json:"code"`
	Bytes int64  `json:"bytes"`
}

// Recount makes the account that a has where another list covers other packages:
// before and now hold the IDs of those that a list covered then and covers now. It
// fails with ErrStale where what packages hold does not explain a, as in what was
// written by an earlier version.
func (a *Account) Recount(packages []Package, before, now map[string]bool) (Account, error) {
	was, is := a.held(packages, before), a.held(packages, now)
	if was.Covered != a.Covered || was.Uncovered != a.Uncovered || a.Code != nil && (was.Code.Covered != a.Code.Covered || was.Code.Uncovered != a.Code.Uncovered) {
		return Account{}, fmt.Errorf("account: it does not say what each package holds of it: %w", ErrStale)
	}
	out := *a
	out.Covered, out.Uncovered = is.Covered, is.Uncovered
	if a.Code != nil {
		code := *a.Code
		code.Covered, code.Uncovered = is.Code.Covered, is.Code.Uncovered
		out.Code = &code
	}
	return out, out.Check()
}

// held adds up what packages hold, where those in covered are covered by a list.
func (a *Account) held(packages []Package, covered map[string]bool) *Account {
	out := &Account{Code: &Account{}}
	class := func(id string) Class {
		if covered[id] {
			return ClassCovered
		}
		return ClassUncovered
	}
	for i := range packages {
		p := &packages[i]
		out.Class(class(p.ID)).Add(p.Holds.All)
		out.Code.Class(class(p.ID)).Add(p.Holds.Code)
	}
	for i := range a.Shared {
		s := &a.Shared[i]
		at := max(slices.IndexFunc(s.Packages, func(id string) bool { return covered[id] }), 0)
		if at >= len(s.Packages) || at >= len(s.Code) {
			continue
		}
		n := Count{Bytes: s.Bytes}
		out.Class(class(s.Packages[at])).Add(n)
		if s.Code[at] {
			out.Code.Class(class(s.Packages[at])).Add(n)
		}
	}
	return out
}

// Class returns the count of class c.
func (a *Account) Class(c Class) *Count {
	switch c {
	case ClassCovered:
		return &a.Covered
	case ClassUncovered:
		return &a.Uncovered
	case ClassUnnamed:
		return &a.Unnamed
	case ClassClosed:
		return &a.Closed
	default:
		return &a.Unread
	}
}

// Check returns an error unless the five classes add up to the total.
func (a *Account) Check() error {
	var sum Count
	for c := range NumClasses {
		n := *a.Class(c)
		if n.Files < 0 || n.Bytes < 0 {
			return fmt.Errorf("account: class %q holds %d files and %d bytes", c, n.Files, n.Bytes)
		}
		sum.Add(n)
	}
	if sum != a.Total {
		return fmt.Errorf("account: the classes add up to %d files and %d bytes, the total is %d files and %d bytes", sum.Files, sum.Bytes, a.Total.Files, a.Total.Bytes)
	}
	if a.Code != nil {
		return a.Code.Check()
	}
	return nil
}
