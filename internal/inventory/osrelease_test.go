package inventory

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

func TestParseOSRelease(t *testing.T) {
	tests := []struct {
		name, path, text string
		want             *landwaiter.System
	}{
		{
			"debian", "usr/lib/os-release",
			"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\n",
			&landwaiter.System{ID: "debian", VersionID: "12", Codename: "bookworm", Name: "Debian GNU/Linux 12 (bookworm)", Path: "usr/lib/os-release"},
		},
		{
			"rocky, CRLF, mark, no end", "etc/os-release",
			"\ufeffID='rocky'\r\nID_LIKE=\"rhel centos fedora\"\r\n# ID=comment\r\nnonsense\r\nVERSION_ID=9.3",
			&landwaiter.System{ID: "rocky", VersionID: "9.3", Like: "rhel centos fedora", Path: "etc/os-release"},
		},
		{
			"quotes", "etc/os-release",
			`NAME="A \"B\" \$C \d"` + "\nID=a\\ b ignored\nVERSION_ID='1'\"2\"\n",
			&landwaiter.System{ID: "a b", VersionID: "12", Name: `A "B" $C \d`, Path: "etc/os-release"},
		},
		{
			"the last value counts", "etc/os-release", "ID=a\nID=b\nID\n",
			&landwaiter.System{ID: "b", Path: "etc/os-release"},
		},
		{"no ID", "etc/os-release", "NAME=x\n", nil},
		{"empty", "etc/os-release", "", nil},
		{
			"release", "etc/debian_version", "12.5\n",
			&landwaiter.System{ID: "debian", VersionID: "12", Name: "Debian 12.5", Path: "etc/debian_version"},
		},
		{
			"testing", "etc/debian_version", "\ntrixie/sid",
			&landwaiter.System{ID: "debian", Codename: "trixie", Name: "Debian trixie/sid", Path: "etc/debian_version"},
		},
		{"empty version", "etc/debian_version", " \n", nil},
		{"a line without end", "etc/os-release", "ID=" + strings.Repeat("a", limitio.MaxLine), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseOSRelease(tt.path, strings.NewReader(tt.text))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			damage, ok := errors.AsType[*landwaiter.SyntaxError](err)
			if ok != (tt.want == nil) || ok && damage.Path != tt.path {
				t.Errorf("got error %v", err)
			}
		})
	}
}

func FuzzParseOSRelease(f *testing.F) {
	f.Add("ID=\"a\\\"b\"\n")
	f.Add("12/sid")
	f.Fuzz(func(t *testing.T, text string) {
		for _, path := range osReleasePaths {
			sys, err := parseOSRelease(path, strings.NewReader(text))
			if (sys == nil) == (err == nil) {
				t.Errorf("%s: got %v and %v", path, sys, err)
			}
			if sys != nil && (sys.ID == "" || sys.Path != path) {
				t.Errorf("%s: got %+v", path, sys)
			}
		}
	})
}
