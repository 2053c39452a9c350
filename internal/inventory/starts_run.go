package inventory

import (
	"bytes"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// script is one visible script of which something was noted.
type script struct {
	*start
	node int32
	path string
	runs bool // when something starts
}

// started lists the visible scripts that fetch or change software and that run when
// something starts, by path: by their place, because the configuration starts them, or
// because a script runs them that does.
func (r *Result) started(g *merge) {
	noted := map[image.Content]*start{}
	for i, l := range g.layers {
		for j := range l.starts {
			noted[image.Content{Layer: int32(i), Record: l.starts[j].record}] = &l.starts[j]
		}
	}
	if len(noted) == 0 {
		return
	}
	named := g.startNodes()
	var all []*script
	for n := range r.files.all() {
		if x := noted[g.tree.Content(n)]; x != nil {
			name := g.tree.Path(n)
			all = append(all, &script{x, n, name, named[n] || startsAt(name)})
		}
	}
	g.followCalls(all)
	for _, s := range all {
		if !s.runs {
			continue
		}
		if s.cut {
			r.Gaps = append(r.Gaps, landwaiter.Gap{
				Path: s.path, Layer: int(g.tree.At(s.node).Layer), Bytes: g.tree.Size(s.node) - maxStartText,
				Reason: "it runs when the software starts; only its first 1 MiB was searched for what it fetches",
			})
		}
		if len(s.steps) == 0 {
			continue
		}
		out := r.owned(s.node, &r.files[s.node])
		out.Nature = &landwaiter.Nature{Format: "script"}
		if c := g.tree.Content(s.node); g.layers[c.Layer].natures[c.Record] != nil {
			*out.Nature = *g.layers[c.Layer].natures[c.Record]
		}
		out.Nature.Fetches = s.steps
		r.Starts = append(r.Starts, out)
	}
}

// followCalls marks the scripts that run because others do. A name without its folder
// is that of a script beside the one that says it, or of the only script of that name.
func (g *merge) followCalls(all []*script) {
	byNode, byName := map[int32]*script{}, map[string][]*script{}
	var queue []*script
	for _, s := range all {
		byNode[s.node] = s
		byName[path.Base(s.path)] = append(byName[path.Base(s.path)], s)
		if s.runs {
			queue = append(queue, s)
		}
	}
	for n := 0; n < len(queue); n++ {
		for _, call := range queue[n].calls {
			called := byNode[g.scriptAt(call)]
			for _, s := range byName[call] {
				if len(byName[call]) == 1 || path.Dir(s.path) == path.Dir(queue[n].path) {
					called = s
				}
			}
			if called != nil && !called.runs {
				called.runs = true
				queue = append(queue, called)
			}
		}
	}
}

// scriptAt is the node of the file that a whole path leads to, -1 for none.
func (g *merge) scriptAt(name string) int32 {
	if !strings.HasPrefix(name, "/") {
		return -1
	}
	if v, ok := g.tree.Follow(name); ok && g.files[v.Node].is(flagFile) {
		return v.Node
	}
	return -1
}

// startNodes are the files that the configuration's words may stand for: paths, and
// bare names wherever they lie. Which folders are searched, and in which one it
// starts, the values of variables would say, which are left out.
func (g *merge) startNodes() map[int32]bool {
	out := map[int32]bool{}
	bare := map[string]bool{}
	for _, w := range g.words {
		if n := g.scriptAt(w); n >= 0 {
			out[n] = true
		} else {
			bare[path.Base(w)] = true
		}
	}
	if len(bare) == 0 {
		return out
	}
	var name []byte
	for i := range g.files {
		n := int32(i)
		if !g.tree.Named(n) {
			continue
		}
		name = g.tree.AppendPath(name[:0], n)
		if bare[string(name[bytes.LastIndexByte(name, '/')+1:])] {
			if n := g.scriptAt("/" + string(name)); n >= 0 {
				out[n] = true
			}
		}
	}
	return out
}

// startWords are the words of a configuration that may name what it starts.
func startWords(c *landwaiter.ImageConfig) []string {
	var out []string
	for _, list := range [][]string{c.Entrypoint, c.Cmd} {
		for _, arg := range list {
			for _, w := range strings.FieldsFunc(arg, func(r rune) bool { return strings.ContainsRune(" \t\n;&|()\"'", r) }) {
				if !strings.HasPrefix(w, "-") && strings.Trim(w, "./") != "" {
					out = append(out, w)
				}
			}
		}
	}
	return out
}
