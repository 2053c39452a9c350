package lwtest

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/landwaiter/landwaiter"
)

const (
	mediaManifest = "application/vnd.oci.image.manifest.v1+json"
	mediaIndex    = "application/vnd.oci.image.index.v1+json"
	mediaConfig   = "application/vnd.oci.image.config.v1+json"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    *platform         `json:"platform,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"`
}

type manifest struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Config        descriptor   `json:"config"`
	Layers        []descriptor `json:"layers"`
}

type index struct {
	SchemaVersion int          `json:"schemaVersion"`
	MediaType     string       `json:"mediaType"`
	Manifests     []descriptor `json:"manifests"`
}

type imageConfig struct {
	platform
	Created string          `json:"created"`
	Config  json.RawMessage `json:"config"`
	RootFS  struct {
		Type    string   `json:"type"`
		DiffIDs []string `json:"diff_ids"`
	} `json:"rootfs"`
	History []history `json:"history"`
}

type history struct {
	Created   string `json:"created"`
	CreatedBy string `json:"created_by"`
}

// WriteLayout writes the image to dir, which it makes, as an OCI image layout.
// It returns the digest of the manifest, or of the index where the image has
// several platforms. It refuses a folder that holds a layout.
func (s *Spec) WriteLayout(dir string) (string, error) {
	if _, err := os.Stat(filepath.Join(dir, "index.json")); err == nil {
		return "", fmt.Errorf("%s holds a layout already; name a new folder: %w", dir, landwaiter.ErrInvalid)
	}
	blobs := filepath.Join(dir, "blobs", "sha256")
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return "", err
	}
	top, err := s.writeTop(blobs)
	if err != nil {
		return "", err
	}
	top.Annotations = map[string]string{"org.opencontainers.image.ref.name": s.Tag()}
	data, err := json.Marshal(index{2, mediaIndex, []descriptor{top}})
	if err != nil {
		return "", err
	}
	if err := writeFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`)); err != nil {
		return "", err
	}
	return top.Digest, writeFile(filepath.Join(dir, "index.json"), data)
}

// writeTop writes the image, or an index of one image for each platform.
func (s *Spec) writeTop(blobs string) (descriptor, error) {
	layers := make([]stored, len(s.layers))
	for i, l := range s.layers {
		var err error
		if layers[i], err = s.store(blobs, i, l.codec); err != nil {
			return descriptor{}, err
		}
	}
	if len(s.platforms) < 2 {
		return s.writeImage(blobs, s.platform(), layers)
	}
	ix := index{2, mediaIndex, nil}
	for _, name := range s.platforms {
		d, err := s.writeImage(blobs, name, layers)
		if err != nil {
			return d, err
		}
		p := parsePlatform(name)
		d.Platform = &p
		ix.Manifests = append(ix.Manifests, d)
	}
	data, err := json.Marshal(ix)
	if err != nil {
		return descriptor{}, err
	}
	return writeBlob(blobs, mediaIndex, data, nil)
}

// platform returns the one platform of the image.
func (s *Spec) platform() string {
	if len(s.platforms) == 0 {
		return "linux/amd64"
	}
	return s.platforms[0]
}

func parsePlatform(name string) platform {
	p := append(strings.SplitN(name, "/", 3), "")
	return platform{p[0], p[1], p[2]}
}

func (s *Spec) writeImage(blobs, name string, layers []stored) (descriptor, error) {
	m := manifest{SchemaVersion: 2, MediaType: mediaManifest, Layers: []descriptor{}}
	config, err := s.configFor(name, layers)
	if err != nil {
		return descriptor{}, err
	}
	if m.Config, err = writeBlob(blobs, mediaConfig, config, s.damage.config); err != nil {
		return descriptor{}, fmt.Errorf("configuration: %w", err)
	}
	for i, st := range layers {
		if s.layers[i].in(name) {
			m.Layers = append(m.Layers, descriptor{MediaType: st.media, Digest: st.digest, Size: st.size})
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		return descriptor{}, err
	}
	d, err := writeBlob(blobs, mediaManifest, data, s.damage.manifest)
	if err != nil {
		return d, fmt.Errorf("manifest: %w", err)
	}
	return d, nil
}

// in reports whether the image for a platform has the layer.
func (l *layer) in(platform string) bool { return l.only == "" || l.only == platform }

func (s *Spec) configFor(name string, layers []stored) ([]byte, error) {
	created := s.created.UTC().Format("2006-01-02T15:04:05Z")
	c := imageConfig{platform: parsePlatform(name), Created: created, Config: s.config, History: []history{}}
	if c.Config == nil {
		c.Config = json.RawMessage("{}")
	}
	c.RootFS.Type = "layers"
	c.RootFS.DiffIDs = []string{}
	for i, st := range layers {
		l := s.layers[i]
		if !l.in(name) {
			continue
		}
		by := l.createdBy
		if by == "" {
			by = fmt.Sprintf("lwtest layer %d", i)
		}
		c.History = append(c.History, history{created, by})
		if st.diffID != "" {
			c.RootFS.DiffIDs = append(c.RootFS.DiffIDs, st.diffID)
		}
	}
	return json.Marshal(c)
}

// writeBlob writes data under its digest, with one byte changed at flip.
func writeBlob(blobs, media string, data []byte, flip *int64) (descriptor, error) {
	d := descriptor{MediaType: media, Digest: digestOf(data), Size: int64(len(data))}
	data, err := flipped(data, flip)
	if err != nil {
		return d, err
	}
	return d, writeFile(filepath.Join(blobs, hexOf(d.Digest)), data)
}

// WriteOCIArchive writes the image layout as one tar archive, and returns the
// same digest as WriteLayout.
func (s *Spec) WriteOCIArchive(w io.Writer) (digest string, err error) {
	dir, err := os.MkdirTemp("", "lwtest-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if digest, err = s.WriteLayout(dir); err != nil {
		return "", err
	}
	tw := tar.NewWriter(w)
	err = filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		return addToTar(tw, filepath.ToSlash(rel), p)
	})
	return digest, errors.Join(err, tw.Close())
}

// addToTar adds the file at p under name.
func addToTar(tw *tar.Writer, name, p string) (err error) {
	f, err := os.Open(p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	e := &entry{name: name, kind: tar.TypeReg, mode: 0o644, size: info.Size(), stream: func() io.Reader { return f }}
	return writeEntry(tw, e, tar.FormatUnknown)
}
