package assess

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/content"
	"github.com/landwaiter/landwaiter/internal/declared"
	"github.com/landwaiter/landwaiter/internal/inspect"
)

// Again judges what an earlier assessment observed by what is known now, without
// reading the subject. stored is not changed; options about reading are not looked at.
//
// Kept as they were: the subject, the system, the packages as observed, files that
// nobody owns or that were changed, groups, what could not be read, and the account
// of files. Made again: what is known about each package, findings, sources, what was
// declared where opt brings lists, protections, advice. The result is what [Run] gives
// for the same subject and options by the same readers.
//
// The account is made again from what each package holds of it. Where an assessment of
// an earlier version does not say that and a list now covers other packages than then,
// Again fails with [landwaiter.ErrStale]: assess the subject again. It fails with
// [landwaiter.ErrUnsupported] for an assessment of another schema, and with
// [landwaiter.ErrInvalid] for one whose account does not add up.
func Again(stored *landwaiter.Assessment, opt Options) (*landwaiter.Assessment, error) {
	if stored.Schema != landwaiter.Schema {
		return nil, fmt.Errorf("judging again: its schema is %.40q, and this program reads %q: %w", stored.Schema, landwaiter.Schema, landwaiter.ErrUnsupported)
	}
	if err := stored.Account.Check(); err != nil {
		return nil, fmt.Errorf("judging %s again: %w: %w", stored.Subject.Reference, landwaiter.ErrInvalid, err)
	}
	a := &landwaiter.Assessment{
		Schema: landwaiter.Schema, Tool: opt.Tool, At: opt.Now.UTC(), Subject: stored.Subject,
		System: stored.System, Packages: slices.Clone(stored.Packages), Unowned: stored.Unowned, Changed: stored.Changed,
		Groups: stored.Groups, Declared: stored.Declared, Checks: stored.Checks,
		Gaps: []landwaiter.Gap{}, Sources: []landwaiter.Source{}, Findings: []landwaiter.Finding{},
	}
	a.Findings = append(a.Findings, looked(stored)...)
	for i := range stored.Gaps {
		if g := &stored.Gaps[i]; !said(g) {
			a.Gaps = append(a.Gaps, *g)
		}
	}
	if len(opt.Declared) > 0 {
		a.Declared = nil
	}
	for _, d := range opt.Declared {
		a.Declared = append(a.Declared, declared.Compare(d, a.Packages))
	}
	before := covered(stored)
	err := conclude(a, opt, &inspect.Input{Rest: restOf(stored)}, func(now map[string]bool) (landwaiter.Account, error) {
		stale := sameCover(a.Packages, before, now)
		if stale == nil {
			return stored.Account, nil
		}
		account, err := stored.Account.Recount(a.Packages, before, now)
		if errors.Is(err, landwaiter.ErrStale) {
			err = stale // which says more
		}
		return account, err
	})
	if err != nil {
		return nil, fmt.Errorf("judging %s again: %w", stored.Subject.Reference, err)
	}
	return a, nil
}

// onceKinds are kinds of finding that a check makes, and that only reading the subject
// shows.
var onceKinds = []landwaiter.Kind{landwaiter.KindSelfInstall, landwaiter.KindGainsRights}

// looked are the findings that came of looking into files, which nobody can do again
// without the subject: all but those that known lists gave and those that
// [inspect.Run] makes again.
func looked(stored *landwaiter.Assessment) (out []landwaiter.Finding) {
	for i := range stored.Findings {
		f := stored.Findings[i]
		listed := f.Reference != "" || len(f.Advisories) > 0 || f.Kind == landwaiter.KindKernelHeaders
		again := slices.Contains(inspect.Kinds(), f.Kind) && !slices.Contains(onceKinds, f.Kind)
		if content.Found(&f) || !listed && !again {
			f.CrossCheck = nil
			out = append(out, f)
		}
	}
	return out
}

// said reports whether a gap is one of those that [missing] says: it was about the
// advisory file of that time.
func said(g *landwaiter.Gap) bool {
	return g.Path == "" && g.Layer == -1 && (g.Reason == noExploited || g.Reason == noLikelihood || strings.HasPrefix(g.Reason, noEnd))
}

// restOf are the files that nobody owns and that are no code, as far as a finding shows
// them: the biggest, which is all that a finding can show again.
func restOf(a *landwaiter.Assessment) (out []landwaiter.File) {
	listed := map[string]bool{}
	for i := range a.Unowned {
		listed[a.Unowned[i].Path] = true
	}
	for i := range a.Findings {
		if f := &a.Findings[i]; f.Kind == landwaiter.KindUnattributed {
			out = append(out, slices.DeleteFunc(slices.Clone(f.Files), func(f landwaiter.File) bool { return listed[f.Path] })...)
		}
	}
	return out
}

// sameCover fails unless the same packages are covered, but for those without files:
// these count for nothing in the account.
func sameCover(packages []landwaiter.Package, before, now map[string]bool) error {
	if maps.Equal(before, now) {
		return nil
	}
	n, first := 0, ""
	for i := range packages {
		if p := &packages[i]; before[p.ID] != now[p.ID] && p.Owns.Files > 0 {
			if n++; n == 1 {
				first = p.ID
			}
		}
	}
	if n == 0 {
		return nil
	}
	return fmt.Errorf("%d packages, %s first, are covered by a list now and were not, or the other way round, so that files have to be counted again; assess the subject again: %w", n, first, landwaiter.ErrStale)
}
