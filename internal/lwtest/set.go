package lwtest

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func setTag(s *Spec, a []string) error {
	s.tag = a[0]
	return nil
}

func setPlatforms(s *Spec, a []string) error {
	for _, p := range a {
		if n := strings.Count(p, "/"); n < 1 || n > 2 {
			return fmt.Errorf("%q is not OS/ARCH or OS/ARCH/VARIANT", p)
		}
	}
	s.platforms = a
	return nil
}

func setOnly(s *Spec, a []string) error {
	n, err := layerNumber(a[0])
	if err != nil {
		return err
	}
	if !slices.Contains(s.platforms, a[1]) {
		return fmt.Errorf("%s is not one of the image's platforms %v; platform stands first", a[1], s.platforms)
	}
	s.layer(n).only = a[1]
	return nil
}

func setConfig(s *Spec, a []string) error {
	var v map[string]any
	if err := json.Unmarshal([]byte(a[0]), &v); err != nil {
		return err
	}
	s.config = json.RawMessage(a[0])
	return nil
}

func setCreated(s *Spec, a []string) error {
	t, err := time.Parse(time.RFC3339, a[0])
	s.created = t
	return err
}

func setLayers(s *Spec, a []string) error {
	n, err := strconv.Atoi(a[0])
	if err != nil || n < 0 || n > maxLayers {
		return fmt.Errorf("%q is not a number from 0 to %d", a[0], maxLayers)
	}
	if n > 0 {
		s.layer(n - 1)
	}
	return nil
}

// onLayer calls set with the layer that a[0] names.
func onLayer(s *Spec, a []string, set func(l *layer) error) error {
	n, err := layerNumber(a[0])
	if err != nil {
		return err
	}
	return set(s.layer(n))
}

// onLayerNumber also reads a[1] as a number.
func onLayerNumber(s *Spec, a []string, set func(f *flaws, v int64)) error {
	return onLayer(s, a, func(l *layer) error {
		v, err := strconv.ParseInt(a[1], 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", a[1])
		}
		set(&l.flaws, v)
		return nil
	})
}

func setCreatedBy(s *Spec, a []string) error {
	return onLayer(s, a, func(l *layer) error { l.createdBy = a[1]; return nil })
}

func setCodec(s *Spec, a []string) error {
	return onLayer(s, a, func(l *layer) error {
		if _, ok := codecs[a[1]]; !ok {
			return fmt.Errorf("unknown codec %q; there are gzip, gzip-multi, zstd and none", a[1])
		}
		l.codec = a[1]
		return nil
	})
}

func setFormat(s *Spec, a []string) error {
	formats := map[string]tar.Format{"ustar": tar.FormatUSTAR, "pax": tar.FormatPAX, "gnu": tar.FormatGNU}
	return onLayer(s, a, func(l *layer) error {
		f, ok := formats[a[1]]
		if !ok {
			return fmt.Errorf("unknown format %q; there are ustar, pax and gnu", a[1])
		}
		l.format = f
		return nil
	})
}

func appendArchive(s *Spec, a []string) error {
	if len(s.below(a[1])) == 0 {
		return fmt.Errorf("no file begins with %s/", a[1])
	}
	return onLayer(s, a, func(l *layer) error { l.second = a[1]; return nil })
}

func setTrailing(s *Spec, a []string) error {
	return onLayerNumber(s, a, func(f *flaws, v int64) { f.trailing = v })
}

func setTrailingStored(s *Spec, a []string) error {
	return onLayerNumber(s, a, func(f *flaws, v int64) { f.trailingStored = v })
}

func cutLayer(s *Spec, a []string) error {
	return onLayerNumber(s, a, func(f *flaws, v int64) { f.cut = v })
}

func flipLayer(s *Spec, a []string) error {
	return onLayerNumber(s, a, func(f *flaws, v int64) { f.flip = &v })
}

func setBadSize(s *Spec, a []string) error {
	return onLayerNumber(s, a, func(f *flaws, v int64) { f.sizeOff = v })
}

func dropLayer(s *Spec, a []string) error {
	return onLayer(s, a, func(l *layer) error { l.flaws.missing = true; return nil })
}

func setBadDiffID(s *Spec, a []string) error {
	return onLayer(s, a, func(l *layer) error { l.flaws.badDiffID = true; return nil })
}

func setNoDiffID(s *Spec, a []string) error {
	return onLayer(s, a, func(l *layer) error { l.flaws.noDiffID = true; return nil })
}

func flipConfig(s *Spec, a []string) error   { return setOffset(&s.damage.config, a[0]) }
func flipManifest(s *Spec, a []string) error { return setOffset(&s.damage.manifest, a[0]) }

func setOffset(p **int64, arg string) error {
	v, err := strconv.ParseInt(arg, 10, 64)
	*p = &v
	return err
}

func setExpect(s *Spec, a []string) error {
	if !slices.Contains([]string{"read", "gap", "refused", "any"}, a[0]) {
		return fmt.Errorf("unknown outcome %q; there are read, gap, refused and any", a[0])
	}
	s.want.Outcome, s.want.Reason = a[0], strings.Join(a[1:], " ")
	return nil
}

func setCap(s *Spec, a []string) (err error) {
	if s.want.Cap, err = parseSize(a[0]); err == nil && s.want.Cap == 0 {
		err = errors.New("a cap of 0 means the product's own; leave the line out")
	}
	return err
}
