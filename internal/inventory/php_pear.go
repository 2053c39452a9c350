package inventory

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// Caps on one serialised value of PHP's.
const (
	phpMaxDepth  = 64
	phpMaxValues = 1 << 20
)

const noRoot = "\x00"

// pearRoot is the folder with the registry in which the file lies, noRoot for
// none: ROOT/.registry/NAME.reg, ROOT/.registry/.channel.HOST/NAME.reg.
func pearRoot(name string) string {
	folder := path.Dir(name)
	if strings.HasPrefix(path.Base(folder), ".channel.") {
		folder = path.Dir(folder)
	}
	if path.Base(folder) != ".registry" {
		return noRoot
	}
	return path.Dir(folder)
}

// readPEAR reads what the installer of PEAR and PECL notes about one package, in
// PHP's own format for values. The key is the file.
//
// Format: PEAR_Registry; PEAR_PackageFile_v1 and _v2; serialize() of PHP.
func readPEAR(f *file, out *facts) error {
	if f.Size > limitio.MaxMetadata {
		return fmt.Errorf("%s: %w", f.Path, landwaiter.ErrTooLarge)
	}
	text, err := io.ReadAll(f.Reader())
	if err != nil {
		return fmt.Errorf("reading %s: %w", f.Path, err)
	}
	v, err := phpValue(text)
	if err != nil {
		return &landwaiter.SyntaxError{Path: f.Path, Err: err}
	}
	reg := phpMap(v)
	p := landwaiter.Package{Ecosystem: "php", Name: phpText(reg["name"]), Version: phpText(phpMap(reg["version"])["release"])}
	if p.Name == "" {
		p.Name = phpText(reg["package"]) // the first format
	}
	if p.Version == "" {
		p.Version = phpText(reg["version"])
	}
	switch {
	case !printable(p.Name):
		out.Gap(f.Path, -1, true, "a PEAR package without a name")
		return nil
	case !printable(p.Version):
		out.Gap(f.Path, -1, true, fmt.Sprintf("PEAR package %q has no version", p.Name))
		return nil
	}
	p.Origin = publicURL(oneLine(phpText(reg["channel"])))
	if p.Origin == "" {
		p.Origin = "pear.php.net"
	}
	p.Licence = oneLine(phpText(reg["license"]) + phpText(phpMap(reg["license"])["_content"]))
	needs := phpMap(phpMap(reg["dependencies"])["required"])["package"]
	for _, dep := range append(phpList(needs), needs) {
		if name := phpText(phpMap(dep)["name"]); name != "" {
			p.Requires = append(p.Requires, name)
		}
	}
	p.Requires = unique(p.Requires)
	p.PURL = purl("pear", p.Origin, p.Name, p.Version)
	out.Package("installed metadata", p, f.Path)
	out.Owns(f.Path, f.Path, "")
	return pearFiles(f, phpMap(reg["filelist"]), out)
}

// pearFiles claims the files. The sums are of the files before the installer put
// the place of PHP and the like into some.
func pearFiles(f *file, list map[string]any, out *facts) error {
	var total tally
	for _, name := range slices.Sorted(maps.Keys(list)) {
		file := phpMap(list[name])
		at := clean(phpText(file["installed_as"]))
		if at == "" {
			continue
		}
		if err := total.add(at); err != nil {
			return &landwaiter.SyntaxError{Path: f.Path, Err: err}
		}
		sum := strings.ToLower(phpText(file["md5sum"]))
		rewritten := !isHex(sum, 32) || file["replacements"] != nil
		for field := range file {
			rewritten = rewritten || strings.HasPrefix(field, "tasks:")
		}
		if rewritten {
			out.Owns(f.Path, at, "")
		} else {
			out.Owns(f.Path, at, "md5:"+sum)
		}
	}
	return nil
}

// phpText is v where it is a text, else "".
func phpText(v any) string {
	s, _ := v.(string)
	return asUTF8(s)
}

// phpMap is v where it is an array, else nil.
func phpMap(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// phpList is what v holds under the numbers from 0 on.
func phpList(v any) []any {
	var out []any
	for i := 0; ; i++ {
		e, ok := phpMap(v)[strconv.Itoa(i)]
		if !ok {
			return out
		}
		out = append(out, e)
	}
}

// phpValue reads a serialised value: nothing, truth, a number, a text or an array,
// as nil, bool, string, string or map[string]any. Objects are no part of what an
// installer writes.
func phpValue(text []byte) (any, error) {
	p := phpParser{text: text}
	v, err := p.value(0)
	if err != nil {
		return nil, fmt.Errorf("at byte %d: %w", p.at, err)
	}
	return v, nil
}

type phpParser struct {
	text   []byte
	at     int
	values int
}

var errPHP = errors.New("no serialised value of PHP")

func (p *phpParser) value(depth int) (any, error) {
	if p.values++; depth > phpMaxDepth || p.values > phpMaxValues {
		return nil, fmt.Errorf("too many values: %w", landwaiter.ErrTooLarge)
	}
	if p.at+2 > len(p.text) {
		return nil, io.ErrUnexpectedEOF
	}
	kind := p.text[p.at]
	p.at += 2
	switch kind {
	case 'N':
		return nil, nil
	case 'b':
		s, err := p.until(';')
		return s == "1", err
	case 'i', 'd':
		return p.until(';')
	case 's':
		return p.quoted()
	case 'a':
		return p.array(depth)
	}
	return nil, errPHP
}

// until reads up to an end mark and passes it.
func (p *phpParser) until(end byte) (string, error) {
	const longest = 40 // a number
	for i := p.at; i < min(len(p.text), p.at+longest); i++ {
		if p.text[i] == end {
			s := string(p.text[p.at:i])
			p.at = i + 1
			return s, nil
		}
	}
	return "", errPHP
}

// size reads a count of bytes or of values.
func (p *phpParser) size() (int, error) {
	s, err := p.until(':')
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil || n > math.MaxInt32 {
		return 0, errPHP
	}
	return int(n), nil
}

// quoted reads 5:"bytes";.
func (p *phpParser) quoted() (string, error) {
	n, err := p.size()
	if err != nil {
		return "", err
	}
	end := p.at + 1 + n
	if end+2 > len(p.text) {
		return "", io.ErrUnexpectedEOF
	}
	if p.text[p.at] != '"' || p.text[end] != '"' || p.text[end+1] != ';' {
		return "", errPHP
	}
	s := string(p.text[p.at+1 : end])
	p.at = end + 2
	return s, nil
}

// array reads 2:{key;value;key;value;}.
func (p *phpParser) array(depth int) (any, error) {
	n, err := p.size()
	if err != nil {
		return nil, err
	}
	if p.at >= len(p.text) || p.text[p.at] != '{' {
		return nil, errPHP
	}
	p.at++
	out := make(map[string]any)
	for range n {
		key, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		name, ok := key.(string)
		if !ok {
			return nil, errPHP
		}
		if out[name], err = p.value(depth + 1); err != nil {
			return nil, err
		}
	}
	if p.at >= len(p.text) || p.text[p.at] != '}' {
		return nil, errPHP
	}
	p.at++
	return out, nil
}
