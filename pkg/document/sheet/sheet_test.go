package sheet

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"iter"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func figures() Book {
	return Book{
		Title: "Kết quả tuyên truyền tháng 3 năm 2022", Author: "Sở Thông tin và Truyền thông", Created: vn.Day(2022, 3, 16),
		Sheets: []Sheet{
			{
				Name: "Theo chủ đề", Above: []string{"KẾT QUẢ THEO CHỦ ĐỀ", "Tháng 3 năm 2022 (dữ liệu minh họa)"},
				Columns: []Column{{Title: "Chủ đề", Width: 40, Note: "Chủ đề của Kế hoạch số 38/KH-UBND"}, {Title: "Kế hoạch", Kind: Integers}, {Title: "Thực hiện", Kind: Integers}, {Title: "Tỷ lệ", Kind: Percents}, {Title: "Hạn", Kind: Dates}, {Title: "Trang"}},
				Rows: Rows([][]Cell{
					{Text("Thủ tục một cửa"), Integer(1200), Integer(1000), Percent(1000.0 / 1200), Date(vn.Day(2022, 12, 14)), Link("Trang", "https://vidu.example/tin/1?a=1&b=2")},
					{Text("=1+2"), Integer(-3), Missing(""), Decimal(math.NaN()), Time(vn.Day(2022, 3, 1).Add(13*time.Hour + 20*time.Minute)), Link("xấu", "javascript:alert(1)")},
					{Text("Tổng").Bold(), Integer(1197).Bold(), {}, Decimal(2.5)},
				}),
			},
			{
				Name:    "Mẫu",
				Columns: []Column{{Title: "Kênh", Choices: []string{"Cổng Thông tin điện tử, thành phố", "Báo chí"}, Prompt: "Chọn một kênh"}, {Title: "Đối tượng", Choices: []string{"Người dân"}, Free: true}, {Title: "Hạn", Kind: Dates, Prompt: "Ngày dd/mm/yyyy"}},
				Blank:   500,
			},
		},
	}
}

func write(t *testing.T, b Book) []byte {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, WriteXLSX(&out, b))
	return out.Bytes()
}

func open(t *testing.T, b Book) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(write(t, b)))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, f.Close()) })
	return f
}

func value(t *testing.T, f *excelize.File, sheet, cell string) string {
	t.Helper()
	v, err := f.GetCellValue(sheet, cell)
	require.NoError(t, err)
	return v
}

// The digest stands beside a figure on paper, so the bytes are part of the contract: a change here is a change of format.
func TestSameBookSameBytes(t *testing.T) {
	first, second := write(t, figures()), write(t, figures())
	require.Equal(t, first, second)
	sum := sha256.Sum256(first)
	assert.Equal(t, "265d093540430dfe", hex.EncodeToString(sum[:])[:16])
}

func TestCellsKeepTheirTypes(t *testing.T) {
	f := open(t, figures())
	const s = "Theo chủ đề"
	assert.Equal(t, "Chủ đề", value(t, f, s, "A4"))
	assert.Equal(t, "1,200", value(t, f, s, "B5"))
	assert.Equal(t, "83.3%", value(t, f, s, "D5"))
	assert.Equal(t, "14/12/2022", value(t, f, s, "E5"))
	assert.Equal(t, "01/03/2022 13:20", value(t, f, s, "E6"))
	for cell, want := range map[string]excelize.CellType{"A5": excelize.CellTypeInlineString, "B5": excelize.CellTypeUnset, "E5": excelize.CellTypeUnset, "C6": excelize.CellTypeInlineString} {
		got, err := f.GetCellType(s, cell)
		require.NoError(t, err)
		assert.Equal(t, want, got, cell)
	}
}

// Number 1234 of a register is written so, and not 1,234.
func TestOrdinalsHaveNoThousands(t *testing.T) {
	book := Book{Title: "Sổ", Sheets: []Sheet{{
		Name: "Sổ", Columns: []Column{{Title: "Số", Kind: Ordinals}, {Title: "Lượt", Kind: Integers}}, Rows: Rows([][]Cell{{Integer(1234), Integer(1234)}}),
	}}}
	f := open(t, book)
	assert.Equal(t, "1234", value(t, f, "Sổ", "A2"))
	assert.Equal(t, "1,234", value(t, f, "Sổ", "B2"))
}

func TestMissingFigureIsAWordNotNought(t *testing.T) {
	f := open(t, figures())
	assert.Equal(t, "– (chưa có số liệu)", value(t, f, "Theo chủ đề", "C6"))
	assert.Equal(t, "– (chưa có số liệu)", value(t, f, "Theo chủ đề", "D6"))
	assert.Empty(t, value(t, f, "Theo chủ đề", "C7"))
}

func TestTextNeverBecomesAFormula(t *testing.T) {
	f := open(t, figures())
	formula, err := f.GetCellFormula("Theo chủ đề", "A6")
	require.NoError(t, err)
	assert.Empty(t, formula)
	assert.Equal(t, "=1+2", value(t, f, "Theo chủ đề", "A6"))
	id, err := f.GetCellStyle("Theo chủ đề", "A6")
	require.NoError(t, err)
	assert.Equal(t, styleQuoted, id, "editing the cell keeps it text")

	for _, text := range []string{"=cmd|' /C calc'!A0", "+84 225", "-2+3", "@SUM(1)", "\t=1", "\r=1"} {
		var out bytes.Buffer
		require.NoError(t, WriteCSV(&out, Sheet{Name: "x", Columns: []Column{{Title: text}}, Rows: Rows([][]Cell{{Text(text)}})}))
		records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff"))).ReadAll()
		require.NoError(t, err)
		for _, r := range records {
			assert.True(t, strings.HasPrefix(r[0], "'"), "%q", r[0])
		}
	}
}

func TestOnlyWebAndMailAddressesOpen(t *testing.T) {
	f := open(t, figures())
	is, target, err := f.GetCellHyperLink("Theo chủ đề", "F5")
	require.NoError(t, err)
	assert.True(t, is)
	assert.Equal(t, "https://vidu.example/tin/1?a=1&b=2", target)
	is, _, err = f.GetCellHyperLink("Theo chủ đề", "F6")
	require.NoError(t, err)
	assert.False(t, is)
}

func TestTemplateOffersChoicesPromptsAndNotes(t *testing.T) {
	f := open(t, figures())
	rules, err := f.GetDataValidations("Mẫu")
	require.NoError(t, err)
	require.Len(t, rules, 3)
	assert.Equal(t, "A2:A501", rules[0].Sqref)
	assert.Equal(t, "'Danh mục'!$A$1:$A$2", rules[0].Formula1)
	assert.Equal(t, "Chọn một kênh", *rules[0].Prompt)
	assert.Equal(t, "information", *rules[1].ErrorStyle)
	assert.Equal(t, "C2:C501", rules[2].Sqref)
	assert.Equal(t, "Cổng Thông tin điện tử, thành phố", value(t, f, "Danh mục", "A1"))
	visible, err := f.GetSheetVisible("Danh mục")
	require.NoError(t, err)
	assert.False(t, visible)
	notes, err := f.GetComments("Theo chủ đề")
	require.NoError(t, err)
	require.Len(t, notes, 1)
	assert.Equal(t, "A4", notes[0].Cell)
	assert.Equal(t, "Chủ đề của Kế hoạch số 38/KH-UBND", notes[0].Text)
}

func TestTextIsWrittenAsItIs(t *testing.T) {
	texts := []string{"a & b < c > \"d\"", "hai\ndòng", "_x000D_ không phải mã", "lẻ _x", "Ủy ban, “Quảng”"}
	rows := make([][]Cell, 0, len(texts))
	for _, s := range texts {
		rows = append(rows, []Cell{Text(s)})
	}
	f := open(t, Book{Sheets: []Sheet{{Name: "x", Columns: []Column{{Title: "t"}}, Rows: Rows(rows)}}})
	for i, s := range texts {
		assert.Equal(t, s, value(t, f, "x", place(0, i+2)))
	}
}

func TestCSVIsReadByProgramsAndSpreadsheets(t *testing.T) {
	var out bytes.Buffer
	require.NoError(t, WriteCSV(&out, figures().Sheets[0]))
	assert.Equal(t, "\ufeffChủ đề,Kế hoạch,Thực hiện,Tỷ lệ,Hạn,Trang\r\n"+
		"Thủ tục một cửa,1200,1000,0.8333333333333334,2022-12-14,Trang\r\n"+
		"'=1+2,-3,– (chưa có số liệu),– (chưa có số liệu),2022-03-01T13:20:00+07:00,xấu\r\n"+
		"Tổng,1197,,2.5,,\r\n", out.String())
}

func TestRefusals(t *testing.T) {
	one := []Column{{Title: "t"}}
	broken := errors.New("database away")
	for name, c := range map[string]struct {
		book Book
		want error
	}{
		"no sheet":   {Book{}, errs.New(errorsv1.Reason_INVALID)},
		"name":       {Book{Sheets: []Sheet{{Name: "a/b", Columns: one}}}, errs.New(errorsv1.Reason_SHEET_NAME)},
		"long name":  {Book{Sheets: []Sheet{{Name: strings.Repeat("ô", 32), Columns: one}}}, errs.New(errorsv1.Reason_SHEET_NAME)},
		"name twice": {Book{Sheets: []Sheet{{Name: "A", Columns: one}, {Name: "a", Columns: one}}}, errs.New(errorsv1.Reason_SHEET_NAME)},
		"no column":  {Book{Sheets: []Sheet{{Name: "a"}}}, errs.New(errorsv1.Reason_SHEET_LIMITS)},
		"wide row":   {Book{Sheets: []Sheet{{Name: "a", Columns: one, Rows: Rows([][]Cell{{{}, {}}})}}}, errs.New(errorsv1.Reason_SHEET_LIMITS)},
		"long cell":  {Book{Sheets: []Sheet{{Name: "a", Columns: one, Rows: Rows([][]Cell{{Text(strings.Repeat("a", 32768))}})}}}, errs.New(errorsv1.Reason_SHEET_LIMITS)},
		"rows fail":  {Book{Sheets: []Sheet{{Name: "a", Columns: one, Rows: func(yield func([]Cell, error) bool) { yield(nil, broken) }}}}, broken},
	} {
		assert.ErrorIs(t, WriteXLSX(io.Discard, c.book), c.want, name)
	}
}

// annex makes n rows as a yearly report has them, one at a time.
func annex(n int) iter.Seq2[[]Cell, error] {
	return func(yield func([]Cell, error) bool) {
		at := vn.Day(2022, 1, 1)
		for i := range n {
			row := []Cell{Integer(int64(i + 1)), Text("Tuyên truyền cải cách thủ tục hành chính, cơ chế một cửa"), Date(at.AddDate(0, 0, i%365)), Text(strings.Repeat("0123456789abcdef", 4))}
			if !yield(row, nil) {
				return
			}
		}
	}
}

func TestLongSheetIsWrittenInBoundedMemory(t *testing.T) {
	var peak, before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	rows := func(yield func([]Cell, error) bool) {
		n := 0
		for row, err := range annex(80_000) {
			if n++; n%20_000 == 0 {
				runtime.GC()
				var now runtime.MemStats
				if runtime.ReadMemStats(&now); now.HeapAlloc > peak.HeapAlloc {
					peak = now
				}
			}
			if !yield(row, err) {
				return
			}
		}
	}
	require.NoError(t, WriteXLSX(io.Discard, Book{Sheets: []Sheet{{Name: "Phụ lục", Columns: []Column{{Title: "TT"}, {Title: "Tên"}, {Title: "Ngày"}, {Title: "Mã băm"}}, Rows: rows}}}))
	assert.Less(t, int64(peak.HeapAlloc)-int64(before.HeapAlloc), int64(8<<20))
}
