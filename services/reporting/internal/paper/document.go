package paper

import (
	"fmt"
	"strings"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// Paper is the report in the layout of Decree 30/2020/NĐ-CP, with the sections of a results report and its annexes.
func (r Report) Paper() *model.Document {
	r = r.set()
	parent, agency := headOf(r.Issuer, r.Above)
	d := &model.Document{
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
		d.Emergency = "PHÊ DUYỆT KHẨN, XEM XÉT LẠI SAU"
	}
	d.Annexes = []model.Annex{r.figuresAnnex(), r.entriesAnnex()}
	if len(r.LateFacts) > 0 {
		d.Annexes = append(d.Annexes, r.lateAnnex())
	}
	return d
}

func (r Report) body() []model.Block {
	heading := func(label, text string) model.Block { return model.Heading{Level: 1, Label: label, Text: text} }
	blocks := []model.Block{
		model.Text(fmt.Sprintf("Thực hiện Kế hoạch số %s “%s”, %s báo cáo kết quả thực hiện %s (từ ngày %s đến hết ngày %s) như sau:",
			r.PlanNumber, r.PlanTitle, r.AgencyName, r.PeriodName, dates(r.From), dates(r.To))),
		heading("I.", "CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH"),
		model.Text(fmt.Sprintf("Việc thực hiện theo Kế hoạch số %s gồm %d mục. Đến hết kỳ báo cáo có %d mục hoàn thành, %d mục quá hạn.",
			r.PlanNumber, r.ItemsTotal, r.ItemsDone, r.ItemsOverdue)),
		heading("II.", "KẾT QUẢ THEO KÊNH"),
		model.Text(r.totals()),
		r.compared("Bảng 1. Kết quả theo kênh", "Kênh", r.Channels),
		heading("III.", "KẾT QUẢ THEO CHỦ ĐỀ VÀ THEO ĐỐI TƯỢNG"),
		r.compared("Bảng 2. Kết quả theo chủ đề", "Chủ đề", r.Themes),
	}
	if bars := barsOf(r.Themes); len(bars) > 0 {
		blocks = append(blocks, model.Chart{Caption: "Biểu đồ 1. Chỉ tiêu của Kế hoạch và lũy kế thực hiện theo chủ đề", Unit: figures.Publications, Bars: bars})
	}
	blocks = append(blocks, r.compared("Bảng 3. Kết quả theo đối tượng", "Đối tượng", r.Audiences))
	blocks = append(blocks, r.besideFigures()...)
	blocks = append(blocks,
		heading("IV.", "TIẾP NHẬN, XỬ LÝ PHẢN ÁNH, KIẾN NGHỊ"), missing("tiếp nhận và xử lý phản ánh, kiến nghị"),
		heading("V.", "ĐÁNH GIÁ"),
	)
	blocks = append(blocks, r.assessment()...)
	blocks = append(blocks,
		heading("VI.", "KHÓ KHĂN, VƯỚNG MẮC"), missing("khó khăn, vướng mắc"),
		heading("VII.", "ĐỀ XUẤT, KIẾN NGHỊ"), missing("đề xuất, kiến nghị"),
		heading("VIII.", "NHIỆM VỤ KỲ TIẾP THEO"),
	)
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

// missing says that nobody has reported a part.
func missing(part string) model.Block {
	return model.Paragraph{Runs: []model.Run{{Text: "– (chưa có số liệu về " + part + " trong kỳ)", Italic: true}}}
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
	return text + " Dòng ghi “chưa có số liệu” là chưa được báo cáo, không phải bằng không."
}

// compared is plan versus actual for the lines of a dimension. What was counted in another unit stands in rows of its own.
func (r Report) compared(caption, first string, lines []figures.Line) model.Table {
	lastYear := false
	for _, l := range lines {
		lastYear = lastYear || l.LastYear != nil
	}
	t := model.Table{
		Caption: caption, Small: true,
		Summary: caption + ": đơn vị tính, số kế hoạch trong kỳ, số thực hiện, tỷ lệ phần trăm, lũy kế từ đầu năm và từ đầu kế hoạch.",
		Columns: []model.Column{
			{Weight: 7, Align: model.Center}, // a number fits also beside the column of the year before
			{Weight: 34},
			{Weight: 13},
			{Weight: 13, Align: model.Right},
			{Weight: 13, Align: model.Right},
			{Weight: 11, Align: model.Right},
			{Weight: 13, Align: model.Right},
			{Weight: 13, Align: model.Right},
		},
	}
	names := []string{"TT", first, "Đơn vị", "Kế hoạch trong kỳ", "Thực hiện", "Tỷ lệ (%)", "Lũy kế năm", "Lũy kế kế hoạch"}
	if lastYear {
		t.Columns = append(t.Columns, model.Column{Weight: 13, Align: model.Right})
		names = append(names, "Cùng kỳ năm trước")
	}
	t.Header = model.Headings(names...)
	var rows [][]model.Cell
	for i, l := range lines {
		row := []model.Cell{
			model.Words(fmt.Sprint(i + 1)), model.Names(l.Name), model.Words(l.Unit), known(l.Planned).Cell(), known(l.Actual).Cell(),
			shareOf(known(l.Actual), known(l.Planned)), known(l.YearCumulative).Cell(), known(l.Cumulative).Cell(),
		}
		if lastYear {
			row = append(row, known(l.LastYear).Cell())
		}
		rows = append(rows, row)
		for _, b := range l.Besides {
			row := []model.Cell{
				{},
				model.Names("– theo đơn vị tính khác"), model.Words(b.Unit), known(b.Planned).Cell(), known(b.Actual).Cell(),
				shareOf(known(b.Actual), known(b.Planned)), known(b.YearCumulative).Cell(), known(b.Cumulative).Cell(),
			}
			if lastYear {
				row = append(row, model.Cell{})
			}
			rows = append(rows, row)
		}
	}
	if len(rows) == 0 {
		rows = append(rows, []model.Cell{{Runs: model.Plain(model.MissingWords), ColSpan: len(t.Columns)}})
	}
	t.Rows = model.Rows(rows...)
	return t
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
				items = append(items, model.Plain(fmt.Sprintf("Mục %s. %s: %s/%s %s;", l.Code, l.Name, known(l.Cumulative), model.Known(l.Target), l.Unit)))
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
	return append(blocks, model.Heading{Level: 2, Label: "4.", Text: "Nguyên nhân"}, missing("nguyên nhân"))
}

func (r Report) next() []model.Block {
	if len(r.Next) == 0 {
		return []model.Block{model.Text("Không có mục nào đến hạn trong kỳ tiếp theo.")}
	}
	var items [][]model.Run
	for _, i := range r.Next {
		items = append(items, model.Plain(fmt.Sprintf("Mục %s. %s: %s %s, hạn %s;", i.Code, i.Title, model.Known(i.Target), i.Unit, vn.Date(i.Deadline))))
	}
	return []model.Block{model.Text("Các mục đến hạn:"), model.List{Items: ended(items)}}
}
