package inventory

import (
	"path"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var sasWant = want{fits: func(p string) bool { return sasRelease(p) != "" }, nameOnly: true}

var dotted = regexp.MustCompile(`^[0-9]+(\.[0-9]+)+$`)

// sasRelease is the release in …/SASFoundation/9.4/sasv9.cfg, "" for other files.
func sasRelease(name string) string {
	if !strings.HasSuffix(name, "/sasv9.cfg") { // asked of every file
		return ""
	}
	root := path.Dir(name)
	if path.Base(path.Dir(root)) != "SASFoundation" || !dotted.MatchString(path.Base(root)) {
		return ""
	}
	return path.Base(root)
}

// readSAS knows SAS Foundation by the name of its root folder, !SASROOT. The
// configuration in it is not read, nor is the licence. The key is the folder.
//
// Format: "SAS 9.4 Companion for UNIX Environments", on !SASROOT and sasv9.cfg.
func readSAS(f *file, out *facts) error {
	release, root := sasRelease(f.Path), path.Dir(f.Path)
	if release == "" {
		return nil
	}
	p := landwaiter.Package{Ecosystem: "sas", Name: "SAS Foundation", Version: release, Vendor: "SAS Institute", PURL: purl("generic", "", "SAS Foundation", release)}
	out.Package("folder name", p, root)
	out.OwnsTree(root, root)
	return nil
}

var spssWant = want{fits: func(p string) bool { _, v := spssRelease(p); return v != "" }, nameOnly: true}

var spssPrograms = regexp.MustCompile(`(?:^|/)SPSS/(Statistics|StatisticsServer)/([0-9]+(?:\.[0-9]+)*)/bin/(?:stats|statistics|statisticsb)$`)

// spssRelease reads …/SPSS/Statistics/29/bin/statisticsb.
func spssRelease(name string) (product, release string) {
	if !strings.Contains(name, "SPSS/Statistics") { // asked of every file
		return "", ""
	}
	m := spssPrograms.FindStringSubmatch(name)
	if m == nil {
		return "", ""
	}
	return m[1], m[2]
}

// readSPSS knows IBM SPSS Statistics by the folders that its installer makes and
// one of its programs in them. The key is the installation's folder.
//
// Format: IBM SPSS Statistics, "Administrator's Guide", on the installation folder.
func readSPSS(f *file, out *facts) error {
	product, release := spssRelease(f.Path)
	if release == "" {
		return nil
	}
	name := "IBM SPSS Statistics"
	if strings.HasSuffix(product, "Server") {
		name += " Server"
	}
	root := path.Dir(path.Dir(f.Path))
	p := landwaiter.Package{Ecosystem: "spss", Name: name, Version: release, Vendor: "IBM", PURL: purl("generic", "", name, release)}
	out.Package("folder name", p, root)
	out.OwnsTree(root, root)
	return nil
}
