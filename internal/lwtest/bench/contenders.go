package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"text/tabwriter"
)

// own is the floor, landwaiter, and two floors at once.
func own(program string, img *layout) (base, ours, pair *contender, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, nil, nil, err
	}
	read := step{args: []string{self, "floor", img.dir}}
	return &contender{name: "floor", steps: []step{read}},
		&contender{name: "landwaiter", steps: []step{{args: []string{program, "assess", "oci:" + img.dir, "--no-cache"}}}},
		&contender{name: "two floors", steps: []step{read, read}, atOnce: true}, nil
}

// others is whoever else is installed.
func others(img *layout, syft bool) (list []*contender) {
	for _, c := range []codec{codecGzip, codecZstd} {
		layers := img.of(c)
		if _, err := exec.LookPath(string(c)); err != nil || len(layers) == 0 {
			continue
		}
		one := &contender{name: fmt.Sprintf("%s -dc of %d layers", c, len(layers))}
		for _, l := range layers {
			one.steps = append(one.steps, step{args: []string{string(c), "-dc"}, stdin: l.path})
		}
		list = append(list, one)
	}
	if _, err := exec.LookPath("syft"); err == nil && syft {
		list = append(list, &contender{name: "syft", steps: []step{{
			args: []string{"syft", "scan", "oci-dir:" + img.dir, "-o", "json"},
			env:  []string{"SYFT_CHECK_FOR_APP_UPDATE=false"},
		}}})
	}
	return list
}

// memory measures the peak memory on images four times as large: with every file
// four times as long, and with four times as many files.
func memory(ctx context.Context, w io.Writer, m *meter, opt options, work string) error {
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "peak memory\tMB\ttemp peak MB\tto the first\t")
	var first int64
	for _, row := range []struct {
		name string
		kind kind
	}{{"the image", kind{1, 1}}, {"files four times as long", kind{4, 1}}, {"four times as many files", kind{1, 4}}} {
		dir := filepath.Join(work, "larger")
		if err := makeImage(ctx, dir, row.kind); err != nil {
			return err
		}
		c := &contender{name: row.name, steps: []step{{args: []string{opt.program, "assess", "oci:" + dir, "--no-cache"}}}}
		if err := m.rounds(ctx, []*contender{c}, opt.runs); err != nil {
			return err
		}
		got := median(of(c, peak))
		if first == 0 {
			first = got
		}
		temp := median(of(c, func(r reading) int64 { return r.tempPeak }))
		fmt.Fprintf(t, "%s\t%.0f\t%.1f\t%.2f\t\n", row.name, float64(got)/1e6, float64(temp)/1e6, float64(got)/float64(first))
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	return t.Flush()
}
