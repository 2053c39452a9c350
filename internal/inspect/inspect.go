// Package inspect looks at what was observed for other reasons than known
// weaknesses: one table of checks, each a file.
package inspect

import (
	"time"

	"github.com/landwaiter/landwaiter"
)

// Input is what checks look at. Checks do not change it.
type Input struct {
	Subject landwaiter.Subject
	System  *landwaiter.System
	Unowned []landwaiter.File // code that nobody owns, biggest first
	Changed []landwaiter.File // code that is not what its owner shipped
	// Rest are other files that nobody owns, biggest first, as examples; the
	// account counts them all.
	Rest []landwaiter.File
	// Gains are the visible files that give more rights than whoever starts them has,
	// with File.Gains; Starts the scripts that run when something starts and that fetch
	// or change software, with Nature.Fetches. Both are empty where the subject itself
	// was not read again.
	Gains, Starts []landwaiter.File
	Packages      []landwaiter.Package
	// Declared holds lists against what was observed.
	Declared []landwaiter.Comparison
	Account  landwaiter.Account
	// EndOfLife is the day on which the system's last free support ends; zero
	// where nobody says.
	EndOfLife time.Time
	Now       time.Time
}

// check is one row of the table. It returns findings in a fixed order.
type check struct {
	kinds []landwaiter.Kind
	run   func(*Input) []landwaiter.Finding
}

// checks is the table, in the order in which findings come out.
var checks = []check{
	{[]landwaiter.Kind{landwaiter.KindOutdatedBase}, outdatedBase},
	{[]landwaiter.Kind{landwaiter.KindChanged}, changedPrograms},
	{[]landwaiter.Kind{landwaiter.KindUnknownProgram, landwaiter.KindUnattributed}, unowned},
	{[]landwaiter.Kind{landwaiter.KindModelCode}, modelCode},
	{[]landwaiter.Kind{landwaiter.KindSelfInstall}, selfInstall},
	{[]landwaiter.Kind{landwaiter.KindNetworkClient}, networkClients},
	{[]landwaiter.Kind{landwaiter.KindGainsRights}, gainsRights},
	{[]landwaiter.Kind{landwaiter.KindRunsAsRoot}, runsAsRoot},
	{[]landwaiter.Kind{landwaiter.KindRunsAsRoot}, asksForMore},
	{[]landwaiter.Kind{landwaiter.KindUndeclared}, undeclared},
	{[]landwaiter.Kind{landwaiter.KindLicence}, licences},
}

// Run runs every check.
func Run(in *Input) []landwaiter.Finding {
	var out []landwaiter.Finding
	for _, c := range checks {
		out = append(out, c.run(in)...)
	}
	return out
}

// Kinds are the kinds of finding that [Run] makes, in the order of the table.
func Kinds() []landwaiter.Kind {
	var out []landwaiter.Kind
	for _, c := range checks {
		out = append(out, c.kinds...)
	}
	return out
}

// maxFiles bounds the examples in one finding.
const maxFiles = 100

func examples(files []landwaiter.File) []landwaiter.File {
	return files[:min(len(files), maxFiles):min(len(files), maxFiles)]
}
