package inventory

import (
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/landwaiter/landwaiter/internal/image"
)

// merged reads the files of a txtar text as one layer, with every row that wants
// them, and says who owns each.
func merged(t *testing.T, text string) string {
	t.Helper()
	m := compile(ecosystems)
	l := &layerFacts{}
	for i, in := range inputs(t, txtar.Parse([]byte(text))) {
		_, kind := m.formats.find(in.Name, in.Data[:min(len(in.Data), headSize)])
		l.record(t, image.Record{Path: in.Name, Type: image.TypeFile, Size: int64(len(in.Data)), SHA256: sha256.Sum256(in.Data)}, noted{kind: kindCode(kind)})
		for _, r := range append(m.rows(nil, in.Name, isProgram(in.Data)), m.byName(in.Name)...) {
			ff := fileFacts{record: int32(i), row: r, path: in.Name}
			if err := ecosystems[r].read(newFile(t, in.Name, in.Data), &ff.facts); err != nil {
				t.Fatal(err)
			}
			for k := range ff.packages {
				ff.packages[k].pkg.Evidence[0].Path = in.Name
			}
			l.facts = append(l.facts, ff)
		}
	}
	res, err := mergeOf(t, l).result()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, p := range res.Packages {
		fmt.Fprintf(&b, "%s owns %d", p.ID, p.Owns.Files)
		field(&b, " requested", p.Requested)
		field(&b, " part of "+p.PartOf, p.PartOf != "")
		field(&b, " from "+p.Origin, p.Ecosystem == "dpkg" && p.Origin != "")
		field(&b, " needs "+strings.Join(p.DependsOn, " "), len(p.DependsOn) > 0)
		b.WriteString("\n")
	}
	for _, f := range res.Unowned {
		fmt.Fprintf(&b, "unowned %s\n", f.Path)
	}
	for _, f := range res.Changed {
		fmt.Fprintf(&b, "changed %s\n", f.Path)
	}
	return b.String()
}

func TestPlaces(t *testing.T) {
	for _, tt := range []struct{ name, files, want string }{{
		"a prefix that Spack filled, and what else says its name",
		`-- opt/s/zlib-1.3-x/.spack/spec.json --
{"spec": {"nodes": [{"name": "zlib", "version": "1.3", "hash": "zz"}]}}
-- opt/s/zlib-1.3-x/bin/minigzip --
#!/bin/sh
-- opt/s/curl-8-y/.spack/spec.json --
{"spec": {"nodes": [{"name": "curl", "version": "8", "hash": "yy", "dependencies": [{"name": "zlib", "hash": "zz", "parameters": {"deptypes": ["link"]}}]}]}}
-- opt/s/.spack-db/index.json --
{"database": {"installs": {"yy": {"explicit": true}}}}
-- opt/s/curl-8-y/lib/python3/site-packages/idna-3.4.dist-info/METADATA --
Metadata-Version: 2.1
Name: idna
Version: 3.4
-- opt/modulefiles/zlib/1.3.lua --
prepend_path("PATH", "/opt/s/zlib-1.3-x/bin")
`, `python:idna@3.4 owns 1
spack:curl@8 owns 1 requested needs spack:zlib@1.3
spack:zlib@1.3 owns 2
unowned opt/modulefiles/zlib/1.3.lua
`,
	}, {
		"software by hand with a modulefile, one that is gone, and a shared folder",
		`-- opt/bwa-0.7/bin/bwa --
#!/bin/sh
-- opt/modulefiles/bwa/0.7.lua --
prepend_path("PATH", "/opt/bwa-0.7/bin")
-- opt/modulefiles/gone/1.lua --
prepend_path("PATH", "/opt/gone/bin")
-- usr/local/bin/mine --
#!/bin/sh
-- opt/modulefiles/mine/1.lua --
prepend_path("PATH", "/usr/local/bin")
`, `lmod:bwa@0.7 owns 2
unowned opt/modulefiles/mine/1.lua
unowned opt/modulefiles/gone/1.lua
unowned usr/local/bin/mine
`,
	}, {
		"CUDA by hand, and what a wheel of NVIDIA's and one of another's brought",
		`-- usr/local/cuda-12.4/version.json --
{"cuda": {"version": "12.4.1"}, "libcublas": {"version": "12.4.5.8"}}
-- usr/local/cuda-12.4/bin/nvcc;quoted --
"\x7fELF"
-- usr/local/cuda-12.4/lib64/libcublas.so.12.4.5.8;quoted --
"\x7fELF"
-- v/lib/python3/site-packages/torch-2.0.dist-info/METADATA --
Metadata-Version: 2.1
Name: torch
Version: 2.0
-- v/lib/python3/site-packages/torch-2.0.dist-info/RECORD --
torch/lib/libcudnn.so.8,,
torch-2.0.dist-info/RECORD,,
-- v/lib/python3/site-packages/torch/lib/libcudnn.so.8;quoted --
"\x7fELF"
-- v/lib/python3/site-packages/nvidia_nvtx_cu12-12.1.dist-info/METADATA --
Metadata-Version: 2.1
Name: nvidia-nvtx-cu12
Version: 12.1
-- v/lib/python3/site-packages/nvidia/cudnn/lib/libcudnn.so.9;quoted --
"\x7fELF"
`, `python:nvidia-nvtx-cu12@12.1 owns 1
python:torch@2.0 owns 3
cuda:cuda@12.4.1 owns 2
cuda:cudnn@8 owns 0
cuda:libcublas@12.4.5.8 owns 1
unowned v/lib/python3/site-packages/nvidia/cudnn/lib/libcudnn.so.9
`,
	}, {
		"CUDA of the distribution's manager has its names by it",
		`-- var/lib/dpkg/status --
Package: libcublas-12-4
Status: install ok installed
Version: 12.4.5.8-1
Architecture: amd64
Maintainer: cudatools <cudatools@nvidia.com>

-- var/lib/dpkg/info/libcublas-12-4.list --
/usr/local/cuda-12.4/lib64/libcublas.so.12.4.5.8
-- usr/local/cuda-12.4/lib64/libcublas.so.12.4.5.8;quoted --
"\x7fELF"
-- usr/local/cuda-12.4/version.json --
{"cuda": {"version": "12.4.1"}, "libcublas": {"version": "12.4.5.8"}}
`, `dpkg:libcublas-12-4@12.4.5.8-1:amd64 owns 2 from NVIDIA
`,
	}, {
		"a changelog shows whose package it is, and a vendor's mark is stronger",
		`-- var/lib/dpkg/status --
Package: tool
Status: install ok installed
Version: 1.0-2
Maintainer: A Person <a@example.org>

Package: other
Status: install ok installed
Version: 1.0-3
Maintainer: A Person <a@example.org>

Package: code
Status: install ok installed
Version: 1.0-2
Maintainer: Somebody <somebody@microsoft.com>
-- usr/share/doc/tool/changelog.Debian --
tool (1.0-2) bookworm; urgency=medium

  * First. Closes: #1000001
-- usr/share/doc/other/changelog.Debian --
other (1.0-2) bookworm; urgency=medium

  * First. Closes: #1000001
-- usr/share/doc/code/changelog.Debian --
code (1.0-2) bookworm; urgency=medium

  * First. Closes: #1000001
`, `dpkg:code@1.0-2 owns 0 from Microsoft
dpkg:other@1.0-3 owns 0
dpkg:tool@1.0-2 owns 0 from Debian
`,
	}, {
		"R that was built by hand",
		`-- usr/local/lib/R/library/base/DESCRIPTION --
Package: base
Version: 4.3.2
Priority: base
Built: R 4.3.2; ; 2023-11-01; unix
-- usr/local/lib/R/library/abc/DESCRIPTION --
Package: abc
Version: 1.0
Built: R 4.3.2; ; 2023-11-01; unix
-- usr/local/lib/R/lib/libR.so;quoted --
"\x7fELF"
-- usr/local/lib/R/bin/R --
#!/bin/sh
`, `r:abc@1.0 owns 1
r:base@4.3.2 owns 3
`,
	}, {
		"a modulefile for what has a name by itself",
		`-- opt/matlab/R2022b/VersionInfo.xml --
<MathWorks_version_info><version>9.13.0.1</version><release>R2022b</release></MathWorks_version_info>
-- opt/matlab/R2022b/bin/matlab --
#!/bin/sh
-- opt/modulefiles/matlab/R2022b.lua --
local root = "/opt/matlab/R2022b"
`, `matlab:MATLAB@9.13.0.1 owns 2
unowned opt/modulefiles/matlab/R2022b.lua
`,
	}} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, merged(t, tt.files)); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
