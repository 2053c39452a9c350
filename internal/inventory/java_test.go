package inventory

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// jarMember is one entry of an archive that a test makes.
type jarMember struct {
	name   string
	data   []byte
	stored bool
}

func makeJar(t testing.TB, members ...jarMember) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	for _, m := range members {
		method := zip.Deflate
		if m.stored {
			method = zip.Store
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: method})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(m.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func makePOM(group, artifact, version string) jarMember {
	return jarMember{
		name: "META-INF/maven/" + group + "/" + artifact + "/pom.properties",
		data: fmt.Appendf(nil, "groupId=%s\nartifactId=%s\nversion=%s\n", group, artifact, version),
	}
}

func javaRead(t testing.TB, name string, data []byte) (*facts, error) {
	t.Helper()
	var out facts
	f, read := counted(t, name, data)
	err := readJava(f, &out)
	if most := maxTurns * int64(len(data)+4096); *read > most {
		t.Errorf("%s: %d bytes were read, where it has %d", name, *read, len(data))
	}
	return &out, err
}

// TestJavaPlaces checks the places of evidence, which the listing of the harness
// does not show, and archives that are stored as they are.
func TestJavaPlaces(t *testing.T) {
	inner := makeJar(t, makePOM("org.a", "inner", "1"))
	for _, stored := range []bool{false, true} {
		war := makeJar(t, jarMember{"WEB-INF/lib/inner.jar", inner, stored}, makePOM("org.a", "web", "2"))
		ear := makeJar(t, jarMember{"web.war", war, stored})
		out, err := javaRead(t, "opt/app-3.ear", ear)
		if err != nil || len(out.gaps) > 0 {
			t.Fatal(err, out.gaps)
		}
		var got []string
		for _, f := range out.packages {
			ev := f.pkg.Evidence[0]
			got = append(got, f.pkg.Name+" "+ev.Method+" "+ev.Path)
		}
		want := []string{
			"app file name opt/app-3.ear",
			"org.a:web pom.properties opt/app-3.ear!/web.war!/META-INF/maven/org.a/web/pom.properties",
			"org.a:inner pom.properties opt/app-3.ear!/web.war!/WEB-INF/lib/inner.jar!/META-INF/maven/org.a/inner/pom.properties",
		}
		if strings.Join(got, "\n") != strings.Join(want, "\n") {
			t.Errorf("stored %v:\n%s", stored, strings.Join(got, "\n"))
		}
	}
}

// TestJavaHostile: each archive must be told as damage or as a gap that may hide
// code, soon and in little memory.
func TestJavaHostile(t *testing.T) {
	inner := makeJar(t, makePOM("org.a", "inner", "1"))
	deep := inner
	for range limitio.MaxNested + 1 {
		deep = makeJar(t, jarMember{name: "deep.jar", data: deep})
	}
	encrypted := makeJar(t, makePOM("org.a", "a", "1"), jarMember{name: "b.jar", data: inner})
	for _, signature := range []string{"PK\x03\x04", "PK\x01\x02"} {
		flags := map[string]int{"PK\x03\x04": 6, "PK\x01\x02": 8}[signature]
		for i := 0; ; i += 4 {
			n := bytes.Index(encrypted[i:], []byte(signature))
			if n < 0 {
				break
			}
			i += n
			encrypted[i+flags] |= zipEncrypted
		}
	}
	var many []jarMember
	for i := range 40 {
		many = append(many, jarMember{name: fmt.Sprintf("%d.jar", i), data: []byte("damaged")})
	}
	// Sizes that lie: a member that says it is as small as can be, or as large.
	lying := func(size uint32) []byte {
		data := bytes.Clone(makeJar(t, jarMember{name: "liar.jar", data: inner}))
		at := bytes.LastIndex(data, []byte("PK\x01\x02"))
		for i := range 4 {
			data[at+24+i] = byte(size >> (8 * i))
		}
		return data
	}
	for name, data := range map[string][]byte{
		"deep":      deep,
		"encrypted": encrypted,
		"cut":       inner[:len(inner)/2],
		"head cut":  inner[30:],
		"many":      makeJar(t, many...),
		"small":     lying(1),
		"large":     lying(200 << 20),
		"too large": lying(0xfffffff0),
		"long name": makeJar(t, jarMember{name: strings.Repeat("n", 5000) + ".jar", data: inner}),
		"long pom":  makeJar(t, jarMember{name: makePOM("a", "b", "1").name, data: make([]byte, 1<<20)}),
		"text":      makeJar(t, jarMember{name: javaManifest, data: bytes.Repeat([]byte("A: b\n"), 1<<20)}),
	} {
		t.Run(name, func(t *testing.T) {
			out, err := javaRead(t, "x-1.jar", data)
			_, damage := errors.AsType[*landwaiter.SyntaxError](err)
			if !damage && len(out.gaps) == 0 {
				t.Fatalf("packages %v, error %v, and no gap", out.packages, err)
			}
			for _, g := range out.gaps {
				if !g.Code {
					t.Errorf("gap %+v", g)
				}
			}
			if len(out.gaps) > maxGaps+1 {
				t.Errorf("%d gaps", len(out.gaps))
			}
		})
	}
}

// TestJavaBranches reads archives that each hold many small ones, eight deep: the
// caps on the whole must end it.
func TestJavaBranches(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	data := makeJar(t, makePOM("org.a", "leaf", "1"))
	for range limitio.MaxNested {
		var members []jarMember
		for i := range 30 {
			members = append(members, jarMember{name: fmt.Sprintf("%d.jar", i), data: data})
		}
		if data = makeJar(t, members...); len(data) > 4<<20 {
			break
		}
	}
	out, err := javaRead(t, "x-1.jar", data)
	if err != nil || len(out.gaps) == 0 || len(out.packages) > javaMaxPackages {
		t.Errorf("error %v, %d packages, gaps %v", err, len(out.packages), out.gaps)
	}
	t.Logf("%d bytes: %d packages, %v", len(data), len(out.packages), out.gaps)
}

// TestJavaNames holds what decides which of several is the archive's own.
func TestJavaNames(t *testing.T) {
	for stem, want := range map[string]string{
		"commons-lang3-3.12.0":               "commons-lang3|3.12.0",
		"log4j-1.2-api-2.17.1":               "log4j|1.2-api-2.17.1", // a file name is weak evidence
		"x":                                  "x|",
		"":                                   "|",
		"-1":                                 "-1|",
		"a-":                                 "a-|",
		"netty-all-4.1.0.Final-linux-x86_64": "netty-all|4.1.0.Final-linux-x86_64",
	} {
		if a, v := javaFileName(stem); a+"|"+v != want {
			t.Errorf("javaFileName(%q) = %q, %q", stem, a, v)
		}
	}
	poms := []javaCoordinates{{artifact: "netty"}, {artifact: "netty-all"}, {artifact: "other"}}
	for file, want := range map[string]string{
		"netty-all-4.jar": "netty-all", "netty-4.jar": "netty", "a/other.jar": "other", "nettyx.jar": "",
	} {
		got := ""
		if own := javaOwn(file, poms, nil); own != nil {
			got = own.artifact
		}
		if got != want {
			t.Errorf("javaOwn(%q) = %q, want %q", file, got, want)
		}
	}
}

// TestJavaMachine compares with "unzip -p" over the archives of this machine.
func TestJavaMachine(t *testing.T) {
	jars, _ := filepath.Glob("/usr/share/java/*.jar")
	more, _ := filepath.Glob("/usr/share/maven/lib/*.jar")
	if _, err := exec.LookPath("unzip"); err != nil || len(jars) == 0 {
		t.Skip("no Java archives, or no unzip, on this machine")
	}
	seen := make(map[string]bool)
	named := 0
	for _, jar := range append(jars, more...) {
		real, err := filepath.EvalSymlinks(jar)
		if err != nil || seen[real] {
			continue
		}
		seen[real] = true
		data, err := os.ReadFile(real)
		if err != nil {
			t.Fatal(err)
		}
		out, err := javaRead(t, strings.TrimPrefix(real, "/"), data)
		if err != nil || len(out.gaps) > 0 {
			t.Errorf("%s: %v %v", real, err, out.gaps)
		}
		text, _ := exec.Command("unzip", "-p", real, "META-INF/maven/*/pom.properties").Output()
		want := strings.Count("\n"+string(text), "\nartifactId=")
		got := 0
		for _, f := range out.packages {
			if f.pkg.Evidence[0].Method == javaPOM {
				got++
				if _, artifact, _ := strings.Cut(f.pkg.Name, ":"); !strings.Contains(string(text), "artifactId="+artifact) {
					t.Errorf("%s: unzip does not see %s", real, f.pkg.Name)
				}
			}
		}
		if got != want {
			t.Errorf("%s: %d packages by pom.properties, unzip sees %d", real, got, want)
		}
		if len(out.packages) > 0 {
			named++
		}
	}
	t.Logf("%d archives, %d of them named", len(seen), named)
}

func BenchmarkJava(b *testing.B) {
	jars, _ := filepath.Glob("/usr/share/java/guava*.jar")
	if len(jars) == 0 {
		b.Skip("no guava.jar on this machine")
	}
	data, err := os.ReadFile(jars[0])
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := javaRead(b, "guava.jar", data); err != nil {
			b.Fatal(err)
		}
	}
}
