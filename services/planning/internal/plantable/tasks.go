package plantable

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// section is the heading of a group of tasks within the table: "I. Tuyên truyền trên báo chí".
type section struct{ label, name string }

var total = regexp.MustCompile(`^(tong|tong cong|cong|tong so)\b`)

// tasks reads the rows below the headings.
func (r *reader) tasks(t taskTable) {
	r.unknownColumns(t)
	if _, again := r.empty["items"]; !again {
		r.empty["items"] = t.place(Row{Number: t.Rows[t.heading].Number + 1}, title, "items")
	}
	var under section
	used := map[string]bool{}
	for _, i := range r.doc.Items {
		used[i.Code] = true
	}
	rows := t.Rows[t.heading+1:]
	for i, row := range rows {
		filled := row.filled()
		name := t.value(row, title)
		switch {
		case len(filled) == 0:
		case t.isSubheading(row):
			t.endOfPeriod(row)
			r.note(Reading{Sheet: t.Name, Row: row.Number, Text: row.cell(filled[0]), How: Ignored, Note: "Dòng tiêu đề phụ."})
		case r.repeats(t, row), t.numbersColumns(row):
			r.note(Reading{Sheet: t.Name, Row: row.Number, Text: row.cell(filled[0]), How: Ignored, Note: "Dòng tiêu đề nhắc lại."})
		case total.MatchString(key(name)) || total.MatchString(key(row.cell(filled[0]))):
			r.note(Reading{Sheet: t.Name, Row: row.Number, Text: row.cell(filled[0]), How: Ignored, Note: "Dòng cộng."})
		case t.isSection(row), t.opensGroup(row, rows[i+1:]):
			under = sectionOf(t, row)
			r.note(Reading{
				Sheet: t.Name, Row: row.Number, Text: under.name, How: Guessed, Note: "Dòng nhóm: các việc bên dưới thuộc chủ đề này.",
			})
		case name == "":
			at := t.place(row, title, "")
			at.Text = row.cell(filled[0])
			r.fail(at, errorsv1.Reason_REQUIRED, "field", own(title))
		default:
			r.task(t, row, under, used)
		}
	}
}

// unknownColumns tells which columns are passed over.
func (r *reader) unknownColumns(t taskTable) {
	head := t.Rows[t.heading]
	for _, c := range head.filled() {
		if known, ok := t.columns[c]; !ok || known.field == nothing {
			r.note(Reading{Sheet: t.Name, Row: head.Number, Column: head.cell(c), Text: head.cell(c), How: Ignored, Note: "Cột này không có trong kế hoạch."})
		}
	}
}

// repeats says that a row holds the headings again, as a second row of a merged heading or a heading on the next page does.
func (r *reader) repeats(t taskTable, row Row) bool {
	same := 0
	for _, c := range row.filled() {
		if known, ok := t.columns[c]; !ok || key(known.heading) != key(row.cell(c)) {
			return false
		}
		same++
	}
	return same > 0
}

// numbersColumns says that a row only numbers the columns: (1), (2), (3).
func (t taskTable) numbersColumns(row Row) bool {
	filled := row.filled()
	for n, c := range filled {
		if key(row.cell(c)) != strconv.Itoa(n+1) {
			return false
		}
	}
	return len(filled) >= 3
}

// isSection says that a row holds one text alone, besides a label: all columns merged, or the work without anything else.
func (t taskTable) isSection(row Row) bool {
	distinct := map[string]bool{}
	for _, c := range row.filled() {
		if t.columns[c].field != code {
			distinct[row.cell(c)] = true
		}
	}
	if len(distinct) > 1 {
		return false
	}
	label := t.value(row, code)
	_, err := strconv.Atoi(strings.Trim(label, ". "))
	roman := regexp.MustCompile(`^[IVXLA-Z]+[.)]?$`).MatchString(label)
	alone := label == "" || label == row.cell(row.filled()[0]) && err != nil
	return roman || alone
}

// opensGroup says that a row holds a number and a text alone, and that the next row's number continues it: 1, then 1.1.
func (t taskTable) opensGroup(row Row, after []Row) bool {
	for _, c := range row.filled() {
		if f := t.columns[c].field; f != code && f != title {
			return false
		}
	}
	label := strings.Trim(t.value(row, code), ". ")
	for _, next := range after {
		if len(next.filled()) > 0 {
			return label != "" && strings.HasPrefix(strings.Trim(t.value(next, code), ". "), label+".")
		}
	}
	return false
}

// isSubheading says that a row is the second one of a heading whose cells are merged: the work's heading stands in it again.
func (t taskTable) isSubheading(row Row) bool {
	return t.value(row, title) != "" && key(t.value(row, title)) == key(t.columns[t.at[title]].heading)
}

// endOfPeriod takes, of a heading of the time that is divided, the column where it ends.
func (t taskTable) endOfPeriod(row Row) {
	for _, c := range row.filled() {
		switch key(row.cell(c)) {
		case "ket thuc", "hoan thanh", "den", "den ngay", "thoi gian ket thuc":
			t.columns[c] = column{row.cell(c), deadline, true}
			t.at[deadline] = c
		}
	}
}

func sectionOf(t taskTable, row Row) section {
	s := section{label: strings.Trim(t.value(row, code), ".) "), name: t.value(row, title)}
	if s.name == "" {
		s.name = row.cell(row.filled()[0])
	}
	if m := regexp.MustCompile(`^([IVX]+|[A-Z]|\d+)[.)/]\s+`).FindStringSubmatch(s.name); m != nil {
		s.label, s.name = m[1], strings.TrimSpace(s.name[len(m[0]):])
	}
	if s.label == s.name {
		s.label = ""
	}
	s.name = strings.ReplaceAll(s.name, "\n", " ")
	return s
}

// task reads one row.
func (r *reader) task(t taskTable, row Row, under section, used map[string]bool) {
	path := fmt.Sprintf("items[%d]", len(r.doc.Items))
	at := func(f field) Reading { return t.place(row, f, path+"."+string(f)) }
	for f := range t.at {
		if v := at(f); v.Text == "" {
			r.empty[v.Field] = v
		}
	}
	whole := t.place(row, title, path)
	whole.How, whole.Note = Understood, ""
	r.places[path] = whole
	item := plan.Item{Title: r.plain(at(title))}
	item.Code = r.code(at(code), under, used, len(r.doc.Items)+1)
	if v := at(theme); v.Text != "" {
		item.Theme = r.word(&r.themes, v, "Chủ đề")
	} else if under.name != "" {
		item.Theme = r.themeOf(under)
	}
	if v := at(audiences); v.Text != "" {
		item.Audiences = r.words(&r.audiences, v, usualAudiences(), "Đối tượng")
	}
	if v := at(channels); v.Text != "" {
		item.Channels = r.words(&r.channels, v, usualChannels(), "Kênh")
	}
	r.who(at, &item)
	if v := at(deadline); v.Text != "" {
		d, how, note := readDay(v.Text, r.doc.To, r.year())
		item.Deadline = r.dayRead(v, d, how, note)
	}
	r.target(at, &item)
	if v := at(example); v.Text != "" {
		item.Example, _ = yes(v.Text)
		r.note(v)
	}
	r.doc.Items = append(r.doc.Items, item)
}

// who reads lead and coordinators. A lead's cell that names several is the first with the others beside it.
func (r *reader) who(at func(field) Reading, item *plan.Item) {
	if v := at(lead); v.Text != "" {
		var parts []string
		if len(v.Text) <= maxList {
			parts = r.names.partition(v.Text)
		}
		if len(parts) > 1 {
			whole := v.Text
			v.Text = parts[0]
			item.Lead = r.agency(v)
			rest := at(lead)
			rest.Text, rest.Field = strings.Join(parts[1:], "; "), strings.Replace(v.Field, "lead", "coordinators", 1)
			rest.How, rest.Note = Guessed, "Cột chủ trì nêu nhiều cơ quan (“"+whole+"”): cơ quan đầu chủ trì, các cơ quan sau phối hợp."
			item.Coordinators = r.agencies(rest)
		} else {
			item.Lead = r.agency(v)
		}
	}
	if v := at(coordinators); v.Text != "" && !slices.Contains([]string{"khong", "-"}, key(v.Text)) {
		item.Coordinators = append(item.Coordinators, r.agencies(v)...)
	}
	item.Coordinators = slices.DeleteFunc(item.Coordinators, func(c plan.Code) bool { return c == item.Lead })
}

// code is what the annex calls the task. An office counts anew under each heading; a code that stands already is told apart by it.
func (r *reader) code(at Reading, under section, used map[string]bool, place int) string {
	c := strings.Trim(strings.ReplaceAll(at.Text, "\n", " "), " .)")
	at.Value = c
	if c == "" {
		c = strconv.Itoa(place)
		at.Value, at.How, at.Note = c, Guessed, "Không có số thứ tự; đánh theo dòng."
	}
	if used[c] && under.label != "" {
		c = under.label + "." + c
		at.Value, at.How, at.Note = c, Guessed, "Số thứ tự lặp lại; thêm số của nhóm."
	}
	for n := 2; used[c]; n++ {
		if next := at.Value + "-" + strconv.Itoa(n); !used[next] {
			c = next
			at.How, at.Note = Guessed, "Số thứ tự lặp lại."
		}
	}
	at.Value = c
	used[c] = true
	r.note(at)
	return c
}

// themeOf is the theme of a group's heading.
func (r *reader) themeOf(s section) string {
	if code, ok := r.themes.find(s.name); ok {
		return code
	}
	if r.themes.given {
		return ""
	}
	return r.themes.add(s.name, nil)
}

// target reads how much: from its own columns, or from a column of products.
func (r *reader) target(at func(field) Reading, item *plan.Item) {
	if v := at(quantity); v.Text != "" {
		t, how, note := readTarget(v.Text, false)
		if how == NotUnderstood {
			r.fail(v, errorsv1.Reason_PLAN_CELL, "value", v.Text, "column", v.Column, "expected", "số nguyên, ví dụ 12")
		} else {
			v.Value = strings.TrimSpace(strconv.FormatInt(t.Quantity, 10) + " " + t.Unit)
			if how == Guessed {
				v.How, v.Note = how, note
			}
			item.Target = t
			r.note(v)
		}
	}
	if v := at(unit); v.Text != "" {
		item.Target.Unit = cut(r.plain(v))
	}
	if v := at(product); v.Text != "" {
		t, how, note := readTarget(v.Text, true)
		switch {
		case item.Target.Quantity == 0 && how != NotUnderstood:
			item.Target = t
		case item.Target.Unit == "":
			item.Target.Unit = cut(firstLine(v.Text))
			how, note = Guessed, "Sản phẩm dùng làm đơn vị của chỉ tiêu."
		}
		v.Value = strings.TrimSpace(strconv.FormatInt(item.Target.Quantity, 10) + " " + item.Target.Unit)
		if how == Guessed {
			v.How, v.Note = how, note
		}
		r.note(v)
	}
	r.counting(at(counts), item)
}

// counting says whether what Loa publishes counts. A file that does not say so means it where the target is news on the public site.
func (r *reader) counting(v Reading, item *plan.Item) {
	if v.Text != "" {
		marked, known := yes(v.Text)
		if !known {
			r.fail(v, errorsv1.Reason_PLAN_CELL, "value", v.Text, "column", v.Column, "expected", "Có hoặc Không")
			return
		}
		item.Target.CountsPublications = marked
		r.note(v)
		return
	}
	u := key(item.Target.Unit)
	if v.Column == "" && slices.Contains(item.Channels, "portal") && (contains(u, "tin") || contains(u, "bai")) {
		item.Target.CountsPublications = true
		v.Value, v.How, v.Note = "true", Guessed, "Chỉ tiêu là tin, bài trên cổng: tin Loa đăng được tính vào chỉ tiêu."
		r.note(v)
	}
}
