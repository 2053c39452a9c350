package inventory

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// groups gathers the files that nobody owns by the folder about which a person
// can be asked: the highest one in which nobody owns anything, but no higher
// than where unrelated things begin to share a folder.
type groups struct {
	owned  map[string]bool // folders with an owned file in or below them
	folder map[string]*landwaiter.Group
	counts map[string]map[landwaiter.FileKind]*landwaiter.Count
}

// shelves are folders that only hold other things, each with its own story. A
// group starts below them.
var shelves = map[string]bool{
	"opt": true, "home": true, "srv": true, "mnt": true, "media": true, "data": true, "usr": true, "usr/local": true, "var": true, "var/lib": true,
	"var/cache": true, "var/opt": true, "usr/lib": true, "usr/share": true, "usr/local/lib": true, "usr/local/share": true, "etc": true, "tmp": true,
}

func newGroups(files visibles, tree *image.Tree) *groups {
	g := &groups{owned: map[string]bool{}, folder: map[string]*landwaiter.Group{}, counts: map[string]map[landwaiter.FileKind]*landwaiter.Count{}}
	seen := map[int32]bool{}
	for n, f := range files.all() {
		if f.owner == noOwner {
			continue
		}
		for dir := tree.Parent(n); !seen[dir]; dir = tree.Parent(dir) {
			seen[dir], g.owned[tree.Path(dir)] = true, true
		}
	}
	return g
}

// folderOf is the folder that holds name, "" for the root.
func folderOf(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return ""
}

// place is the folder under which name is grouped.
func (g *groups) place(name string) string {
	at := folderOf(name)
	for at != "" {
		up := folderOf(at)
		if g.owned[at] || g.owned[up] || up == "" || shelves[up] || path.Dir(up) == "home" {
			return at
		}
		at = up
	}
	return at
}

func (g *groups) add(f landwaiter.File) {
	at := g.place(f.Path)
	group := g.folder[at]
	if group == nil {
		group = &landwaiter.Group{Folder: at}
		g.folder[at], g.counts[at] = group, map[landwaiter.FileKind]*landwaiter.Count{}
	}
	n := landwaiter.Count{Files: 1, Bytes: f.Size}
	group.Total.Add(n)
	kind := g.counts[at][f.Kind]
	if kind == nil {
		kind = new(landwaiter.Count)
		g.counts[at][f.Kind] = kind
	}
	kind.Add(n)
	i, _ := slices.BinarySearchFunc(group.Biggest, f, bigger)
	if i < maxBiggest {
		group.Biggest = slices.Insert(group.Biggest, i, f)
		group.Biggest = group.Biggest[:min(len(group.Biggest), maxBiggest)]
	}
}

// list is the groups, biggest first. What is past maxGroups is one last group
// without a folder.
func (g *groups) list() []landwaiter.Group {
	out := make([]landwaiter.Group, 0, len(g.folder))
	for at, group := range g.folder {
		for _, kind := range landwaiter.FileKinds() {
			if n := g.counts[at][kind]; n != nil {
				group.Kinds = append(group.Kinds, landwaiter.KindCount{Kind: kind, Count: *n})
			}
		}
		out = append(out, *group)
	}
	slices.SortFunc(out, func(a, b landwaiter.Group) int {
		return cmp.Or(cmp.Compare(b.Total.Bytes, a.Total.Bytes), cmp.Compare(b.Total.Files, a.Total.Files), cmp.Compare(a.Folder, b.Folder))
	})
	if len(out) <= maxGroups {
		return out
	}
	rest := landwaiter.Group{Others: len(out) - maxGroups}
	kinds := map[landwaiter.FileKind]landwaiter.Count{}
	for i := maxGroups; i < len(out); i++ {
		rest.Total.Add(out[i].Total)
		rest.Copies += out[i].Copies
		for _, k := range out[i].Kinds {
			n := kinds[k.Kind]
			n.Add(k.Count)
			kinds[k.Kind] = n
		}
		rest.Biggest = append(rest.Biggest, out[i].Biggest...)
	}
	for _, kind := range landwaiter.FileKinds() {
		if n, ok := kinds[kind]; ok {
			rest.Kinds = append(rest.Kinds, landwaiter.KindCount{Kind: kind, Count: n})
		}
	}
	slices.SortFunc(rest.Biggest, bigger)
	rest.Biggest = rest.Biggest[:min(len(rest.Biggest), maxBiggest)]
	return append(out[:maxGroups], rest)
}
