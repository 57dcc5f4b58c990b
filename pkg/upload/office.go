package upload

import (
	"archive/zip"
	"bytes"
	"io"
	"path"
	"strings"
)

// memberLimit is the most files in an office file, and partLimit the most bytes of one of them that are read.
const (
	memberLimit = 10_000
	partLimit   = 1 << 20
)

// inZip recognises an office file by the files in it (ISO/IEC 29500-2, OpenDocument 1.3 part 2) and refuses macros, controls and what
// is fetched from elsewhere when the file is opened.
func inZip(whole io.ReaderAt, size int64, called string) ([]kind, error) {
	archive, err := zip.NewReader(whole, size)
	if err != nil || len(archive.File) > memberLimit {
		return nil, unknown(called)
	}
	members := map[string]*zip.File{}
	for _, f := range archive.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		if what := runsInOffice(name); what != "" {
			return nil, active(called, what)
		}
		if members[name] != nil {
			return nil, unknown(called) // which of the two is read is up to the reader
		}
		members[name] = f
	}
	if m := members["mimetype"]; m != nil && len(archive.File) > 0 && archive.File[0] == m {
		mediaType := string(part(m))
		if mediaType == "application/vnd.oasis.opendocument.text" || mediaType == "application/vnd.oasis.opendocument.spreadsheet" {
			return kindOf(mediaType), nil
		}
		return nil, unknown(called)
	}
	contentTypes := members["[content_types].xml"]
	if contentTypes == nil || contentTypes.UncompressedSize64 > partLimit {
		return nil, unknown(called)
	}
	if bytes.Contains(bytes.ToLower(part(contentTypes)), []byte("macroenabled")) {
		return nil, active(called, "macro")
	}
	for name, f := range members {
		if !strings.HasSuffix(name, ".rels") {
			continue
		}
		if f.UncompressedSize64 > partLimit {
			return nil, unknown(called)
		}
		if fetches(part(f)) {
			return nil, active(called, "external template")
		}
	}
	for main, mediaType := range map[string]string{
		"word/document.xml":    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
		"xl/workbook.xml":      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
		"ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	} {
		if members[main] != nil {
			return kindOf(mediaType), nil
		}
	}
	return nil, unknown(called)
}

// runsInOffice recognises the member of an office file that holds something to run, by its name.
func runsInOffice(member string) string {
	base := path.Base(member)
	switch {
	case strings.HasPrefix(base, "vbaproject") || strings.HasPrefix(base, "vbadata"), strings.Contains(member, "/macrosheets/"),
		strings.HasPrefix(member, "basic/"), strings.HasPrefix(member, "scripts/"):
		return "macro"
	case strings.Contains(member, "/activex/"):
		return "ActiveX"
	case strings.HasPrefix(base, "oleobject") && strings.HasSuffix(base, ".bin"):
		return "OLE"
	default:
		return ""
	}
}

// fetches says that a list of relations names a template, an object or a frame outside of the file, which is loaded unasked.
func fetches(rels []byte) bool {
	for relation := range bytes.SplitSeq(bytes.ToLower(rels), []byte("<relationship ")) {
		external := bytes.Contains(relation, []byte(`targetmode="external"`)) || bytes.Contains(relation, []byte(`targetmode='external'`))
		for _, loaded := range []string{"/attachedtemplate", "/oleobject", "/frame", "/subdocument"} {
			if external && bytes.Contains(relation, []byte("relationships"+loaded)) {
				return true
			}
		}
	}
	return false
}

// part reads a member, up to a limit; one that cannot be read is empty.
func part(f *zip.File) []byte { return partUpTo(f, partLimit) }

func partUpTo(f *zip.File, limit int64) []byte {
	r, err := f.Open()
	if err != nil {
		return nil
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(io.LimitReader(r, limit))
	if err != nil {
		return nil
	}
	return content
}
