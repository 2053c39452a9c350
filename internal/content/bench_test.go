package content

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/landwaiter/landwaiter"
	"github.com/landwaiter/landwaiter/internal/inventory"
)

// BenchmarkContent looks into the texts of this machine's Go, beside the digest that is
// taken of every file anyway.
func BenchmarkContent(b *testing.B) {
	type text struct {
		name string
		data []byte
	}
	var texts []text
	var total int64
	_ = filepath.WalkDir("/usr/local/go/src", func(p string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || total > 60<<20 {
			return nil
		}
		data, err := os.ReadFile(p)
		if err == nil && len(data) > 0 && isText(data[:min(len(data), 512)]) {
			texts, total = append(texts, text{p, data}), total+int64(len(data))
		}
		return nil
	})
	if total == 0 {
		b.Skip("Go's sources are not in /usr/local/go")
	}
	b.Run("digest", func(b *testing.B) {
		b.SetBytes(total)
		for b.Loop() {
			for _, t := range texts {
				sha256.Sum256(t.data)
			}
		}
	})
	b.Run("content", func(b *testing.B) {
		b.SetBytes(total)
		k := New()
		for b.Loop() {
			w := k.watch()
			for _, t := range texts {
				if w.File(inventory.Passing{Path: t.name, Size: int64(len(t.data)), Kind: landwaiter.FileText, Head: t.data[:min(len(t.data), 512)]}) {
					_, _ = w.Write(t.data)
					w.End()
				}
			}
		}
	})
}
