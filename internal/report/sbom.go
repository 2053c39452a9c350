package report

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/landwaiter/landwaiter"
)

// What both forms of a bill of materials share. Each says what was observed, with
// its evidence, and how much nobody could name: a list that looks whole and is not
// would be worse than none.

// writeBOM writes a bill of materials as JSON in the manner of writeJSON.
func writeBOM(w io.Writer, what string, bom any) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(bom); err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	out := bufio.NewWriter(w)
	writeEscaped(out, buf.Bytes())
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing %s: %w", what, err)
	}
	return nil
}

// bomID is a UUID that the same assessment always gets: of what was read, when, and
// by which tool. No name of a machine and no chance is in it.
//
// Format: RFC 9562, version 8.
func bomID(a *landwaiter.Assessment, format string) string {
	h := sha256.New()
	// The encoder cannot fail: all of these are text and numbers.
	_ = json.NewEncoder(h).Encode([]any{
		format, a.Subject.Fingerprint(), a.Subject.Reference, a.Subject.Platform, stamp(a.At), a.Tool, a.Account,
		len(a.Packages), len(a.Unowned), len(a.Gaps),
	})
	return uuid(h.Sum(nil))
}

// uuid makes a UUID of the first 16 bytes of a digest.
func uuid(sum []byte) string {
	u := slices.Clone(sum[:16])
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	s := hex.EncodeToString(u)
	return strings.Join([]string{s[:8], s[8:12], s[12:16], s[16:20], s[20:]}, "-")
}

// stamp writes a time as both formats want it: to the second, in UTC. A year that
// their form has no room for becomes the first that it has.
func stamp(t time.Time) string {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		t = time.Time{}
	}
	return t.Format(time.RFC3339)
}

// sha256Hex returns the hex digits of "sha256:HEX" or of HEX alone, and "" for
// anything else.
func sha256Hex(digest string) string {
	s := strings.ToLower(strings.TrimPrefix(digest, "sha256:"))
	if len(s) != 64 || strings.Trim(s, "0123456789abcdef") != "" {
		return ""
	}
	return s
}

// layerOf returns the layer at index i, counted from 1 as people do, with its
// digest: of the bytes as stored, or where the source stores none of the
// uncompressed tar. n is 0 where there is no such layer.
func layerOf(a *landwaiter.Assessment, i int) (n int, digest string) {
	if i < 0 || i >= len(a.Subject.Layers) {
		return 0, ""
	}
	l := &a.Subject.Layers[i]
	if l.Digest != "" {
		return i + 1, l.Digest
	}
	return i + 1, l.DiffID
}

// layerText is layerOf in words, "" where there is no such layer.
func layerText(a *landwaiter.Assessment, i int) string {
	n, digest := layerOf(a, i)
	if n == 0 {
		return ""
	}
	return strings.TrimSpace(fmt.Sprintf("layer %d %s", n, digest))
}

// named counts what has a name, whether a list of weaknesses covers it or not.
func named(acc *landwaiter.Account) landwaiter.Count {
	n := acc.Covered
	n.Add(acc.Uncovered)
	return n
}

// accountLine is one figure of the account, for a machine.
type accountLine struct {
	name string
	n    landwaiter.Count
}

func accountLines(a *landwaiter.Assessment) []accountLine {
	lines := []accountLine{}
	add := func(prefix string, acc *landwaiter.Account) {
		lines = append(lines,
			accountLine{prefix + "total", acc.Total}, accountLine{prefix + "named", named(acc)},
			accountLine{prefix + "unnamed", acc.Unnamed}, accountLine{prefix + "closed", acc.Closed},
			accountLine{prefix + "unread", acc.Unread},
		)
	}
	add("account:", &a.Account)
	lines = append(lines, accountLine{"account:hidden", a.Account.Hidden})
	if a.Account.Code != nil {
		add("account:code:", a.Account.Code)
	}
	return lines
}

// completeness says how whole the list of software is: "incomplete" where there are
// files that nobody named, "unknown" where something could not be looked into. It
// never says "complete": that every byte has a name does not make a list of names
// whole.
func completeness(a *landwaiter.Assessment) string {
	if a.Account.Unnamed.Files > 0 || a.Account.Unnamed.Bytes > 0 {
		return "incomplete"
	}
	return "unknown"
}

// accountText says in one paragraph what the list does not hold.
func accountText(a *landwaiter.Assessment) string {
	acc := &a.Account
	of := func(n landwaiter.Count) string { return fmt.Sprintf("%d bytes in %d files", n.Bytes, n.Files) }
	return fmt.Sprintf("Of %s, software on this list owns %s. Not named: %s. Known form, closed to us: %s. Not read: %s. "+
		"Those may hold software that this list lacks. Places that could not be read or said: %d.",
		of(acc.Total), of(named(acc)), of(acc.Unnamed), of(acc.Closed), of(acc.Unread), len(a.Gaps))
}

// gapText says one gap.
func gapText(a *landwaiter.Assessment, g landwaiter.Gap) string {
	var parts []string
	if g.Path != "" {
		parts = append(parts, g.Path)
	}
	if l := layerText(a, g.Layer); l != "" {
		parts = append(parts, l)
	}
	if g.Bytes >= 0 {
		parts = append(parts, fmt.Sprintf("%d bytes", g.Bytes))
	}
	parts = append(parts, g.Reason)
	if g.Code {
		parts = append(parts, "it may hide programs")
	}
	return "Could not be read or said: " + strings.Join(parts, "; ") + "."
}

// fact is one more thing that is known of a package or a file, under a name that a
// machine can rely on.
type fact struct{ name, value string }

// factList collects facts and leaves out those without a value.
type factList []fact

func (l *factList) add(name, value string) {
	if value != "" {
		*l = append(*l, fact{name, value})
	}
}

func (l *factList) count(n landwaiter.Count) {
	l.add("files", fmt.Sprint(n.Files))
	l.add("bytes", fmt.Sprint(n.Bytes))
}

func (l *factList) layer(a *landwaiter.Assessment, i int) {
	if n, digest := layerOf(a, i); n > 0 {
		l.add("layer", fmt.Sprint(n))
		l.add("layerDigest", digest)
	}
}

func packageFacts(a *landwaiter.Assessment, p *landwaiter.Package, changed map[string][]string) factList {
	var l factList
	l.add("ecosystem", p.Ecosystem)
	l.layer(a, p.Layer)
	l.add("arch", p.Arch)
	l.add("sourceName", p.SourceName)
	l.add("sourceVersion", p.SourceVersion)
	l.add("modularity", p.Modularity)
	l.add("origin", p.Origin)
	l.add("ownedBy", p.OwnedBy)
	l.add("partOf", p.PartOf)
	for _, m := range p.Mapped {
		l.add("mapped", m)
	}
	l.count(p.Owns)
	if p.Requested {
		l.add("requested", "true")
	}
	if p.Declared {
		l.add("declaredOnly", "true")
	}
	for _, path := range changed[p.ID] {
		l.add("changedFile", path)
	}
	return l
}

func fileFacts(a *landwaiter.Assessment, f *landwaiter.File) factList {
	var l factList
	l.layer(a, f.Layer)
	l.add("kind", string(f.Kind))
	l.add("bytes", fmt.Sprint(f.Size))
	l.add("mode", octal(f.Mode))
	if f.Nature != nil {
		l.add("format", f.Nature.Format)
		l.add("sameAs", f.Nature.SameAs)
	}
	return l
}

// changedFiles are the paths of programs that are not what their owner shipped, by
// the owner's ID.
func changedFiles(a *landwaiter.Assessment) map[string][]string {
	out := map[string][]string{}
	for i := range a.Changed {
		if f := &a.Changed[i]; f.Owner != "" {
			out[f.Owner] = append(out[f.Owner], f.Path)
		}
	}
	return out
}
