package inventory

import (
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/landwaiter/landwaiter"
)

// systemPURLs are the types of purl of the system's package managers.
var systemPURLs = map[string]string{"dpkg": packageurl.TypeDebian, "apk": packageurl.TypeApk, "rpm": packageurl.TypeRPM, "pacman": "alpm"}

// systemPURL makes the purl of a system's package; the distribution is known to
// the merge alone.
//
// Format: https://github.com/package-url/purl-spec
func systemPURL(p *landwaiter.Package, sys *landwaiter.System) string {
	kind, ok := systemPURLs[p.Ecosystem]
	if !ok {
		return ""
	}
	q := packageurl.Qualifiers{}
	if p.Arch != "" {
		q = append(q, packageurl.Qualifier{Key: "arch", Value: p.Arch})
	}
	version := p.Version
	if epoch, rest, ok := strings.Cut(version, ":"); ok && kind == packageurl.TypeRPM {
		q = append(q, packageurl.Qualifier{Key: "epoch", Value: epoch})
		version = rest
	}
	namespace := ""
	if sys != nil && sys.ID != "" {
		namespace = sys.ID
		if sys.VersionID != "" {
			q = append(q, packageurl.Qualifier{Key: "distro", Value: sys.ID + "-" + sys.VersionID})
		}
	}
	return packageurl.NewPackageURL(kind, namespace, p.Name, version, q, "").ToString()
}
