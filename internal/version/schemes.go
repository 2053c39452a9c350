package version

import (
	"errors"
	"regexp"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// rules read the versions of a family of ecosystems.
type rules struct {
	// valid refuses what the library would take for some version.
	valid func(string) bool
	parse func(string) (semantic.Version, error)
	// clean rewrites a spelling that the library does not know; may be nil.
	clean func(string) string
	// bothWays asks the library from either end, because its answers for odd
	// versions of this family were seen to differ.
	bothWays bool
}

var (
	apk = rules{
		valid: regexp.MustCompile(`^\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(~[0-9a-f]+)?(-r\d+)?$`).MatchString,
		parse: fails(semantic.ParseAlpineVersion), bothWays: true,
	}
	cran      = rules{valid: regexp.MustCompile(`^\d+([.-]\d+)*$`).MatchString, parse: fails(semantic.ParseCRANVersion)}
	debian    = rules{valid: validDebian, parse: fails(semantic.ParseDebianVersion)}
	gem       = rules{valid: regexp.MustCompile(`^\d+(\.[0-9A-Za-z]+)*$`).MatchString, parse: always(semantic.ParseRubyGemsVersion), clean: cleanGem}
	golang    = rules{valid: validSemver, parse: always(semantic.ParseSemverVersion), clean: cleanGo}
	hackage   = rules{valid: regexp.MustCompile(`^\d+(\.\d+)*$`).MatchString, parse: fails(semantic.ParseHackageVersion)}
	maven     = rules{valid: validMaven, parse: always(semantic.ParseMavenVersion), bothWays: true}
	nuget     = rules{valid: validSemver, parse: always(semantic.ParseNuGetVersion)}
	opam      = rules{valid: validOpam, parse: fails(semantic.ParseDebianVersion)}
	packagist = rules{valid: validSemver, parse: always(semantic.ParsePackagistVersion), bothWays: true}
	pub       = rules{valid: validSemver, parse: always(semantic.ParsePubVersion), bothWays: true}
	pypi      = rules{valid: func(string) bool { return true }, parse: parsePyPI}
	rpm       = rules{valid: validRPM, parse: always(semantic.ParseRedHatVersion), bothWays: true}
	semver    = rules{valid: validSemver, parse: always(semantic.ParseSemverVersion)}
)

// always and fails bring the library's functions to one shape.
func always[V semantic.Version](parse func(string) V) func(string) (semantic.Version, error) {
	return func(s string) (semantic.Version, error) { return parse(s), nil }
}

func fails[V semantic.Version](parse func(string) (V, error)) func(string) (semantic.Version, error) {
	return func(s string) (semantic.Version, error) { return parse(s) }
}

// only reports whether s consists of ASCII letters, digits and the bytes of more.
func only(s, more string) bool {
	for i := range len(s) {
		c := s[i]
		if !digit(c) && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && strings.IndexByte(more, c) < 0 {
			return false
		}
	}
	return true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// validDebian follows deb-version(7): an epoch of digits, then a digit.
func validDebian(s string) bool {
	if epoch, rest, ok := strings.Cut(s, ":"); ok {
		if epoch == "" || strings.Trim(epoch, "0123456789") != "" {
			return false
		}
		s = rest
	}
	return s != "" && digit(s[0]) && only(s, ".+~:-")
}

// validOpam: opam orders as Debian does, has no epochs, and many of its versions
// begin with a "v".
func validOpam(s string) bool { return only(s, ".+~_-") && strings.ContainsAny(s, "0123456789") }

// validRPM: anything but blanks, with at least one letter or digit after the
// epoch. rpm itself takes nearly everything.
func validRPM(s string) bool {
	if _, rest, ok := strings.Cut(s, ":"); ok {
		s = rest
	}
	return only(s, ".+~^_-:%") && strings.ContainsFunc(s, func(r rune) bool { return r != '-' && r < 0x80 && only(string(r), "") })
}

// validMaven: Maven orders any text. What a build left unfilled, and ranges, are
// no versions.
func validMaven(s string) bool {
	return only(s, ".-_+~:@/") && strings.ContainsFunc(s, func(r rune) bool { return r < 0x80 && only(string(r), "") })
}

// validSemver takes numbers and dots, then what follows a '-', a '+' or a letter.
func validSemver(s string) bool {
	s = strings.TrimPrefix(strings.TrimPrefix(s, "v"), "V")
	if s == "" || !digit(s[0]) {
		return false
	}
	return only(s, ".+-_~") && !strings.Contains(s, "..") && !strings.HasSuffix(s, ".")
}

// lowestPyPI is the lowest version that PEP 440 allows.
var lowestPyPI, errLowest = semantic.ParsePyPIVersion("0.dev0")

// parsePyPI refuses what the library takes for a version from before PEP 440: it
// orders those below everything, which no installer does any more.
func parsePyPI(s string) (semantic.Version, error) {
	v, err := semantic.ParsePyPIVersion(s)
	if err = errors.Join(err, errLowest); err != nil {
		return nil, err
	}
	if n, err := v.Compare(lowestPyPI); err != nil || n < 0 {
		return nil, errors.Join(err, semantic.ErrInvalidVersion)
	}
	return v, nil
}

// cleanGem does what Gem::Version does with a hyphen.
func cleanGem(s string) string { return strings.ReplaceAll(s, "-", ".pre.") }

var goRelease = regexp.MustCompile(`^go(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(rc|beta)(\d+))?$`)

// cleanGo brings a toolchain's name to the semantic version that the Go database
// uses for it: "go1.22rc1" is 1.22.0-rc.1, "go1.22" is 1.22.0. A toolchain that
// somebody marked ("go1.22.1 X:boringcrypto") counts as the release it is built
// from.
func cleanGo(s string) string {
	s, _, _ = strings.Cut(s, " ")
	m := goRelease.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	zero := func(n string) string {
		if n == "" {
			return "0"
		}
		return n
	}
	out := zero(m[1]) + "." + zero(m[2]) + "." + zero(m[3])
	if m[4] != "" {
		out += "-" + m[4] + "." + m[5]
	}
	return out
}
