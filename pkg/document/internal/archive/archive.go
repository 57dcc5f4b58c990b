// Package archive writes ZIP files that are the same bytes for the same content: no times, entries in the order written, and a
// deflate library that is pinned in go.mod, since the standard library's output changed between Go 1.26 and 1.27.
package archive

import (
	"archive/zip"
	"io"

	"github.com/klauspost/compress/flate"
)

// Writer writes the entries of one archive, one after another.
type Writer struct{ zip *zip.Writer }

// New begins an archive on w.
func New(w io.Writer) *Writer {
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, 6) })
	return &Writer{z}
}

// Create begins an entry; it ends when the next one begins or the archive is closed.
func (w *Writer) Create(name string) (io.Writer, error) {
	// 1 January 1980 in the DOS fields alone: a set Modified would add an extra field.
	h := &zip.FileHeader{Name: name, Method: zip.Deflate}
	h.ModifiedDate = 1<<5 | 1 //nolint:staticcheck // Modified, which it names instead, writes more than the DOS fields.
	return w.zip.CreateHeader(h)
}

// Put writes one entry whole.
func (w *Writer) Put(name string, content []byte) error {
	e, err := w.Create(name)
	if err != nil {
		return err
	}
	_, err = e.Write(content)
	return err
}

// Close writes the directory; it does not close the writer below.
func (w *Writer) Close() error { return w.zip.Close() }
