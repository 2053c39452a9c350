package inventory

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var condaWant = want{
	suffixes: []string{".json"},
	maxBytes: limitio.MaxText, // the list of a package's files is inside
	also:     condaInstalled,
}

// condaInstalled reports whether a file lies in the conda-meta folder of an
// environment. An unpacked package in the cache, pkgs/NAME-VERSION-BUILD, can
// hold such a folder too, and so can its test data.
func condaInstalled(name string) bool {
	folder := path.Dir(name)
	if path.Base(folder) != "conda-meta" {
		return false
	}
	elements := strings.Split(folder, "/")
	for i, e := range elements[:len(elements)-1] {
		next := elements[i+1]
		if e == "pkgs" && strings.Count(next, "-") >= 2 || e == "info" && next == "test" {
			return false
		}
	}
	return true
}

// readConda reads the record of a package that is installed in a conda
// environment: the folder above conda-meta. The key is the record's own path,
// as many environments may hold the same package.
//
// The sums are of the files as installed: conda writes the environment's path
// into some, and keeps the sum of the result.
//
// Format: conda's PrefixRecord in conda/models/records.py.
func readConda(f *file, out *facts) error {
	r := condaReader{members: newMembers(f), sums: make(map[string]string)}
	ok, err := r.object(r.member)
	if err == nil {
		err = r.end()
	}
	out.Owns(f.Path, f.Path, "")
	prefix := path.Dir(path.Dir(f.Path))
	r.cached(f.Path, prefix, out)
	for _, name := range r.names {
		// A record speaks of its own environment and nothing else.
		out.Owns(f.Path, prefix+"/"+name, r.sums[name])
	}
	r.emit(f, ok, out)
	return r.damage(err)
}

// condaReader holds what the record has said so far.
type condaReader struct {
	*members
	total tally
	names []string // of files, clean and below the environment, as first said
	sums  map[string]string

	name, version, build, buildString, channel, url, licence, subdir string
	depends, purls, specs                                            []string
	spec                                                             string
}

func (r *condaReader) member(name string) error {
	switch name {
	case "name":
		return r.text(&r.name)
	case "version":
		return r.text(&r.version)
	case "build":
		return r.text(&r.build)
	case "build_string":
		return r.text(&r.buildString)
	case "channel":
		return r.text(&r.channel)
	case "url":
		return r.text(&r.url)
	case "license":
		return r.text(&r.licence)
	case "subdir":
		return r.text(&r.subdir)
	case "depends":
		return r.texts(&r.depends)
	case "requested_spec":
		return r.text(&r.spec)
	case "requested_specs":
		return r.texts(&r.specs)
	case "purls":
		return r.texts(&r.purls)
	case "files":
		_, err := r.array(func() error {
			var file string
			if err := r.text(&file); err != nil {
				return err
			}
			return r.file(file, "")
		})
		return err
	case "paths_data":
		_, err := r.object(func(name string) error {
			if name != "paths" {
				return r.skip()
			}
			_, err := r.array(r.pathData)
			return err
		})
		return err
	}
	return r.skip()
}

// pathData reads one element of paths_data.paths.
func (r *condaReader) pathData() error {
	var e struct {
		Path        string `json:"_path"`
		Type        string `json:"path_type"`
		SHA256      string `json:"sha256"`
		InPrefix    string `json:"sha256_in_prefix"`
		Placeholder string `json:"prefix_placeholder"`
	}
	if err := r.dec.Decode(&e); err != nil {
		if _, odd := errors.AsType[*json.UnmarshalTypeError](err); !odd {
			return err // a field of an odd type is left empty, and the others are read
		}
	}
	sum := e.SHA256
	switch {
	case e.Type == "softlink" || e.Type == "directory":
		sum = ""
	case e.InPrefix != "":
		sum = e.InPrefix
	case e.Placeholder != "":
		sum = "" // the file was rewritten, and nobody noted the result
	}
	return r.file(e.Path, sum)
}

// file notes a file with the SHA-256 in hex, "" where it is not known.
func (r *condaReader) file(name, sum string) error {
	if name = clean(name); name == "" {
		return nil
	}
	old, known := r.sums[name]
	if !known {
		if err := r.total.add(name); err != nil {
			return err
		}
		r.names = append(r.names, name)
	}
	if sum = strings.ToLower(sum); isHex(sum, 64) {
		r.sums[name] = "sha256:" + sum
	} else {
		r.sums[name] = old
	}
	return nil
}

// cached claims what conda keeps of the package in the cache of its own
// environment, from which it links files: the archive and the unpacked folder.
func (r *condaReader) cached(key, prefix string, out *facts) {
	build := r.build
	if build == "" {
		build = r.buildString
	}
	full := r.name + "-" + r.version + "-" + build
	if r.name == "" || r.version == "" || build == "" || strings.Contains(full, "/") {
		return
	}
	// An environment in "envs" has its cache above it.
	if up := path.Dir(prefix); path.Base(up) == "envs" {
		prefix = path.Dir(up)
	}
	cache := prefix + "/pkgs/" + full
	out.OwnsTree(key, cache)
	out.Owns(key, cache+".conda", "")
	out.Owns(key, cache+".tar.bz2", "")
}

// emit emits the package, be it from a damaged record.
func (r *condaReader) emit(f *file, object bool, out *facts) {
	switch {
	case r.name == "" && !object:
		out.Gap(f.Path, -1, true, "no JSON object that describes a package")
		return
	case r.name == "":
		out.Gap(f.Path, -1, true, "an installed conda package without a name")
		return
	case r.version == "":
		out.Gap(f.Path, -1, true, fmt.Sprintf("conda package %q has no version", r.name))
		return
	}
	if r.build == "" {
		r.build = r.buildString
	}
	p := landwaiter.Package{
		Ecosystem: "conda", Name: r.name, Version: r.version, Arch: r.subdir,
		Licence: oneLine(r.licence), Origin: publicURL(r.channel), Requires: condaNames(r.depends),
	}
	if p.Origin == "" {
		p.Origin = publicURL(r.url)
	}
	p.PURL = purl("conda", "", r.name, r.version,
		"build", r.build, "channel", condaChannel(r.channel, r.subdir), "subdir", r.subdir)
	p.Mapped = r.mapped()
	// conda wrote Python's None for what nobody asked for.
	p.Requested = r.spec != "" && r.spec != "None" || len(r.specs) > 0
	out.Package("package database", p, f.Path)
}

// mapped lists the names in other ecosystems that the record itself gives.
func (r *condaReader) mapped() []string {
	var out []string
	for _, s := range r.purls {
		if p, err := packageurl.FromString(s); err == nil && p.Type != "conda" {
			out = append(out, p.ToString())
		}
	}
	if u, err := url.Parse(r.url); err == nil && slices.Contains(pypiHosts, u.Hostname()) {
		out = append(out, purl("pypi", "", r.name, r.version))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pypiHosts serve packages of the Python Package Index.
var pypiHosts = []string{"files.pythonhosted.org", "pypi.org", "pypi.io"}

// condaChannel is the short name of a channel that may be given by its address:
// "conda-forge" of "https://conda.anaconda.org/conda-forge/linux-64".
func condaChannel(channel, subdir string) string {
	u, err := url.Parse(publicURL(channel))
	if err != nil || u.Host == "" {
		return channel
	}
	name := strings.Trim(u.Path, "/")
	if base := path.Base(name); base == subdir || base == "noarch" {
		name = strings.TrimSuffix(strings.TrimSuffix(name, base), "/")
	}
	return strings.TrimPrefix(name, "pkgs/")
}

// condaNames lists the packages of specifications such as "python >=3.11" and
// "conda-forge::numpy=1.26", each once. Names that start with "__" stand for
// the machine, not for a package.
func condaNames(specs []string) []string {
	var out []string
	for _, s := range specs {
		if _, after, ok := strings.Cut(s, "::"); ok {
			s = after
		}
		s = strings.TrimSpace(s)
		if i := strings.IndexAny(s, " \t<>=!~["); i >= 0 {
			s = s[:i]
		}
		if s != "" && !strings.HasPrefix(s, "__") {
			out = append(out, s)
		}
	}
	return unique(out)
}
