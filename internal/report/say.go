package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// number writes n with separators: 1,204.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	var b strings.Builder
	for i, r := range s {
		if i > 0 && (len(s)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	return sign + b.String()
}

// size writes a number of bytes for people, in powers of a thousand.
func size(n int64) string {
	if n == 1 {
		return "1 byte"
	}
	if n < 1000 {
		return number(n) + " bytes"
	}
	v := float64(n)
	units := []string{"kB", "MB", "GB", "TB", "PB", "EB"}
	i := -1
	for v >= 999.5 && i < len(units)-1 {
		v /= 1000
		i++
	}
	if v < 9.95 {
		return fmt.Sprintf("%.1f %s", v, units[i])
	}
	return fmt.Sprintf("%.0f %s", v, units[i])
}

// roughSize is size for the first page, whose readers do not count in bytes.
func roughSize(n int64) string {
	switch {
	case n == 0:
		return "0 kB"
	case n < 1000:
		return "less than 1 kB"
	}
	return size(n)
}

// day writes a date in UTC: 2 May 2026. The zero time is "".
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2 January 2006")
}

// moment writes a time in UTC, to the minute.
func moment(t time.Time) string {
	if t.IsZero() {
		return "time not known"
	}
	return t.UTC().Format("2 January 2006, 15:04") + " UTC"
}

// shares splits 100 over parts by largest remainder, so that the figures add up
// to 100. A part that is there is never "0", and one that is not all is never
// "100".
func shares(parts []int64) []string {
	var total float64
	for _, p := range parts {
		total += float64(max(p, 0))
	}
	out := make([]string, len(parts))
	whole := make([]int, len(parts))
	rest := make([]float64, len(parts))
	left := 100
	for i, p := range parts {
		if total == 0 {
			out[i] = "0"
			continue
		}
		exact := 100 * float64(max(p, 0)) / total
		whole[i] = int(exact)
		rest[i] = exact - float64(whole[i])
		left -= whole[i]
	}
	for ; total > 0 && left > 0; left-- {
		best := 0
		for i := range rest {
			if rest[i] > rest[best] {
				best = i
			}
		}
		whole[best]++
		rest[best] = -1
	}
	for i, p := range parts {
		switch {
		case total == 0:
		case p > 0 && whole[i] == 0:
			out[i] = "less than 1"
		case whole[i] >= 100 && float64(p) < total:
			out[i] = "more than 99"
		default:
			out[i] = strconv.Itoa(whole[i])
		}
	}
	return out
}

// share is part of total in "out of 100".
func share(part, total int64) string {
	return shares([]int64{part, max(total-part, 0)})[0]
}

// chance writes a probability as a percentage that is never 0 nor 100 by
// rounding.
func chance(p float64) string {
	switch {
	case p != p || p < 0 || p > 1:
		return "not known"
	case p > 0 && p < 0.0005:
		return "less than 0.1%"
	case p < 1 && p > 0.9995:
		return "more than 99.9%"
	}
	return strconv.FormatFloat(100*p, 'f', 1, 64) + "%"
}

// layerName counts layers from 1, as people do; -1 is no layer.
func layerName(i int) string {
	if i < 0 {
		return ""
	}
	return number(int64(i) + 1)
}
