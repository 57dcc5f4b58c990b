package plantable

import (
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"

	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// Names of the template's worksheets.
const (
	guideSheet     = "Hướng dẫn"
	headSheet      = "Kế hoạch"
	themesSheet    = "Chủ đề"
	audiencesSheet = "Đối tượng"
	channelsSheet  = "Kênh"
	tasksSheet     = "Nhiệm vụ"
	listsSheet     = "Danh mục"
)

// Rows of the template that drop-downs reach.
const (
	termRows = 60
	taskRows = 300
)

// Template writes the workbook that is filled and imported: a guide, the plan, its words, its tasks. Drop-downs offer the agencies, which
// may be none, and the words that the workbook itself lists.
func Template(w io.Writer, agencies []Agency) (err error) {
	t := template{File: excelize.NewFile(), agencies: agencies}
	defer func() { err = errors.Join(err, t.Close()) }()
	t.styles()
	t.guide()
	t.lists()
	t.head()
	t.terms(themesSheet, "Mã chủ đề", "Tên chủ đề", nil)
	t.terms(audiencesSheet, "Mã đối tượng", "Tên đối tượng", usualAudiences())
	t.terms(channelsSheet, "Mã kênh", "Tên kênh", usualChannels())
	t.tasks()
	if t.err == nil {
		t.check(t.DeleteSheet("Sheet1"))
	}
	if t.err != nil {
		return fmt.Errorf("writing the plan's template: %w", t.err)
	}
	return t.Write(w)
}

// template is a workbook that is being written; the first error stays.
type template struct {
	*excelize.File
	agencies              []Agency
	heading, text, strong int
	err                   error
}

func (t *template) check(err error) {
	if t.err == nil {
		t.err = err
	}
}

func (t *template) styles() {
	border := []excelize.Border{
		{Type: "left", Color: "9AA5B1", Style: 1},
		{Type: "right", Color: "9AA5B1", Style: 1},
		{Type: "top", Color: "9AA5B1", Style: 1},
		{Type: "bottom", Color: "9AA5B1", Style: 1},
	}
	// Cells of text keep what is typed: 01/3/2022 is not turned into another day, "1" not into a number.
	const asText = 49
	var err error
	t.heading, err = t.NewStyle(&excelize.Style{
		Font: &excelize.Font{Bold: true, Color: "FFFFFF"}, Fill: excelize.Fill{Type: "pattern", Color: []string{"1F3A5F"}, Pattern: 1}, Border: border,
		Alignment: &excelize.Alignment{WrapText: true, Vertical: "center", Horizontal: "center"},
	})
	t.check(err)
	t.text, err = t.NewStyle(&excelize.Style{Border: border, NumFmt: asText, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	t.check(err)
	t.strong, err = t.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}, Border: border, Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	t.check(err)
}

// sheet begins a worksheet with its heading row, which stays in view.
func (t *template) sheet(name string, headings []string, widths []float64) {
	_, err := t.NewSheet(name)
	t.check(err)
	for i, h := range headings {
		column := letter(i)
		t.check(t.SetCellStr(name, column+"1", h))
		t.check(t.SetColWidth(name, column, column, widths[i]))
	}
	t.check(t.SetCellStyle(name, "A1", letter(len(headings)-1)+"1", t.heading))
	t.check(t.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

func letter(column int) string { return string(rune('A' + column)) }

// choose makes a drop-down of a range. One that is free lets other values through, as a cell needs that may hold several.
func (t *template) choose(sheet, cells, list, prompt string, free bool) {
	v := excelize.NewDataValidation(true)
	v.SetSqref(cells)
	if list != "" {
		v.SetSqrefDropList(list)
	}
	v.SetInput("Loa", prompt)
	if !free {
		v.SetError(excelize.DataValidationErrorStyleWarning, "Loa", "Giá trị này không có trong danh sách.")
	}
	if list == "" {
		return
	}
	t.check(t.AddDataValidation(sheet, v))
}

func (t *template) guide() {
	t.sheet(guideSheet, []string{"Hướng dẫn lập kế hoạch truyền thông bằng tệp này"}, []float64{110})
	lines := []string{
		"1. Trang “Kế hoạch”: điền cột “Nội dung” bên phải mỗi mục. Bỏ trống “Số, ký hiệu” và “Ngày ban hành” khi kế hoạch đang soạn thảo: " +
			"Loa tạo dự thảo, số và ngày có sau khi phê duyệt và cấp số.",
		"2. Kế hoạch đã ban hành trước khi dùng Loa: ghi đủ “Số, ký hiệu” và “Ngày ban hành”; chỉ cán bộ số hóa hồ sơ được nhập.",
		"3. Trang “Chủ đề”, “Đối tượng”, “Kênh”: mỗi dòng một mã và một tên. Mã chỉ gồm chữ thường không dấu, số và gạch nối; để trống thì Loa đặt theo tên. " +
			"Kênh có mã portal là Cổng thông tin điện tử do Loa đăng.",
		"4. Trang “Nhiệm vụ”: mỗi dòng một việc. Ô có mũi tên thì chọn trong danh sách. Ô ghi nhiều giá trị (đối tượng, kênh, cơ quan phối hợp): cách nhau bằng dấu chấm phẩy (;).",
		"5. Thời hạn: ghi ngày (31/3/2022), tháng (Tháng 3/2022), quý (Quý II/2022) hoặc “Thường xuyên” (đến hết kế hoạch).",
		"6. Chỉ tiêu là số nguyên; đơn vị tính ghi riêng (tin, bài; lớp; buổi). “Tính tin, bài đăng trên cổng”: chọn Có nếu tin do Loa đăng được tính vào chỉ tiêu.",
		"7. Cơ quan ghi bằng mã, tên đầy đủ hoặc tên viết tắt như trong danh bạ: H24.02, Sở Thông tin và Truyền thông, Sở TT&TT.",
		"8. Trước khi nhập, gửi thử: POST /v1/plans:import?dryRun=true. Loa trả lời từng ô: hiểu được, đoán (cần xem lại), chưa hiểu.",
		"9. “Số liệu minh họa”: chọn Có cho nội dung giả định; mọi trang của Loa sẽ ghi rõ.",
		"10. Tài liệu mang dấu mật, tối mật, tuyệt mật không được đưa vào tệp này.",
	}
	for i, l := range lines {
		cell := fmt.Sprintf("A%d", i+2)
		t.check(t.SetCellStr(guideSheet, cell, l))
		t.check(t.SetCellStyle(guideSheet, cell, cell, t.text))
	}
}

// lists is a hidden sheet with what drop-downs offer.
func (t *template) lists() {
	t.sheet(listsSheet, []string{"Cơ quan", "Kỳ báo cáo", "Có hay không"}, []float64{60, 16, 12})
	for i, a := range t.agencies {
		t.check(t.SetCellStr(listsSheet, fmt.Sprintf("A%d", i+2), string(a.Code)+" – "+a.Name))
	}
	for i, p := range []string{"Tháng", "Quý", "6 tháng", "Năm"} {
		t.check(t.SetCellStr(listsSheet, fmt.Sprintf("B%d", i+2), p))
	}
	t.check(t.SetCellStr(listsSheet, "C2", "Có"))
	t.check(t.SetCellStr(listsSheet, "C3", "Không"))
	t.check(t.SetSheetVisible(listsSheet, false))
}

// list is the range of a column of the hidden sheet; empty when nothing is in it.
func (t *template) list(column string, n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("'%s'!$%s$2:$%s$%d", listsSheet, column, column, n+1)
}

func (t *template) head() {
	t.sheet(headSheet, []string{"Mục", "Nội dung", "Cách ghi"}, []float64{26, 80, 46})
	agencies := t.list("A", len(t.agencies))
	rows := []struct {
		label, hint, list string
		free              bool
	}{
		{"Tên kế hoạch", "Trích yếu, không quá 500 ký tự", "", true},
		{"Số, ký hiệu", "Chỉ khi đã ban hành: 38/KH-UBND", "", true},
		{"Ngày ban hành", "Chỉ khi đã ban hành: 23/02/2022", "", true},
		{"Cơ quan ban hành", "Mã hoặc tên cơ quan", agencies, false},
		{"Cơ quan chủ trì", "Mã hoặc tên cơ quan; dự thảo: cơ quan soạn", agencies, false},
		{"Cơ quan phối hợp", "Nhiều cơ quan: cách nhau bằng dấu ;", agencies, true},
		{"Từ ngày", "01/01/2022", "", true},
		{"Đến ngày", "31/12/2022", "", true},
		{"Kỳ báo cáo", "Tháng, Quý, 6 tháng, Năm; nhiều kỳ cách nhau bằng dấu phẩy", t.list("B", 4), true},
		{"Nguồn", "Nơi lấy nội dung, nếu có", "", true},
		{"Số liệu minh họa", "Có khi cả kế hoạch là giả định", t.list("C", 2), false},
		{"Mục đích, yêu cầu", "Mỗi dòng một ý; thêm ý ở các dòng dưới", "", true},
		{"", "", "", true},
		{"", "", "", true},
		{"", "", "", true},
		{"", "", "", true},
	}
	for i, r := range rows {
		n := i + 2
		t.check(t.SetCellStr(headSheet, fmt.Sprintf("A%d", n), r.label))
		t.check(t.SetCellStr(headSheet, fmt.Sprintf("C%d", n), r.hint))
		t.check(t.SetCellStyle(headSheet, fmt.Sprintf("A%d", n), fmt.Sprintf("A%d", n), t.strong))
		t.check(t.SetCellStyle(headSheet, fmt.Sprintf("B%d", n), fmt.Sprintf("C%d", n), t.text))
		cell := fmt.Sprintf("B%d", n)
		t.choose(headSheet, cell, r.list, r.hint, r.free)
	}
	index, err := t.GetSheetIndex(headSheet)
	t.check(err)
	t.SetActiveSheet(index)
}

func (t *template) terms(name, code, title string, usual []plan.Term) {
	t.sheet(name, []string{code, title, "Số liệu minh họa"}, []float64{30, 80, 18})
	t.check(t.SetCellStyle(name, "A2", fmt.Sprintf("C%d", termRows+1), t.text))
	for i, u := range usual {
		t.check(t.SetCellStr(name, fmt.Sprintf("A%d", i+2), u.Code))
		t.check(t.SetCellStr(name, fmt.Sprintf("B%d", i+2), u.Name))
	}
	t.choose(name, fmt.Sprintf("C2:C%d", termRows+1), t.list("C", 2), "Có khi tên này là giả định", false)
}

func (t *template) tasks() {
	fields := []struct {
		field  field
		width  float64
		list   string
		prompt string
		free   bool
	}{
		{code, 8, "", "", true},
		{title, 60, "", "", true},
		{theme, 30, words(themesSheet), "Chọn một tên của trang “Chủ đề”", false},
		{audiences, 28, words(audiencesSheet), "Nhiều đối tượng: cách nhau bằng dấu ;", true},
		{channels, 28, words(channelsSheet), "Nhiều kênh: cách nhau bằng dấu ;", true},
		{lead, 34, t.list("A", len(t.agencies)), "Cơ quan chủ trì việc này", false},
		{coordinators, 34, t.list("A", len(t.agencies)), "Nhiều cơ quan: cách nhau bằng dấu ;", true},
		{deadline, 16, "", "", true},
		{quantity, 10, "", "", true},
		{unit, 14, "", "", true},
		{counts, 16, t.list("C", 2), "Có: tin do Loa đăng được tính vào chỉ tiêu", false},
		{example, 12, t.list("C", 2), "Có khi việc này là giả định", false},
	}
	headings, widths := make([]string, 0, len(fields)), make([]float64, 0, len(fields))
	for _, f := range fields {
		headings, widths = append(headings, own(f.field)), append(widths, f.width)
	}
	t.sheet(tasksSheet, headings, widths)
	t.check(t.SetCellStyle(tasksSheet, "A2", fmt.Sprintf("%s%d", letter(len(fields)-1), taskRows+1), t.text))
	for i, f := range fields {
		t.choose(tasksSheet, fmt.Sprintf("%s2:%s%d", letter(i), letter(i), taskRows+1), f.list, f.prompt, f.free)
	}
}

// words is the range of the names that a sheet of terms lists.
func words(sheet string) string { return fmt.Sprintf("'%s'!$B$2:$B$%d", sheet, termRows+1) }
