package inventory

import (
	"crypto/sha1"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/image"
	"github.com/landwaiter/landwaiter/internal/lwtest"
)

// TestNoSumIsSaid: in a layer that dpkg made no SHA-1 is taken. Where apk claims a
// program there all the same, nobody may take it for intact, or for changed: a gap
// says it. In a layer of apk's own, or of nobody's, it is compared.
func TestNoSumIsSaid(t *testing.T) {
	const program = "#!/bin/sh\necho shipped\n"
	sum := sha1.Sum([]byte(program))
	db := "P:tool\nV:1.0-r0\nF:usr/bin\nR:tool\nZ:Q1" + base64.StdEncoding.EncodeToString(sum[:]) + "\n\n"
	for _, c := range []struct {
		name, first, content string
		gap                  bool
		changed              int
	}{
		{"nobody's layer", "etc/motd", program, false, 0},
		{"nobody's layer, changed", "etc/motd", program + "more\n", false, 1},
		{"dpkg's layer", "etc/dpkg/origins", program, true, 0},
		{"dpkg's layer, changed", "etc/dpkg/origins", program + "more\n", true, 0},
		{"dpkg's and apk's", "etc/apk/world --\ntool\n-- 0/etc/dpkg/origins", program + "more\n", false, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := "-- 0/" + c.first + " --\nx\n-- 0/lib/apk/db/installed --\n" + db + "-- 0/usr/bin/tool --\n" + c.content
			im, err := image.Open(t.Context(), "oci:"+lwtest.Layout(t, text), image.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer im.Close()
			r, err := Read(t.Context(), im, new(Stats), nil)
			if err != nil {
				t.Fatal(err)
			}
			said := false
			for _, g := range r.Gaps {
				said = said || strings.Contains(g.Reason, "not compared with what was shipped") && g.Code && g.Bytes == int64(len(c.content))
			}
			if said != c.gap || len(r.Changed) != c.changed {
				t.Errorf("gap %v, changed %v, gaps %v", said, r.Changed, r.Gaps)
			}
		})
	}
}
