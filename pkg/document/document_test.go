package document

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/loa-vn/loa/pkg/document/documenttest"
	"github.com/loa-vn/loa/pkg/document/docx"
	"github.com/loa-vn/loa/pkg/document/internal/sample"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/document/pdf"
	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/pkg/vn"
)

type (
	piece = documenttest.Piece
	paper = documenttest.Paper
)

const millimetre = documenttest.Millimetre

func printed(d *model.Document) func(io.Writer) error {
	return func(w io.Writer) error { return pdf.Write(w, d) }
}

// The layout of Decree 30/2020/NĐ-CP, Appendix I, and the conformance of every kind of document, on paper.
func TestDocuments(t *testing.T) {
	s := documenttest.New(t)
	kinds := map[string]*model.Document{"plan": sample.Plan(), "report": sample.Report(30), "letter": sample.Letter(), "notice": sample.Notice(), "odd": odd()}
	for name, d := range kinds {
		s.Put(name+".pdf", printed(d))
		s.Put(name+".docx", func(w io.Writer) error { return docx.Write(w, d) })
	}
	s.Put("figures.xlsx", func(w io.Writer) error { return sheet.WriteXLSX(w, figures()) })
	const from, to = 17, 45
	for n := from; n < to; n++ {
		s.PutText(fmt.Sprintf("lines%d.pdf", n), printed(lines(n)))
	}
	s.PutText("draft.pdf", printed(draft()))
	s.Check()

	t.Run("the QR code opens the authenticity page", func(t *testing.T) {
		for _, name := range []string{"plan", "report", "letter", "notice"} {
			assert.Equal(t, kinds[name].Authenticity.URL, s.QR(name+".pdf"))
			assert.Contains(t, s.Paper(name+".pdf").Text(), "SHA-256: "+kinds[name].Authenticity.Hash)
		}
	})
	t.Run("head", func(t *testing.T) { testHead(t, s) })
	t.Run("pages", func(t *testing.T) { testPages(t, s) })
	t.Run("signature", func(t *testing.T) { testSignature(t, s, from, to) })
	t.Run("tables", func(t *testing.T) { testTables(t, s) })
	t.Run("reading order", func(t *testing.T) {
		text := s.Paper("plan.pdf").Text()
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
	for name := range kinds {
		s.Margins(name + ".pdf")
	}
}

func testHead(t *testing.T, s *documenttest.Bench) {
	plan, report, odd := s.Paper("plan.pdf"), s.Paper("report.pdf"), s.Paper("odd.pdf")
	title := "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
	assert.InDelta(t, 13, plan.Find(t, title).Pt, 0.1, "short names leave room for 13 points")
	assert.InDelta(t, 12, report.Find(t, title).Pt, 0.1, "longer ones need 12 for one line")
	assert.InDelta(t, 12, odd.Find(t, title).Pt, 0.1)
	assert.InDelta(t, report.Find(t, title).Base, report.Find(t, "UBND THÀNH PHỐ HẢI PHÒNG").Base, 0.1)
	assert.Equal(t, "SỞ THÔNG TIN VÀ TRUYỀN THÔNG", report.Find(t, "SỞ THÔNG TIN").Text)
	for _, p := range []paper{plan, report, odd} {
		for _, x := range p.On(1) {
			if x.Base < 100 && x.Left < p.Find(t, title).Left {
				assert.LessOrEqual(t, x.Right, p.Find(t, title).Left-4, "%q runs into the national title", x.Text)
			}
		}
	}
	motto := plan.Find(t, "Độc lập - Tự do - Hạnh phúc")
	assert.InDelta(t, 14, motto.Pt, 0.1)
	assert.InDelta(t, (plan.Find(t, title).Left+plan.Find(t, title).Right)/2, (motto.Left+motto.Right)/2, 1)
	assert.InDelta(t, plan.Find(t, "Số: 38/KH-UBND").Base, plan.Find(t, "Hải Phòng, ngày").Base, 0.1)
	// A subject in two lines has two of nearly one length.
	first, second := report.Find(t, "Kết quả thực hiện Kế hoạch"), report.Find(t, "truyền cải cách hành chính nhà nước quý I")
	assert.InDelta(t, first.Right-first.Left, second.Right-second.Left, 40)
	// A letter's subject stands under its number, the mark of an emergency as well.
	letter, notice := s.Paper("letter.pdf"), s.Paper("notice.pdf")
	assert.Greater(t, letter.Find(t, "V/v phối hợp").Base, letter.Find(t, "Số: 214").Base)
	assert.Less(t, letter.Find(t, "V/v phối hợp").Right, letter.Find(t, title).Left)
	assert.Less(t, notice.Find(t, "BAN HÀNH THEO").Base, notice.Find(t, "THÔNG BÁO").Base)
	// The body's first lines are indented by 1.27 cm and set in 14 points.
	body := plan.Find(t, "Căn cứ")
	assert.InDelta(t, 30*millimetre+36, body.Left, 0.5)
	assert.InDelta(t, 14, body.Pt, 0.1)
	draft := s.Paper("draft.pdf")
	assert.Contains(t, draft.Text(), "/KH-UBND")
	assert.Regexp(t, "ngày\u00a0+tháng\u00a0+năm", draft.Text())
}

func testPages(t *testing.T, s *documenttest.Bench) {
	plan := s.Paper("plan.pdf")
	require.Equal(t, 5, plan.Pages)
	number := func(page int) (piece, bool) {
		for _, x := range plan.On(page) {
			if x.Base < 20*millimetre && x.Text == strconv.Itoa(page) {
				return x, true
			}
		}
		return piece{}, false
	}
	_, first := number(1)
	assert.False(t, first, "page 1 has no number")
	second, ok := number(2)
	require.True(t, ok)
	assert.InDelta(t, 210*millimetre/2, (second.Left+second.Right)/2, 0.5, "centred in the top margin")
	// The annex counts its own pages: its first has none, its second says 2.
	assert.Empty(t, strings.TrimLeft(above(plan.On(4)), "\n"))
	assert.Equal(t, "2", above(plan.On(5)))
	for page := 1; page <= plan.Pages; page++ {
		assert.Contains(t, textOf(plan.On(page)), "VĂN BẢN MẪU – DỮ LIỆU MINH HỌA")
	}
	foot := textOf(s.Paper("notice.pdf").On(1))
	assert.Contains(t, foot, "DỮ LIỆU LỊCH SỬ")
	assert.Contains(t, foot, "HẬU KIỂM SAU")
}

func textOf(pieces []piece) string { return paper{Pieces: pieces}.Text() }

// above is what stands in the top margin.
func above(pieces []piece) string {
	for _, x := range pieces {
		if x.Base < 20*millimetre {
			return x.Text
		}
	}
	return ""
}

func testSignature(t *testing.T, s *documenttest.Bench, from, to int) {
	signed := s.Paper("plan.pdf")
	last := 0.0
	for _, line := range []string{"TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Trần Văn Minh Họa"} {
		x := signed.Find(t, line)
		assert.Greater(t, x.Base, last)
		last = x.Base
		assert.InDelta(t, 14, x.Pt, 0.1)
	}
	assert.Greater(t, last-signed.Find(t, "PHÓ CHỦ TỊCH").Base, 30*millimetre-1, "room for the signature")
	letter := strings.ReplaceAll(s.Paper("letter.pdf").Text(), "\n", " ")
	assert.Contains(t, letter, "TUQ. GIÁM ĐỐC")
	assert.Contains(t, letter, "Phạm\u00a0Thị\u00a0Minh\u00a0Họa")
	assert.Contains(t, letter, "Lê Văn Minh Họa")
	// Whatever the length of the text, lines of it stand on the page of the signature, all of which is on one page.
	broken := false
	for n := from; n < to; n++ {
		p := s.Paper(fmt.Sprintf("lines%d.pdf", n))
		name, office := p.Find(t, "Nguyễn Văn Ký"), p.Find(t, "GIÁM ĐỐC")
		assert.Equal(t, name.Page, office.Page)
		assert.Equal(t, name.Page, p.Find(t, "Nơi nhận:").Page)
		text := 0
		for _, x := range p.On(name.Page) {
			if strings.HasPrefix(x.Text, "Dòng ") {
				text++
			}
		}
		assert.GreaterOrEqual(t, text, 1, "%d lines: the signature stands alone on page %d", n, name.Page)
		broken = broken || name.Page == 2
	}
	assert.True(t, broken, "no length came near the end of a page")
}

func testTables(t *testing.T, s *documenttest.Bench) {
	report, odd := s.Paper("report.pdf"), s.Paper("odd.pdf")
	heads := map[int]bool{}
	for _, x := range report.Pieces {
		if strings.HasPrefix(x.Text, "Mã băm SHA-256") {
			heads[x.Page] = true
		}
	}
	for page := 4; page <= report.Pages; page++ {
		assert.True(t, heads[page], "page %d of the annex begins with the heading", page)
	}
	assert.Contains(t, report.Text(), "– (chưa có", "a missing figure is a dash with a word")
	// A row stays on one page: its first line and its last.
	for i := range 60 {
		first, last := odd.Find(t, fmt.Sprintf("hàng %d đầu", i)), odd.Find(t, fmt.Sprintf("hàng %d cuối", i))
		assert.Equal(t, first.Page, last.Page, "row %d", i)
	}
	// An over-tall row and an over-long word are broken, not clipped: every word is there.
	text := odd.Text()
	for i := range 1200 {
		word := fmt.Sprintf("\ntừ%d\n", i)
		require.NotEqual(t, -1, strings.Index(text, word), word)
	}
	assert.Equal(t, 700, strings.Count(text, "w"), "every letter of the word that is longer than a line")
	assert.Contains(t, text, "(không có)")
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
