package lwtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Join makes one OCI image layout in dir out of those in from: each image keeps its
// tag.
func Join(dir string, from ...string) error {
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	all := index{2, mediaIndex, nil}
	for _, src := range from {
		data, err := os.ReadFile(filepath.Join(src, "index.json"))
		if err != nil {
			return err
		}
		var one index
		if err := json.Unmarshal(data, &one); err != nil {
			return fmt.Errorf("%s: %w", src, err)
		}
		all.Manifests = append(all.Manifests, one.Manifests...)
		names, err := os.ReadDir(filepath.Join(src, "blobs", "sha256"))
		if err != nil {
			return err
		}
		for _, n := range names {
			data, err := os.ReadFile(filepath.Join(src, "blobs", "sha256", n.Name()))
			if err != nil {
				return err
			}
			if err := writeFile(filepath.Join(blobs, n.Name()), data); err != nil {
				return err
			}
		}
	}
	data, err := json.Marshal(all)
	if err != nil {
		return err
	}
	if err := writeFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, "index.json"), data)
}
