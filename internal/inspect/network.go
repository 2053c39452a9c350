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
	for i := range in.Packages {
		if p := &in.Packages[i]; !p.Declared {
			for k := range clients {
				if clients[k].is(p) {
					ids[k] = append(ids[k], p.ID)
				}
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

// is reports whether the row speaks of a package.
func (c *client) is(p *landwaiter.Package) bool {
	return slices.ContainsFunc(c.packages, func(n string) bool {
		ecosystem, name, _ := strings.Cut(n, ":")
		base, more := strings.CutSuffix(name, "*")
		return p.Ecosystem == ecosystem && (plainName(p) == name || more && strings.HasPrefix(plainName(p), base))
	})
}

// plainName is a name as the table spells it: of Python's, any of "-_." is a "-".
func plainName(p *landwaiter.Package) string {
	if p.Ecosystem == "python" {
		return strings.ToLower(strings.NewReplacer("_", "-", ".", "-").Replace(p.Name))
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
