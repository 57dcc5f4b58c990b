// Package markup writes long XML parts as they come. Its writer keeps the first error, so that a part reads as the text it is
// and the error is looked at once, at the end.
package markup

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// Head begins every XML part of an Office file.
const Head = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// Writer is a buffer before another writer.
type Writer struct {
	to  *bufio.Writer
	err error
}

// New makes a writer before w.
func New(w io.Writer) *Writer { return &Writer{to: bufio.NewWriterSize(w, 1<<16)} }

// Put writes the pieces one after another.
func (w *Writer) Put(pieces ...string) {
	for _, s := range pieces {
		if w.err == nil {
			_, w.err = w.to.WriteString(s)
		}
	}
}

// Putf writes a formatted piece.
func (w *Writer) Putf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.to, format, args...)
	}
}

// Flush hands on what is buffered and tells the first error of all.
func (w *Writer) Flush() error {
	if w.err == nil {
		w.err = w.to.Flush()
	}
	return w.err
}

// Escape writes text for XML, in elements and in quoted attributes. Characters that XML 1.0 has no place for are left out.
func Escape(s string) string {
	if !strings.ContainsFunc(s, special) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for _, r := range s {
		switch r {
		case '&':
			b.WriteString("&amp;")
		case '<':
			b.WriteString("&lt;")
		case '>':
			b.WriteString("&gt;")
		case '"':
			b.WriteString("&quot;")
		case '\t', '\n', '\r':
			fmt.Fprintf(&b, "&#%d;", r)
		default:
			if !special(r) {
				b.WriteRune(r)
			}
		}
	}
	return b.String()
}

func special(r rune) bool {
	return r < 0x20 || r == '&' || r == '<' || r == '>' || r == '"' || r == 0xFFFE || r == 0xFFFF
}
