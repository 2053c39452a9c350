package inventory

import (
	"regexp"
	"strings"
)

// vendor is one row of the table of those who publish Debian packages of their own.
// A row fits where each of its patterns that is set is found.
type vendor struct {
	name       string // as reports say it
	maintainer string // a part of the field Maintainer, in lower case
	version    *regexp.Regexp
	prefix     string // of the package's name
}

// vendors is the table. Those who rebuild Debian's own packages keep Debian's
// maintainers in them, so their versions tell. A pattern must never fit what Debian
// or Ubuntu built themselves: docs/adr/0007-whose-package-it-is.md.
var vendors = []vendor{
	{name: "PostgreSQL Global Development Group", version: regexp.MustCompile(`[.~+]pgdg[0-9+.~]`)},
	{name: "CRAN", version: regexp.MustCompile(`~[a-z]+cran[0-9]*\.|-[0-9.]+\.[12][0-9]04\.[0-9]+$`)},
	{name: "r2u", version: regexp.MustCompile(`-[0-9]+\.ca[0-9]{4}\.[0-9]+$`)},
	{name: "NeuroDebian", version: regexp.MustCompile(`~nd[0-9]*[+.0-9]`)},
	{name: "deb.sury.org", version: regexp.MustCompile(`\+0~20[0-9]{6}`)},
	{name: "NodeSource", version: regexp.MustCompile(`nodesource`)},
	{name: "a personal package archive (PPA)", version: regexp.MustCompile(`[~+.-]ppa[0-9~.]`)},
	{name: "deadsnakes", version: regexp.MustCompile(`-[0-9]+\+(?:bionic|focal|jammy|noble)[0-9]+$`)},
	{name: "MariaDB Foundation", version: regexp.MustCompile(`\+maria~`)},
	{name: "Percona", maintainer: "percona"},
	{name: "NVIDIA", maintainer: "cudatools"},
	{name: "NVIDIA", version: regexp.MustCompile(`\+cuda[0-9]`)},
	{name: "Docker", maintainer: "@docker.com"},
	{name: "Google", maintainer: "google cloud cli authors"},
	{name: "Google", maintainer: "chrome linux team"},
	{name: "Kubernetes", maintainer: "kubernetes authors"},
	{name: "Microsoft", maintainer: "@microsoft.com"},
	{name: "Posit", maintainer: "posit software"},
	{name: "Posit", maintainer: "rstudio, "},
	{name: "Posit", maintainer: "@posit.co"},
	{name: "Posit", maintainer: "@rstudio.com"},
	{name: "HashiCorp", maintainer: "hashicorp"},
	{name: "GitHub", maintainer: "github", prefix: "gh"},
	{name: "MongoDB", prefix: "mongodb-org"},
	{name: "MongoDB", prefix: "mongodb-mongosh"},
	{name: "Elastic", maintainer: "@elastic.co"},
	{name: "Oracle", maintainer: "mysql release engineering"},
	{name: "Grafana Labs", maintainer: "@grafana.com"},
	{name: "Anaconda", maintainer: "@anaconda.com"},
	{name: "Intel", prefix: "intel-oneapi-"},
	{name: "AMD", prefix: "rocm-", maintainer: "@amd.com"},
	{name: "Adoptium", prefix: "temurin-"},
	{name: "Azul", prefix: "zulu"},
	{name: "Amazon", prefix: "java-", maintainer: "amazon"},
}

// vendorOf is who other than the distribution publishes a package of this name,
// version and maintainer; "" where nobody in the table does.
func vendorOf(name, version, maintainer string) string {
	maintainer = strings.ToLower(maintainer)
	for i := range vendors {
		v := &vendors[i]
		if strings.Contains(maintainer, v.maintainer) && strings.HasPrefix(name, v.prefix) && (v.version == nil || v.version.MatchString(version)) {
			return v.name
		}
	}
	return ""
}
