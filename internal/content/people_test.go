package content

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/inventory"
)

func sumOf(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// number makes a number that passes the check, of no range that anybody is given.
func number(r *rand.Rand, first string) string {
	for {
		d := []byte(first + drawn(r, 10-len(first), digits))
		for c := byte('0'); c <= '9'; c++ {
			if d[9] = c; lastFits(d) {
				return string(d)
			}
		}
	}
}

func whats(marks []inventory.Mark) (out []string) {
	for _, m := range marks {
		out = append(out, fmt.Sprintf("%s ×%d", m.What, m.Count))
	}
	slices.Sort(out)
	return out
}

func TestNumbersOfPeople(t *testing.T) {
	k := New()
	r := rand.New(rand.NewPCG(7, 8))
	table := func(head string, n int, row func(i int) string) string {
		b := head + "\n"
		for i := range n {
			b += row(i) + "\n"
		}
		return b
	}
	// "8" begins no number that is in use: these are of nobody.
	nhs := func(int) string { return "x," + number(r, "8") + ",7" }
	spacedOut := func(int) string { d := number(r, "8"); return d[:3] + " " + d[3:6] + " " + d[6:] + ",1" }
	chance := func(int) string { return "x," + drawn(r, 10, digits) }
	nino := func(int) string { return "CZ" + drawn(r, 6, digits) + "B,1" }
	for _, c := range []struct {
		name, text, want string
	}{
		{"data.csv", table("id,nhs_number,n", 40, nhs), "NHS numbers ×40"},
		{"data.csv", table("NHS No,n", 12, spacedOut), "NHS numbers ×12"},
		{"data.csv", table("id,nhs_number,n", 9, nhs), ""},                                                  // too few to be sure
		{"data.csv", table("id,code,n", 40, nhs), whatMayNHS + " ×40"},                                      // no word says it
		{"data.csv", table("isbn,n,nhs", 40, nhs), ""},                                                      // books
		{"data.csv", table("id,nhs_number", 3000, chance), ""},                                              // one in eleven fits by chance
		{"data.csv", table("id,nhs_number", 40, func(i int) string { return "x," + number(r, "999") }), ""}, // for tests
		{"data.csv", table("id,nhs", 40, func(int) string { return "x," + number(r, "8") + "0" }), ""},      // eleven digits
		{"data.csv", table("id,nhs", 40, func(int) string { return "x,1." + number(r, "8") }), ""},          // a fraction
		{"data.csv", table("CHI number", 20, func(int) string { return number(r, "3102") }), "CHI numbers ×20"},
		{"data.csv", table("national insurance", 15, nino), whatNINO + " ×15"},
		{"data.csv", table("serial", 15, nino), ""},
		{"data.csv", table("serial", 60, nino), whatMayNINO + " ×60"},
	} {
		for _, piece := range []int{1 << 20, 13} {
			if got := strings.Join(whats(see(k, c.name, []byte(c.text), piece)), "; "); got != c.want {
				t.Errorf("%.30q: %q, want %q", c.text, got, c.want)
			}
		}
	}
}

// TestByChance: of ten thousand files of numbers drawn at random none is taken for data
// about people, at any size.
func TestByChance(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	for range 10_000 {
		n := 1 + r.IntN(200)
		hit := 0
		for range n {
			if lastFits([]byte(drawn(r, 10, digits))) {
				hit++
			}
		}
		if hit >= surePeople && tail(n, hit, 1.0/11) < byChance {
			t.Fatalf("%d of %d", hit, n)
		}
	}
	if p := tail(10, 10, 1.0/11); p > byChance {
		t.Errorf("ten of ten: %g", p)
	}
}

func TestLastFits(t *testing.T) {
	// The example of the NHS Data Dictionary.
	if !lastFits([]byte("9434765919")) || lastFits([]byte("9434765918")) {
		t.Error("modulus 11")
	}
}

func TestColumns(t *testing.T) {
	for names, want := range map[string]bool{
		"NHS_Number,x": true, "surname,forename,dob": true, "patient_id,date of birth": true, "age,sex,height,weight": false,
		"mpg,cyl,disp,hp": false, "Name,Age,Sex,Ticket,Fare": false, "id,email,phone": false, "Sepal.Length,Species": false, "postcode,lat,long": false,
	} {
		if got := about(strings.Split(names, ",")) >= enoughColumns; got != want {
			t.Errorf("%s: %v", names, got)
		}
	}
}

// picture makes the start of a DICOM file, explicit and little-endian.
func picture(name, id, born string) []byte {
	b := append(make([]byte, 128), "DICM"...)
	put := func(group, element uint16, form, v string) {
		if len(v)%2 == 1 {
			v += " "
		}
		b = binary.LittleEndian.AppendUint16(b, group)
		b = binary.LittleEndian.AppendUint16(b, element)
		b = append(b, form...)
		b = binary.LittleEndian.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
	}
	put(2, 0x10, "UI", "1.2.840.10008.1.2.1")
	put(8, 0x60, "CS", "MR")
	put(0x10, 0x10, "PN", name)
	put(0x10, 0x20, "LO", id)
	put(0x10, 0x30, "DA", born)
	put(0x28, 0x10, "US", "\x00\x01")
	return b
}

func TestPatients(t *testing.T) {
	k := New()
	for _, c := range []struct{ name, id, born, want string }{
		{"Qwzx^Vrpt", "7731904", "19000307", whatPatient + " ×1"},
		{"ANONYMOUS", "ANON7", "", ""},
		{"", "", "", ""},
		{"Test^Phantom", "PH1", "20010101", ""},
		{"Qwzx^Vrpt", "", "", whatMayPatient + " ×1"},
		{"", "7731904", "19440307", whatMayPatient + " ×1"},
	} {
		w := k.watch()
		data := picture(c.name, c.id, c.born)
		if !w.File(inventory.Passing{Path: "a.dcm", Format: "DICOM", Head: data}) {
			t.Fatal("not wanted")
		}
		_, _ = w.Write(data)
		w.End()
		got := strings.Join(whats(w.marks), "; ")
		if got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
		if c.name != "" && strings.Contains(fmt.Sprint(w.marks), c.name) {
			t.Error("the name is said")
		}
	}
}

func FuzzDICOM(f *testing.F) {
	f.Add(picture("a^b", "1", "19500102"))
	f.Fuzz(func(t *testing.T, data []byte) {
		d := readDICOM(data)
		if len(d.name) > 256 || len(d.id) > 256 || len(d.born) > 256 {
			t.Error("more was read than is looked at")
		}
	})
}
