package inventory

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/google/osv-scalibr/extractor/filesystem/language/nim/nimble"
	"github.com/google/osv-scalibr/extractor/filesystem/misc/vscodeextensions"
	wordpress "github.com/google/osv-scalibr/extractor/filesystem/misc/wordpress/plugins"
	"github.com/google/osv-scalibr/extractor/filesystem/os/flatpak"
	"github.com/google/osv-scalibr/extractor/filesystem/os/snap"
)

// longTail is what the rows of the long tail share.
var longTail = make(tailSlots, tailAtOnce)

// The rows' readers. Which folder is a package's own we say ourselves.
var (
	readSnap = longTail.tail("snap", snap.New, func(file, _ string) string {
		return strings.TrimSuffix(file, "/meta/snap.yaml")
	})
	readFlatpak = longTail.tail("flatpak", flatpak.New, func(file, _ string) string {
		folder, _, _ := strings.Cut(file, "/export/share/metainfo/")
		return folder
	})
	readVSCode = longTail.tail("vscode", vscodeextensions.New, func(file, from string) string {
		// The list names the folder as it was on the machine that installed it.
		if base := path.Base(from); base != "." && base != "/" {
			return path.Join(path.Dir(file), base)
		}
		return ""
	})
	readWordPress = longTail.tail("wordpress", wordpress.New, func(file, _ string) string { return path.Dir(file) })
	readNim       = longTail.tail("nim", nimble.New, func(file, _ string) string { return path.Dir(file) })
)

var (
	snapFile    = regexp.MustCompile(`^snap/[^/]*/[^/]*/meta/snap\.yaml$`)
	flatpakFile = regexp.MustCompile(`flatpak/app/.*/export/share/metainfo/.*metainfo\.xml$`)
	nimFile     = regexp.MustCompile(`/pkgs2?/(?:.*/)?[^/]+-[0-9]+(?:\.[0-9]+)*(?:-[a-f0-9]+)?/[^/]+\.nimble$`)
)

var (
	snapWant    = want{bases: []string{"snap.yaml"}, maxBytes: tailMaxBytes, also: snapFile.MatchString}
	flatpakWant = want{suffixes: []string{".xml"}, maxBytes: tailMaxBytes, also: flatpakFile.MatchString}
	vscodeWant  = want{bases: []string{"extensions.json"}, maxBytes: tailMaxBytes, also: func(p string) bool {
		folder := path.Dir(p)
		return path.Base(folder) == "extensions" && slices.Contains(vscodeHomes, path.Base(path.Dir(folder)))
	}}
	wordpressWant = want{suffixes: []string{".php"}, maxBytes: tailMaxBytes, also: func(p string) bool {
		return strings.HasSuffix(path.Dir(path.Dir(p)), "wp-content/plugins")
	}}
	nimWant = want{suffixes: []string{".nimble"}, maxBytes: tailMaxBytes, also: nimFile.MatchString}
)

// vscodeHomes are the folders in which Visual Studio Code and the editors made from
// it keep extensions. All write the same list; osv-scalibr asks for the first alone.
var vscodeHomes = []string{
	".vscode", ".vscode-server", ".vscode-oss", ".vscode-insiders", ".vscode-server-insiders", ".openvscode-server",
	"code-server", ".cursor", ".cursor-server", ".windsurf", ".windsurf-server", ".positron", ".positron-server",
}
