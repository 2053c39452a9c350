package judge

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/landwaiter/landwaiter/internal/rules"
)

// TestDocIsTrue: what docs/method.md shows can be read, what it lets a rule ask can
// be asked, and it names every key.
func TestDocIsTrue(t *testing.T) {
	raw, err := os.ReadFile("../../docs/method.md")
	if err != nil {
		t.Fatal(err)
	}
	doc := string(raw)
	blocks := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(doc, -1)
	for _, b := range blocks {
		file := ownFile(t)
		if strings.HasPrefix(b[1], "loosened:") {
			file = edit(t, file, "freshDays: 180", "freshDays: 365")
		}
		if _, err := readMethod(t, file+b[1]); err != nil {
			t.Errorf("%v in\n%s", err, b[1])
		}
	}
	c, err := rules.NewCompiler()
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(doc, "| ask | by |")
	table, _, _ = strings.Cut(table, "\n\n")
	asks := regexp.MustCompile("(?m)^\\|[^|]+\\| `(.+)` \\|$").FindAllStringSubmatch(table, -1)
	for _, a := range asks {
		if _, err := c.Compile(a[1]); err != nil {
			t.Errorf("%s: %v", a[1], err)
		}
	}
	if len(blocks) != 3 || len(asks) != 8 {
		t.Errorf("%d blocks, %d questions", len(blocks), len(asks))
	}
	s, _ := readSchema(t)
	for key := range s.Properties {
		if !strings.Contains(doc, "`"+key+"`") {
			t.Errorf("docs/method.md does not name %s", key)
		}
	}
}
