package advisory

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// cveID is a CVE as a number that sorts by year, then by number.
type cveID uint64

// parseCVE reads "CVE-2024-12345".
func parseCVE(s string) (cveID, bool) {
	rest, ok := strings.CutPrefix(s, "CVE-")
	year, number, dash := strings.Cut(rest, "-")
	if !ok || !dash || len(year) != 4 || len(number) < 4 || len(number) > 9 {
		return 0, false
	}
	y, errY := strconv.ParseUint(year, 10, 16)
	n, errN := strconv.ParseUint(number, 10, 32)
	if errY != nil || errN != nil || y < 1900 || strings.Trim(year+number, "0123456789") != "" {
		return 0, false
	}
	return cveID(y<<32 | n), true
}

func (c cveID) String() string { return fmt.Sprintf("CVE-%04d-%04d", uint64(c)>>32, uint32(c)) }

// score is what a source says about a CVE as such. Rows of several sources are
// merged into one per CVE.
type score struct {
	cve         cveID
	hasEPSS     bool
	probability uint32 // billionths
	percentile  uint32 // billionths
	exploited   uint32 // day of the listing, since 1970; 0: none
	vector      *landwaiter.Severity
}

// since is the day of the listing; zero where there is none.
func (s score) since() time.Time {
	if s.exploited == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s.exploited)*secondsADay, 0).UTC()
}

// A row of the file: CVE 8 bytes, probability 4, percentile 4, day of listing
// 4 (days since 1970, 0 none), offset of the vector 4 (0 none), flags 1.
const (
	scoreRow    = 25
	flagEPSS    = 1
	secondsADay = 86400
)

// mergeScores sorts rows by CVE and joins those of one CVE: the earliest listing,
// the best vector.
func mergeScores(rows []score) []score {
	slices.SortStableFunc(rows, func(a, b score) int { return cmp.Compare(a.cve, b.cve) })
	out := rows[:0]
	for _, r := range rows {
		if len(out) == 0 || out[len(out)-1].cve != r.cve {
			out = append(out, r)
			continue
		}
		have := &out[len(out)-1]
		if r.hasEPSS {
			have.hasEPSS, have.probability, have.percentile = true, r.probability, r.percentile
		}
		if r.exploited != 0 && (have.exploited == 0 || r.exploited < have.exploited) {
			have.exploited = r.exploited
		}
		if betterVector(r.vector, have.vector) {
			have.vector = r.vector
		}
	}
	return out
}

// betterVector prefers the version of CVSS that says most about what an attack
// needs and that most tools read (3, then 4, then 2), then the newer point
// release, then who scored it: the numbering authority and NVD, CISA, others by
// name. What is left is settled by the text, so that the answer is always the
// same.
func betterVector(a, b *landwaiter.Severity) bool {
	if a == nil || b == nil {
		return a != nil && b == nil
	}
	return cmp.Or(
		cmp.Compare(slices.Index(vectorTypes, a.Type), slices.Index(vectorTypes, b.Type)),
		-cmp.Compare(vectorPoint(a.Value), vectorPoint(b.Value)),
		cmp.Compare(authorRank(a.Source), authorRank(b.Source)),
		cmp.Compare(a.Source, b.Source),
		cmp.Compare(a.Value, b.Value),
	) < 0
}

var vectorTypes = []string{"CVSS_V3", "CVSS_V4", "CVSS_V2"}

func vectorPoint(v string) string {
	head, _, _ := strings.Cut(v, "/")
	return head
}

func authorRank(source string) int {
	switch source {
	case "CNA":
		return 0
	case "NVD":
		return 1
	case "ssvc":
		return 2
	}
	return 3
}

// encodeScores writes the section "cves": the number of rows, the rows in order
// of CVE, then the vectors that they point at.
func encodeScores(rows []score) []byte {
	out := binary.LittleEndian.AppendUint32(nil, uint32(len(rows)))
	vectors := []byte{0} // offset 0 means none
	seen := map[landwaiter.Severity]uint32{}
	for _, r := range rows {
		at := uint32(0)
		if v := r.vector; v != nil {
			var ok bool
			if at, ok = seen[*v]; !ok {
				at = uint32(len(vectors))
				seen[*v] = at
				vectors = putText(putText(putText(vectors, v.Source), v.Type), v.Value)
			}
		}
		var flags byte
		if r.hasEPSS {
			flags = flagEPSS
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(r.cve))
		out = binary.LittleEndian.AppendUint32(out, r.probability)
		out = binary.LittleEndian.AppendUint32(out, r.percentile)
		out = binary.LittleEndian.AppendUint32(out, r.exploited)
		out = binary.LittleEndian.AppendUint32(out, at)
		out = append(out, flags)
	}
	return append(out, vectors...)
}

// scores reads the section "cves".
type scores struct {
	n       int
	rows    []byte
	vectors []byte
}

func openScores(b []byte) (scores, error) {
	if len(b) < 4 {
		return scores{}, errDamaged
	}
	n := int(binary.LittleEndian.Uint32(b))
	if n > (len(b)-4)/scoreRow {
		return scores{}, errDamaged
	}
	end := 4 + n*scoreRow
	return scores{n, b[4:end], b[end:]}, nil
}

// find returns what is known of a CVE.
func (s scores) find(cve cveID) (score, bool) {
	lo, hi := 0, s.n
	for lo < hi {
		mid := int(uint(lo+hi) >> 1)
		if cveID(binary.LittleEndian.Uint64(s.rows[mid*scoreRow:])) < cve {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == s.n {
		return score{}, false
	}
	b := s.rows[lo*scoreRow : (lo+1)*scoreRow]
	if cveID(binary.LittleEndian.Uint64(b)) != cve {
		return score{}, false
	}
	out := score{
		cve: cve, hasEPSS: b[24]&flagEPSS != 0, exploited: binary.LittleEndian.Uint32(b[16:]),
		probability: binary.LittleEndian.Uint32(b[8:]), percentile: binary.LittleEndian.Uint32(b[12:]),
	}
	if at := binary.LittleEndian.Uint32(b[20:]); at != 0 && int64(at) < int64(len(s.vectors)) {
		c := cursor{b: s.vectors[at:]}
		v := &landwaiter.Severity{Source: c.text(), Type: c.text(), Value: c.text()}
		if !c.bad {
			out.vector = v
		}
	}
	return out, true
}
