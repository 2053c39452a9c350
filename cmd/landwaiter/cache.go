package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/landwaiter/landwaiter/internal/cache"
)

// cacheFlags choose where what layers say is kept from run to run.
type cacheFlags struct {
	dir    string
	none   bool
	maxMiB int64
}

const cacheUsage = "keep what layers say, for the next run, in this `folder` (default LANDWAITER_CACHE of the environment, else landwaiter in your folder for caches)"

func (f *cacheFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "cache", "", cacheUsage)
	cmd.Flags().BoolVar(&f.none, "no-cache", false, "read every byte again, and keep nothing for the next run")
	cmd.Flags().Int64Var(&f.maxMiB, "cache-max-mib", cache.DefaultMaxBytes>>20, "keep at most this many `MiB`; what was used least recently goes first")
}

// open opens the cache; nil where there is none. A run does without it where it must:
// done says so at the end.
func (f *cacheFlags) open(s streams) (c *cache.Store, done func(), err error) {
	switch {
	case f.none && f.dir != "":
		return nil, nil, &usageError{errors.New("--cache and --no-cache are two answers to one question; choose one")}
	case f.maxMiB < 1 || f.maxMiB > 1<<30:
		return nil, nil, &usageError{fmt.Errorf("--cache-max-mib is %d; it must be from 1 to %d, and --no-cache keeps nothing", f.maxMiB, 1<<30)}
	}
	dir := f.dir
	if dir == "" {
		dir = s.cache
	}
	if f.none || dir == "" {
		return nil, func() {}, nil
	}
	c, err = cache.Open(dir, cache.Options{Now: s.now, MaxBytes: f.maxMiB << 20})
	if err != nil {
		fmt.Fprintf(s.err, "landwaiter: %v; going on without it\n", err)
		return nil, func() {}, nil
	}
	return c, func() {
		if err := c.Close(); err != nil {
			fmt.Fprintf(s.err, "landwaiter: %v; the result is right, but the next run may read it all again\n", err)
		}
	}, nil
}

// defaultCache is the folder of the cache where no flag names one; "" where the
// system names no folder for caches.
func defaultCache() string {
	if dir := os.Getenv("LANDWAITER_CACHE"); dir != "" {
		return dir
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "landwaiter")
}

func cacheCommand(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "Say what is kept from run to run, or remove it",
		Long: `What a layer of an image says depends on the layer and on this program alone. It is
kept, so that an image that shares layers with one that was read before is read only
where it differs. The result is the same, to the last byte.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		cacheAction(s, "status", "Say where the cache is and what it holds", cache.Look, func(dir string, st cache.Status) {
			fmt.Fprintf(s.out, "folder       %s\nentries      %d\non disk      %d bytes; at most %d, unless --cache-max-mib says otherwise\nleast recent %s\n",
				plain(dir), st.Entries, st.Bytes, int64(cache.DefaultMaxBytes), used(st.Oldest))
		}),
		cacheAction(s, "clear", "Remove what the cache holds", cache.Clear, func(dir string, st cache.Status) {
			fmt.Fprintf(s.out, "%s: removed %d entries, %d bytes\n", plain(dir), st.Entries, st.Bytes)
		}),
	)
	return cmd
}

func used(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

// cacheAction is a command that does one thing with the cache's folder.
func cacheAction(s streams, name, short string, act func(dir string) (cache.Status, error), say func(dir string, st cache.Status)) *cobra.Command {
	dir := ""
	cmd := &cobra.Command{
		Use:     name,
		Short:   short,
		Example: "  landwaiter cache " + name + "\n  landwaiter cache " + name + " --cache /srv/landwaiter/cache",
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if dir == "" {
				dir = s.cache
			}
			if dir == "" {
				return &usageError{errors.New("the system names no folder for caches; name one with --cache")}
			}
			st, err := act(dir)
			if err != nil {
				return err
			}
			say(dir, st)
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "cache", "", "the `folder` of the cache (default LANDWAITER_CACHE of the environment, else landwaiter in your folder for caches)")
	return cmd
}
