package paper

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// note says which report an annex belongs to.
func (r Report) note() string {
	if r.draft() {
		return "(Kèm theo dự thảo báo cáo của " + r.AgencyName + ")"
	}
	return fmt.Sprintf("(Kèm theo Báo cáo số %s %s của %s)", r.Number, model.LongDate(day(r.Date)), r.AgencyName)
}

func (r Report) figuresAnnex() model.Annex {
	return model.Annex{
		Label: "PHỤ LỤC I", Title: "SỐ LIỆU THEO MỤC KẾ HOẠCH VÀ THEO CƠ QUAN", Note: r.note(), Landscape: true,
		Body: []model.Block{model.Text(model.MissingNote), r.itemsTable(), r.compared("Bảng 5. Kết quả theo cơ quan chủ trì mục", "Cơ quan", r.Agencies)},
	}
}

func (r Report) itemsTable() model.Table {
	t := model.Table{
		Caption: "Bảng 4. Kết quả theo mục kế hoạch", Small: true,
		Summary: "Mỗi hàng là một mục của kế hoạch: nội dung, hạn, đơn vị tính, chỉ tiêu, thực hiện trong kỳ, lũy kế và trạng thái.",
		Columns: []model.Column{
			{Weight: 8, Align: model.Center},
			{Weight: 56},
			{Weight: 16, Align: model.Center},
			{Weight: 16},
			{Weight: 14, Align: model.Right},
			{Weight: 14, Align: model.Right},
			{Weight: 14, Align: model.Right},
			{Weight: 14, Align: model.Right},
			{Weight: 22},
		},
		Header: model.Headings("Mục", "Nội dung", "Hạn", "Đơn vị", "Chỉ tiêu", "Thực hiện trong kỳ", "Lũy kế kế hoạch", "Tỷ lệ (%)", "Trạng thái"),
	}
	var rows [][]model.Cell
	for _, l := range r.Items {
		rows = append(rows, []model.Cell{
			model.Words(l.Code), model.Names(l.Name), model.Words(dates(l.Deadline)), model.Words(l.Unit), model.Known(l.Target).Cell(),
			known(l.Actual).Narrow(), known(l.Cumulative).Narrow(), shareOf(known(l.Cumulative), model.Known(l.Target)), model.Words(stateIn(l.State)),
		})
	}
	if len(rows) == 0 {
		rows = append(rows, []model.Cell{{Runs: model.Plain(model.MissingWords), ColSpan: len(t.Columns)}})
	}
	t.Rows = model.Rows(rows...)
	return t
}

func (r Report) entriesAnnex() model.Annex {
	return model.Annex{
		Label: "PHỤ LỤC II", Title: "DANH MỤC TIN, BÀI VÀ KẾT QUẢ TRONG KỲ", Note: r.note(), Landscape: true,
		Body: []model.Block{model.Table{
			Small:   true,
			Summary: "Mỗi hàng là một tin, bài hoặc kết quả: mục, tên, số lượng, ngày, liên kết và mã băm SHA-256.",
			Columns: []model.Column{
				{Weight: 9, Align: model.Center}, {Weight: 9, Align: model.Center}, {Weight: 44}, {Weight: 18}, {Weight: 17, Align: model.Center}, {Weight: 44}, {Weight: 42},
			},
			Header: model.Headings("TT", "Mục", "Tin, bài, kết quả", "Số lượng", "Ngày", "Liên kết, minh chứng", "Mã băm SHA-256"),
			Rows:   r.entryRows(),
		}},
	}
}

// entryRows gives the annex row by row, as it is read.
func (r Report) entryRows() iter.Seq2[[]model.Cell, error] {
	return func(yield func([]model.Cell, error) bool) {
		n := 0
		for e, err := range r.Entries {
			if err != nil {
				yield(nil, err)
				return
			}
			n++
			if !yield(r.entryRow(n, e), nil) {
				return
			}
		}
		if n == 0 {
			yield([]model.Cell{{Runs: model.Plain("Không có tin, bài hay kết quả nào trong kỳ."), ColSpan: 7}}, nil)
		}
	}
}

func (r Report) entryRow(n int, e figures.Entry) []model.Cell {
	title := e.Title
	if e.Imported {
		title += " (nhập từ hồ sơ trước khi dùng Loa)"
	}
	if e.Bypassed {
		title += " (duyệt khẩn)"
	}
	if e.Example {
		title += " (dữ liệu minh họa)"
	}
	link := model.Cell{Code: true}
	if address := r.addressOf(e); address != "" {
		link.Runs = []model.Run{{Text: address, Link: address}}
	}
	return []model.Cell{
		model.Words(strconv.Itoa(n)), model.Words(e.Item), model.Names(title), model.Words(model.Known(e.Quantity).String() + " " + e.Unit),
		model.Words(dayOf(e)), link,
		{Runs: model.Plain(e.Hash), Code: true},
	}
}

// addressOf is where an entry is seen: a page of the portal, or the evidence of a result.
func (r Report) addressOf(e figures.Entry) string {
	if strings.HasPrefix(e.Path, "/") {
		return r.Home + e.Path
	}
	if len(e.Path) > model.MaxLink {
		return ""
	}
	return e.Path
}

func dayOf(e figures.Entry) string {
	at, err := time.Parse(time.RFC3339Nano, e.At)
	if err != nil {
		return ""
	}
	return vn.Date(at)
}

// lateAnnex lists what changed of periods whose reports were approved before.
func (r Report) lateAnnex() model.Annex {
	words := map[string]string{"added": "Bổ sung", "removed": "Không còn tính", "changed": "Điều chỉnh"}
	var rows [][]model.Cell
	for i, f := range r.LateFacts {
		rows = append(rows, []model.Cell{
			model.Words(strconv.Itoa(i + 1)), model.Words(f.Period), model.Words(words[f.Kind]), model.Names(f.Entry.Title),
			model.Words(model.Known(f.Entry.Quantity).String() + " " + f.Entry.Unit), model.Words(dayOf(f.Entry)),
		})
	}
	body := []model.Block{
		model.Text("Những thay đổi dưới đây được biết sau khi báo cáo của kỳ tương ứng đã duyệt; báo cáo đã duyệt giữ nguyên."),
		model.Table{
			Small: true, Summary: "Mỗi hàng là một thay đổi của kỳ trước: kỳ, loại, tên, số lượng và ngày.",
			Columns: []model.Column{{Weight: 8, Align: model.Center}, {Weight: 18}, {Weight: 22}, {Weight: 70}, {Weight: 22}, {Weight: 20, Align: model.Center}},
			Header:  model.Headings("TT", "Kỳ", "Thay đổi", "Tin, bài, kết quả", "Số lượng", "Ngày"),
			Rows:    model.Rows(rows...),
		},
	}
	if r.LateCount > int64(len(r.LateFacts)) {
		body = append(body, model.Text(fmt.Sprintf("Bảng liệt kê %d trong %s thay đổi.", len(r.LateFacts), model.Known(r.LateCount))))
	}
	return model.Annex{Label: "PHỤ LỤC III", Title: "SỐ LIỆU BỔ SUNG CỦA CÁC KỲ TRƯỚC", Note: r.note(), Landscape: true, Body: body}
}
