package upload

import (
	"bufio"
	"bytes"
	"image"
	_ "image/gif" // read to see that a picture is one
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// kind is a type of file that is taken.
type kind struct {
	mediaType  string
	extensions []string // the first is the usual one
}

func (k kind) has(extension string) bool { return slices.Contains(k.extensions, extension) }

// kinds are all that are taken. Archives are not: they hide what they hold. Neither are the office formats from before 2007, whose
// macros cannot be told from their text.
func kinds() []kind {
	return []kind{
		{"application/pdf", []string{".pdf"}},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", []string{".docx"}},
		{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", []string{".xlsx"}},
		{"application/vnd.openxmlformats-officedocument.presentationml.presentation", []string{".pptx"}},
		{"application/vnd.oasis.opendocument.text", []string{".odt"}},
		{"application/vnd.oasis.opendocument.spreadsheet", []string{".ods"}},
		{"image/png", []string{".png"}},
		{"image/jpeg", []string{".jpg", ".jpeg"}},
		{"image/gif", []string{".gif"}},
		{"image/webp", []string{".webp"}},
		{"audio/mpeg", []string{".mp3"}},
		{"video/mp4", []string{".mp4", ".m4v"}},
		{"text/plain", []string{".txt"}},
		{"text/csv", []string{".csv"}},
	}
}

func kindOf(mediaType string) []kind {
	all := kinds()
	at := slices.IndexFunc(all, func(k kind) bool { return k.mediaType == mediaType })
	if at < 0 {
		return []kind{{mediaType, []string{""}}}
	}
	return all[at : at+1]
}

// Allowed names the extensions of what is taken, for people.
func Allowed() string {
	var all []string
	for _, k := range kinds() {
		all = append(all, strings.TrimPrefix(k.extensions[0], "."))
	}
	return strings.Join(all, ", ")
}

// IsImage says that a media type is one of the pictures that are taken.
func IsImage(mediaType string) bool { return strings.HasPrefix(mediaType, "image/") }

// sniffed is how many bytes at the beginning say what a file is.
const sniffed = 512

// recognise says by its bytes what a file may be. Every answer names exactly one kind, but text may be a table of values as well.
func recognise(whole io.ReaderAt, size int64, called string) ([]kind, error) {
	if size == 0 {
		return nil, errs.New(errorsv1.Reason_FILE_EMPTY, "name", called)
	}
	head := make([]byte, min(size, sniffed))
	if _, err := whole.ReadAt(head, 0); err != nil {
		return nil, err
	}
	if what := runs(head); what != "" {
		return nil, active(called, what)
	}
	sniff, _, _ := strings.Cut(http.DetectContentType(head), ";")
	switch {
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return inZip(whole, size, called)
	case sniff == "application/pdf", sniff == "image/webp", sniff == "video/mp4", sniff == "audio/mpeg":
		return kindOf(sniff), nil
	case bytes.HasPrefix(head, []byte{0xff, 0xfb}), bytes.HasPrefix(head, []byte{0xff, 0xf3}), bytes.HasPrefix(head, []byte{0xff, 0xf2}):
		return kindOf("audio/mpeg"), nil // a frame of MPEG layer III without a tag before it
	case sniff == "image/png", sniff == "image/jpeg", sniff == "image/gif":
		if _, format, err := image.DecodeConfig(io.NewSectionReader(whole, 0, size)); err != nil || "image/"+format != sniff {
			return nil, unknown(called)
		}
		return kindOf(sniff), nil
	case strings.HasPrefix(sniff, "text/"):
		if !isText(io.NewSectionReader(whole, 0, size)) {
			return nil, unknown(called)
		}
		return slices.Concat(kindOf("text/plain"), kindOf("text/csv")), nil
	default:
		return nil, unknown(called)
	}
}

// runs recognises what a machine or a browser would run.
func runs(head []byte) string {
	for _, program := range []struct{ begins, what string }{
		{"MZ", "EXE"},
		{"\x7fELF", "ELF"},
		{"#!", "script"},
		{"\xca\xfe\xba\xbe", "Mach-O"},
		{"\xcf\xfa\xed\xfe", "Mach-O"},
		{"\xce\xfa\xed\xfe", "Mach-O"},
		{"{\\rtf", "RTF"},
		{"%!PS", "PostScript"},
	} {
		if bytes.HasPrefix(head, []byte(program.begins)) {
			return program.what
		}
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\f"))
	switch {
	case bytes.HasPrefix(text, []byte("<?xml")) && bytes.Contains(text, []byte("<svg")), bytes.HasPrefix(text, []byte("<svg")):
		return "SVG"
	case bytes.HasPrefix(text, []byte("<?xml")):
		return "XML"
	case bytes.HasPrefix(text, []byte("<?")):
		return "script"
	case strings.HasPrefix(http.DetectContentType(head), "text/html"), bytes.HasPrefix(text, []byte("<!")), bytes.HasPrefix(text, []byte("<html")):
		return "HTML"
	}
	return ""
}

// isText says that all of it is UTF-8 without control characters.
func isText(r io.Reader) bool {
	in := bufio.NewReader(r)
	for {
		c, n, err := in.ReadRune()
		switch {
		case err != nil:
			return err == io.EOF //nolint:errorlint // a bufio.Reader over a section gives it bare
		case c == utf8.RuneError && n == 1, c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f', c == 0x7f:
			return false
		}
	}
}

func unknown(called string) error {
	return errs.New(errorsv1.Reason_FILE_TYPE, "name", shorten(called), "allowed", Allowed())
}

func active(called, what string) error {
	return errs.New(errorsv1.Reason_FILE_ACTIVE, "name", shorten(called), "what", what)
}
