package judge

import (
	"slices"

	"github.com/landwaiter/landwaiter"
)

// The values of SSVC's decision points, best first.
var (
	exploitations = []string{"none", "poc", "active"}
	exposures     = []string{"small", "controlled", "open"}
	impacts       = []string{"low", "medium", "high", "very-high"}
)

// deployer is SSVC's tree "deployer patch application priority", version 1.0.0: its 72
// leaves by exploitation, then exposure, then automatable (no, yes); in each text, by
// human impact: defer, scheduled, out-of-cycle, immediate.
//
// Source: https://github.com/CERTCC/SSVC, data/csv/ssvc
var deployer = [3][3][2]string{
	{{"ddss", "dsss"}, {"dsss", "ssss"}, {"dsss", "ssso"}},
	{{"dsss", "ssss"}, {"dsss", "ssso"}, {"ssso", "ssoo"}},
	{{"ssoo", "sooo"}, {"ssoo", "oooo"}, {"sooi", "ooii"}},
}

var priorities = map[byte]string{'d': "defer", 's': "scheduled", 'o': "out-of-cycle", 'i': "immediate"}

// priority looks s up in the tree. A value that is not in it counts as the worst.
func priority(s *landwaiter.SSVC) string {
	at := func(values []string, v string) int {
		if i := slices.Index(values, v); i >= 0 {
			return i
		}
		return len(values) - 1
	}
	leaves := deployer[at(exploitations, s.Exploitation)][at(exposures, s.Exposure)][b2i(s.Automatable)]
	return priorities[leaves[at(impacts, s.HumanImpact)]]
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// bod is CISA's BOD 26-04, version 1.0.0: days by exploited, exposed, automatable and
// total, each no and yes; 0 is with the next upgrade. Three days for what is exploited
// and total come with a forensic investigation.
//
// Source: https://github.com/CERTCC/SSVC, data/csv/cisa
var bod = [2][2][2][2]int{
	{{{0, 0}, {60, 60}}, {{60, 14}, {14, 3}}},
	{{{14, 14}, {14, 3}}, {{14, 3}, {3, 3}}},
}

// deadline fills in what follows from the four facts of b.
func deadline(b *landwaiter.BOD) {
	b.Days = bod[b2i(b.Exploited)][b2i(b.Exposed)][b2i(b.Automatable)][b2i(b.Total)]
	b.Forensics = b.Days == 3 && b.Exploited && b.Total
}
