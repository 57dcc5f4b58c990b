// Package documenttest holds documents against the checkers of scripts/documents.sh: veraPDF for PDF/A-2a and PDF/UA-1, the schemas of
// Office Open XML, and PDFBox for what stands where. Each package that makes documents collects its own and has them checked in one run.
package documenttest

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Millimetre in points.
const Millimetre = 72 / 25.4

// Piece is a piece of a line as it stands on paper, in points from the upper left corner.
type Piece struct {
	Page                  int
	Left, Base, Right, Pt float64
	Text                  string
}

// Paper is one document as the checkers saw it.
type Paper struct {
	Name   string
	Pages  int
	Pieces []Piece
}

// On gives what stands on a page, from 1.
func (p Paper) On(page int) []Piece {
	var out []Piece
	for _, x := range p.Pieces {
		if x.Page == page {
			out = append(out, x)
		}
	}
	return out
}

// Find gives the first piece whose text begins so.
func (p Paper) Find(t testing.TB, text string) Piece {
	t.Helper()
	for _, x := range p.Pieces {
		if strings.HasPrefix(x.Text, text) {
			return x
		}
	}
	t.Fatalf("%s: no line begins with %q", p.Name, text)
	return Piece{}
}

// Text is all of it, a piece a line.
func (p Paper) Text() string {
	var b strings.Builder
	for _, x := range p.Pieces {
		b.WriteString(strings.TrimSpace(x.Text) + "\n")
	}
	return b.String()
}

// Bench collects documents and has them checked in one run, since starting the checkers takes seconds.
type Bench struct {
	t      testing.TB
	folder string
	files  []string
	// checked are the names of those that have to conform.
	checked []string
	report  string
}

// New makes an empty bench.
func New(t testing.TB) *Bench { return &Bench{t: t, folder: t.TempDir()} }

// Put writes a document that has to conform: its name says by its extension to what (pdf, docx, xlsx).
func (b *Bench) Put(name string, write func(io.Writer) error) {
	b.t.Helper()
	b.files = append(b.files, b.write(name, write))
	b.checked = append(b.checked, name)
}

// PutText writes a PDF of which only the text is looked at.
func (b *Bench) PutText(name string, write func(io.Writer) error) {
	b.t.Helper()
	b.files = append(b.files, "--text", b.write(name, write))
}

func (b *Bench) write(name string, write func(io.Writer) error) string {
	b.t.Helper()
	var out bytes.Buffer
	if err := write(&out); err != nil {
		b.t.Fatalf("%s: %v", name, err)
	}
	path := b.path(name)
	if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
		b.t.Fatal(err)
	}
	return path
}

func (b *Bench) path(name string) string { return filepath.Join(b.folder, name) }

// Check runs the checkers and fails the test for each document that does not conform.
func (b *Bench) Check() {
	b.t.Helper()
	out, err := exec.CommandContext(b.t.Context(), b.script(), append([]string{"check"}, b.files...)...).Output()
	b.report = string(out)
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		b.t.Fatalf("%s\n%s", out, failed.Stderr)
	}
	if err != nil {
		b.t.Fatal(err)
	}
	for _, name := range b.checked {
		against := []string{"schema"}
		if filepath.Ext(name) == ".pdf" {
			against = []string{"2a", "ua1"}
		}
		for _, check := range against {
			if !strings.Contains(b.report, "PASS "+check+" "+b.path(name)) {
				b.t.Errorf("%s was not found to conform to %s:\n%s", name, check, b.report)
			}
		}
	}
}

// script finds scripts/documents.sh in a folder above the test's package.
func (b *Bench) script() string {
	b.t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		b.t.Fatal(err)
	}
	for ; folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		path := filepath.Join(folder, "scripts", "documents.sh")
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	b.t.Fatal("no scripts/documents.sh above the test")
	return ""
}

// QR is what the QR code on the first page of a PDF reads.
func (b *Bench) QR(name string) string {
	for line := range strings.Lines(b.report) {
		if code, ok := strings.CutPrefix(line, "QR "+b.path(name)+" "); ok {
			return strings.TrimSpace(code)
		}
	}
	return ""
}

// Paper is what stands on the pages of a PDF.
func (b *Bench) Paper(name string) Paper {
	b.t.Helper()
	p := Paper{Name: name}
	content, err := os.ReadFile(strings.TrimSuffix(b.path(name), ".pdf") + ".lines")
	if err != nil {
		b.t.Fatal(err)
	}
	for line := range strings.Lines(string(content)) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 6)
		if len(f) != 6 {
			b.t.Fatalf("%s: %q", name, line)
		}
		x := Piece{Text: f[5]}
		for i, into := range []*float64{&x.Left, &x.Base, &x.Right, &x.Pt} {
			if *into, err = strconv.ParseFloat(f[i+1], 64); err != nil {
				b.t.Fatal(err)
			}
		}
		if x.Page, err = strconv.Atoi(f[0]); err != nil {
			b.t.Fatal(err)
		}
		p.Pieces = append(p.Pieces, x)
	}
	for line := range strings.Lines(b.report) {
		if rest, ok := strings.CutPrefix(line, "PAGES "+b.path(name)+" "); ok {
			if p.Pages, err = strconv.Atoi(strings.TrimSpace(rest)); err != nil {
				b.t.Fatal(err)
			}
		}
	}
	return p
}

// Margins fails the test when something is drawn in the side margins of a PDF's first pages or below the bottom one, but for the line at
// the foot: what runs over the page would be clipped, and no validator sees that.
func (b *Bench) Margins(name string) {
	b.t.Helper()
	for page := 1; ; page++ {
		path := fmt.Sprintf("%s-%d.png", strings.TrimSuffix(b.path(name), ".pdf"), page)
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) && page > 1 {
			return
		}
		if err != nil {
			b.t.Fatal(err)
		}
		picture, err := png.Decode(f)
		if err := errors.Join(err, f.Close()); err != nil {
			b.t.Fatal(err)
		}
		size := picture.Bounds().Size()
		right := 15.0
		if size.X > size.Y {
			right = 20
		}
		for y := range size.Y - 40 { // the line at the foot is in the last 14 mm
			for x := range size.X {
				if float64(x) > 30*Millimetre-2 && float64(x) < float64(size.X)-right*Millimetre+2 {
					continue
				}
				if v, _, _, _ := picture.At(x, y).RGBA(); v < 0xc000 {
					b.t.Fatalf("%s, page %d: ink at %d, %d of %v", name, page, x, y, size)
				}
			}
		}
	}
}
