package upload

import (
	"archive/zip"
	"io"
	"path"
	"regexp"
	"strings"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// textLimit is how much of a text, or of one part of an office file, is looked at for a secrecy mark: marks stand at the top.
const textLimit = 4 << 20

// secret refuses a file whose text carries the marking of a state secret, before it is stored. It reads text and office files; what a
// picture, a recording or a PDF shows is for people to see.
func secret(whole io.ReaderAt, size int64, mediaType string) error {
	switch {
	case strings.HasPrefix(mediaType, "text/"):
		text, err := io.ReadAll(io.NewSectionReader(whole, 0, min(size, textLimit)))
		if err != nil {
			return err
		}
		return marked(string(text))
	case strings.HasPrefix(mediaType, "application/vnd."):
		archive, err := zip.NewReader(whole, size)
		if err != nil {
			return err
		}
		for _, f := range archive.File {
			if holdsText(f.Name) {
				if err := marked(plain(partUpTo(f, textLimit))); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// holdsText recognises the parts of office files that hold what is read: of documents, workbooks, slides and their OpenDocument kin.
func holdsText(member string) bool {
	for _, pattern := range []string{
		"word/document.xml", "word/header*.xml", "word/footer*.xml", "xl/sharedStrings.xml", "ppt/slides/slide*.xml", "content.xml", "styles.xml",
	} {
		if ok, _ := path.Match(pattern, member); ok {
			return true
		}
	}
	return false
}

var (
	lineEnds = regexp.MustCompile(`</(w:p|w:tc|si|a:p|text:p|text:h|table:table-cell)>|<(w:br|text:line-break)/>`)
	markup   = regexp.MustCompile(`<[^>]*>`)
)

// plain is the text of a part, a line for each paragraph and cell.
func plain(part []byte) string {
	return strings.NewReplacer("&amp;", "&", "&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'").
		Replace(markup.ReplaceAllString(lineEnds.ReplaceAllString(string(part), "\n"), ""))
}

func marked(text string) error {
	if mark, found := vn.SecrecyMark(text); found {
		return errs.New(errorsv1.Reason_SECRECY_MARK, "mark", mark)
	}
	return nil
}
