package inventory

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/landwaiter/landwaiter"
)

var quartoWant = want{
	bases:    []string{"version", "_extension.yml", "_extension.yaml"},
	maxBytes: 1 << 20,
	also: func(p string) bool {
		if path.Base(p) == "version" {
			root := path.Dir(path.Dir(p))
			return path.Base(path.Dir(p)) == "share" && (quartoFolder(path.Base(root)) || quartoFolder(path.Base(path.Dir(root))))
		}
		return quartoExtension(p) != ""
	},
}

func quartoFolder(name string) bool {
	return name == "quarto" || name == "quarto-cli" || strings.HasPrefix(name, "quarto-")
}

// quartoExtension names an extension as Quarto does, "owner/name" or "name", by the
// folder in which it is installed; "" where a file is no installed extension's.
// Those that come with Quarto are a part of it.
func quartoExtension(file string) string {
	_, rest, ok := strings.Cut("/"+file, "/_extensions/")
	name := path.Dir(rest)
	if !ok || name == "." || strings.Count(name, "/") > 1 || strings.Contains(file, "/extension-subtrees/") || strings.Contains(file, "/share/extensions/") {
		return ""
	}
	return name
}

// versionText is a file that holds a version and nothing else.
var versionText = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+([-+.~][0-9A-Za-z.+~-]*)?$`)

// readVersion reads a short file that holds a version alone, "" where it does not.
func readVersion(f *file) (string, error) {
	text := make([]byte, 100)
	n, err := f.ReadAt(text, 0)
	if err != nil && err != io.EOF {
		return "", fmt.Errorf("reading %s: %w", f.Path, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text[:n])), "\n")
	if line = strings.TrimSpace(line); !versionText.MatchString(line) {
		return "", nil
	}
	return line, nil
}

// readQuarto reads Quarto's own version, and the extensions that were added to a
// project or a template. The key is the folder of either.
//
// Format: share/version of Quarto's installation; "Creating Extensions" in its guide.
func readQuarto(f *file, out *facts) (err error) {
	if path.Base(f.Path) == "version" {
		root := path.Dir(path.Dir(f.Path))
		version, err := readVersion(f)
		if err != nil || version == "" {
			return err
		}
		out.Package("installed metadata", landwaiter.Package{Ecosystem: "quarto", Name: "quarto", Version: version, Vendor: "Posit", PURL: purl("generic", "", "quarto", version)}, root)
		out.OwnsTree(root, root)
		return nil
	}
	defer caught(f.Path, &err)
	var ext struct {
		Version yaml.Node `yaml:"version"`
		Author  yaml.Node `yaml:"author"`
	}
	if err := yaml.NewDecoder(f.Reader()).Decode(&ext); err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	name, folder, version := quartoExtension(f.Path), path.Dir(f.Path), oneLine(ext.Version.Value)
	if !printable(name) || !printable(version) {
		out.Gap(f.Path, -1, true, fmt.Sprintf("the Quarto extension %q gives no version", name))
		return nil
	}
	p := landwaiter.Package{Ecosystem: "quarto", Name: name, Version: version, Vendor: oneLine(ext.Author.Value), PURL: purl("generic", "", "quarto-"+path.Base(name), version)}
	out.Package("installed metadata", p, folder)
	out.OwnsTree(folder, folder)
	return nil
}

var rstudioWant = want{
	bases:    []string{"VERSION"},
	maxBytes: 1 << 20,
	also: func(p string) bool {
		return rstudioNames[path.Base(path.Dir(p))] != "" && strings.Count(p, "/") >= 2
	},
}

// rstudioNames are what the folders are called that the installers make.
var rstudioNames = map[string]string{"rstudio-server": "RStudio Server", "rstudio": "RStudio Desktop"}

// readRStudio reads the version that RStudio has in its root folder. Posit Workbench
// is RStudio Server with more, in the same folder. The key is the folder.
func readRStudio(f *file, out *facts) error {
	root := path.Dir(f.Path)
	name := rstudioNames[path.Base(root)]
	version, err := readVersion(f)
	if err != nil || version == "" || name == "" {
		return err
	}
	out.Package("installed metadata", landwaiter.Package{Ecosystem: "rstudio", Name: name, Version: version, Vendor: "Posit", PURL: purl("generic", "", name, version)}, root)
	out.OwnsTree(root, root)
	return nil
}
