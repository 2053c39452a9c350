package inventory

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

const rockManifest = "rock_manifest"

var luaWant = want{
	bases:    []string{rockManifest},
	suffixes: []string{".rockspec"},
	maxBytes: limitio.MaxMetadata,
	also:     func(name string) bool { _, ok := rockPlaceOf(name); return ok },
}

// rockPlace is where an installed rock lies: ROOT/lib/luarocks/rocks-LUA/NAME/VERSION.
type rockPlace struct {
	root          string // with its trailing slash, "" at the root of the image
	lua           string // Lua's version, "" where the tree does not say
	folder        string // the rock's own
	name, version string
}

// rockPlaceOf reads the path of a rock_manifest or a rockspec. A rockspec anywhere
// else is part of a source tree.
func rockPlaceOf(file string) (p rockPlace, ok bool) {
	p.folder = path.Dir(file)
	p.version = path.Base(p.folder)
	above := path.Dir(p.folder)
	p.name = path.Base(above)
	rocks := path.Dir(above)
	base := path.Base(rocks)
	if base != "rocks" {
		if p.lua, ok = strings.CutPrefix(base, "rocks-"); !ok || p.lua == "" {
			return p, false
		}
	}
	p.root, ok = strings.CutSuffix(rocks, "lib/luarocks/"+base)
	ok = ok && (p.root == "" || strings.HasSuffix(p.root, "/")) && rockVersion(p.version)
	if strings.HasSuffix(file, ".rockspec") {
		ok = ok && path.Base(file) == p.name+"-"+p.version+".rockspec"
	}
	return p, ok
}

// rockVersion reports whether s can be a rock's version: "1.0-1", "scm-1",
// "dev-1". All end in a number that counts the builds.
func rockVersion(s string) bool {
	_, build, ok := cutLast(s, "-")
	return ok && build != "" && strings.Trim(build, "0123456789") == ""
}

// readLua reads the two files that LuaRocks leaves for a rock: its list of files,
// and what the rock's author says. Both are Lua, read as data and never run. The
// folder names the rock. The key is the folder.
//
// Format: https://github.com/luarocks/luarocks/wiki/Rock-file-format and
// Rockspec-format.
func readLua(f *file, out *facts) error {
	p, ok := rockPlaceOf(f.Path)
	if !ok {
		return nil
	}
	if !printable(p.name) || !printable(p.version) {
		out.Gap(f.Path, -1, true, "a rock of Lua whose folder is no name and version")
		return nil
	}
	out.Package("folder name", landwaiter.Package{
		Ecosystem: "lua", Name: p.name, Version: p.version, PURL: purl("luarocks", "", p.name, p.version),
	}, p.folder)
	out.OwnsTree(p.folder, p.folder)
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	set, line, err := luaData(asUTF8(string(text)))
	if path.Base(f.Path) != rockManifest {
		p.spec(set, out)
		if err != nil { // the rock is named; only what it needs may be missing
			out.Gap(f.Path, -1, false, fmt.Sprintf("what the rock %q needs: line %d: %v", p.name, line, err))
		}
		return nil
	}
	if err == nil {
		err = p.files(set[rockManifest], out)
	}
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Line: line, Err: err}
	}
	return nil
}

// spec amends what a rockspec says.
func (p rockPlace) spec(set map[string]any, out *facts) {
	a := amendment{key: p.folder}
	about, _ := set["description"].(map[string]any)
	licence, _ := about["license"].(string)
	a.licence = oneLine(licence)
	source, _ := set["source"].(map[string]any)
	from, _ := source["url"].(string)
	a.origin = publicURL(oneLine(from))
	needs, _ := set["dependencies"].(map[string]any)
	for i := 1; ; i++ {
		dep, ok := needs[fmt.Sprint(i)]
		if !ok {
			break
		}
		s, _ := dep.(string) // "lua >= 5.1", "penlight"
		name := oneLine(s)
		if i := strings.IndexAny(name, " <>=~@"); i >= 0 {
			name = name[:i]
		}
		if name != "" && name != "lua" {
			a.requires = append(a.requires, name)
		}
	}
	a.requires = unique(a.requires)
	if a.origin != "" || a.licence != "" || len(a.requires) > 0 {
		out.Amend(a)
	}
}

// files claims what the manifest lists: a table for each folder, and for each file
// its MD5. LuaRocks puts modules where Lua finds them, and a small program of its
// own where the shell finds it, which starts the rock's.
func (p rockPlace) files(manifest any, out *facts) error {
	var total tally
	top, _ := manifest.(map[string]any)
	var walk func(kind, place string, v any) error
	walk = func(kind, place string, v any) error {
		if sum, ok := v.(string); ok {
			if sum = strings.ToLower(sum); isHex(sum, 32) {
				sum = "md5:" + sum
			} else {
				sum = ""
			}
			if err := total.add(place); err != nil {
				return err
			}
			out.Owns(p.folder, place, sum)
			if kind == "bin" {
				out.Owns(p.folder, p.root+"bin/"+path.Base(place), "")
			}
			return nil
		}
		table, _ := v.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(table)) {
			if name == "" || name == "." || name == ".." || strings.Contains(name, "/") {
				continue
			}
			if err := walk(kind, place+"/"+name, table[name]); err != nil {
				return err
			}
		}
		return nil
	}
	for _, kind := range slices.Sorted(maps.Keys(top)) {
		place := p.folder + "/" + clean(kind)
		switch {
		case p.lua == "":
		case kind == "lua":
			place = p.root + "share/lua/" + p.lua
		case kind == "lib":
			place = p.root + "lib/lua/" + p.lua
		}
		if err := walk(kind, place, top[kind]); err != nil {
			return err
		}
	}
	return nil
}
