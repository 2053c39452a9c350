package inventory

import (
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// rustChannel is the file in a toolchain's lib/rustlib that rustup writes.
const rustChannel = "multirust-channel-manifest.toml"

// readCrates2 reads the record of "cargo install". Each crate owns its programs in
// the folder bin beside the record. Keys are the record's path, "#" and
// "name@version", since several folders may hold the same.
//
// Format: Cargo's CrateListingV2 in src/cargo/ops/common_for_install_and_uninstall.rs.
func readCrates2(f *file, out *facts) error {
	m := newMembers(f)
	var total tally
	_, err := m.object(func(name string) error {
		if name != "installs" {
			return m.skip()
		}
		_, err := m.object(func(id string) error {
			var bins []string
			_, err := m.object(func(name string) error {
				if name != "bins" {
					return m.skip()
				}
				return m.texts(&bins)
			})
			if err != nil {
				return err
			}
			return rustInstalled(f, id, bins, &total, out)
		})
		return err
	})
	if err == nil {
		err = m.end()
	}
	out.noteFile(f)
	return m.damage(err)
}

// readCratesTOML reads the older form of the same record, which Cargo still keeps
// beside the newer one.
func readCratesTOML(f *file, out *facts) (err error) {
	defer caught(f.Path, &err)
	if f.Size > limitio.MaxMetadata {
		return fmt.Errorf("%d bytes: %w", f.Size, landwaiter.ErrTooLarge)
	}
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return err
	}
	var record struct {
		V1 map[string][]string `toml:"v1"`
	}
	if err := toml.Unmarshal(text, &record); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	var total tally
	for _, id := range slices.Sorted(maps.Keys(record.V1)) {
		if err := rustInstalled(f, id, record.V1[id], &total, out); err != nil {
			return err
		}
	}
	out.noteFile(f)
	return nil
}

// noteFile lets the first package of a record own the record itself.
func (o *facts) noteFile(f *file) {
	if len(o.packages) > 0 {
		o.Owns(o.packages[0].keys[0], f.Path, "")
	}
}

// rustInstalled emits a crate that Cargo installed: "name version (source)".
func rustInstalled(f *file, id string, bins []string, total *tally, out *facts) error {
	words := strings.SplitN(id, " ", 3)
	if len(words) < 2 || words[0] == "" || words[1] == "" || !printable(words[0]) || !printable(words[1]) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("an installed crate called %q, without a name or a version", id))
		return nil
	}
	p := landwaiter.Package{Ecosystem: "rust", Name: words[0], Version: words[1], Requested: true}
	source := ""
	if len(words) == 3 {
		source = strings.Trim(words[2], "()")
	}
	kind, at, _ := strings.Cut(source, "+")
	if kind == "path" {
		p.Origin = "a folder of whoever built it"
	} else {
		_, commit, _ := strings.Cut(at, "#")
		p.Origin = publicURL(at)
		if commit != "" && printable(commit) {
			p.Origin += "@" + commit
		}
	}
	if slices.Contains(cratesIndexes, at) {
		p.PURL = purl("cargo", "", p.Name, p.Version)
	}
	key := f.Path + "#" + p.Name + "@" + p.Version
	out.Package("installed metadata", p, key)
	out.Provides(p.Name + "@" + p.Version)
	for _, bin := range bins {
		if err := total.add(bin); err != nil {
			return err
		}
		if bin == path.Base(bin) {
			out.Owns(key, path.Dir(f.Path)+"/bin/"+bin, "")
		}
	}
	return nil
}

// cratesIndexes are the addresses of the index of crates.io.
var cratesIndexes = []string{"https://github.com/rust-lang/crates.io-index", "https://index.crates.io/"}

// readRustChannel reads the manifest of a toolchain that rustup installed. The
// package is "rust", with the compiler's version; it owns the toolchain's folder.
//
// Format: rustup's doc/dev-guide/src/toolchain channel manifest, version 2.
func readRustChannel(f *file, out *facts) error {
	folder, ok := strings.CutSuffix(path.Dir(f.Path), "/lib/rustlib")
	if !ok {
		return nil
	}
	l := newLines(f.Path, f.Reader())
	section := ""
	for l.next() {
		line := strings.TrimSpace(string(l.text))
		if strings.HasPrefix(line, "[") {
			section = line
		}
		rest, ok := strings.CutPrefix(line, "version = \"")
		if section != "[pkg.rustc]" || !ok {
			continue
		}
		version, _, _ := strings.Cut(rest, " ")
		version = strings.Trim(version, "\"")
		if version == "" || !printable(version) {
			break
		}
		out.Package("installed metadata", landwaiter.Package{
			Ecosystem: "rust", Name: "rust", Version: version, Origin: "rustup",
			PURL: purl("generic", "", "rust", version), Licence: "MIT OR Apache-2.0",
		}, folder)
		out.OwnsTree(folder, folder)
		return nil
	}
	out.Gap(f.Path, -1, true, "a Rust toolchain that does not tell its version")
	return l.err()
}
