package report

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/landwaiter/landwaiter"
)

// writeJSON writes the assessment in its public form, indented. Inside strings
// every character that does not print is escaped, so that a terminal may show
// the file; "<", ">" and "&" stand as they are.
func writeJSON(w io.Writer, a *landwaiter.Assessment) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(a); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	out := bufio.NewWriter(w)
	writeEscaped(out, buf.Bytes())
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing JSON: %w", err)
	}
	return nil
}

// writeEscaped copies JSON text. Such characters can only stand inside strings,
// where JSON allows any character to be written as its code. An error stays in
// out until Flush.
func writeEscaped(out *bufio.Writer, text []byte) {
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r == '\n' || strconv.IsPrint(r):
			_, _ = out.Write(text[:n]) // the error stays for Flush
		case r > 0xFFFF:
			hi, lo := utf16.EncodeRune(r)
			fmt.Fprintf(out, `\u%04x\u%04x`, hi, lo)
		default:
			fmt.Fprintf(out, `\u%04x`, r)
		}
		text = text[n:]
	}
}
