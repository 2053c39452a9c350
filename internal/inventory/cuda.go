package inventory

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/landwaiter/landwaiter"
)

var cudaWant = want{
	bases:    []string{"version.json", "version.txt", "cudnn_version.h", "cudnn.h", "nccl.h", "NvInferVersion.h"},
	fits:     isCUDALibrary,
	nameOnly: true,
	also:     cudaPlace,
	maxBytes: 1 << 20,
}

// cudaPlace reports whether a file lies where NVIDIA puts it. What lies in one of
// NVIDIA's Python wheels has a name by that wheel.
func cudaPlace(name string) bool {
	folder := path.Dir(name)
	switch path.Base(name) {
	case "version.json", "version.txt":
		return strings.HasPrefix(path.Base(folder), "cuda") && folder != "cuda"
	case "cudnn_version.h", "cudnn.h", "nccl.h", "NvInferVersion.h":
		inc := path.Base(folder) == "include" || path.Base(path.Dir(folder)) == "include"
		return inc && !strings.Contains(name, "-packages/")
	}
	return !strings.Contains(name, "-packages/nvidia/") && !strings.Contains(name, "-packages/tensorrt_libs/")
}

// cudaLibraries says which component of version.json a library is. Those whose file
// names bear another number than the component are left out.
var cudaLibraries = map[string]string{
	"libcudart": "cuda_cudart", "libnvrtc": "cuda_nvrtc",
	"libcublas": "libcublas", "libcublasLt": "libcublas", "libcufft": "libcufft", "libcufftw": "libcufft",
	"libcurand": "libcurand", "libcusolver": "libcusolver", "libcusolverMg": "libcusolver",
	"libcusparse": "libcusparse", "libnvjpeg": "libnvjpeg", "libnvJitLink": "libnvjitlink",
	"libcudnn": "cudnn", "libcudnn_ops": "cudnn", "libcudnn_cnn": "cudnn", "libcudnn_adv": "cudnn", "libcudnn_graph": "cudnn",
	"libcudnn_ops_infer": "cudnn", "libcudnn_ops_train": "cudnn", "libcudnn_cnn_infer": "cudnn", "libcudnn_cnn_train": "cudnn",
	"libcudnn_adv_infer": "cudnn", "libcudnn_adv_train": "cudnn", "libcudnn_heuristic": "cudnn",
	"libcudnn_engines_precompiled": "cudnn", "libcudnn_engines_runtime_compiled": "cudnn",
	"libnccl": "nccl", "libnvinfer": "tensorrt", "libnvinfer_plugin": "tensorrt",
	"libnvonnxparser": "tensorrt", "libcuda": "nvidia_driver", "libnvidia-ml": "nvidia_driver",
}

// cudaName is a library's file name: what builders of Python wheels put between
// name and suffix is a hash.
var cudaName = regexp.MustCompile(`^(lib[A-Za-z_]+|libnvidia-ml)(?:-[0-9a-f]{8})?\.so\.([0-9]+(?:\.[0-9]+)*)$`)

func isCUDALibrary(name string) bool {
	if !strings.Contains(name, ".so.") { // asked of every file
		return false
	}
	base := path.Base(name)
	m := cudaName.FindStringSubmatch(base)
	return m != nil && cudaLibraries[m[1]] != ""
}

// readCUDA reads the list of a CUDA toolkit, headers that bear a version, and the
// file names of libraries. A package's key is its name and version.
//
// Format: NVIDIA's version.json since CUDA 11.1, version.txt before.
func readCUDA(f *file, out *facts) error {
	folder, base := path.Dir(f.Path), path.Base(f.Path)
	switch base {
	case "version.json":
		return readCUDAList(f, folder, out)
	case "version.txt":
		text := make([]byte, 256)
		n, err := f.ReadAt(text, 0)
		if err != nil && err != io.EOF {
			return fmt.Errorf("reading %s: %w", f.Path, err)
		}
		line, _, _ := strings.Cut(string(text[:n]), "\n")
		if version, ok := strings.CutPrefix(strings.TrimSpace(line), "CUDA Version "); ok && printable(version) {
			key := cudaPackage(out, "installed metadata", "cuda", version)
			out.LiesIn(folder)
			out.OwnsTree(key, folder)
		}
		return nil
	case "cudnn_version.h", "cudnn.h":
		return readCUDAHeader(f, "cudnn", "CUDNN_MAJOR", "CUDNN_MINOR", "CUDNN_PATCHLEVEL", out)
	case "nccl.h":
		return readCUDAHeader(f, "nccl", "NCCL_MAJOR", "NCCL_MINOR", "NCCL_PATCH", out)
	case "NvInferVersion.h":
		return readCUDAHeader(f, "tensorrt", "NV_TENSORRT_MAJOR", "NV_TENSORRT_MINOR", "NV_TENSORRT_PATCH", out)
	}
	m := cudaName.FindStringSubmatch(base)
	if m == nil || cudaLibraries[m[1]] == "" {
		return nil
	}
	name, version := cudaLibraries[m[1]], m[2]
	if strings.Count(version, ".") < 2 {
		// A library's number for programs is not its version: libcudart.so.11.0 is
		// the name of all of CUDA 11. Its first part is the version's.
		version, _, _ = strings.Cut(version, ".")
	}
	out.Owns(cudaPackage(out, "file name", name, version), f.Path, "")
	return nil
}

func cudaPackage(out *facts, method, name, version string) (key string) {
	key = name + "@" + version
	out.Package(method, landwaiter.Package{
		Ecosystem: "cuda", Name: name, Version: version, Vendor: "NVIDIA", PURL: purl("generic", "", name, version),
	}, key)
	return key
}

// readCUDAList reads version.json: {"cuda": {"name": "CUDA SDK", "version": …}, …}.
// The driver for the machine comes with the toolkit's installer and is left out.
func readCUDAList(f *file, folder string, out *facts) error {
	m := newMembers(f)
	_, err := m.object(func(name string) error {
		raw, err := m.raw()
		if err != nil || name == "nvidia_driver" || name == "nvidia_fs" {
			return err
		}
		var part map[string]json.RawMessage
		var version string
		if json.Unmarshal(raw, &part) == nil {
			_ = json.Unmarshal(part["version"], &version) // what is no string is not said
		}
		switch {
		case printable(name) && printable(version):
			key := cudaPackage(out, "installed metadata", name, version)
			out.LiesIn(folder) // a toolkit of packages has names by them
			if name == "cuda" {
				out.OwnsTree(key, folder)
			}
		case name == "cuda":
			out.Gap(f.Path, -1, true, "a CUDA toolkit without a version")
		}
		return nil
	})
	return m.damage(err)
}

// readCUDAHeader reads three #define lines.
func readCUDAHeader(f *file, name, major, minor, patch string, out *facts) error {
	part := map[string]string{}
	l := newLines(f.Path, f.Reader())
	for l.next() {
		words := bytes.Fields(l.text)
		if len(words) < 3 || string(words[0]) != "#define" {
			continue
		}
		key, value := string(words[1]), string(words[2])
		if (key == major || key == minor || key == patch) && part[key] == "" && strings.Trim(value, "0123456789") == "" && len(value) < 10 {
			part[key] = value
		}
	}
	if err := l.err(); err != nil {
		return err
	}
	if part[major] == "" || part[minor] == "" || part[patch] == "" {
		return nil // cudnn.h since version 8 leaves them to cudnn_version.h
	}
	out.Owns(cudaPackage(out, "header", name, part[major]+"."+part[minor]+"."+part[patch]), f.Path, "")
	return nil
}
