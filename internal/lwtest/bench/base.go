package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
)

// baseShare is how much of the bytes as stored a base holds at least.
const baseShare = 0.75

// base returns how many of the first layers are a base: the fewest that hold
// baseShare of the bytes, and not all. It returns 0 where there are none such.
func (l *layout) base() (n int, share float64) {
	var total, sum int64
	for _, b := range l.layers {
		total += b.size
	}
	for i, b := range l.layers[:len(l.layers)-1] {
		sum += b.size
		if share = float64(sum) / float64(total); share >= baseShare {
			return i + 1, share
		}
	}
	return 0, 0
}

// writeFirst writes a layout of the first n layers to dir, which it makes. The layers
// themselves are second names, for a link out of the folder would be refused.
func (l *layout) writeFirst(dir string, n int) error {
	var index, manifest, config map[string]any
	if err := decode(filepath.Join(l.dir, "index.json"), &index); err != nil {
		return err
	}
	list, _ := index["manifests"].([]any)
	if len(list) != 1 {
		return fmt.Errorf("%s lists %d images, not one", l.dir, len(list))
	}
	entry, ok := list[0].(map[string]any)
	if !ok {
		return fmt.Errorf("%s: its image is a %T", l.dir, list[0])
	}
	if err := decode(l.blob(fmt.Sprint(entry["digest"])), &manifest); err != nil {
		return err
	}
	of, ok := manifest["config"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s: the manifest names no configuration", l.dir)
	}
	if err := decode(l.blob(fmt.Sprint(of["digest"])), &config); err != nil {
		return err
	}
	rootfs, ok := config["rootfs"].(map[string]any)
	if !ok {
		return fmt.Errorf("%s: the configuration names no layers", l.dir)
	}
	if err := cut(rootfs, "diff_ids", n); err != nil {
		return err
	}
	if err := cut(manifest, "layers", n); err != nil {
		return err
	}
	delete(config, "history") // it would speak of more layers
	out := &layout{dir: dir}
	if err := os.MkdirAll(out.blob(""), 0o755); err != nil {
		return err
	}
	for _, b := range l.layers[:n] {
		if err := linkOrCopy(b.path, out.blob(filepath.Base(b.path))); err != nil {
			return err
		}
	}
	if err := out.put(config, of); err != nil {
		return err
	}
	if err := out.put(manifest, entry); err != nil {
		return err
	}
	raw, err := json.Marshal(index)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "index.json"), raw, 0o600)
}

// linkOrCopy gives a file a second name, or copies it to another disk.
func linkOrCopy(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, fs.ErrExist) {
		return nil // one layer may stand in an image twice
	}
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}

func cut(of map[string]any, name string, n int) error {
	list, _ := of[name].([]any)
	if n > len(list) {
		return fmt.Errorf("%s has %d entries, and %d are wanted", name, len(list), n)
	}
	of[name] = list[:n]
	return nil
}

// put writes a blob, and its digest and size to its descriptor.
func (l *layout) put(v, descriptor map[string]any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(raw)
	digest := "sha256:" + hex.EncodeToString(sum[:])
	descriptor["digest"], descriptor["size"] = digest, len(raw)
	return os.WriteFile(l.blob(digest), raw, 0o600)
}

// seen are landwaiter where its cache knows the whole image, and where it knows its
// base only. Each run begins with the same cache.
func seen(ctx context.Context, program string, img *layout, work string) (list []*contender, err error) {
	add := func(name, dir string, known *layout) error {
		full, now := filepath.Join(work, dir+"-full"), filepath.Join(work, dir)
		out, err := exec.CommandContext(ctx, program, "assess", "oci:"+known.dir, "--cache", full).CombinedOutput()
		if err != nil {
			return fmt.Errorf("filling a cache: %w\n%s", err, out)
		}
		list = append(list, &contender{
			name: name,
			before: func(context.Context) error {
				if err := os.RemoveAll(now); err != nil {
					return err
				}
				return os.CopyFS(now, os.DirFS(full))
			},
			steps: []step{{args: []string{program, "assess", "oci:" + img.dir, "--cache", now}}},
		})
		return nil
	}
	if n, share := img.base(); n > 0 {
		first := &layout{dir: filepath.Join(work, "first")}
		if err := img.writeFirst(first.dir, n); err != nil {
			return nil, fmt.Errorf("taking the first %d layers: %w", n, err)
		}
		if err := add(fmt.Sprintf("with %.0f %% seen before", 100*share), "cache-base", first); err != nil {
			return nil, err
		}
	}
	return list, add("with all seen before", "cache-all", img)
}
