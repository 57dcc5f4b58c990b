package plantable

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// headLabels are what a sheet about the plan itself calls its fields, folded; the first is the template's own.
func headLabels() map[string][]string {
	return map[string][]string{
		"number":         {"so ky hieu", "so hieu", "so van ban", "so ke hoach", "so ky hieu van ban"},
		"date":           {"ngay ban hanh", "ngay ky", "ngay van ban"},
		"issuer":         {"co quan ban hanh", "don vi ban hanh"},
		"title":          {"ten ke hoach", "trich yeu", "tieu de", "ve viec"},
		"from":           {"tu ngay", "ngay bat dau", "bat dau"},
		"to":             {"den ngay", "ngay ket thuc", "ket thuc"},
		"lead":           {"co quan chu tri", "don vi chu tri"},
		"coordinators":   {"co quan phoi hop", "don vi phoi hop"},
		"report_periods": {"ky bao cao", "bao cao dinh ky", "ky bao cao dinh ky"},
		"source":         {"nguon", "nguon tin"},
		"purposes":       {"muc dich yeu cau", "muc dich", "yeu cau"},
		"example":        {"so lieu minh hoa"},
	}
}

func headLabel(text string) (string, bool) {
	k := key(text)
	for name, words := range headLabels() {
		if slices.Contains(words, k) {
			return name, true
		}
	}
	return "", false
}

// head reads a sheet of labels and values; it says whether the table is one.
func (r *reader) head(t Table) bool {
	known := 0
	for _, row := range t.Rows {
		if filled := row.filled(); len(filled) > 0 {
			if _, ok := headLabel(row.cell(filled[0])); ok {
				known++
			}
		}
	}
	if known < 3 {
		return false
	}
	under, valueAt := "", -1
	for _, row := range t.Rows {
		if valueAt = slices.IndexFunc(row.Cells, func(cell string) bool { return key(cell) == "noi dung" }); valueAt >= 0 {
			break
		}
	}
	for _, row := range t.Rows {
		filled := row.filled()
		if len(filled) == 0 {
			continue
		}
		label, in := row.cell(filled[0]), valueAt
		name, ok := headLabel(label)
		switch {
		case ok:
			under = name
			if in < 0 {
				in = filled[0] + 1
				if len(filled) > 1 {
					in = filled[1]
				}
			}
		case filled[0] > 0 && under == "purposes" && (valueAt < 0 || filled[0] == valueAt): // a row more of the last label
			name, label, in = under, "Mục đích, yêu cầu", filled[0]
		default:
			continue
		}
		value := row.cell(in)
		at := Reading{Sheet: t.Name, Row: row.Number, Column: label, Cell: t.cell(row, in), Field: name, Text: value, How: Understood}
		if value != "" {
			r.headValue(name, at)
		} else if _, again := r.empty[name]; !again {
			r.empty[name] = at
		}
	}
	return true
}

func (r *reader) headValue(name string, at Reading) {
	switch name {
	case "number":
		r.doc.Number = r.plain(at)
	case "title":
		r.doc.Title = r.plain(at)
	case "source":
		r.doc.Source = r.plain(at)
	case "date":
		r.doc.Date = r.day(at)
	case "from":
		r.doc.From = r.day(at)
	case "to":
		r.doc.To = r.day(at)
	case "issuer":
		r.doc.Issuer = r.agency(at)
	case "lead":
		r.doc.Lead = r.agency(at)
	case "coordinators":
		r.doc.Coordinators = r.agencies(at)
	case "report_periods":
		r.doc.ReportPeriods = r.periods(at)
	case "example":
		marked, known := yes(at.Text)
		if !known {
			r.fail(at, errorsv1.Reason_PLAN_CELL, "value", at.Text, "column", at.Column, "expected", "Có hoặc Không")
			return
		}
		r.doc.Example = marked
		r.note(at)
	case "purposes":
		for l := range strings.SplitSeq(at.Text, "\n") {
			l = strings.TrimSpace(strings.TrimLeft(l, "-–+•* "))
			if l == "" {
				continue
			}
			at.Field, at.Value = fmt.Sprintf("purposes[%d]", len(r.doc.Purposes)), l
			r.doc.Purposes = append(r.doc.Purposes, l)
			r.note(at)
		}
	}
}

func (r *reader) plain(at Reading) string {
	at.Value = strings.ReplaceAll(at.Text, "\n", " ")
	r.note(at)
	return at.Value
}

func (r *reader) day(at Reading) plan.Day {
	d, how, note := readDay(at.Text, r.doc.To, r.year())
	return r.dayRead(at, d, how, note)
}

func (r *reader) dayRead(at Reading, d plan.Day, how How, note string) plan.Day {
	if how == NotUnderstood {
		r.fail(at, errorsv1.Reason_PLAN_CELL, "value", at.Text, "column", at.Column, "expected", "ngày như 31/3/2022, Tháng 3/2022, Quý II/2022")
		return ""
	}
	at.Value = string(d)
	if how == Guessed {
		at.How, at.Note = how, note
	}
	r.note(at)
	return d
}

func (r *reader) agency(at Reading) plan.Code {
	if len(at.Text) > maxList {
		r.fail(at, errorsv1.Reason_PLAN_AGENCY_NAME, "value", told(at.Text))
		return ""
	}
	found, sure, group := r.names.find(at.Text)
	switch {
	case len(found) == 0:
		r.fail(at, errorsv1.Reason_PLAN_AGENCY_NAME, "value", at.Text)
		return ""
	case len(found) > 1 || group:
		r.fail(at, errorsv1.Reason_PLAN_AGENCY_AMBIGUOUS, "value", at.Text, "candidates", candidates(found))
		return ""
	}
	at.Value = string(found[0])
	if !sure {
		at.How, at.Note = Guessed, "Tên viết tắt một phần; hiểu là "+r.names.name(found[0])+"."
	}
	r.note(at)
	return found[0]
}

func (r *reader) agencies(at Reading) []plan.Code {
	var out []plan.Code
	var passed []string
	if len(at.Text) > maxList {
		r.fail(at, errorsv1.Reason_PLAN_AGENCY_NAME, "value", told(at.Text))
		return nil
	}
	for _, part := range r.names.partition(at.Text) {
		found, sure, group := r.names.find(part)
		switch {
		case len(found) == 0 && someone.MatchString(key(part)):
			passed = append(passed, part)
		case len(found) == 0:
			at.Text = part
			r.fail(at, errorsv1.Reason_PLAN_AGENCY_NAME, "value", part)
		case len(found) > 1 && !group:
			at.Text = part
			r.fail(at, errorsv1.Reason_PLAN_AGENCY_AMBIGUOUS, "value", part, "candidates", candidates(found))
		default:
			out = append(out, found...)
			if !sure {
				at.How, at.Note = Guessed, "“"+part+"” hiểu là "+candidates(found)+"."
			}
		}
	}
	if len(passed) > 0 {
		at.How, at.Note = Guessed, "Bỏ qua “"+strings.Join(passed, "”, “")+"”: không nêu cơ quan nào."
	}
	at.Value = strings.Join(texts(out), ", ")
	if len(out) > 0 || len(passed) > 0 {
		r.note(at)
	}
	return out
}

func (n names) name(code plan.Code) string {
	i := slices.IndexFunc(n.all, func(a Agency) bool { return a.Code == code })
	if i < 0 {
		return string(code)
	}
	return n.all[i].Name + " (" + string(code) + ")"
}

// candidates lists at most five codes.
func candidates(codes []plan.Code) string {
	out := texts(codes)
	if len(out) > 5 {
		out = append(out[:5], "…")
	}
	return strings.Join(out, ", ")
}

func texts(codes []plan.Code) []string {
	out := make([]string, 0, len(codes))
	for _, c := range codes {
		out = append(out, string(c))
	}
	return out
}

func (r *reader) periods(at Reading) []string {
	var out []string
	for part := range strings.FieldsFuncSeq(at.Text, func(c rune) bool { return c == ',' || c == ';' || c == '\n' }) {
		k := key(part)
		switch {
		case strings.Contains(k, "6 thang") || strings.Contains(k, "nua nam") || k == "half":
			out = append(out, "half")
		case strings.Contains(k, "thang") || k == "month":
			out = append(out, "month")
		case strings.Contains(k, "quy") || k == "quarter":
			out = append(out, "quarter")
		case strings.Contains(k, "nam") || k == "year":
			out = append(out, "year")
		default:
			r.fail(at, errorsv1.Reason_PLAN_CELL, "value", part, "column", at.Column, "expected", "Tháng, Quý, 6 tháng, Năm")
			return out
		}
	}
	at.Value = strings.Join(out, ", ")
	r.note(at)
	return out
}

// year is the plan's, as far as it is known.
func (r *reader) year() int {
	for _, d := range []plan.Day{r.doc.To, r.doc.From, r.doc.Date} {
		if len(d) == 10 {
			return number(string(d[:4]))
		}
	}
	return 0
}

var yearInTitle = regexp.MustCompile(`\bnam (20\d{2})\b`)

// headAbove guesses from the lines above a table of tasks what an office's own file does not say in fields: the plan's name, and the
// year it runs.
func (r *reader) headAbove(t taskTable) {
	type line struct {
		row  int
		text string
	}
	var lines []line
	for _, l := range t.Above {
		lines = append(lines, line{0, clean(l)})
	}
	for _, row := range t.Rows[:t.heading] {
		for _, c := range row.filled() {
			lines = append(lines, line{row.Number, row.cell(c)})
			break // a heading stands in the first cell, the others are its merged rest
		}
	}
	for i, l := range lines {
		k := key(l.text)
		if !strings.HasPrefix(k, "ke hoach") && !strings.HasPrefix(k, "phu luc") && !strings.HasPrefix(k, "bang") {
			continue
		}
		title := strings.ReplaceAll(l.text, "\n", " ")
		if len(strings.Fields(k)) <= 3 && i+1 < len(lines) {
			title += " " + strings.ReplaceAll(lines[i+1].text, "\n", " ")
		}
		r.doc.Title = title
		r.note(Reading{
			Sheet: t.Name, Row: l.row, Field: "title", Text: l.text, Value: title, How: Guessed, Note: "Lấy dòng đứng trên bảng làm tên kế hoạch.",
		})
		break
	}
	for _, l := range lines {
		m := yearInTitle.FindStringSubmatch(key(l.text))
		if m == nil {
			continue
		}
		r.doc.From, r.doc.To = plan.Day(m[1]+"-01-01"), plan.Day(m[1]+"-12-31")
		for field, value := range map[string]plan.Day{"from": r.doc.From, "to": r.doc.To} {
			r.note(Reading{Sheet: t.Name, Row: l.row, Field: field, Text: l.text, Value: string(value), How: Guessed, Note: "Lấy theo năm nêu trên bảng."})
		}
		return
	}
}
