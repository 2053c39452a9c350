package landwaiter

import "fmt"

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
