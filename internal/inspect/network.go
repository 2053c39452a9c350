package inspect

import (
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// networkClients finds software that contacts others by itself, beyond what it is
// asked to do: one finding for each row of the table. Where the image names the
// variable that switches it off, the finding says so; its value is nobody's to see.
func networkClients(in *Input) []landwaiter.Finding {
	ids := make([][]string, len(clients))
	rows := clientRows()
	for i := range in.Packages {
		p := &in.Packages[i]
		if p.Declared {
			continue
		}
		plain := plainName(p)
		for _, n := range rows[p.Ecosystem] {
			at := len(ids[n.row]) - 1
			if n.is(plain) && (at < 0 || ids[n.row][at] != p.ID) {
				ids[n.row] = append(ids[n.row], p.ID)
			}
		}
	}
	var out []landwaiter.Finding
	for k := range clients {
		c := &clients[k]
		env := in.Subject.Config.Env
		asks := slices.ContainsFunc(c.askedBy, func(name string) bool { return slices.Contains(env, name) })
		if len(ids[k]) == 0 && !asks {
			continue
		}
		out = append(out, landwaiter.Finding{
			ID: string(landwaiter.KindNetworkClient) + ":" + c.id, Kind: landwaiter.KindNetworkClient, Confidence: landwaiter.ConfidenceObserved,
			Packages: named(ids[k]), Detail: c.detail(env), Seen: landwaiter.Count{Files: int64(max(len(ids[k]), 1))},
		})
	}
	return out
}

// clientName is a name of the table's, whole or as a beginning.
type clientName struct {
	row  int
	name string
	more bool // any ending will do
}

func (n *clientName) is(plain string) bool {
	return plain == n.name || n.more && strings.HasPrefix(plain, n.name)
}

// clientRows are the names of the table by ecosystem.
func clientRows() map[string][]clientName {
	out := map[string][]clientName{}
	for k := range clients {
		for _, n := range clients[k].packages {
			ecosystem, name, _ := strings.Cut(n, ":")
			base, more := strings.CutSuffix(name, "*")
			out[ecosystem] = append(out[ecosystem], clientName{k, base, more})
		}
	}
	return out
}

var dashes = strings.NewReplacer("_", "-", ".", "-")

// plainName is a name as the table spells it: of Python's, any of "-_." is a "-".
func plainName(p *landwaiter.Package) string {
	if p.Ecosystem == "python" {
		return strings.ToLower(dashes.Replace(p.Name))
	}
	return p.Name
}

// detail says what the software does, and how that is switched off.
func (c *client) detail(env []string) string {
	s := c.id + ": " + c.does
	set := ""
	for _, name := range c.off {
		if slices.Contains(env, name) {
			set = name
			break
		}
	}
	switch {
	case set != "":
		s += "; the image sets " + set + ", which can switch this off"
	case len(c.off) > 0:
		s += "; " + strings.Join(c.off, " or ") + " can switch this off, and the image sets no such variable"
	case c.offBy != "":
		s += "; it is switched off by " + c.offBy
	}
	return s
}
