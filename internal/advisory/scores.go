package advisory

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// table reads comma-separated lines without quotes: the first that is no comment
// names the columns. It hands over the columns wanted, in the order of want.
//
// Comments ("#…") before the header go to comment.
func table(r io.Reader, want []string, comment func(string), emit func(line int, cols []string) error) error {
	in := bufio.NewScanner(limitio.Cap(r, maxScores))
	in.Buffer(make([]byte, 0, maxScoreLine), maxScoreLine)
	var at []int
	width, n := 0, 0
	cols := make([]string, len(want))
	for in.Scan() {
		n++
		line := strings.TrimSuffix(in.Text(), "\r")
		switch {
		case at == nil && strings.HasPrefix(line, "#"):
			comment(line)
			continue
		case at == nil:
			head := strings.Split(line, ",")
			for _, w := range want {
				i := slices.Index(head, w)
				if i < 0 {
					return &landwaiter.SyntaxError{Line: n, Err: fmt.Errorf("no column %q", w)}
				}
				at = append(at, i)
			}
			width = len(head)
			continue
		case line == "":
			continue
		case n > maxScoreRows:
			return fmt.Errorf("more than %d lines: %w", maxScoreRows, landwaiter.ErrTooLarge)
		}
		got := strings.Split(line, ",")
		if len(got) != width {
			return &landwaiter.SyntaxError{Line: n, Err: fmt.Errorf("%d columns where the header has %d", len(got), width)}
		}
		for i, j := range at {
			cols[i] = got[j]
		}
		if err := emit(n, cols); err != nil {
			return err
		}
	}
	if err := in.Err(); errors.Is(err, bufio.ErrTooLong) {
		return &landwaiter.SyntaxError{Line: n + 1, Err: fmt.Errorf("a line of more than %d bytes: %w", maxScoreLine, landwaiter.ErrTooLarge)}
	} else if err != nil {
		return err
	}
	if at == nil {
		return &landwaiter.SyntaxError{Err: errors.New("no header line")}
	}
	return nil
}

// readEPSS reads FIRST's daily file: a probability and a percentile for each CVE.
// It emits rows in file order, then the file's own date where it carries one.
//
// Format: https://www.first.org/epss/data_stats
func readEPSS(r io.Reader, emit func(row) error) error {
	var date time.Time
	err := table(r, []string{"cve", "epss", "percentile"}, func(c string) {
		if d := epssDate(c); !d.IsZero() {
			date = d
		}
	}, func(line int, col []string) error {
		cve, ok := parseCVE(col[0])
		if !ok {
			return &landwaiter.SyntaxError{Line: line, Err: fmt.Errorf("%.40q is no CVE", col[0])}
		}
		p, errP := share(col[1])
		q, errQ := share(col[2])
		if err := errors.Join(errP, errQ); err != nil {
			return &landwaiter.SyntaxError{Line: line, Err: err}
		}
		return emit(row{score: &score{cve: cve, hasEPSS: true, probability: p, percentile: q}})
	})
	if err != nil || date.IsZero() {
		return err
	}
	return emit(row{date: date})
}

// epssDate finds the date in a comment such as "#model_version:v2025.03.14,
// score_date:2026-08-16T00:00:00+0000" or "#mirrored:2026-08-16T11:16:02Z".
func epssDate(comment string) time.Time {
	for part := range strings.SplitSeq(strings.TrimPrefix(comment, "#"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), ":")
		if name != "score_date" && name != "mirrored" {
			continue
		}
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05-0700", time.DateOnly} {
			if t, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
				return t.UTC()
			}
		}
	}
	return time.Time{}
}

// share reads a number from 0 to 1 into billionths, which hold every digit that
// FIRST publishes.
func share(s string) (uint32, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1 || f != f {
		return 0, fmt.Errorf("%.40q is no number from 0 to 1", s)
	}
	return uint32(f*billion + 0.5), nil
}

const billion = 1e9

// readSSVC reads CISA's enrichment as a table: for each CVE a CVSS vector.
// A row without a vector is passed over.
//
// Origin: https://github.com/cisagov/vulnrichment
func readSSVC(r io.Reader, emit func(row) error) error {
	return table(r, []string{"cve", "cvss"}, func(string) {}, func(line int, col []string) error {
		cve, ok := parseCVE(col[0])
		if !ok {
			return &landwaiter.SyntaxError{Line: line, Err: fmt.Errorf("%.40q is no CVE", col[0])}
		}
		s := score{cve: cve}
		if kind := vectorType(col[1]); kind != "" {
			s.vector = &landwaiter.Severity{Type: kind, Value: col[1]}
		}
		return emit(row{score: &s})
	})
}

// vectorType says which version of CVSS a vector is of, or "".
func vectorType(v string) string {
	switch {
	case len(v) > maxText || !graphicVector(v):
		return ""
	case strings.HasPrefix(v, "CVSS:4."):
		return "CVSS_V4"
	case strings.HasPrefix(v, "CVSS:3."):
		return "CVSS_V3"
	case strings.HasPrefix(v, "AV:"):
		return "CVSS_V2"
	}
	return ""
}

func graphicVector(s string) bool { return graphic(strings.ReplaceAll(s, "/", "")) }
