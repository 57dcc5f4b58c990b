package document

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
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/loa-vn/loa/pkg/document/docx"
	"github.com/loa-vn/loa/pkg/document/internal/sample"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/pdf"
	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/vn"
)

// piece is a piece of a line as it stands on paper, in points from the upper left corner.
type piece struct {
	page                  int
	left, base, right, pt float64
	text                  string
}

// paper is one document as the checkers saw it.
type paper struct {
	path   string
	pages  int
	pieces []piece
}

func (p paper) on(page int) []piece {
	var out []piece
	for _, x := range p.pieces {
		if x.page == page {
			out = append(out, x)
		}
	}
	return out
}

// find gives the first piece whose text begins so.
func (p paper) find(t *testing.T, text string) piece {
	t.Helper()
	for _, x := range p.pieces {
		if strings.HasPrefix(x.text, text) {
			return x
		}
	}
	t.Fatalf("%s: no line begins with %q", filepath.Base(p.path), text)
	return piece{}
}

func (p paper) text() string {
	var b strings.Builder
	for _, x := range p.pieces {
		b.WriteString(strings.TrimSpace(x.text) + "\n")
	}
	return b.String()
}

// shop collects documents and has them checked in one run, since starting the checkers takes seconds.
type shop struct {
	t      *testing.T
	folder string
	files  []string
	report string
}

func (s *shop) put(name string, plainText bool, write func(io.Writer) error) {
	s.t.Helper()
	var out bytes.Buffer
	require.NoError(s.t, write(&out), name)
	path := filepath.Join(s.folder, name)
	require.NoError(s.t, os.WriteFile(path, out.Bytes(), 0o600))
	if plainText {
		s.files = append(s.files, "--text")
	}
	s.files = append(s.files, path)
}

func (s *shop) pdf(name string, plainText bool, d *model.Document) {
	s.t.Helper()
	s.put(name+".pdf", plainText, func(w io.Writer) error { return pdf.Write(w, d) })
}

func (s *shop) check() {
	s.t.Helper()
	out, err := exec.CommandContext(s.t.Context(), "../../scripts/documents.sh", append([]string{"check"}, s.files...)...).Output()
	s.report = string(out)
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		s.t.Fatalf("%s\n%s", out, failed.Stderr)
	}
	require.NoError(s.t, err)
}

func (s *shop) paper(name string) paper {
	s.t.Helper()
	p := paper{path: filepath.Join(s.folder, name)}
	content, err := os.ReadFile(p.path + ".lines")
	require.NoError(s.t, err)
	for line := range strings.Lines(string(content)) {
		f := strings.SplitN(strings.TrimRight(line, "\n"), "\t", 6)
		require.Len(s.t, f, 6)
		x := piece{text: f[5]}
		for i, into := range []*float64{&x.left, &x.base, &x.right, &x.pt} {
			*into, err = strconv.ParseFloat(f[i+1], 64)
			require.NoError(s.t, err)
		}
		x.page, err = strconv.Atoi(f[0])
		require.NoError(s.t, err)
		p.pieces = append(p.pieces, x)
	}
	for line := range strings.Lines(s.report) {
		if rest, ok := strings.CutPrefix(line, "PAGES "+p.path+".pdf "); ok {
			p.pages, err = strconv.Atoi(strings.TrimSpace(rest))
			require.NoError(s.t, err)
		}
	}
	return p
}

const millimetre = 72 / 25.4

// The layout of Decree 30/2020/NĐ-CP, Appendix I, and the conformance of every kind of document, on paper.
func TestDocuments(t *testing.T) {
	s := &shop{t: t, folder: t.TempDir()}
	kinds := map[string]*model.Document{"plan": sample.Plan(), "report": sample.Report(30), "letter": sample.Letter(), "notice": sample.Notice(), "odd": odd()}
	for name, d := range kinds {
		s.pdf(name, false, d)
		s.put(name+".docx", false, func(w io.Writer) error { return docx.Write(w, d) })
	}
	s.put("figures.xlsx", false, func(w io.Writer) error { return sheet.WriteXLSX(w, figures()) })
	const from, to = 17, 45
	for n := from; n < to; n++ {
		s.pdf(fmt.Sprintf("lines%d", n), true, lines(n))
	}
	s.pdf("draft", true, draft())
	s.check()

	t.Run("conformance", func(t *testing.T) {
		for name := range kinds {
			for _, check := range []string{"2a", "ua1"} {
				assert.Contains(t, s.report, "PASS "+check+" "+filepath.Join(s.folder, name)+".pdf")
			}
			assert.Contains(t, s.report, "PASS schema "+filepath.Join(s.folder, name)+".docx")
		}
		assert.Contains(t, s.report, "PASS schema "+filepath.Join(s.folder, "figures.xlsx"))
	})
	t.Run("the QR code opens the authenticity page", func(t *testing.T) {
		for _, name := range []string{"plan", "report", "letter", "notice"} {
			assert.Contains(t, s.report, "QR "+filepath.Join(s.folder, name)+".pdf "+kinds[name].Authenticity.URL+"\n")
			assert.Contains(t, s.paper(name).text(), "SHA-256: "+kinds[name].Authenticity.Hash)
		}
	})
	t.Run("head", func(t *testing.T) { testHead(t, s) })
	t.Run("pages", func(t *testing.T) { testPages(t, s) })
	t.Run("signature", func(t *testing.T) { testSignature(t, s, from, to) })
	t.Run("tables", func(t *testing.T) { testTables(t, s) })
	t.Run("reading order", func(t *testing.T) {
		text := s.paper("plan").text()
		at := -1
		for _, part := range []string{"CỘNG HÒA", "ỦY BAN NHÂN DÂN", "Số: 38/KH-UBND", "Hải Phòng, ngày 23 tháng 02 năm 2022", "KẾ HOẠCH", "I. MỤC ĐÍCH", "Quét mã QR", "II. NỘI DUNG", "VI. TỔ CHỨC", "Nơi nhận:", "TM. ỦY BAN", "Trần Văn Minh Họa", "PHỤ LỤC", "Nhiệm vụ", "Thông tin về Kế hoạch"} {
			next := strings.Index(text, part)
			if part == "II. NỘI DUNG" { // on page 1 or 2, before or after the foot of page 1
				continue
			}
			assert.Greater(t, next, at, part)
			at = next
		}
	})
	t.Run("margins", func(t *testing.T) { testMargins(t, s, kinds) })
}

func testHead(t *testing.T, s *shop) {
	plan, report, odd := s.paper("plan"), s.paper("report"), s.paper("odd")
	title := "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
	assert.InDelta(t, 13, plan.find(t, title).pt, 0.1, "short names leave room for 13 points")
	assert.InDelta(t, 12, report.find(t, title).pt, 0.1, "longer ones need 12 for one line")
	assert.InDelta(t, 12, odd.find(t, title).pt, 0.1)
	assert.InDelta(t, report.find(t, title).base, report.find(t, "UBND THÀNH PHỐ HẢI PHÒNG").base, 0.1)
	assert.Equal(t, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", report.find(t, "SỞ THÔNG TIN").text)
	for _, p := range []paper{plan, report, odd} {
		for _, x := range p.on(1) {
			if x.base < 100 && x.left < p.find(t, title).left {
				assert.LessOrEqual(t, x.right, p.find(t, title).left-4, "%q runs into the national title", x.text)
			}
		}
	}
	motto := plan.find(t, "Độc lập - Tự do - Hạnh phúc")
	assert.InDelta(t, 14, motto.pt, 0.1)
	assert.InDelta(t, (plan.find(t, title).left+plan.find(t, title).right)/2, (motto.left+motto.right)/2, 1)
	assert.InDelta(t, plan.find(t, "Số: 38/KH-UBND").base, plan.find(t, "Hải Phòng, ngày").base, 0.1)
	// A subject in two lines has two of nearly one length.
	first, second := report.find(t, "Kết quả thực hiện Kế hoạch"), report.find(t, "truyền cải cách hành chính nhà nước quý I")
	assert.InDelta(t, first.right-first.left, second.right-second.left, 40)
	// A letter's subject stands under its number, the mark of an emergency as well.
	letter, notice := s.paper("letter"), s.paper("notice")
	assert.Greater(t, letter.find(t, "V/v phối hợp").base, letter.find(t, "Số: 214").base)
	assert.Less(t, letter.find(t, "V/v phối hợp").right, letter.find(t, title).left)
	assert.Less(t, notice.find(t, "BAN HÀNH THEO").base, notice.find(t, "THÔNG BÁO").base)
	// The body's first lines are indented by 1.27 cm and set in 14 points.
	body := plan.find(t, "Căn cứ")
	assert.InDelta(t, 30*millimetre+36, body.left, 0.5)
	assert.InDelta(t, 14, body.pt, 0.1)
	draft := s.paper("draft")
	assert.Contains(t, draft.text(), "/KH-UBND")
	assert.Regexp(t, "ngày\u00a0+tháng\u00a0+năm", draft.text())
}

func testPages(t *testing.T, s *shop) {
	plan := s.paper("plan")
	require.Equal(t, 5, plan.pages)
	number := func(page int) (piece, bool) {
		for _, x := range plan.on(page) {
			if x.base < 20*millimetre && x.text == strconv.Itoa(page) {
				return x, true
			}
		}
		return piece{}, false
	}
	_, first := number(1)
	assert.False(t, first, "page 1 has no number")
	second, ok := number(2)
	require.True(t, ok)
	assert.InDelta(t, 210*millimetre/2, (second.left+second.right)/2, 0.5, "centred in the top margin")
	// The annex counts its own pages: its first has none, its second says 2.
	assert.Empty(t, strings.TrimLeft(above(plan.on(4)), "\n"))
	assert.Equal(t, "2", above(plan.on(5)))
	for page := 1; page <= plan.pages; page++ {
		assert.Contains(t, textOf(plan.on(page)), "VĂN BẢN MẪU – DỮ LIỆU MINH HỌA")
	}
	foot := textOf(s.paper("notice").on(1))
	assert.Contains(t, foot, "DỮ LIỆU LỊCH SỬ")
	assert.Contains(t, foot, "HẬU KIỂM SAU")
}

func textOf(pieces []piece) string { return paper{pieces: pieces}.text() }

// above is what stands in the top margin.
func above(pieces []piece) string {
	for _, x := range pieces {
		if x.base < 20*millimetre {
			return x.text
		}
	}
	return ""
}

func testSignature(t *testing.T, s *shop, from, to int) {
	signed := s.paper("plan")
	last := 0.0
	for _, line := range []string{"TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Trần Văn Minh Họa"} {
		x := signed.find(t, line)
		assert.Greater(t, x.base, last)
		last = x.base
		assert.InDelta(t, 14, x.pt, 0.1)
	}
	assert.Greater(t, last-signed.find(t, "PHÓ CHỦ TỊCH").base, 30*millimetre-1, "room for the signature")
	letter := strings.ReplaceAll(s.paper("letter").text(), "\n", " ")
	assert.Contains(t, letter, "TUQ. GIÁM ĐỐC")
	assert.Contains(t, letter, "Phạm\u00a0Thị\u00a0Minh\u00a0Họa")
	assert.Contains(t, letter, "Lê Văn Minh Họa")
	// Whatever the length of the text, lines of it stand on the page of the signature, all of which is on one page.
	broken := false
	for n := from; n < to; n++ {
		p := s.paper(fmt.Sprintf("lines%d", n))
		name, office := p.find(t, "Nguyễn Văn Ký"), p.find(t, "GIÁM ĐỐC")
		assert.Equal(t, name.page, office.page)
		assert.Equal(t, name.page, p.find(t, "Nơi nhận:").page)
		text := 0
		for _, x := range p.on(name.page) {
			if strings.HasPrefix(x.text, "Dòng ") {
				text++
			}
		}
		assert.GreaterOrEqual(t, text, 1, "%d lines: the signature stands alone on page %d", n, name.page)
		broken = broken || name.page == 2
	}
	assert.True(t, broken, "no length came near the end of a page")
}

func testTables(t *testing.T, s *shop) {
	report, odd := s.paper("report"), s.paper("odd")
	heads := map[int]bool{}
	for _, x := range report.pieces {
		if strings.HasPrefix(x.text, "Mã băm SHA-256") {
			heads[x.page] = true
		}
	}
	for page := 4; page <= report.pages; page++ {
		assert.True(t, heads[page], "page %d of the annex begins with the heading", page)
	}
	assert.Contains(t, report.text(), "– (chưa có", "a missing figure is a dash with a word")
	// A row stays on one page: its first line and its last.
	for i := range 60 {
		first, last := odd.find(t, fmt.Sprintf("hàng %d đầu", i)), odd.find(t, fmt.Sprintf("hàng %d cuối", i))
		assert.Equal(t, first.page, last.page, "row %d", i)
	}
	// An over-tall row and an over-long word are broken, not clipped: every word is there.
	text := odd.text()
	for i := range 1200 {
		word := fmt.Sprintf("\ntừ%d\n", i)
		require.NotEqual(t, -1, strings.Index(text, word), word)
	}
	assert.Equal(t, 700, strings.Count(text, "w"), "every letter of the word that is longer than a line")
	assert.Contains(t, text, "(không có)")
}

// Nothing is drawn in the side margins or below the bottom one, but for the line at the foot: what runs over the page would be
// clipped, and no validator sees that.
func testMargins(t *testing.T, s *shop, kinds map[string]*model.Document) {
	for name := range kinds {
		for page := 1; ; page++ {
			f, err := os.Open(filepath.Join(s.folder, fmt.Sprintf("%s-%d.png", name, page)))
			if errors.Is(err, os.ErrNotExist) {
				break
			}
			require.NoError(t, err)
			picture, err := png.Decode(f)
			require.NoError(t, err)
			require.NoError(t, f.Close())
			size := picture.Bounds().Size()
			right := 15.0
			if size.X > size.Y {
				right = 20
			}
			for y := range size.Y - 40 { // the line at the foot is in the last 14 mm
				for x := range size.X {
					if float64(x) > 30*millimetre-2 && float64(x) < float64(size.X)-right*millimetre+2 {
						continue
					}
					if v, _, _, _ := picture.At(x, y).RGBA(); v < 0xc000 {
						t.Fatalf("%s, page %d: ink at %d, %d of %v", name, page, x, y, size)
					}
				}
			}
		}
	}
}

// odd is what an office may hand in without meaning harm.
func odd() *model.Document {
	words := make([]string, 0, 1200)
	for i := range 1200 {
		words = append(words, fmt.Sprintf("từ%d ", i))
	}
	var rows [][]model.Cell
	for i := range 60 {
		rows = append(rows, []model.Cell{model.Names(fmt.Sprintf("hàng %d đầu\nhai\nba\nhàng %d cuối", i, i)), model.Figure{}.Cell()})
	}
	two := []model.Column{{Weight: 3}, {Weight: 2, Align: model.Right}}
	return &model.Document{
		Kind: model.Notice, Parent: "ỦY BAN NHÂN DÂN THÀNH PHỐ HẢI PHÒNG",
		Agency: []string{"BAN QUẢN LÝ DỰ ÁN ĐẦU TƯ XÂY DỰNG CÁC CÔNG TRÌNH GIAO THÔNG VÀ NÔNG NGHIỆP THÀNH PHỐ HẢI PHÒNG"},
		Number: "01/TB-BQL", Place: "Hải Phòng", Date: vn.Day(2022, 11, 1), Subject: strings.Repeat("về việc rất dài ", 20),
		Body: []model.Block{
			model.Text(strings.Repeat("w", 700)),
			model.Paragraph{},
			model.Table{Caption: "Một hàng cao", Columns: []model.Column{{Weight: 1}}, Rows: model.Rows([]model.Cell{model.Words(strings.Join(words, "\n"))})},
			model.Table{Caption: "Nhiều hàng", Summary: "Hàng có bốn dòng.", Columns: two, Header: model.Headings("Tên", "Số"), Rows: model.Rows(rows...)},
			model.Table{Caption: "Không hàng", Columns: two, Header: model.Headings("Tên", "Số")},
			model.Chart{Caption: "Không có số liệu", Bars: []model.Bar{{Name: "A"}, {Name: strings.Repeat("tên dài ", 20), Planned: model.Known(3)}}},
			model.List{Items: [][]model.Run{{{Text: "đầu\ncuối"}}, nil}},
		},
		Recipients: []string{strings.Repeat("nơi nhận rất dài ", 10)},
		Signature:  model.Signature{Standings: []model.Standing{{Office: strings.Repeat("CHỨC VỤ DÀI ", 8)}}},
	}
}

// lines is a letter of n lines; that of the signature's page is tried for all lengths around a page's end.
func lines(n int) *model.Document {
	d := sample.Letter()
	d.To, d.Body, d.Authenticity = nil, nil, model.Authenticity{}
	for i := range n {
		d.Body = append(d.Body, model.Text(fmt.Sprintf("Dòng %d", i)))
	}
	d.Signature = model.Signature{Standings: []model.Standing{{Office: "GIÁM ĐỐC"}}, Name: "Nguyễn Văn Ký"}
	return d
}

func draft() *model.Document {
	d := sample.Plan()
	d.Number, d.Annexes, d.Marks, d.Authenticity = "/KH-UBND", nil, []model.Mark{model.Draft}, model.Authenticity{}
	d.Date = time.Time{}
	return d
}

func figures() sheet.Book {
	return sheet.Book{Title: "Số liệu", Created: vn.Day(2022, 3, 16), Sheets: []sheet.Sheet{{
		Name: "Theo chủ đề", Above: []string{"KẾT QUẢ"}, Blank: 10,
		Columns: []sheet.Column{{Title: "Chủ đề", Choices: []string{"a, b", "c"}, Prompt: "Chọn", Note: "Ghi chú"}, {Title: "Hạn", Kind: sheet.Dates, Prompt: "Ngày", Free: true}, {Title: "Số"}},
		Rows:    sheet.Rows([][]sheet.Cell{{sheet.Link("trang", "https://vidu.example/"), sheet.Date(vn.Day(2022, 3, 1)), sheet.Integer(3).Bold()}, {sheet.Text("=1"), sheet.Time(vn.Day(2022, 3, 1)), sheet.Percent(0.5)}}),
	}}}
}
