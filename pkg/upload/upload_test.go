package upload_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"

	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/upload"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// archive makes a zip of name, content pairs.
func archive(t *testing.T, members ...string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for i := 0; i < len(members); i += 2 {
		w, err := z.Create(members[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, members[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func picture(t *testing.T, encode func(io.Writer, image.Image) error) string {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func workbook(t *testing.T) string {
	t.Helper()
	f := excelize.NewFile()
	var out bytes.Buffer
	if err := errors.Join(f.SetCellValue("Sheet1", "A1", "Kế hoạch"), f.Write(&out), f.Close()); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const relations = `<?xml version="1.0"?><Relationships xmlns="x"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/`

func TestAFileIsWhatItsBytesSay(t *testing.T) {
	word := []string{"[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>"}
	for _, c := range []struct {
		name, content, want string
	}{
		{"kế hoạch.pdf", "%PDF-1.7\n%âãÏÓ", "application/pdf"},
		{"a.docx", archive(t, word...), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"link.docx", archive(t, append(word, "word/_rels/document.xml.rels", relations+`hyperlink" Target="https://haiphong.gov.vn" TargetMode="External"/></Relationships>`)...), "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
		{"b.xlsx", workbook(t), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
		{"c.pptx", archive(t, "[Content_Types].xml", "<Types/>", "ppt/presentation.xml", "<p/>"), "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
		{"d.odt", archive(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<x/>"), "application/vnd.oasis.opendocument.text"},
		{"e.ods", archive(t, "mimetype", "application/vnd.oasis.opendocument.spreadsheet", "content.xml", "<x/>"), "application/vnd.oasis.opendocument.spreadsheet"},
		{"f.png", picture(t, png.Encode), "image/png"},
		{"g.JPG", picture(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }), "image/jpeg"},
		{"g.jpeg", picture(t, func(w io.Writer, m image.Image) error { return jpeg.Encode(w, m, nil) }), "image/jpeg"},
		{"h.gif", picture(t, func(w io.Writer, m image.Image) error { return gif.Encode(w, m, nil) }), "image/gif"},
		{"i.webp", "RIFF\x1a\x00\x00\x00WEBPVP8 ", "image/webp"},
		{"j.mp3", "ID3\x04\x00\x00", "audio/mpeg"},
		{"k.mp3", "\xff\xfb\x90\x00", "audio/mpeg"},
		{"l.mp4", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", "video/mp4"},
		{"m.txt", "Thông báo số 38\r\n", "text/plain"},
		{"n.csv", "mã,tên\n1,Một\n", "text/csv"},
	} {
		f, err := receive(t, c.name, c.content)
		if err != nil || f.MediaType != c.want || f.Size != int64(len(c.content)) || len(f.SHA256) != 64 || f.Name != c.name {
			t.Errorf("%s: %+v, %v", c.name, f, err)
		}
	}
}

func TestWhatRunsOrIsUnknownIsRefused(t *testing.T) {
	word := []string{"[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document/>"}
	with := func(members ...string) string { return archive(t, slices.Concat(word, members)...) }
	for _, c := range []struct {
		name, content string
		reason        errs.Reason
	}{
		{"empty.pdf", "", errorsv1.Reason_FILE_EMPTY},
		{"page.html", "<!DOCTYPE html><script>x</script>", errorsv1.Reason_FILE_ACTIVE},
		{"page.txt", " \n<html><body>", errorsv1.Reason_FILE_ACTIVE},
		{"page.txt", "<script>alert(1)</script>", errorsv1.Reason_FILE_ACTIVE},
		{"page.pdf", "<iframe src=x>", errorsv1.Reason_FILE_ACTIVE},
		{"picture.svg", `<svg xmlns="http://www.w3.org/2000/svg" onload="x"/>`, errorsv1.Reason_FILE_ACTIVE},
		{"picture.png", `<?xml version="1.0"?><svg/>`, errorsv1.Reason_FILE_ACTIVE},
		{"data.txt", "\xef\xbb\xbf<?xml version=\"1.0\"?><a/>", errorsv1.Reason_FILE_ACTIVE},
		{"a.php.txt", "<?php system('x') ?>", errorsv1.Reason_FILE_ACTIVE},
		{"program.pdf", "MZ\x90\x00", errorsv1.Reason_FILE_ACTIVE},
		{"program", "\x7fELF\x02", errorsv1.Reason_FILE_ACTIVE},
		{"run.txt", "#!/bin/sh\nrm -rf /\n", errorsv1.Reason_FILE_ACTIVE},
		{"macro.docx", with("word/vbaProject.bin", "x"), errorsv1.Reason_FILE_ACTIVE},
		{"macro2.docx", with(`word\VBAPROJECT.BIN`, "x"), errorsv1.Reason_FILE_ACTIVE},
		{"macro.docm", archive(t, "[Content_Types].xml", `<Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/>`, "word/document.xml", ""), errorsv1.Reason_FILE_ACTIVE},
		{"excel4.xlsx", archive(t, "[Content_Types].xml", "<Types/>", "xl/workbook.xml", "", "xl/macrosheets/sheet1.xml", ""), errorsv1.Reason_FILE_ACTIVE},
		{"control.docx", with("word/activeX/activeX1.xml", ""), errorsv1.Reason_FILE_ACTIVE},
		{"object.docx", with("word/embeddings/oleObject1.bin", ""), errorsv1.Reason_FILE_ACTIVE},
		{"template.docx", with("word/_rels/settings.xml.rels", relations+`attachedTemplate" Target="http://e.example/t.dotm" TargetMode="External"/></Relationships>`), errorsv1.Reason_FILE_ACTIVE},
		{"macro.odt", archive(t, "mimetype", "application/vnd.oasis.opendocument.text", "Basic/Standard/Module1.xml", ""), errorsv1.Reason_FILE_ACTIVE},
		{"twice.docx", with("WORD/document.xml", "<other/>"), errorsv1.Reason_FILE_TYPE},
		{"large.docx", with("word/_rels/document.xml.rels", strings.Repeat(" ", 1<<20+1)), errorsv1.Reason_FILE_TYPE},
		{"drawing.odg", archive(t, "mimetype", "application/vnd.oasis.opendocument.graphics"), errorsv1.Reason_FILE_TYPE},
		{"files.zip", archive(t, "a.txt", "một"), errorsv1.Reason_FILE_TYPE},
		{"program.jar", archive(t, "META-INF/MANIFEST.MF", "Main-Class: X"), errorsv1.Reason_FILE_TYPE},
		{"broken.docx", "PK\x03\x04 not a zip", errorsv1.Reason_FILE_TYPE},
		{"old.doc", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", errorsv1.Reason_FILE_TYPE},
		{"half.png", "\x89PNG\x0d\x0a\x1a\x0a", errorsv1.Reason_FILE_TYPE},
		{"latin1.txt", "Th\xf4ng b\xe1o", errorsv1.Reason_FILE_TYPE},
		{"controls.txt", strings.Repeat("một ", 200) + "\x1b[31m", errorsv1.Reason_FILE_TYPE},
		{"rar.rar", "Rar!\x1a\x07\x00", errorsv1.Reason_FILE_TYPE},
		{"ke-hoach.pdf", picture(t, png.Encode), errorsv1.Reason_FILE_DISGUISED},
		{"picture.exe", picture(t, png.Encode), errorsv1.Reason_FILE_DISGUISED},
		{"table.html", "a,b\n", errorsv1.Reason_FILE_DISGUISED},
		{"…", "%PDF-1.7", errorsv1.Reason_FILE_NAME},
	} {
		if f, err := receive(t, c.name, c.content); errs.ReasonOf(err) != c.reason {
			t.Errorf("%s: %+v, %v, want %s", c.name, f, err, c.reason)
		}
	}
}

func TestAFileWithASecrecyMarkIsRefused(t *testing.T) {
	word := func(body string) string {
		return archive(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:document><w:body>"+body+"</w:body></w:document>")
	}
	sheet := excelize.NewFile()
	var book bytes.Buffer
	if err := errors.Join(sheet.SetCellValue("Sheet1", "A1", "TỐI MẬT"), sheet.Write(&book), sheet.Close()); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"a.txt":  "UBND THÀNH PHỐ\nMẬT\nKế hoạch",
		"b.csv":  "a,b\nTUYỆT MẬT,x\n",
		"c.docx": word("<w:p><w:r><w:t>UBND</w:t></w:r></w:p><w:p><w:r><w:t>TỐI</w:t></w:r><w:r><w:t xml:space=\"preserve\"> MẬT</w:t></w:r></w:p>"),
		"d.docx": archive(t, "[Content_Types].xml", "<Types/>", "word/document.xml", "<w:p/>", "word/header1.xml", "<w:p><w:t>Mật</w:t></w:p>"),
		"e.xlsx": book.String(),
		"f.odt":  archive(t, "mimetype", "application/vnd.oasis.opendocument.text", "content.xml", "<text:p>Độ mật: tuyệt mật</text:p>"),
	} {
		if _, err := receive(t, name, content); errs.ReasonOf(err) != errorsv1.Reason_SECRECY_MARK {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, content := range map[string]string{
		"a.txt":  "Bảo mật thông tin; giữ bí mật; mật khẩu.",
		"b.docx": word("<w:p><w:t>Về bảo mật dữ liệu</w:t></w:p><w:p><w:t>BẢO MẬT</w:t></w:p>"),
	} {
		if _, err := receive(t, name, content); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNamesAreMadeSafe(t *testing.T) {
	long := strings.Repeat("ạ", 100)
	for raw, want := range map[string]string{
		"Kế hoạch 38.pdf":           "Kế hoạch 38.pdf",
		"Ke\u0302\u0301 hoạch":      "Kế hoạch",
		"../../etc/passwd.txt":      "passwd.txt",
		`C:\Users\ha\kế hoạch.docx`: "kế hoạch.docx",
		"a/b\\c.pdf":                "c.pdf",
		"báo\u202Efdp.exe":          "báofdp.exe",
		"a\x00b\nc\t.pdf":           "abc.pdf",
		"a\u200b\ufeffb.pdf":        "ab.pdf",
		"a\u2028b.pdf":              "a b.pdf",
		`a"<b>:c|d?e*f;g%h.pdf`:     "a--b--c-d-e-f-g-h.pdf",
		"  .hidden.txt. ":           "hidden.txt",
		"CON.txt":                   "tep-CON.txt",
		"lpt1":                      "tep-lpt1",
		"a\xffb.pdf":                "ab.pdf",
		"a.tar.gzipped-and-more":    "a.tar.gzipped-and-more",
		long + ".pdf":               strings.Repeat("ạ", 76) + ".pdf",
		long:                        strings.Repeat("ạ", 80),
	} {
		if got, err := upload.Name(raw); err != nil || got != want {
			t.Errorf("%q became %q, %v, want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"", ".", "..", "/", "a/", "\u202e", "***"} {
		got, err := upload.Name(raw)
		if errs.ReasonOf(err) != errorsv1.Reason_FILE_NAME {
			t.Errorf("%q became %q, %v", raw, got, err)
		}
	}
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"Kế hoạch.pdf", "../a", "a\u202eb", "CON", "a.…", strings.Repeat("ẳ.", 90), "a. .pdf", "-", "a.\u0301b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		name, err := upload.Name(raw)
		if err != nil {
			return
		}
		if utf8.RuneCountInString(name) > upload.NameLimit || len(name) > 255 || !utf8.ValidString(name) || strings.ContainsAny(name, `/\<>:"|?*%;#`) ||
			strings.ContainsFunc(name, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) || strings.HasPrefix(name, ".") {
			t.Errorf("%q became %q", raw, name)
		}
		if again, err := upload.Name(name); err != nil || again != name {
			t.Errorf("%q became %q, and that %q, %v", raw, name, again, err)
		}
	})
}

func TestTheNameDecidesBetweenTextAndTables(t *testing.T) {
	for name, want := range map[string]string{"a.csv": "a.csv text/csv", "a.TXT": "a.TXT text/plain", "a": "a.txt text/plain"} {
		f, err := receive(t, name, "a;b\n")
		if err != nil || f.Name+" "+f.MediaType != want {
			t.Errorf("%s: %+v, %v", name, f, err)
		}
	}
}

func TestAFileComesInPieces(t *testing.T) {
	in := func(err error, pieces ...upload.Piece) func() (upload.Piece, error) {
		return func() (upload.Piece, error) {
			if len(pieces) == 0 {
				return upload.Piece{}, err
			}
			piece := pieces[0]
			pieces = pieces[1:]
			return piece, nil
		}
	}
	blobs := store(t)
	text := append([]byte("%PDF-1.7"), bytes.Repeat([]byte("x"), 100_000)...)
	file, err := upload.Take(t.Context(), blobs, "attachment", in(nil, upload.Piece{Bytes: text[:5]}, upload.Piece{}, upload.Piece{Bytes: text[5:]}, upload.Piece{Last: true, Name: "Kế hoạch"}))
	if err != nil || file.Size != int64(len(text)) || file.Name != "Kế hoạch.pdf" {
		t.Fatalf("%+v, %v", file, err)
	}
	stored, _, err := blobs.Open(t.Context(), file.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(stored)
	if err := errors.Join(err, stored.Close()); err != nil || !bytes.Equal(content, text) {
		t.Errorf("stored %d bytes, %v", len(content), err)
	}
	if _, err = upload.Take(t.Context(), blobs, "attachment", in(fmt.Errorf("the call: %w", io.EOF), upload.Piece{Bytes: text})); errs.ReasonOf(err) != errorsv1.Reason_UNREADABLE {
		t.Errorf("a file of which nothing is said is answered %v", err)
	}
	gone := errors.New("gone")
	if _, err := upload.Take(t.Context(), blobs, "attachment", in(gone, upload.Piece{Bytes: text})); !errors.Is(err, gone) {
		t.Errorf("answered %v", err)
	}
}

func TestTooLargeAFileIsRefused(t *testing.T) {
	_, err := upload.Receive(t.Context(), store(t), io.MultiReader(strings.NewReader("%PDF-1.7"), io.LimitReader(zeros{}, upload.Limit)), "a.pdf")
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != errorsv1.Reason_TOO_LARGE || e.Args["limit"] != "50 MiB" {
		t.Errorf("answered %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func store(t *testing.T) *blob.Store {
	t.Helper()
	s, err := blob.Open(context.WithoutCancel(t.Context()), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// receive takes a file in; what is refused must not be in the store.
func receive(t *testing.T, name, content string) (upload.File, error) {
	t.Helper()
	folder := t.TempDir()
	s, err := blob.Open(t.Context(), folder)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	stored, err := upload.Receive(t.Context(), s, strings.NewReader(content), name)
	if err != nil {
		if left, _ := os.ReadDir(folder); len(left) > 0 {
			t.Errorf("%s was refused and is there: %v", name, left)
		}
		return upload.File{}, err
	}
	return stored.Named(name)
}
