package inventory

import (
	"encoding/base32"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var spackWant = want{
	bases:    []string{"spec.json", "spec.yaml", "install_manifest.json", "index.json"},
	maxBytes: limitio.MaxText,
	also:     spackInstalled,
}

// spackInstalled reports whether Spack put a file into an installed prefix or its
// database. A view has the same folder with one more level below it.
func spackInstalled(name string) bool {
	folder := path.Dir(name)
	if path.Base(name) == "index.json" {
		return path.Base(folder) == ".spack-db"
	}
	return path.Base(folder) == ".spack" && path.Dir(folder) != "."
}

// readSpack reads what Spack leaves in the prefix of each package, and its
// database. The keys of a package are its prefix and "/HASH". The first node of a
// spec is what was built; the others are what it was built with, each with a
// prefix and a spec of its own.
//
// Format: "Spec File Format" in Spack's documentation, versions 1 to 6; version 1
// may be YAML. Spack's verify.py for the manifest.
func readSpack(f *file, out *facts) error {
	prefix := path.Dir(path.Dir(f.Path))
	switch path.Base(f.Path) {
	case "index.json":
		return readSpackDatabase(f, out)
	case "install_manifest.json":
		return readSpackManifest(f, prefix, out)
	case "spec.yaml":
		return readSpackYAML(f, prefix, out)
	}
	var spec json.RawMessage
	m := newMembers(f)
	_, err := m.object(func(name string) (err error) {
		if name != "spec" {
			return m.skip()
		}
		spec, err = m.raw()
		return err
	})
	if err != nil {
		return m.damage(err)
	}
	spackSpec(f, prefix, spec, out)
	return m.end()
}

// spackObject is a JSON object whose names are compared as they stand.
type spackObject map[string]json.RawMessage

func spackRead(raw json.RawMessage) spackObject {
	var o spackObject
	_ = json.Unmarshal(raw, &o) // what is no object has no members
	return o
}

func (o spackObject) text(name string) string {
	var s string
	_ = json.Unmarshal(o[name], &s) // what is no string is not said
	return s
}

func (o spackObject) list(name string) []json.RawMessage {
	var l []json.RawMessage
	_ = json.Unmarshal(o[name], &l)
	return l
}

// spackSpec emits the package that a spec describes.
func spackSpec(f *file, prefix string, spec json.RawMessage, out *facts) {
	nodes := spackRead(spec).list("nodes")
	if nodes == nil {
		_ = json.Unmarshal(spec, &nodes) // version 1
	}
	root := spackNode(nodes, 0)
	name, version, hash := root.text("name"), root.text("version"), root.text("hash")
	if len(root["external"]) > 0 && string(root["external"]) != "null" {
		return // it lies where the system has it
	}
	if !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("a package that Spack built has no readable name and version (%q, %q)", name, version))
		return
	}
	p := landwaiter.Package{
		Ecosystem: "spack", Name: name, Version: version, Arch: spackArch(root),
		Origin: oneLine(root.text("namespace")), PURL: purl("generic", "", name, version),
		Requires: spackRequires(nodes, root),
	}
	keys := []string{prefix}
	if hash != "" {
		keys = append(keys, "/"+hash)
	}
	out.Package("installed metadata", p, keys...)
	if hash != "" {
		out.Provides(name + "/" + hash)
	}
	out.Owns(prefix, f.Path, "")
	// Spack names prefixes after the package unless it is told not to; a folder that
	// is called something else may hold other things too.
	if strings.Contains(path.Base(path.Dir(prefix))+"/"+path.Base(prefix), name) {
		out.OwnsTree(prefix, prefix)
	}
}

// spackNode is a node with its name inside, as from version 2 on.
func spackNode(nodes []json.RawMessage, i int) spackObject {
	if i >= len(nodes) {
		return nil
	}
	node := spackRead(nodes[i])
	if len(node) != 1 {
		return node
	}
	for name, raw := range node { // version 1: {NAME: {…}}
		if inner := spackRead(raw); inner != nil {
			node = inner
			quoted, err := json.Marshal(name)
			if err == nil {
				node["name"] = quoted
			}
		}
	}
	return node
}

// spackArch is "linux-ubuntu22.04-zen2".
func spackArch(node spackObject) string {
	arch := spackRead(node["arch"])
	target := arch.text("target")
	if target == "" {
		target = spackRead(arch["target"]).text("name")
	}
	s := strings.Join([]string{arch.text("platform"), arch.text("platform_os"), target}, "-")
	if strings.Trim(s, "-") == "" || !printable(s) {
		return ""
	}
	return s
}

// spackRequires lists what a node needs to run, as "NAME/HASH", sorted. What was
// only needed to build it is left out, and so is what the system gives.
func spackRequires(nodes []json.RawMessage, root spackObject) []string {
	external := map[string]bool{}
	for i := range nodes {
		if n := spackNode(nodes, i); len(n["external"]) > 0 && string(n["external"]) != "null" {
			external[n.text("hash")] = true
		}
	}
	var out []string
	add := func(name string, dep spackObject) {
		hash := dep.text("hash")
		for _, other := range []string{"full_hash", "build_hash"} {
			if hash == "" {
				hash = dep.text(other)
			}
		}
		types := dep.list("type")
		if types == nil {
			types = spackRead(dep["parameters"]).list("deptypes")
		}
		runs := types == nil || slices.ContainsFunc(types, func(t json.RawMessage) bool {
			return string(t) == `"link"` || string(t) == `"run"`
		})
		if s := name + "/" + hash; runs && name != "" && hash != "" && !external[hash] && printable(s) {
			out = append(out, s)
		}
	}
	for _, raw := range root.list("dependencies") {
		dep := spackRead(raw)
		add(dep.text("name"), dep)
	}
	for name, raw := range spackRead(root["dependencies"]) { // version 1
		add(name, spackRead(raw))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// readSpackYAML reads spec.yaml of Spack 0.16 and older.
func readSpackYAML(f *file, prefix string, out *facts) (err error) {
	defer caught(f.Path, &err)
	var doc yaml.Node
	if err := yaml.NewDecoder(f.Reader()).Decode(&doc); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	value, err := plainYAML(&doc, 0)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	raw, err := json.Marshal(value)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	spackSpec(f, prefix, spackRead(raw)["spec"], out)
	return nil
}

// plainYAML makes objects, lists and strings of a document. A version such as
// 1.10 stays as it is written.
func plainYAML(n *yaml.Node, depth int) (any, error) {
	const deepest = 20
	if depth > deepest {
		return nil, errors.New("nested too deep")
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.Tag == "!!null" {
			return nil, nil
		}
		return n.Value, nil
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := plainYAML(n.Content[i+1], depth+1)
			if err != nil {
				return nil, err
			}
			out[n.Content[i].Value] = v
		}
		return out, nil
	case yaml.DocumentNode, yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i := range n.Content {
			v, err := plainYAML(n.Content[i], depth+1)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		if n.Kind == yaml.DocumentNode && len(out) == 1 {
			return out[0], nil
		}
		return out, nil
	}
	return nil, errors.New("an alias, which Spack does not write")
}

// readSpackDatabase says which packages somebody asked for by name.
func readSpackDatabase(f *file, out *facts) error {
	m := newMembers(f)
	_, err := m.object(func(name string) error {
		if name != "database" {
			return m.skip()
		}
		_, err := m.object(func(name string) error {
			if name != "installs" {
				return m.skip()
			}
			_, err := m.object(func(hash string) error {
				raw, err := m.raw()
				if err == nil && string(spackRead(raw)["explicit"]) == "true" && hash != "" {
					out.Amend(amendment{key: "/" + hash, requested: true})
				}
				return err
			})
			return err
		})
		return err
	})
	return m.damage(err)
}

// readSpackManifest reads the list of a prefix's files: absolute names, each with
// the SHA-1 of its content in base 32. A prefix that was moved has a list of names
// that are elsewhere; they are passed over.
func readSpackManifest(f *file, prefix string, out *facts) error {
	var n tally
	m := newMembers(f)
	out.Owns(prefix, f.Path, "")
	_, err := m.object(func(name string) error {
		raw, err := m.raw()
		if err != nil {
			return err
		}
		entry := spackRead(raw)
		name = clean(name)
		if kind := entry.text("type"); kind != "file" && kind != "link" || !strings.HasPrefix(name, prefix+"/") {
			return nil
		}
		if err := n.add(name); err != nil {
			return err
		}
		sum := ""
		if b, err := base32.StdEncoding.DecodeString(entry.text("hash")); err == nil && len(b) == 20 {
			sum = "sha1:" + hex.EncodeToString(b)
		}
		out.Owns(prefix, name, sum)
		return nil
	})
	return m.damage(err)
}
