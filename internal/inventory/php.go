package inventory

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

var phpWant = want{
	bases:    []string{"installed.json"},
	suffixes: []string{".reg"},
	maxBytes: limitio.MaxMetadata,
	also: func(name string) bool {
		if strings.HasSuffix(name, ".reg") {
			return pearRoot(name) != noRoot
		}
		return path.Base(path.Dir(name)) == "composer" && strings.HasSuffix(name, "/installed.json")
	},
}

// readPHP reads Composer's list of what it installed in a vendor folder, and
// PEAR's file about one package.
func readPHP(f *file, out *facts) error {
	if strings.HasSuffix(f.Path, ".reg") {
		return readPEAR(f, out)
	}
	return readComposer(f, out)
}

// readComposer reads vendor/composer/installed.json: a list of packages, or an
// object that has one. The keys are the vendor folder and the name.
//
// Format: Composer\Repository\FilesystemRepository; getcomposer.org/schema.json
// for one package.
func readComposer(f *file, out *facts) error {
	c := composerList{members: newMembers(f), vendor: path.Dir(path.Dir(f.Path)), out: out, gaps: gapList{out: out, path: f.Path}}
	defer c.gaps.done("more Composer packages without a name or a version")
	found := false
	first, err := c.dec.Token()
	switch {
	case err != nil:
	case first == json.Delim('['):
		found = true
		for c.dec.More() && err == nil {
			err = c.one()
		}
		if err == nil {
			_, err = c.dec.Token()
		}
	case first == json.Delim('{'):
		for c.dec.More() && err == nil {
			var name json.Token
			if name, err = c.dec.Token(); err != nil {
				break
			}
			if name == "packages" {
				found, err = c.array(c.one)
			} else {
				err = c.skip()
			}
		}
		if err == nil {
			_, err = c.dec.Token()
		}
	}
	if err == nil {
		err = c.end()
	}
	if err == nil && !found {
		out.Gap(f.Path, -1, true, "no list of what Composer installed")
	}
	return c.damage(err)
}

type composerList struct {
	*members
	vendor string
	out    *facts
	gaps   gapList
	total  tally
}

// composerSource is where Composer took a package from.
type composerSource struct{ url, reference string }

// one reads one package.
func (c *composerList) one() error {
	p := landwaiter.Package{Ecosystem: "php"}
	var source, dist composerSource
	var provides, bins []string
	place, kind := "", ""
	ok, err := c.object(func(field string) (err error) {
		switch field {
		case "name":
			err = c.text(&p.Name)
		case "version":
			err = c.text(&p.Version)
		case "type":
			err = c.text(&kind)
		case "install-path":
			err = c.text(&place)
		case "license":
			var raw json.RawMessage
			raw, err = c.raw()
			p.Licence = composerLicence(raw)
		case "source":
			err = c.source(&source)
		case "dist":
			err = c.source(&dist)
		case "require":
			err = c.names(&p.Requires)
		case "provide", "replace":
			err = c.names(&provides)
		case "bin":
			err = c.texts(&bins)
		default:
			err = c.skip()
		}
		return err
	})
	if err != nil || !ok {
		return err
	}
	vendor, name, slash := strings.Cut(p.Name, "/")
	switch {
	case !printable(p.Name) || !slash || strings.Contains(name, "/"):
		c.gaps.add(c.f.Path, -1, "a Composer package without a name")
		return nil
	case !printable(p.Version):
		c.gaps.add(c.f.Path, -1, fmt.Sprintf("Composer package %q has no version", p.Name))
		return nil
	}
	if source.url == "" {
		source = dist
	}
	if p.Origin = publicURL(source.url); p.Origin != "" && printable(source.reference) {
		p.Origin += "@" + source.reference
	}
	p.PURL = purl("composer", vendor, name, p.Version)
	key := c.vendor + ":" + p.Name
	c.out.Package("installed metadata", p, key)
	c.out.Provides(unique(provides)...)
	return c.claim(key, p.Name, place, kind, bins)
}

// claim claims the package's folder and the programs that Composer links to.
func (c *composerList) claim(key, name, place, kind string, bins []string) error {
	folder := c.vendor + "/" + name
	switch {
	case kind == "metapackage": // nothing is installed for it
		return nil
	case strings.HasPrefix(place, "/"):
		folder = place
	case place != "":
		folder = path.Join(c.vendor, "composer", place) // versions before 2 do not say it
	}
	// A list that lies in the wrong place must not claim the whole image.
	if folder = clean(folder); folder == "" || strings.HasPrefix(c.vendor+"/", folder+"/") {
		return nil
	}
	if err := c.total.add(folder); err != nil {
		return err
	}
	c.out.OwnsTree(key, folder)
	for _, bin := range bins {
		bin = c.vendor + "/bin/" + path.Base(bin)
		if err := c.total.add(bin); err != nil {
			return err
		}
		c.out.Owns(key, bin, "")
	}
	return nil
}

func (c *composerList) source(s *composerSource) error {
	_, err := c.object(func(field string) error {
		switch field {
		case "url":
			return c.text(&s.url)
		case "reference":
			return c.text(&s.reference)
		}
		return c.skip()
	})
	return err
}

// names adds the members' names of the object that comes next, but for those that
// stand for PHP and its extensions: they have no slash.
func (c *composerList) names(list *[]string) error {
	_, err := c.object(func(name string) error {
		if strings.Contains(name, "/") {
			*list = append(*list, name)
		}
		return c.skip()
	})
	return err
}

// composerLicence reads "MIT" or a list, which is a choice.
func composerLicence(raw json.RawMessage) string {
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return oneLine(strings.Join(unique(list), " OR "))
	}
	return npmWord(raw, "")
}
