// Package paper makes the official document of a plan, or of an amendment of one (Decree 30/2020/NĐ-CP, Appendix I): what it says, not
// how it looks. The same plan is the same document.
package paper

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// Agency is one of the directory, as a document names it.
type Agency struct {
	Code         plan.Code
	Kind         string
	Abbreviation string
	Name         string
	Parent       plan.Code
}

// Input is what a document is made of.
type Input struct {
	// Plan is the plan as it is to be, or as an amendment makes it.
	Plan plan.Document
	// Hash of what was approved, and the address of the page that confirms it; empty for what is not issued and for imported plans.
	Hash         string
	Authenticity string
	// Issued is false for a draft, which is marked as one.
	Issued    bool
	Imported  bool
	Decisions []plan.Decision
	Agencies  []Agency
	// Amendment is of an amendment's document; nil for the plan's own.
	Amendment *Amendment
}

// Amendment is what an amendment's document says beside the plan.
type Amendment struct {
	Number  string
	Date    plan.Day
	Reason  string
	Changes []plan.Change
}

// Document makes the document.
func Document(in Input) model.Document {
	p := paper{Input: in, names: map[plan.Code]Agency{}}
	for _, a := range in.Agencies {
		p.names[a.Code] = a
	}
	out := model.Document{
		Kind: model.Plan, Place: p.place(), Subject: p.subject(), Recipients: p.recipients(), Signature: p.signature(), Marks: p.marks(),
		Authenticity: model.Authenticity{URL: in.Authenticity, Hash: in.Hash}, Emergency: p.emergency(),
	}
	out.Parent, out.Agency = p.issuer()
	number, date := in.Plan.Number, in.Plan.Date
	if in.Amendment != nil {
		number, date = in.Amendment.Number, in.Amendment.Date
	}
	if out.Number = number; number == "" {
		out.Number = "/KH-" + p.names[in.Plan.Issuer].Abbreviation
	}
	if at, err := date.Start(); err == nil {
		out.Date = at
	}
	if in.Amendment != nil {
		out.Body = p.amendment()
	} else {
		out.Body = p.body()
	}
	out.Annexes = []model.Annex{p.tasks(out)}
	return out
}

type paper struct {
	Input
	names map[plan.Code]Agency
}

func (p paper) name(code plan.Code) string {
	if a, ok := p.names[code]; ok {
		return a.Name
	}
	return string(code)
}

// committee is what the name of a People's Committee begins with.
const committee = "Ủy ban nhân dân"

// issuer is the head's left side: a committee in two lines; another agency below the committee it belongs to.
func (p paper) issuer() (parent string, lines []string) {
	name := p.name(p.Plan.Issuer)
	if place, ok := strings.CutPrefix(name, committee+" "); ok {
		return "", []string{upper(committee), upper(place)}
	}
	if above, ok := p.names[p.names[p.Plan.Issuer].Parent]; ok {
		parent = upper(strings.Replace(above.Name, committee, "UBND", 1))
	}
	return parent, []string{upper(name)}
}

// place is where it is issued: what the committee at the top governs, "Hải Phòng".
func (p paper) place() string {
	a := p.names[p.Plan.Issuer]
	for range p.names { // a circle of parents ends too
		above, ok := p.names[a.Parent]
		if !ok {
			break
		}
		a = above
	}
	name := strings.TrimSpace(strings.TrimPrefix(a.Name, committee))
	for _, kind := range []string{"thành phố ", "tỉnh "} {
		name = strings.TrimPrefix(name, kind)
	}
	if name == "" {
		return "…"
	}
	return name
}

// subject is the plan's title without the word that stands above it.
func (p paper) subject() string {
	title := p.Plan.Title
	if words := strings.Fields(title); len(words) > 2 && vn.Fold(words[0]+" "+words[1]) == "ke hoach" {
		title = strings.TrimSpace(strings.Join(words[2:], " "))
	}
	if p.Amendment != nil {
		return "Sửa đổi, bổ sung Kế hoạch số " + p.Plan.Number + " ngày " + written(p.Plan.Date) + " về " + lowerFirst(title)
	}
	return upperFirst(title)
}

func (p paper) marks() []model.Mark {
	var marks []model.Mark
	if !p.Issued {
		marks = append(marks, model.Draft)
	}
	if p.Plan.HasExample() {
		marks = append(marks, model.ExampleData)
	}
	if p.Imported && p.Amendment == nil {
		marks = append(marks, model.HistoryData)
	}
	return marks
}

func (p paper) emergency() string {
	if slices.ContainsFunc(p.Decisions, func(d plan.Decision) bool { return d.Bypass }) {
		return model.Bypassed
	}
	return ""
}

// body is the outline of a plan: sections I to VI.
func (p paper) body() []model.Block {
	d := p.Plan
	out := []model.Block{model.Heading{Level: 1, Label: "I.", Text: "MỤC ĐÍCH, YÊU CẦU"}}
	for n, purpose := range d.Purposes {
		out = append(out, model.Paragraph{Runs: model.Plain(fmt.Sprintf("%d. %s", n+1, purpose))})
	}
	out = append(out, model.Heading{Level: 1, Label: "II.", Text: "NỘI DUNG"}, terms(d.Themes))
	out = append(out, model.Heading{Level: 1, Label: "III.", Text: "HÌNH THỨC"}, terms(d.Channels))
	out = append(out, model.Heading{Level: 1, Label: "IV.", Text: "ĐỐI TƯỢNG"}, terms(d.Audiences))
	out = append(out, model.Heading{Level: 1, Label: "V.", Text: "KINH PHÍ"}, model.Text("Kế hoạch không quy định mức kinh phí riêng."))
	out = append(out, model.Heading{Level: 1, Label: "VI.", Text: "TỔ CHỨC THỰC HIỆN"})
	return append(out, p.organisation()...)
}

// organisation says who does what until when, as the plan has it.
func (p paper) organisation() []model.Block {
	d := p.Plan
	lead := p.name(d.Lead) + " chủ trì, điều phối các cơ quan thực hiện Kế hoạch; tổng hợp, báo cáo kết quả"
	if words := periods(d.ReportPeriods); words != "" {
		lead += " " + words
	}
	out := []model.Block{model.Text("1. " + lead + ".")}
	n := 2
	if len(d.Coordinators) > 0 {
		names := make([]string, 0, len(d.Coordinators))
		for _, c := range d.Coordinators {
			names = append(names, p.name(c))
		}
		out = append(out, model.Text(fmt.Sprintf("%d. Phối hợp thực hiện: %s.", n, strings.Join(names, "; "))))
		n++
	}
	out = append(out, model.Text(fmt.Sprintf("%d. Các cơ quan được giao nhiệm vụ tại Phụ lục thực hiện đúng thời hạn và chỉ tiêu; khó khăn, vướng mắc báo cáo qua %s.", n, p.name(d.Lead))))
	out = append(out, model.Text(fmt.Sprintf("%d. Thời gian thực hiện Kế hoạch: từ ngày %s đến ngày %s./.", n+1, written(d.From), written(d.To))))
	return out
}

// tasks is the annex: the table of tasks.
func (p paper) tasks(of model.Document) model.Annex {
	d := p.Plan
	rows := make([][]model.Cell, 0, len(d.Items))
	for _, i := range d.Items {
		names := make([]string, 0, len(i.Coordinators))
		for _, c := range i.Coordinators {
			names = append(names, p.short(c))
		}
		target := fmt.Sprintf("%d %s", i.Target.Quantity, i.Target.Unit)
		if i.Target.Quantity == 0 {
			target = "–"
		}
		rows = append(rows, []model.Cell{
			model.Words(i.Code), model.Names(i.Title + marked(i.HasExample() && !d.Example)), model.Words(orDash(termName(d.Themes, i.Theme))),
			model.Words(orDash(termNames(d.Channels, i.Channels))), model.Words(orDash(p.short(i.Lead))), model.Words(orDash(strings.Join(names, "; "))),
			model.Words(orDash(written(i.Deadline))), model.Words(target),
		})
	}
	note := "(Kèm theo dự thảo Kế hoạch)"
	if !strings.HasPrefix(of.Number, "/") && !of.Date.IsZero() {
		note = "(Kèm theo Kế hoạch số " + of.Number + " " + model.LongDate(of.Date) + " của " + p.name(d.Issuer) + ")"
	}
	return model.Annex{
		Label: "PHỤ LỤC", Title: "DANH MỤC NHIỆM VỤ", Note: note, Landscape: true,
		Body: []model.Block{model.Table{
			Summary: "Mỗi hàng là một nhiệm vụ với chủ đề, kênh, cơ quan chủ trì và phối hợp, thời hạn và chỉ tiêu.",
			Columns: []model.Column{
				{Weight: 2, Align: model.Center}, {Weight: 12}, {Weight: 8}, {Weight: 6}, {Weight: 6}, {Weight: 6}, {Weight: 4, Align: model.Center}, {Weight: 4, Align: model.Center},
			},
			Header: model.Headings("TT", "Nội dung công việc", "Chủ đề", "Hình thức", "Chủ trì", "Phối hợp", "Thời hạn", "Chỉ tiêu"),
			Rows:   model.Rows(rows...), Small: true,
		}},
	}
}

// short names an agency as tables do: "UBND quận Hồng Bàng".
func (p paper) short(code plan.Code) string {
	return strings.Replace(p.name(code), committee, "UBND", 1)
}

func marked(example bool) string {
	if example {
		return " (số liệu minh họa)"
	}
	return ""
}

// recipients are the lead, the coordinators when they are few, and the archive.
func (p paper) recipients() []string {
	out := []string{p.short(p.Plan.Lead)}
	if n := len(p.Plan.Coordinators); n > 0 && n <= 8 {
		for _, c := range p.Plan.Coordinators {
			out = append(out, p.short(c))
		}
	} else if n > 8 {
		out = append(out, "Các cơ quan phối hợp nêu tại mục VI")
	}
	for i := range out {
		out[i] += ";"
	}
	return append(out, "Lưu: VT.")
}

func terms(list []plan.Term) model.Block {
	items := make([][]model.Run, 0, len(list))
	for _, t := range list {
		items = append(items, model.Plain(t.Name+marked(t.Example)))
	}
	if len(items) == 0 {
		items = append(items, model.Plain("–"))
	}
	return model.List{Items: items}
}

func termName(list []plan.Term, code string) string {
	i := slices.IndexFunc(list, func(t plan.Term) bool { return t.Code == code })
	if i < 0 {
		return code
	}
	return list[i].Name
}

func termNames(list []plan.Term, codes []string) string {
	names := make([]string, 0, len(codes))
	for _, c := range codes {
		names = append(names, termName(list, c))
	}
	return strings.Join(names, "; ")
}

func periods(kinds []string) string {
	words := make([]string, 0, len(kinds))
	for _, k := range kinds {
		words = append(words, map[string]string{"month": "hằng tháng", "quarter": "hằng quý", "half": "6 tháng", "year": "hằng năm"}[k])
	}
	return strings.Join(words, ", ")
}

// written is a day as documents write it; empty for none.
func written(d plan.Day) string {
	at, err := d.Start()
	if err != nil {
		return ""
	}
	return at.Format("02/01/2006")
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func upper(s string) string { return strings.ToUpper(s) }

func upperFirst(s string) string {
	for _, r := range s {
		return string(unicode.ToUpper(r)) + s[len(string(r)):]
	}
	return s
}

func lowerFirst(s string) string {
	for i, r := range s {
		if i == 0 && unicode.IsUpper(r) {
			// An abbreviation or a name stays as it is.
			if word, _, _ := strings.Cut(s, " "); word == strings.ToUpper(word) {
				return s
			}
			return string(unicode.ToLower(r)) + s[len(string(r)):]
		}
	}
	return s
}
