package inventory

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/image"
)

// maxSharings is how many sets of packages that share contents an account tells apart.
// With more, it cannot be made again without the files.
const maxSharings = 10_000

// holdings says of each package what it holds of the account, so that the account can
// be made again without the files when lists cover other packages, and returns the
// contents that several packages share. A file that was not read, or that nobody
// owns, stays in its class whatever lists say.
func (r *Result) holdings() []landwaiter.Sharing {
	held := make([]landwaiter.Holding, len(r.Packages))
	sharers := map[image.Content][]sharer{} // of contents with several names
	for node, f := range r.files.all() {
		if f.owner == noOwner || f.is(flagUnread) {
			continue
		}
		n := landwaiter.Count{Files: 1, Bytes: r.tree.Size(node)}
		if f.is(flagLinked) {
			// Of one package's names, the first counts the bytes.
			content := r.tree.Content(node)
			if !slices.ContainsFunc(sharers[content], func(s sharer) bool { return s.owner == f.owner }) {
				sharers[content] = append(sharers[content], sharer{f.owner, f.code(), n.Bytes})
			}
			n.Bytes = 0
		}
		held[f.owner].All.Add(n)
		if f.code() {
			held[f.owner].Code.Add(n)
		}
	}
	sets := map[string]*landwaiter.Sharing{}
	for _, list := range sharers {
		if len(list) == 1 {
			n := landwaiter.Count{Bytes: list[0].bytes}
			held[list[0].owner].All.Add(n)
			if list[0].code {
				held[list[0].owner].Code.Add(n)
			}
			continue
		}
		r.share(sets, list)
	}
	for i := range held {
		r.Packages[i].Holds = held[i]
	}
	if len(sets) > maxSharings || len(sets) == 0 {
		return nil
	}
	out := make([]landwaiter.Sharing, 0, len(sets))
	for _, s := range sets {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b landwaiter.Sharing) int {
		return cmp.Or(slices.Compare(a.Packages, b.Packages), cmp.Compare(codes(a.Code), codes(b.Code)))
	})
	return out
}

// sharer is a package with a file of a content that has several names.
type sharer struct {
	owner int32
	code  bool
	bytes int64
}

// share adds a content to those that the same packages share in the same order.
func (r *Result) share(sets map[string]*landwaiter.Sharing, list []sharer) {
	var key []byte
	for _, s := range list {
		key = append(strconv.AppendInt(key, int64(s.owner), 10), ' ')
		key = append(strconv.AppendBool(key, s.code), ' ')
	}
	set := sets[string(key)]
	if set == nil {
		set = &landwaiter.Sharing{}
		for _, s := range list {
			set.Packages, set.Code = append(set.Packages, r.Packages[s.owner].ID), append(set.Code, s.code)
		}
		sets[string(key)] = set
	}
	set.Bytes += list[0].bytes
}

func codes(list []bool) string {
	out := make([]byte, len(list))
	for i, c := range list {
		if out[i] = '0'; c {
			out[i] = '1'
		}
	}
	return string(out)
}
