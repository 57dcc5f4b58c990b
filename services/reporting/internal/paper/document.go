package paper

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/document/letters"
	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// Paper is the report in the layout of Decree 30/2020/NĐ-CP, with the sections of a results report and its annexes.
func (r Report) Paper() *model.Document {
	parent, agency := headOf(r.Issuer, r.Above)
	d := model.Document{
		Kind: model.Report, Parent: parent, Agency: agency, Number: r.Number, Place: r.Place, Date: day(r.Date),
		Subject:   fmt.Sprintf("Kết quả thực hiện Kế hoạch số %s, %s", r.PlanNumber, r.PeriodName),
		Body:      r.body(),
		Signature: signatureOf(r.Signing, r.Issuer),
		Marks:     marksOf(r),
		Recipients: []string{
			"Các cơ quan, đơn vị thực hiện Kế hoạch;", "Lưu: VT.",
		},
		Authenticity: model.Authenticity{URL: r.Home + "/xac-thuc/" + r.Hash, Hash: r.Hash},
	}
	if r.Above != "" {
		d.Recipients = append([]string{strings.Replace(r.Above, committee, "UBND", 1) + " (để báo cáo);"}, d.Recipients...)
	}
	if r.Bypassed {
		d.Emergency = model.Bypassed
	}
	d.Annexes = []model.Annex{r.figuresAnnex(), r.entriesAnnex()}
	if len(r.LateFacts) > 0 {
		d.Annexes = append(d.Annexes, r.lateAnnex())
	}
	// A report is not held up by a pictogram in the title of a news item.
	return letters.Document(d)
}

func (r Report) body() []model.Block {
	heading := func(label, text string) model.Block { return model.Heading{Level: 1, Label: label, Text: text} }
	blocks := []model.Block{
		model.Text(fmt.Sprintf("Thực hiện Kế hoạch số %s “%s”, %s báo cáo kết quả thực hiện %s (từ ngày %s đến hết ngày %s) như sau:",
			r.PlanNumber, r.PlanTitle, r.AgencyName, r.PeriodName, dates(r.From), dates(r.To))),
		heading("I.", "CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH"),
		model.Text(fmt.Sprintf("Việc thực hiện theo Kế hoạch số %s gồm %d mục. Đến hết kỳ báo cáo có %d mục hoàn thành, %d mục quá hạn.",
			r.PlanNumber, r.ItemsTotal, r.ItemsDone, r.ItemsOverdue)),
	}
	blocks = append(blocks, r.written(r.words().Direction, "công tác chỉ đạo và văn bản đã ban hành")...)
	blocks = append(blocks,
		heading("II.", "KẾT QUẢ THEO KÊNH"),
		model.Text(r.totals()),
		model.Text(model.MissingNote),
		r.compared("Bảng 1. Kết quả theo kênh", "Kênh", r.Channels),
		heading("III.", "KẾT QUẢ THEO CHỦ ĐỀ VÀ THEO ĐỐI TƯỢNG"),
		r.compared("Bảng 2. Kết quả theo chủ đề", "Chủ đề", r.Themes),
	)
	if bars := barsOf(r.Themes); len(bars) > 0 {
		blocks = append(blocks, model.Chart{Caption: "Biểu đồ 1. Chỉ tiêu của Kế hoạch và lũy kế thực hiện theo chủ đề", Unit: figures.Publications, Bars: bars})
	}
	blocks = append(blocks, r.compared("Bảng 3. Kết quả theo đối tượng", "Đối tượng", r.Audiences))
	blocks = append(blocks, r.besideFigures()...)
	blocks = append(blocks,
		heading("IV.", "TIẾP NHẬN, XỬ LÝ PHẢN ÁNH, KIẾN NGHỊ"), missing("số liệu", "tiếp nhận và xử lý phản ánh, kiến nghị"),
		heading("V.", "ĐÁNH GIÁ"),
	)
	blocks = append(blocks, r.assessment()...)
	blocks = append(blocks, heading("VI.", "KHÓ KHĂN, VƯỚNG MẮC"))
	blocks = append(blocks, r.written(r.words().Difficulties, "khó khăn, vướng mắc")...)
	blocks = append(blocks, heading("VII.", "ĐỀ XUẤT, KIẾN NGHỊ"))
	blocks = append(blocks, r.written(r.words().Proposals, "đề xuất, kiến nghị")...)
	blocks = append(blocks, heading("VIII.", "NHIỆM VỤ KỲ TIẾP THEO"))
	blocks = append(blocks, r.next()...)
	return append(blocks,
		heading("IX.", "PHỤ LỤC"),
		model.Text("Số liệu theo mục kế hoạch và theo cơ quan tại Phụ lục I; danh mục từng tin, bài và kết quả, kèm liên kết, ngày và mã băm, tại Phụ lục II."),
		model.Text(fmt.Sprintf("Trên đây là báo cáo kết quả thực hiện Kế hoạch số %s %s./.", r.PlanNumber, r.PeriodName)),
	)
}

// ended gives a list whose last entry ends with a full stop instead of a semicolon.
func ended(items [][]model.Run) [][]model.Run {
	last := items[len(items)-1]
	last[len(last)-1].Text = strings.TrimSuffix(last[len(last)-1].Text, ";") + "."
	return items
}

// missing says that nobody has reported a part: figures of it, or words.
func missing(what, part string) model.Block {
	return model.Paragraph{Runs: []model.Run{{Text: "– (chưa có " + what + " về " + part + " trong kỳ)", Italic: true}}}
}

// totals are the figures of the whole plan in words.
func (r Report) totals() string {
	text := fmt.Sprintf("Trong kỳ đã đăng %s tin, bài; lũy kế từ đầu kế hoạch %s tin, bài.", model.Known(r.Published), model.Known(r.PublishedCumulative))
	t := r.Total
	if t == nil {
		return text
	}
	text += fmt.Sprintf(" Cộng cả kết quả đã xác nhận thực hiện ngoài hệ thống, trong kỳ đạt %s; lũy kế từ đầu năm %s; cùng kỳ năm trước %s.",
		known(t.Actual), known(t.YearCumulative), known(t.LastYear))
	return text
}

// compared is plan versus actual for the lines of a dimension. What was counted in another unit stands in rows of its own. The year before
// has a column when something is known of it.
func (r Report) compared(caption, first string, lines []figures.Line) model.Table {
	lastYear := slices.ContainsFunc(lines, func(l figures.Line) bool { return l.LastYear != nil })
	number := model.Column{Weight: 13, Align: model.Right}
	t := model.Table{
		Caption: caption, Small: true,
		Summary: caption + ": đơn vị tính; trong kỳ số kế hoạch, số thực hiện và tỷ lệ phần trăm; lũy kế từ đầu năm và từ đầu kế hoạch. Dấu ba chấm là chưa có số liệu.",
		Columns: []model.Column{{Weight: 7, Align: model.Center}, {Weight: 38}, {Weight: 14}, number, number, {Weight: 12, Align: model.Right}, number, number},
		Header: [][]model.Cell{
			{tall("TT"), tall(first), tall("Đơn vị tính"), wide("Trong kỳ", 3), wide("Lũy kế từ đầu", 2)},
			model.Headings("Kế hoạch", "Thực hiện", "Tỷ lệ (%)", "năm", "kế hoạch")[0],
		},
	}
	if lastYear {
		t.Columns, t.Header[0] = append(t.Columns, number), append(t.Header[0], tall("Cùng kỳ năm trước"))
	}
	var rows [][]model.Cell
	add := func(row []model.Cell, before model.Figure) {
		if lastYear {
			row = append(row, before.Narrow())
		}
		rows = append(rows, row)
	}
	for i, l := range lines {
		add([]model.Cell{
			model.Words(fmt.Sprint(i + 1)), model.Names(l.Name), model.Words(l.Unit), known(l.Planned).Narrow(), known(l.Actual).Narrow(),
			shareOf(known(l.Actual), known(l.Planned)), known(l.YearCumulative).Narrow(), known(l.Cumulative).Narrow(),
		}, known(l.LastYear))
		for _, b := range l.Besides {
			add([]model.Cell{
				{},
				model.Names("– theo đơn vị tính khác"), model.Words(b.Unit), known(b.Planned).Narrow(), known(b.Actual).Narrow(),
				shareOf(known(b.Actual), known(b.Planned)), known(b.YearCumulative).Narrow(), known(b.Cumulative).Narrow(),
			}, model.Figure{})
		}
	}
	if len(rows) == 0 {
		rows = append(rows, []model.Cell{{Runs: model.Plain(model.MissingWords), ColSpan: len(t.Columns)}})
	}
	t.Rows = model.Rows(rows...)
	return t
}

// tall is a heading over both rows of headings, wide one over several columns.
func tall(name string) model.Cell { return model.Cell{Runs: model.Strong(name), RowSpan: 2} }

func wide(name string, columns int) model.Cell {
	return model.Cell{Runs: model.Strong(name), ColSpan: columns}
}

// barsOf are the lines that have both a target and something counted.
func barsOf(lines []figures.Line) []model.Bar {
	var bars []model.Bar
	for _, l := range lines {
		if l.Planned != nil && l.Target > 0 && len(bars) < model.MaxBars {
			bars = append(bars, model.Bar{Name: l.Name, Planned: model.Known(l.Target), Actual: known(l.Cumulative)})
		}
	}
	return bars
}

// besideFigures tells what is in no figure: what waits for the lead's word, and what was withdrawn.
func (r Report) besideFigures() []model.Block {
	var items [][]model.Run
	for _, l := range r.Items {
		if l.Unconfirmed > 0 {
			items = append(items, model.Plain(fmt.Sprintf("Mục %s: %s %s đã ghi nhận, chưa được xác nhận;", l.Code, model.Known(l.Unconfirmed), l.Unit)))
		}
		for _, b := range l.Besides {
			if b.Unconfirmed > 0 {
				items = append(items, model.Plain(fmt.Sprintf("Mục %s: %s %s đã ghi nhận, chưa được xác nhận;", l.Code, model.Known(b.Unconfirmed), b.Unit)))
			}
		}
		if l.Withdrawn > 0 {
			items = append(items, model.Plain(fmt.Sprintf("Mục %s: %s tin, bài đã thu hồi;", l.Code, model.Known(l.Withdrawn))))
		}
	}
	if len(items) == 0 {
		return nil
	}
	return []model.Block{model.Text("Không tính vào số liệu của báo cáo:"), model.List{Items: ended(items)}}
}

// assessment says which items are done and which are late; why is for people to say.
func (r Report) assessment() []model.Block {
	of := func(state figures.State) (items [][]model.Run) {
		for _, l := range r.Items {
			if l.State == state && l.Target > 0 {
				done := known(l.Cumulative).String() + "/" + model.Known(l.Target).String() + " " + l.Unit
				if l.Cumulative == nil {
					done = "chưa có số liệu, chỉ tiêu " + model.Known(l.Target).String() + " " + l.Unit
				}
				items = append(items, model.Plain(fmt.Sprintf("Mục %s. %s: %s;", l.Code, l.Name, done)))
			}
		}
		return items
	}
	var blocks []model.Block
	for _, part := range []struct {
		label, text, none string
		items             [][]model.Run
	}{
		{"1.", "Mục đã hoàn thành", "Chưa có mục nào hoàn thành đến hết kỳ.", of(figures.Done)},
		{"2.", "Mục quá hạn", "Không có mục nào quá hạn đến hết kỳ.", of(figures.Overdue)},
		{"3.", "Mục chưa có số liệu", "Mọi mục đều có số liệu.", of(figures.Missing)},
	} {
		blocks = append(blocks, model.Heading{Level: 2, Label: part.label, Text: part.text})
		if len(part.items) == 0 {
			blocks = append(blocks, model.Text(part.none))
		} else {
			blocks = append(blocks, model.List{Items: ended(part.items)})
		}
	}
	blocks = append(blocks, model.Heading{Level: 2, Label: "4.", Text: "Ưu điểm, hạn chế, nguyên nhân"})
	return append(blocks, r.written(r.words().Assessment, "ưu điểm, hạn chế, nguyên nhân")...)
}

// next is what the plan has for the period that follows, and what people say of it.
func (r Report) next() []model.Block {
	said := blocksOf(r.words().NextPeriod)
	if len(r.Next) == 0 {
		return append([]model.Block{model.Text("Không có mục nào đến hạn trong kỳ tiếp theo.")}, said...)
	}
	var items [][]model.Run
	for _, i := range r.Next {
		items = append(items, model.Plain(fmt.Sprintf("Mục %s. %s: %s %s, hạn %s;", i.Code, i.Title, model.Known(i.Target), i.Unit, vn.Date(i.Deadline))))
	}
	return append([]model.Block{model.Text("Các mục đến hạn:"), model.List{Items: ended(items)}}, said...)
}
