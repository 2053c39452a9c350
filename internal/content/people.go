package content

import (
	"bytes"
	"math"
	"strings"

	"github.com/landwaiter/landwaiter/internal/inventory"
)

// What is seen of numbers of people.
const (
	whatNHS     = "NHS numbers"
	whatMayNHS  = "numbers built as NHS numbers are"
	whatCHI     = "CHI numbers"
	whatNINO    = "National Insurance numbers"
	whatMayNINO = "texts built as National Insurance numbers are"
)

const (
	// maxDistinct is how many different numbers of a file are counted. They decide.
	maxDistinct = 4096
	// surePeople is how many different numbers there must be, at least.
	surePeople = 10
	// mayPeople is how many, where no word says what they are.
	mayPeople = 25
	// byChance is how likely it may be that numbers drawn at random look so. One in
	// eleven has the right last digit, and an image has some hundred thousand files.
	byChance = 1e-9
	aboutIt  = 200 // bytes before a number in which a word may say what it is
)

// people counts the numbers of one file. It is emptied at its end.
type people struct {
	ten, nhs, dated, chi, nino map[uint64]bool
	sayNHS, sayCHI, sayNINO    bool
	sayBook                    bool // the numbers of books are built in the same way
}

func (p *people) reset() {
	for _, m := range []*map[uint64]bool{&p.ten, &p.nhs, &p.dated, &p.chi, &p.nino} {
		if *m == nil {
			*m = map[uint64]bool{}
		}
		clear(*m)
	}
	p.sayNHS, p.sayCHI, p.sayNINO, p.sayBook = false, false, false, false
}

func add(m map[uint64]bool, v uint64) {
	if len(m) < maxDistinct {
		m[v] = true
	}
}

func isDigit(c byte) bool { return c-'0' < 10 }

// numbers looks for numbers of people in the buffer before end. Of four bytes one is
// looked at: each form has four digits in a row.
func (w *watch) numbers(end int) {
	b := w.buf
	const step = 4
	for i := w.done + step - 1; i < min(end+step-1, len(b)); i += step {
		if !isDigit(b[i]) {
			continue
		}
		from, to := i, i+1
		for from > 0 && i-from < 16 && isDigit(b[from-1]) {
			from--
		}
		for to < len(b) && to-i < 16 && isDigit(b[to]) {
			to++
		}
		switch n := to - from; {
		case from < w.done || from >= end:
		case n == 10:
			w.tenDigits(b[from:to], from, to)
		case n == 4 && from >= 8 && spaced(b[from-8:from]):
			w.tenDigits(append(append(append([]byte{}, b[from-8:from-5]...), b[from-4:from-1]...), b[from:to]...), from-8, to)
		case n == 6 && from >= 2 && to < len(b):
			w.insurance(from, to)
		}
		i = max(i, (to-1-i)/step*step+i)
	}
}

// spaced reports whether b is "123 456 " or "123-456-".
func spaced(b []byte) bool {
	sep := b[3]
	return (sep == ' ' || sep == '-') && b[7] == sep && isDigit(b[0]) && isDigit(b[1]) && isDigit(b[2]) && isDigit(b[4]) && isDigit(b[5]) && isDigit(b[6])
}

// tenDigits counts a number of ten digits that stands by itself.
func (w *watch) tenDigits(d []byte, from, to int) {
	if from > 0 && joined(w.buf[from-1]) || to < len(w.buf) && joined(w.buf[to]) {
		return
	}
	var v uint64
	for _, c := range d {
		v = v*10 + uint64(c-'0')
	}
	p := &w.people
	if len(p.ten) >= maxDistinct {
		return
	}
	fits := lastFits(d)
	add(p.ten, v)
	if isDate(d) {
		add(p.dated, v)
		if fits {
			add(p.chi, v)
		}
	}
	// 999 is kept for tests, and a row of one digit is nobody's.
	if fits && string(d[:3]) != "999" && bytes.Count(d, d[:1]) != 10 {
		add(p.nhs, v)
		if len(p.nhs) <= 64 {
			w.words(from)
		}
	}
}

// joined reports whether a byte makes a number a part of something longer.
func joined(c byte) bool { return isWord(c) || c == '.' || c == '-' || c == '+' || c == '/' }

// lastFits reports whether the last of ten digits is the check digit of the others.
//
// Source: NHS Data Dictionary, "NHS NUMBER", modulus 11.
func lastFits(d []byte) bool {
	sum := 0
	for i := range 9 {
		sum += int(d[i]-'0') * (10 - i)
	}
	want := 11 - sum%11
	if want == 11 {
		want = 0
	}
	return want != 10 && int(d[9]-'0') == want
}

// isDate reports whether ten digits begin with a day, a month and a year.
func isDate(d []byte) bool {
	two := func(i int) int { return int(d[i]-'0')*10 + int(d[i+1]-'0') }
	day, month := two(0), two(2)
	return day >= 1 && day <= 31 && month >= 1 && month <= 12
}

// insurance counts six digits that stand in a National Insurance number.
//
// Source: HMRC National Insurance Manual, NIM39110.
func (w *watch) insurance(from, to int) {
	a, b, c := w.buf[from-2], w.buf[from-1], w.buf[to]
	if from >= 3 && joined(w.buf[from-3]) || to+1 < len(w.buf) && joined(w.buf[to+1]) || c < 'A' || c > 'D' {
		return
	}
	if a < 'A' || a > 'Z' || b < 'A' || b > 'Z' || strings.IndexByte("DFIQUV", a) >= 0 || strings.IndexByte("DFIQUVO", b) >= 0 {
		return
	}
	switch string([]byte{a, b}) {
	case "BG", "GB", "NK", "KN", "TN", "NT", "ZZ":
		return
	}
	v := uint64(a)<<16 | uint64(b)<<8 | uint64(c)
	for _, d := range w.buf[from:to] {
		v = v*10 + uint64(d-'0')
	}
	add(w.people.nino, v)
	if len(w.people.nino) <= 64 {
		w.words(from)
	}
}

// words looks in front of a number, and at the file's beginning and name, for words
// that say what it is.
func (w *watch) words(at int) {
	p := &w.people
	if p.sayNHS && p.sayNINO {
		return
	}
	for _, text := range [][]byte{w.buf[max(0, at-aboutIt):at], w.first, []byte(w.p.Path)} {
		low := bytes.ToLower(text)
		has := func(words ...string) bool {
			for _, s := range words {
				if bytes.Contains(low, []byte(s)) {
					return true
				}
			}
			return false
		}
		p.sayNHS = p.sayNHS || has("nhs")
		p.sayCHI = p.sayCHI || has("chi_n", "chi n", "chino", "chinum", "community health index") || bytes.Contains(text, []byte("CHI"))
		p.sayNINO = p.sayNINO || has("national insurance", "nino", "ni_num", "ni num", "ninum", "national_insurance")
		p.sayBook = p.sayBook || has("isbn")
	}
}

// counted ends a file: what its numbers are.
func (w *watch) counted() {
	p := &w.people
	say := func(what string, n int) {
		w.here = append(w.here, inventory.Mark{Record: w.p.Record, Inside: w.p.Inside, What: what, Count: int64(n)})
	}
	nhs, chi := len(p.nhs), len(p.chi)
	unlikely := tail(len(p.ten), nhs, 1.0/11) < byChance
	switch {
	case nhs >= surePeople && unlikely && p.sayNHS && !p.sayBook:
		say(whatNHS, nhs)
	case chi >= surePeople && p.sayCHI && !p.sayBook && tail(len(p.dated), chi, 1.0/11) < byChance:
		say(whatCHI, chi)
	case nhs >= mayPeople && unlikely && !p.sayBook:
		say(whatMayNHS, nhs)
	}
	switch n := len(p.nino); {
	case n >= surePeople && p.sayNINO:
		say(whatNINO, n)
	case n >= mayPeople:
		say(whatMayNINO, n)
	}
	p.reset()
}

// tail is the chance that of n draws k or more hit, where one hits with chance p.
func tail(n, k int, p float64) float64 {
	if k <= 0 {
		return 1
	}
	sum := 0.0
	ln := func(x int) float64 { g, _ := math.Lgamma(float64(x) + 1); return g }
	for i := k; i <= n; i++ {
		sum += math.Exp(ln(n) - ln(i) - ln(n-i) + float64(i)*math.Log(p) + float64(n-i)*math.Log(1-p))
	}
	return sum
}
