package plantable

import (
	"slices"
	"strings"
)

// field is what a column of tasks holds.
type field string

// The fields of a task.
const (
	code         field = "code"
	title        field = "title"
	theme        field = "theme"
	audiences    field = "audiences"
	channels     field = "channels"
	lead         field = "lead"
	coordinators field = "coordinators"
	deadline     field = "deadline"
	quantity     field = "target.quantity"
	unit         field = "target.unit"
	product      field = "target"
	counts       field = "target.counts_publications"
	example      field = "example"
	nothing      field = ""
)

// spelling lists the headings of a field as offices write them, folded (see key); the first is the template's own.
type spelling struct {
	field field
	words []string
}

// spellings are in the order in which an unclear heading is tried.
func spellings() []spelling {
	return []spelling{
		{code, []string{"stt", "tt", "so tt", "so thu tu", "ma nhiem vu", "ma so", "ma muc", "muc so", "so muc"}},
		{lead, []string{
			"don vi chu tri", "co quan chu tri", "chu tri", "co quan don vi chu tri", "don vi co quan chu tri", "don vi chu tri thuc hien",
			"co quan chu tri thuc hien", "don vi thuc hien", "co quan thuc hien", "co quan don vi thuc hien", "don vi chu tri tham muu",
			"don vi phu trach", "co quan phu trach", "trach nhiem thuc hien", "phan cong thuc hien", "phan cong",
		}},
		{coordinators, []string{
			"co quan phoi hop", "don vi phoi hop", "phoi hop", "co quan don vi phoi hop", "don vi co quan phoi hop", "don vi phoi hop thuc hien",
			"co quan phoi hop thuc hien",
		}},
		{deadline, []string{
			"thoi han", "thoi gian hoan thanh", "thoi gian thuc hien", "thoi gian", "thoi han hoan thanh", "thoi han thuc hien", "han hoan thanh",
			"ngay hoan thanh", "tien do", "tien do thuc hien", "tien do hoan thanh", "thoi diem hoan thanh", "han cuoi",
		}},
		{audiences, []string{
			"doi tuong", "doi tuong tuyen truyen", "doi tuong tiep nhan", "doi tuong thu huong", "doi tuong truyen thong", "doi tuong huong den",
		}},
		{channels, []string{
			"kenh", "kenh truyen thong", "kenh tuyen truyen", "hinh thuc", "hinh thuc tuyen truyen", "hinh thuc thuc hien", "hinh thuc truyen thong",
			"phuong thuc tuyen truyen", "phuong tien", "phuong tien truyen thong", "kenh hinh thuc",
		}},
		{theme, []string{"chu de", "nhom chu de", "chuyen de", "linh vuc", "nhom nhiem vu", "nhom noi dung", "mang noi dung"}},
		{unit, []string{"don vi tinh", "dvt", "dv tinh"}},
		{counts, []string{"tinh tin bai dang tren cong", "tinh tin dang", "dem tin bai dang tren cong"}},
		{quantity, []string{"chi tieu", "so luong", "khoi luong", "muc tieu", "chi tieu so luong", "so luong chi tieu", "chi tieu ke hoach"}},
		{product, []string{
			"san pham", "ket qua", "san pham dau ra", "san pham ket qua", "ket qua san pham", "ket qua du kien", "san pham du kien",
			"san pham hoan thanh", "ket qua dau ra", "san pham chu yeu",
		}},
		{example, []string{"so lieu minh hoa", "vi du"}},
		{nothing, []string{"ghi chu", "kinh phi", "kinh phi thuc hien", "nguon kinh phi", "du toan", "can cu", "lanh dao phu trach", "nguoi thuc hien"}},
		{title, []string{
			"noi dung cong viec", "noi dung", "nhiem vu", "cong viec", "ten nhiem vu", "ten cong viec", "hoat dong", "ten hoat dong",
			"noi dung nhiem vu", "nhiem vu noi dung", "noi dung thuc hien", "noi dung hoat dong", "noi dung tuyen truyen", "noi dung truyen thong",
			"nhiem vu giai phap", "nhiem vu cu the", "noi dung cong viec nhiem vu", "noi dung nhiem vu cong viec", "dau viec",
		}},
	}
}

// recognise says which field a heading is of. Sure is a heading as somebody writes it; otherwise it holds the words of one.
func recognise(heading string) (f field, known, sure bool) {
	k := key(heading)
	if k == "" {
		return nothing, false, false
	}
	all := spellings()
	for _, s := range all {
		if slices.Contains(s.words, k) {
			return s.field, true, true
		}
	}
	best := 0
	for _, s := range all {
		for _, w := range s.words {
			// Short words such as "tt" stand in too much else.
			if len(w) >= 4 && len(w) > best && contains(k, w) {
				f, known, best = s.field, true, len(w)
			}
		}
	}
	return f, known, false
}

// contains says whether a phrase stands in a text, by whole words.
func contains(text, phrase string) bool {
	return strings.Contains(" "+text+" ", " "+phrase+" ")
}

// column is one column of a table of tasks.
type column struct {
	heading string
	field   field
	sure    bool
}

// taskTable is a table of tasks whose headings are known.
type taskTable struct {
	Table
	heading int // index of the heading row
	columns map[int]column
	at      map[field]int
}

// findTasks looks for the heading row: the one that names the work and the lead or the deadline, and the most fields.
func findTasks(t Table) (taskTable, bool) {
	best := taskTable{}
	for i, row := range t.Rows[:min(len(t.Rows), headingRows)] {
		candidate := taskTable{Table: t, heading: i, columns: map[int]column{}, at: map[field]int{}}
		for _, c := range row.filled() {
			text := row.cell(c)
			if len([]rune(text)) > 80 {
				continue
			}
			f, known, sure := recognise(text)
			if !known {
				continue
			}
			if other, taken := candidate.at[f]; taken && f != nothing {
				// A heading that is sure takes the field from one that was guessed; the first of two equals keeps it.
				if !sure || candidate.columns[other].sure {
					continue
				}
				delete(candidate.columns, other)
			}
			candidate.at[f] = c
			candidate.columns[c] = column{text, f, sure}
		}
		_, work := candidate.at[title]
		_, who := candidate.at[lead]
		_, when := candidate.at[deadline]
		if work && (who || when) && len(candidate.columns) > len(best.columns) {
			best = candidate
		}
	}
	return best, len(best.columns) > 0
}

// value is a row's cell of a field.
func (t taskTable) value(row Row, f field) string {
	c, ok := t.at[f]
	if !ok {
		return ""
	}
	return row.cell(c)
}

// place is where a row's cell of a field stands.
func (t taskTable) place(row Row, f field, path string) Reading {
	at := Reading{Sheet: t.Name, Row: row.Number, Field: path, How: Understood}
	if c, ok := t.at[f]; ok {
		at.Column, at.Text, at.Cell = t.columns[c].heading, row.cell(c), t.cell(row, c)
		if !t.columns[c].sure {
			at.How, at.Note = Guessed, "Cột “"+t.columns[c].heading+"” được hiểu là “"+own(f)+"”."
		}
	}
	return at
}

// own is the template's word for a field.
func own(f field) string {
	return map[field]string{
		code: "STT", title: "Nội dung công việc", theme: "Chủ đề", audiences: "Đối tượng", channels: "Kênh", lead: "Đơn vị chủ trì",
		coordinators: "Cơ quan phối hợp", deadline: "Thời hạn", quantity: "Chỉ tiêu", unit: "Đơn vị tính", product: "Sản phẩm",
		counts: "Tính tin, bài đăng trên cổng", example: "Số liệu minh họa",
	}[f]
}
