package lwtest

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/landwaiter/landwaiter"
)

type dockerManifest struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// WriteDockerArchive writes what "docker save" would: a tar with manifest.json,
// the configuration and one uncompressed tar for each layer; gz compresses the
// whole. It returns the image ID, which is the digest of the configuration.
//
// Damage to a blob is done to the uncompressed layer. The form has no manifest
// with digests and sizes, so corrupt-manifest and bad-size are errors, and so is
// an image of several platforms.
func (s *Spec) WriteDockerArchive(w io.Writer, gz bool) (id string, err error) {
	switch {
	case len(s.platforms) > 1:
		return "", fmt.Errorf("docker archive of %d platforms; it holds one: %w", len(s.platforms), landwaiter.ErrInvalid)
	case s.damage.manifest != nil:
		return "", fmt.Errorf("docker archive with corrupt-manifest; it has no manifest to damage: %w", landwaiter.ErrInvalid)
	}
	for i, l := range s.layers {
		if l.flaws.sizeOff != 0 {
			return "", fmt.Errorf("docker archive with bad-size %d; it holds no sizes: %w", i, landwaiter.ErrInvalid)
		}
	}
	dir, err := os.MkdirTemp("", "lwtest-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if !gz {
		return s.dockerTar(w, dir)
	}
	z := gzip.NewWriter(w)
	id, err = s.dockerTar(z, dir)
	return id, errors.Join(err, z.Close())
}

func (s *Spec) dockerTar(w io.Writer, dir string) (string, error) {
	tw := tar.NewWriter(w)
	m := dockerManifest{RepoTags: []string{s.Tag() + ":latest"}, Layers: []string{}}
	layers := make([]stored, len(s.layers))
	for i := range s.layers {
		st, err := s.store(dir, i, "none")
		if err != nil {
			return "", err
		}
		layers[i] = st
		// As docker does, one folder for a layer. The number keeps layers apart
		// that hold the same bytes.
		name := fmt.Sprintf("%03d-%s/layer.tar", i, hexOf(st.digest)[:12])
		m.Layers = append(m.Layers, name)
		if s.layers[i].flaws.missing {
			continue
		}
		if err := addToTar(tw, name, st.path); err != nil {
			return "", err
		}
	}
	config, err := s.configFor(s.platform(), layers)
	if err != nil {
		return "", err
	}
	id := digestOf(config)
	if config, err = flipped(config, s.damage.config); err != nil {
		return "", err
	}
	m.Config = hexOf(id) + ".json"
	list, err := json.Marshal([]dockerManifest{m})
	if err != nil {
		return "", err
	}
	for _, e := range []*entry{file(m.Config, config), file("manifest.json", list)} {
		if err := writeEntry(tw, e, tar.FormatUnknown); err != nil {
			return "", fmt.Errorf("%s: %w", filepath.Base(e.name), err)
		}
	}
	return id, tw.Close()
}
