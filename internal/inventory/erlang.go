package inventory

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var erlangWant = want{
	suffixes: []string{".app"},
	bases:    []string{"hex_metadata.config", "start_erl.data", "OTP_VERSION"},
	maxBytes: limitio.MaxMetadata,
	also: func(p string) bool {
		folder, base := path.Split(p)
		switch base {
		case "hex_metadata.config":
			return strings.Count(p, "/") >= 1
		case "start_erl.data":
			return strings.HasSuffix(folder, "/releases/")
		case "OTP_VERSION":
			return path.Base(path.Dir(path.Dir(p))) == "releases"
		}
		return strings.HasSuffix(folder, "/ebin/") && len(base) > len(".app")
	},
}

// otpApps are the applications of Erlang/OTP and of Elixir themselves, which are
// not published at Hex.
var otpApps = strings.Fields(`asn1 common_test compiler crypto debugger dialyzer diameter edoc eldap erl_interface
erts et eunit ftp inets jinterface kernel megaco mnesia observer odbc os_mon parsetools public_key reltool
runtime_tools sasl snmp ssh ssl stdlib syntax_tools tftp tools wx xmerl
elixir eex ex_unit iex logger mix`)

// readErlang reads what tells the applications of Erlang, Elixir and other
// languages for the same machine: resource files in folders called ebin, Hex's
// metadata beside them, and the releases of Erlang/OTP. The key of an application
// is its folder, the one above ebin.
//
// Format: https://www.erlang.org/doc/apps/kernel/app.html.
func readErlang(f *file, out *facts) error {
	if f.Size > limitio.MaxMetadata {
		return fmt.Errorf("%d bytes: %w", f.Size, landwaiter.ErrTooLarge)
	}
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return err
	}
	switch path.Base(f.Path) {
	case "start_erl.data":
		readRelease(f, string(text), out)
		return nil
	case "OTP_VERSION":
		readOTPVersion(f, string(text), out)
		return nil
	}
	s := &terms{text: string(text)}
	if path.Base(f.Path) == "hex_metadata.config" {
		err = readHexMetadata(f, s, out)
	} else {
		err = readApp(f, s, out)
	}
	if err != nil {
		line := 1 + strings.Count(s.text[:min(s.at, len(s.text))], "\n")
		return &landwaiter.SyntaxError{Path: f.Path, Line: line, Err: err}
	}
	return nil
}

// readApp reads a resource file: {application, NAME, [{KEY, VALUE}, …]}.
func readApp(f *file, s *terms, out *facts) error {
	top, err := s.next()
	if err != nil {
		return err
	}
	if top.kind != termTuple || len(top.list) != 3 || top.list[0].text != "application" {
		return nil // some other file of that name
	}
	name := top.list[1].text
	p := landwaiter.Package{Ecosystem: "erlang", Name: name}
	for _, pair := range top.list[2].list {
		if pair.kind != termTuple || len(pair.list) != 2 {
			continue
		}
		switch key, value := pair.list[0].text, pair.list[1]; key {
		case "vsn":
			p.Version = strings.TrimSpace(value.text)
		case "licenses":
			p.Licence = oneLine(strings.Join(value.texts(), " AND "))
		case "applications", "included_applications", "optional_applications":
			p.Requires = append(p.Requires, value.texts()...)
		}
	}
	folder := path.Dir(path.Dir(f.Path))
	if name == "" || p.Version == "" || !printable(name) || !printable(p.Version) || !strings.ContainsAny(p.Version, "0123456789") {
		out.Gap(f.Path, -1, true, fmt.Sprintf("Erlang application %q has no version", oneLine(name)))
		return nil
	}
	p.Requires = unique(slices.DeleteFunc(p.Requires, func(s string) bool { return s == "" || !printable(s) }))
	if slices.Contains(otpApps, name) {
		p.PURL = purl("otp", "", name, p.Version)
	} else {
		// Most are published at Hex under the same name, but nothing here says so.
		p.Mapped = []string{purl("hex", "", name, p.Version)}
	}
	out.Package("installed metadata", p, folder)
	if base := path.Base(folder); base == name || strings.HasPrefix(base, name+"-") {
		out.OwnsTree(folder, folder)
	} else {
		out.OwnsTree(folder, path.Dir(f.Path))
	}
	return nil
}

// readHexMetadata reads what a package from Hex brings along: {KEY, VALUE} terms.
// It names a package where its code is; a folder of sources without a compiled
// application is no installed one.
func readHexMetadata(f *file, s *terms, out *facts) error {
	folder := path.Dir(f.Path)
	var name, version string
	for {
		t, err := s.next()
		if err != nil {
			return err
		}
		if t.kind == termEnd {
			break
		}
		if t.kind != termTuple || len(t.list) != 2 {
			continue
		}
		switch t.list[0].text {
		case "name":
			name = t.list[1].text
		case "version":
			version = t.list[1].text
		}
	}
	if name == "" || version == "" || !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, false, "metadata of Hex without a name or a version")
		return nil
	}
	out.Amend(amendment{
		key: folder, origin: "Hex", mapped: []string{purl("hex", "", name, version)},
	})
	return nil
}

// readOTPVersion reads the version of Erlang/OTP as a whole, "25.2.3". A "**" behind
// it marks patches by hand. It owns what is left of its folder.
func readOTPVersion(f *file, text string, out *facts) {
	folder := path.Dir(path.Dir(path.Dir(f.Path)))
	version := strings.TrimSuffix(strings.TrimSpace(text), "**")
	if !otpVersion.MatchString(version) {
		out.Gap(f.Path, -1, true, "an Erlang/OTP that does not tell its version")
		return
	}
	out.Package("installed metadata", landwaiter.Package{
		Ecosystem: "erlang", Name: "erlang", Version: version, PURL: purl("generic", "", "erlang", version), Licence: "Apache-2.0",
	}, folder)
	out.Owns(folder, f.Path, "")
	if folder != "." {
		out.OwnsTree(folder, folder)
	}
}

var otpVersion = regexp.MustCompile(`^\d+(?:\.\d+)+(?:-[0-9A-Za-z.-]+)?$`)

// readRelease reads which runtime a release brings: "13.1.5 1.0.0", the versions of
// the runtime and of the release. The runtime lies in the folder erts-VERSION.
func readRelease(f *file, text string, out *facts) {
	words := strings.Fields(text)
	root := path.Dir(path.Dir(f.Path))
	if len(words) != 2 || !otpVersion.MatchString(words[0]) {
		out.Gap(f.Path, -1, true, "a release that does not tell its Erlang runtime")
		return
	}
	key := f.Path
	out.Package("installed metadata", landwaiter.Package{
		Ecosystem: "erlang", Name: "erts", Version: words[0], PURL: purl("otp", "", "erts", words[0]),
	}, key)
	out.Owns(key, f.Path, "")
	out.OwnsTree(key, root+"/erts-"+words[0])
}
