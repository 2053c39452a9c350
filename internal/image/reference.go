package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// opener fills im from what the reference names behind its scheme.
type opener func(ctx context.Context, im *Image, rest string, want platform) error

// lister lists the images of a place, whatever image of it rest names.
type lister func(ctx context.Context, rest string, opt Options, want platform) ([]landwaiter.Subject, error)

// scheme is a way to name a subject.
type scheme struct {
	name string
	open opener
	list lister // nil where a name stands for one image alone
}

// schemes are the ways to name a subject, in the order in which help shows them.
var schemes = []scheme{
	{"oci", openLayout, listLayout},
	{"oci-archive", openArchive, listArchive},
	{"docker-archive", openArchive, listArchive},
	{"docker-daemon", openDaemon, nil},
	{"dir", openFolder, nil},
	{"docker", openRegistry, nil}, // docker://NAME, as skopeo writes it
}

// recognise finds how to open ref.
func recognise(ref string) (scheme, string, error) {
	var none scheme
	if ref == "" {
		return none, "", fmt.Errorf("no subject is named; give an image such as registry.example/name:tag, or a path: %w", landwaiter.ErrInvalid)
	}
	for _, s := range schemes {
		if rest, ok := strings.CutPrefix(ref, s.name+":"); ok && (s.name != "docker" || strings.HasPrefix(rest, "//")) {
			if rest = strings.TrimPrefix(rest, "//"); s.name != "docker" {
				rest = ref[len(s.name)+1:]
			}
			if rest == "" {
				return none, "", fmt.Errorf("%s names nothing behind %s: %w", ref, s.name, landwaiter.ErrInvalid)
			}
			return s, rest, nil
		}
	}
	s, err := recognisePath(ref)
	if err != nil || s.open != nil {
		return s, ref, err
	}
	if strings.HasPrefix(ref, "/") || strings.HasPrefix(ref, ".") || filepath.Ext(ref) == ".tar" || strings.HasSuffix(ref, ".tar.gz") {
		return none, "", fmt.Errorf("%s: no such file or folder: %w", ref, landwaiter.ErrNotFound)
	}
	return scheme{open: openRegistry}, ref, nil
}

// recognisePath finds how to open a bare path; it opens nothing where there is none.
func recognisePath(ref string) (scheme, error) {
	var none scheme
	st, err := os.Stat(ref)
	switch {
	case errors.Is(err, fs.ErrNotExist) || err != nil && strings.ContainsAny(ref, ":@"):
		return none, nil
	case err != nil:
		return none, fmt.Errorf("%s: %w", ref, err)
	case !st.IsDir():
		return scheme{open: openArchive, list: listArchive}, nil
	}
	if _, err := os.Stat(filepath.Join(ref, "oci-layout")); err == nil {
		return scheme{open: openLayout, list: listLayout}, nil
	}
	return scheme{open: openFolder}, nil
}

// platform is what an image runs on.
type platform struct {
	os, arch, variant string
	asked             bool // the user named it
}

func parsePlatform(s string) (platform, error) {
	if s == "" {
		return platform{os: "linux", arch: "amd64"}, nil
	}
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 || parts[0] == "" || parts[1] == "" {
		return platform{}, fmt.Errorf("platform %q is not os/arch or os/arch/variant, such as linux/amd64: %w", s, landwaiter.ErrInvalid)
	}
	p := platform{os: parts[0], arch: parts[1], asked: true}
	if len(parts) == 3 {
		p.variant = parts[2]
	}
	return p, nil
}

func (p platform) String() string {
	if p.variant != "" {
		return p.os + "/" + p.arch + "/" + p.variant
	}
	return p.os + "/" + p.arch
}

// matches reports whether an image for got serves who asked for p. A variant
// that p leaves out matches every variant.
func (p platform) matches(got platform) bool {
	return p.os == got.os && p.arch == got.arch && (p.variant == "" || p.variant == got.variant)
}
