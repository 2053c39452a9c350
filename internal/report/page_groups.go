package report

import (
	"cmp"
	"slices"
	"strings"

	"github.com/landwaiter/landwaiter"
)

// Limits of what is said about files that nobody owns.
const (
	maxQuestions = 10
	// Of each sort of question about one file, so that a folder of tables does not
	// hide the folders of programs.
	maxFileQuestions = 3
	maxFields        = 5 // columns of a table in one question
	maxCalls         = 3
	maxKinds         = 2 // sorts of file in one question, before the rest is one
	maxLinks         = 6
	textGroups       = 10
)

// unnamed are two parts: what to ask the researcher, and the folders behind it.
// There are none where nothing is without an owner.
func (v *sheet) unnamed() []part {
	if len(v.a.Groups) == 0 {
		return nil
	}
	all := v.questions()
	ask := v.part("questions")
	ask.Items = all[:min(len(all), maxQuestions)]
	if left := len(all) - len(ask.Items); left > 0 {
		ask.After = append(ask.After, v.say("note", "more-questions", counts(int64(left), 0)))
	}
	groups := v.part("groups")
	t := v.table("groups", textGroups, "folder", "#files", "#size", "holds", "biggest", "ask")
	for i := range v.a.Groups {
		g := &v.a.Groups[i]
		var biggest cell
		for _, f := range g.Biggest {
			after, inside := "("+size(f.Size)+")", v.nature(v.known(f))
			if len(inside) > 0 {
				after += ":"
			}
			biggest = append(biggest, join(name(f.Path), rich{{Text: after}}, inside))
		}
		holds := cell{}
		for _, k := range g.Kinds {
			holds = append(holds, v.fileCount(k))
		}
		t.Rows = append(t.Rows, row(v.folder(g), number(g.Total.Files), size(g.Total.Bytes), holds, biggest, v.folderQuestion(g)))
	}
	groups.Tables = []table{t}
	return []part{ask, groups}
}

// folder names a group's folder as an absolute path.
func (v *sheet) folder(g *landwaiter.Group) rich {
	if g.Others > 0 {
		return v.say("value", "other-folders", counts(int64(g.Others), 0))
	}
	return name("/" + g.Folder)
}

func (v *sheet) fileCount(k landwaiter.KindCount) rich {
	code := string(k.Kind)
	if !v.has("file-count", code) {
		code = string(landwaiter.FileUnknown)
	}
	return v.say("file-count", code, counts(k.Files, 0))
}

// folderQuestion is what a researcher can be asked about a folder.
func (v *sheet) folderQuestion(g *landwaiter.Group) rich {
	var parts []string
	rest := int64(0)
	kinds := slices.Clone(g.Kinds)
	slices.SortStableFunc(kinds, func(a, b landwaiter.KindCount) int { return cmp.Compare(tellsMore(a.Kind), tellsMore(b.Kind)) })
	for i, k := range kinds {
		if i >= maxKinds || tellsMore(k.Kind) == nothing && i > 0 {
			rest += k.Files
			continue
		}
		parts = append(parts, v.fileCount(k).marked())
	}
	if rest > 0 {
		parts = append(parts, v.say("file-count", "other", counts(rest, 0)).marked())
	}
	f := counts(g.Total.Files, 0)
	f.Name, f.Names, f.Size = v.folder(g).marked(), listed(parts), size(g.Total.Bytes)
	code := "folder"
	if g.Others > 0 {
		code, f.OneTotal = "folders", g.Others == 1
	}
	out := v.say("question", code, f)
	if g.Copies > 0 {
		out = join(out, v.say("question", "copies", counts(g.Copies, g.Total.Files)))
	}
	return out
}

// nothing is the place of a kind that says nothing about what a file is for.
const nothing = 5

// tellsMore orders the kinds of file by what they say about a folder.
func tellsMore(k landwaiter.FileKind) int {
	switch k {
	case landwaiter.FileProgram:
		return 0
	case landwaiter.FileModel:
		return 1
	case landwaiter.FileArchive:
		return 2
	case landwaiter.FileScript:
		return 3
	case landwaiter.FileData:
		return 4
	}
	return nothing
}

// listed joins what is said with commas and a last "and".
func listed(parts []string) string {
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}

// questions are all that a researcher can be asked, in the order of the page: what
// would run when it is opened, tables, then folders, each biggest first.
func (v *sheet) questions() []rich {
	var calls, tables, out []rich
	for _, f := range v.unownedFiles() {
		n := f.Nature
		q := facts{Name: data("/"+f.Path, pageName)}
		switch {
		case len(n.Calls) > 0:
			q.Names, q.Total = v.some(n.Calls, maxCalls)
			calls = append(calls, v.say("question", "calls", q))
		case len(n.Fields) > 0:
			q.Names, q.Total = v.some(n.Fields, maxFields)
			tables = append(tables, v.say("question", "table", q))
		}
	}
	out = append(out, calls[:min(len(calls), maxFileQuestions)]...)
	out = append(out, tables[:min(len(tables), maxFileQuestions)]...)
	for i := range v.a.Groups {
		out = append(out, v.folderQuestion(&v.a.Groups[i]))
	}
	for _, list := range [][]rich{calls, tables} {
		out = append(out, list[min(len(list), maxFileQuestions):]...)
	}
	return out
}

// some lists the first of several texts from outside, and how many more there are.
func (v *sheet) some(all []string, most int) (names, more string) {
	var parts []string
	for _, s := range all[:min(len(all), most)] {
		parts = append(parts, data(s, briefName))
	}
	if left := len(all) - most; left > 0 {
		more = number(int64(left))
	}
	return strings.Join(parts, ", "), more
}

// unownedFiles are the files without an owner of which more than the kind is known,
// biggest first, each once.
func (v *sheet) unownedFiles() []landwaiter.File {
	lists := [][]landwaiter.File{v.a.Unowned}
	for i := range v.a.Groups {
		lists = append(lists, v.a.Groups[i].Biggest)
	}
	for i := range v.a.Findings {
		if k := v.a.Findings[i].Kind; k == landwaiter.KindUnattributed || k == landwaiter.KindUnknownProgram {
			lists = append(lists, v.a.Findings[i].Files)
		}
	}
	var out []landwaiter.File
	seen := map[string]bool{}
	for _, f := range slices.Concat(lists...) {
		if f.Owner == "" && f.Nature != nil && !seen[f.Path] {
			seen[f.Path] = true
			out = append(out, f)
		}
	}
	slices.SortStableFunc(out, func(a, b landwaiter.File) int {
		return cmp.Or(cmp.Compare(b.Size, a.Size), cmp.Compare(a.Path, b.Path))
	})
	return out
}

// known returns what another list of the assessment knows about f.
func (v *sheet) known(f landwaiter.File) *landwaiter.Nature {
	if f.Nature != nil {
		return f.Nature
	}
	if v.natures == nil {
		v.natures = map[string]*landwaiter.Nature{}
		for _, o := range v.unownedFiles() {
			v.natures[o.Path] = o.Nature
		}
	}
	return v.natures[f.Path]
}

// nature says what a look inside a file showed; nil where nobody looked.
func (v *sheet) nature(n *landwaiter.Nature) rich {
	if n == nil {
		return nil
	}
	out := v.say("nature", "form", facts{Name: data(n.Format, pageName), Detail: data(n.Detail, pageName)})
	more := func(code string, f facts) { out = join(out, v.say("nature", code, f)) }
	if n.Interpreter != "" {
		more("runs-with", facts{Name: data(n.Interpreter, pageName)})
	}
	if n.Soname != "" {
		more("soname", facts{Name: data(n.Soname, pageName)})
	}
	for _, l := range []struct {
		code string
		all  []string
	}{{"links", n.Links}, {"calls", n.Calls}, {"columns", n.Fields}} {
		if len(l.all) > 0 {
			f := facts{}
			f.Names, f.Total = v.some(l.all, maxLinks)
			more(l.code, f)
		}
	}
	if n.Rows > 0 {
		more("rows", counts(n.Rows, 0))
	}
	if n.Members > 0 {
		f := counts(n.Members, 0)
		if n.Programs > 0 {
			f.Total, f.OneTotal = number(n.Programs), n.Programs == 1
		} else {
			f.Total = ""
		}
		more("members", f)
	}
	if n.BuildID != "" {
		more("build", facts{Name: data(n.BuildID, pageName)})
	}
	if n.SameAs != "" {
		more("same-as", facts{Name: data("/"+n.SameAs, pageName)})
	}
	return out
}
