package inventory

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/klauspost/compress/zstd"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/limitio"
)

// zipFormat is a format that is a zip archive with certain members.
type zipFormat struct {
	name string
	kind landwaiter.FileKind
	// has is a member that only this format has: its whole name, or with "*/" in
	// front its name in any one folder.
	has string
	// look, where not nil, says more; the members are read all the same.
	look func(l *look, z *zip.Reader) error
	// listed: a row of ecosystems reads it. Its members are only counted.
	listed bool
	// raw names members that are plain numbers, which nobody runs.
	raw func(name string) bool
}

// zipFormats is the table of what zip archives are; the first that fits wins.
var zipFormats = []zipFormat{
	{name: "PyTorch model", kind: landwaiter.FileModel, has: "*/data.pkl", look: lookTorch, raw: isTensor},
	{name: "Keras model", kind: landwaiter.FileModel, has: "model.weights.h5", look: lookKeras},
	{name: "Office document", kind: landwaiter.FileData, has: "[Content_Types].xml", look: lookOffice},
	{name: "OpenDocument or EPUB", kind: landwaiter.FileData, has: "mimetype"},
	{name: "Java archive", has: "META-INF/MANIFEST.MF", listed: true},
	{name: "NumPy archive (npz)", kind: landwaiter.FileData, has: "*.npy"},
}

// find is the format of an archive, nil where it is no special one.
func (f *zipFormat) fits(z *zip.Reader) bool {
	for _, m := range z.File {
		name := m.Name
		switch {
		case strings.HasPrefix(f.has, "*/"):
			if name = path.Base(name) + ""; strings.Count(m.Name, "/") <= 1 && name == f.has[2:] {
				return true
			}
		case strings.HasPrefix(f.has, "*"):
			if strings.HasSuffix(name, f.has[1:]) {
				return true
			}
		case name == f.has:
			return true
		}
	}
	return false
}

// lookZip reads a zip archive's directory, and its members one by one.
//
// Format: APPNOTE.TXT, PKWARE.
func lookZip(l *look) error {
	z, _, err := openZip(l, l.size, maxZipDirectory)
	if err != nil {
		return err
	}
	var format *zipFormat
	for i := range zipFormats {
		if zipFormats[i].fits(z) {
			format = &zipFormats[i]
			break
		}
	}
	listed := false
	if format != nil {
		l.nature.Format, listed = format.name, format.listed && len(l.walk.without) > 0
		if format.kind != "" {
			l.kind = format.kind
		}
		if format.look != nil {
			if err := format.look(l, z); err != nil {
				return err
			}
		}
	}
	m, err := l.members(false)
	if err != nil {
		return err
	}
	var named int64
	locked := 0
	for _, f := range z.File {
		named += int64(min(f.CompressedSize64, uint64(l.size))) + int64(len(f.Name)) + zipHeaders
		switch {
		case strings.HasSuffix(f.Name, "/"):
		case f.Flags&zipEncrypted != 0:
			locked++
		case listed || format != nil && format.raw != nil && format.raw(f.Name):
			l.nature.Members++
			if strings.HasSuffix(f.Name, ".class") {
				l.nature.Programs++
			}
		default:
			if err := l.zipMember(m, f); err != nil {
				return err
			}
		}
	}
	if locked > 0 {
		l.say("%d of its files are encrypted", locked)
		l.shut(-1, fmt.Sprintf("%d files of an archive are encrypted", locked))
	}
	if extra := l.size - named; extra > zipSlack && !listed {
		l.shut(extra, fmt.Sprintf("%d bytes of an archive that its directory does not speak of", extra))
	}
	return l.finish(nil)
}

const (
	zipHeaders = 256     // bytes of a member's two headers beside its name, at most
	zipSlack   = 4 << 10 // bytes that the directory need not speak of, such as a comment
)

// zipMember reads one member. What is wrong with it alone is a gap; the error is
// of the whole archive.
func (l *look) zipMember(m *inner, f *zip.File) error {
	where := inside(l.path, f.Name)
	fail := func(err error) {
		m.shut(f.Name, landwaiter.Gap{Path: f.Name, Bytes: int64(min(f.UncompressedSize64, 1<<62)), Reason: "inside a zip archive: " + err.Error()})
	}
	if len(where) > limitio.MaxName {
		fail(errors.New("its name is too long"))
		return nil
	}
	r, done, err := openMember(f)
	if err != nil {
		fail(err)
		l.nature.Members++
		return nil
	}
	defer done()
	_, err = m.add(f.Name, int64(min(f.UncompressedSize64, limitio.MaxNestedSize)), r)
	if errors.Is(err, landwaiter.ErrTooLarge) {
		return err
	}
	if err != nil {
		fail(err)
	}
	return nil
}

// openMember opens a member by the method that its entry names.
func openMember(f *zip.File) (io.Reader, func(), error) {
	switch f.Method {
	case zip.Store, zip.Deflate:
		r, err := f.Open()
		if err != nil {
			return nil, nil, err
		}
		return r, func() { r.Close() }, nil
	}
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, nil, err
	}
	switch f.Method {
	case 12:
		return unpack("bzip2", raw)
	case zstd.ZipMethodWinZip, zstd.ZipMethodPKWare:
		return unpack("zstd", raw)
	case 95:
		return unpack("xz", raw)
	}
	return nil, nil, fmt.Errorf("compressed by method %d: %w", f.Method, landwaiter.ErrUnsupported)
}

// isTensor reports whether a member of a PyTorch model is one of its arrays:
// "NAME/data/17".
func isTensor(name string) bool {
	folder, base, _ := split(name)
	return path.Base(folder) == "data" && base != "" && strings.Trim(base, "0123456789") == ""
}

// lookTorch says what else than data a PyTorch model holds.
func lookTorch(l *look, z *zip.Reader) error {
	programs := 0
	for _, f := range z.File {
		if strings.Contains(f.Name, "/code/") && strings.HasSuffix(f.Name, ".py") {
			programs++
		}
	}
	if programs > 0 {
		l.nature.Format = "TorchScript model"
		l.runsCode(isUnknown)
		l.say("brings %d files of TorchScript, a program that runs when the model is used", programs)
	}
	l.torchPickle(z)
	return nil
}

// torchPickle says what the pickle of a model amounts to. The members are read
// later, which finds again what is wrong with one.
func (l *look) torchPickle(z *zip.Reader) {
	for _, f := range z.File {
		if path.Base(f.Name) != "data.pkl" || f.Flags&zipEncrypted != 0 {
			continue
		}
		r, done, err := openMember(f)
		if err == nil {
			err = l.pickle(limitio.Cap(r, limitio.MaxNestedFile))
			done()
		}
		if err != nil {
			l.runsCode(isUnknown)
		}
	}
}

// lookKeras reads the configuration of a Keras model: layers that are functions
// run when it is opened.
func lookKeras(l *look, z *zip.Reader) error {
	for _, f := range z.File {
		if f.Name != "config.json" {
			continue
		}
		text, err := readMember(f, limitio.MaxMetadata)
		if err != nil {
			l.runsCode(isUnknown)
			return fmt.Errorf("config.json: %w", err)
		}
		return l.kerasConfig(string(text))
	}
	l.runsCode(isUnknown)
	l.say("no configuration was found")
	return nil
}

func (l *look) kerasConfig(text string) error {
	bare := strings.Join(strings.Fields(text), "")
	switch {
	case strings.Contains(bare, `"class_name":"Lambda"`), strings.Contains(bare, "__lambda__"):
		l.runsCode(isCode)
		l.say("%sfunctions that are kept in the model (Lambda layers)", wouldRun)
	case foreignModule(bare):
		l.runsCode(isUnknown)
		l.say("%sclasses of other packages than Keras", mayRun)
	default:
		l.say(makesOrdinary)
	}
	return nil
}

// foreignModule reports whether a configuration names a module outside of Keras.
func foreignModule(bare string) bool {
	for part := range strings.SplitSeq(bare, `"module":"`) {
		name, _, _ := strings.Cut(part, `"`)
		if strings.HasPrefix(part, "{") || name == "" {
			continue
		}
		if name != "keras" && !strings.HasPrefix(name, "keras.") && name != "builtins" && name != "tensorflow" && !strings.HasPrefix(name, "tensorflow.") {
			return true
		}
	}
	return false
}

// lookOffice says which document it is, and whether it brings macros.
func lookOffice(l *look, z *zip.Reader) error {
	for _, f := range z.File {
		switch {
		case strings.HasSuffix(f.Name, "vbaProject.bin"):
			l.runsCode(isUnknown)
			l.say("brings macros, which run if its reader lets them")
		case strings.HasPrefix(f.Name, "xl/worksheets/sheet"):
			l.nature.Format = "Excel workbook"
		case f.Name == "word/document.xml":
			l.nature.Format = "Word document"
		case f.Name == "ppt/presentation.xml":
			l.nature.Format = "PowerPoint presentation"
		}
	}
	return nil
}
