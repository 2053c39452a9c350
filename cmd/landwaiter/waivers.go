package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/judge"
	"github.com/landwaiter/landwaiter/internal/vex"
)

// waiverFlags say what people and others say about findings.
type waiverFlags struct {
	waivers, vex []string
}

func (f *waiverFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.waivers, "waivers", nil, "what people accepted or answered, and whose statements you trust: a YAML `file`; may be given several times")
	cmd.Flags().StringArrayVar(&f.vex, "vex", nil, "what others say about weaknesses: a `file` of OpenVEX or CycloneDX as JSON; may be given several times")
}

// read reads the files into opt. An id that two files use is a mistake: nobody could
// say which waiver a report speaks of.
func (f *waiverFlags) read(opt *assess.Options) error {
	seen := map[string]string{}
	for _, name := range f.waivers {
		waivers, trust, err := readWaivers(name)
		if err != nil {
			return err
		}
		for _, w := range waivers {
			if first, ok := seen[w.ID]; ok {
				return fmt.Errorf("--waivers: id %q is in %s and in %s; give every waiver an id of its own: %w", w.ID, first, name, landwaiter.ErrInvalid)
			}
			seen[w.ID] = name
		}
		opt.Waivers, opt.Trust = append(opt.Waivers, waivers...), append(opt.Trust, trust...)
	}
	for _, name := range f.vex {
		d, err := readVEX(name)
		if err != nil {
			return err
		}
		opt.VEX = append(opt.VEX, d)
	}
	return nil
}

func readWaivers(name string) (_ []landwaiter.Waiver, _ []landwaiter.Trust, err error) {
	r, err := os.Open(name)
	if err != nil {
		return nil, nil, fmt.Errorf("waivers: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return judge.ReadWaivers(r, name)
}

func readVEX(name string) (_ *vex.Document, err error) {
	r, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("vex: %w", err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return vex.Read(r, name)
}
