package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/assess"
	"github.com/landwaiter/landwaiter/internal/compare"
)

// holdAgainst assesses what ref names, or judges it again where it is a stored
// assessment, by what a was judged by, and holds a against it.
func holdAgainst(ctx context.Context, ref string, opt assess.Options, a *landwaiter.Assessment) (*landwaiter.Baseline, error) {
	// Lists, waivers and statements are about the subject.
	opt.Declared, opt.Waivers, opt.VEX, opt.Trust = nil, nil, nil, nil
	base, err := storedOrRead(ctx, ref, opt)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	return compare.Baseline(base, a)
}

// storedOrRead judges a stored assessment again, or assesses a subject.
func storedOrRead(ctx context.Context, ref string, opt assess.Options) (*landwaiter.Assessment, error) {
	stored, err := looksStored(ref)
	if err != nil {
		return nil, err
	}
	if stored {
		return judgeAgain(ref, opt)
	}
	return assess.Run(ctx, ref, opt)
}

// looksStored reports whether a file begins as JSON does. No subject does.
func looksStored(name string) (_ bool, err error) {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() {
		return false, nil //nolint:nilerr // then it names a subject, or nothing, which is said where it is opened
	}
	f, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	head := make([]byte, 512)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return false, err
	}
	return bytes.HasPrefix(bytes.TrimSpace(head[:n]), []byte("{")), nil
}
