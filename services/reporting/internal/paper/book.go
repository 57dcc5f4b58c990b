package paper

import (
	"iter"
	"time"

	"github.com/loa-vn/loa/pkg/document/sheet"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// Book is the figures and the annex as a workbook.
func (r Report) Book() sheet.Book {
	b := sheet.Book{Title: r.Title, Author: r.AgencyName, Created: day(r.Date), Sheets: []sheet.Sheet{r.Sheet(), r.entriesSheet()}}
	if r.Narrative != nil {
		b.Sheets = append(b.Sheets, r.wordsSheet())
	}
	return b
}

// Sheet is the figures, a row for each line; what was counted in another unit has a row of its own.
func (r Report) Sheet() sheet.Sheet {
	s := sheet.Sheet{Name: "Số liệu", Above: r.above(), Columns: []sheet.Column{
		{Title: "Chiều", Width: 12},
		{Title: "Mã", Width: 16},
		{Title: "Tên", Width: 60},
		{Title: "Đơn vị tính", Width: 14},
		{Title: "Kế hoạch trong kỳ"},
		{Title: "Thực hiện trong kỳ"},
		{Title: "Tỷ lệ", Kind: sheet.Percents},
		{Title: "Lũy kế từ đầu năm"},
		{Title: "Lũy kế từ đầu kế hoạch"},
		{Title: "Cùng kỳ năm trước"},
		{Title: "Chỉ tiêu cả kế hoạch"},
		{Title: "Trong đó tin, bài đã đăng"},
		{Title: "Trong đó kết quả đã xác nhận"},
		{Title: "Chưa xác nhận"},
		{Title: "Đã thu hồi"},
		{Title: "Trạng thái", Width: 18},
		{Title: "Hạn", Kind: sheet.Dates},
	}}
	var rows [][]sheet.Cell
	for _, part := range []struct {
		name  string
		lines []figures.Line
	}{
		{"Mục", r.Items},
		{"Cơ quan", r.Agencies},
		{"Chủ đề", r.Themes},
		{"Đối tượng", r.Audiences},
		{"Kênh", r.Channels},
	} {
		for _, l := range part.lines {
			rows = append(rows, rowsOf(part.name, l)...)
		}
	}
	if r.Total != nil {
		rows = append(rows, rowsOf("Tổng", *r.Total)...)
	}
	s.Rows = sheet.Rows(rows)
	return s
}

func (r Report) above() []string {
	lines := []string{r.Title, "Từ ngày " + dates(r.From) + " đến hết ngày " + dates(r.To)}
	if r.draft() {
		lines = append(lines, "DỰ THẢO")
	} else {
		lines = append(lines, "Số "+r.Number+" ngày "+dates(r.Date))
	}
	if r.Example {
		lines = append(lines, "DỮ LIỆU MINH HỌA")
	}
	return lines
}

func rowsOf(dimension string, l figures.Line) [][]sheet.Cell {
	rows := [][]sheet.Cell{{
		sheet.Text(dimension), sheet.Text(l.Code), sheet.Text(l.Name), sheet.Text(l.Unit), number(l.Planned), number(l.Actual), share(l.Actual, l.Planned),
		number(l.YearCumulative), number(l.Cumulative), number(l.LastYear), sheet.Integer(l.Target), sheet.Integer(l.ByPublications),
		sheet.Integer(l.ByResults), sheet.Integer(l.Unconfirmed), sheet.Integer(l.Withdrawn), sheet.Text(stateIn(l.State)), sheet.Date(day(l.Deadline)),
	}}
	for _, b := range l.Besides {
		rows = append(rows, []sheet.Cell{
			sheet.Text(dimension), sheet.Text(l.Code), sheet.Text(l.Name), sheet.Text(b.Unit), number(b.Planned), number(b.Actual), share(b.Actual, b.Planned),
			number(b.YearCumulative), number(b.Cumulative),
			{},
			sheet.Integer(b.Target),
			{},
			{},
			sheet.Integer(b.Unconfirmed),
			{},
			{},
			{},
		})
	}
	return rows
}

func number(n *int64) sheet.Cell {
	if n == nil {
		return sheet.Missing("")
	}
	return sheet.Integer(*n)
}

func share(actual, planned *int64) sheet.Cell {
	if actual == nil || planned == nil || *planned <= 0 {
		return sheet.Cell{}
	}
	return sheet.Percent(float64(*actual) / float64(*planned))
}

func (r Report) entriesSheet() sheet.Sheet {
	return sheet.Sheet{Name: "Tin, bài, kết quả", Above: r.above(), Rows: r.sheetRows(), Columns: []sheet.Column{
		{Title: "Loại", Width: 12},
		{Title: "Mã", Width: 34},
		{Title: "Mục", Width: 8},
		{Title: "Tên", Width: 60},
		{Title: "Số lượng"},
		{Title: "Đơn vị tính", Width: 14},
		{Title: "Thời điểm", Kind: sheet.Times, Width: 18},
		{Title: "Cơ quan", Width: 12},
		{Title: "Chủ đề", Width: 20},
		{Title: "Liên kết", Width: 50},
		{Title: "Mã băm SHA-256", Width: 66},
		{Title: "Sự kiện", Width: 22},
		{Title: "Nhập từ hồ sơ cũ", Width: 16},
		{Title: "Minh họa", Width: 10},
		{Title: "Duyệt khẩn", Width: 12},
	}}
}

func (r Report) sheetRows() iter.Seq2[[]sheet.Cell, error] {
	yes := func(is bool) sheet.Cell {
		if is {
			return sheet.Text("có")
		}
		return sheet.Cell{}
	}
	return func(yield func([]sheet.Cell, error) bool) {
		for e, err := range r.Entries {
			if err != nil {
				yield(nil, err)
				return
			}
			at, err := time.Parse(time.RFC3339Nano, e.At)
			if err != nil {
				yield(nil, err)
				return
			}
			kind := "Tin, bài"
			if e.Kind == figures.Result {
				kind = "Kết quả"
			}
			address := r.addressOf(e)
			if !yield([]sheet.Cell{
				sheet.Text(kind), sheet.Text(e.ID), sheet.Text(e.Item), sheet.Text(e.Title), sheet.Integer(e.Quantity), sheet.Text(e.Unit), sheet.Time(at),
				sheet.Text(e.Agency), sheet.Text(e.Theme), sheet.Link(address, address), sheet.Text(e.Hash), sheet.Text(e.Event), yes(e.Imported), yes(e.Example), yes(e.Bypassed),
			}, nil) {
				return
			}
		}
	}
}
