package plantable

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// vocabulary is the themes, the audiences or the channels of a plan, as far as they are known.
type vocabulary struct {
	terms []plan.Term
	// given says that the file lists them, so that another word is a mistake and not a new term.
	given bool
}

// find gives the code of a word that is a term's code or name.
func (v *vocabulary) find(word string) (string, bool) {
	k := key(word)
	i := slices.IndexFunc(v.terms, func(t plan.Term) bool {
		return t.Code == strings.TrimSpace(word) || key(t.Name) == k || key(t.Code) == k
	})
	if i < 0 {
		return "", false
	}
	return v.terms[i].Code, true
}

// add makes a term of a word.
func (v *vocabulary) add(word string, usual []plan.Term) string {
	t := plan.Term{Code: vn.Slug(word), Name: word}
	for _, u := range usual {
		if key(u.Name) == key(word) || slices.Contains(alike(u.Code), key(word)) {
			t = plan.Term{Code: u.Code, Name: word}
		}
	}
	if code, ok := v.find(t.Code); ok {
		return code
	}
	v.terms = append(v.terms, t)
	return t.Code
}

// usualAudiences are those of plans on administrative reform, as the field names them.
func usualAudiences() []plan.Term {
	return []plan.Term{
		{Code: "can-bo-cong-chuc-vien-chuc", Name: "Cán bộ, công chức, viên chức"},
		{Code: "to-chuc", Name: "Tổ chức"},
		{Code: "doanh-nghiep", Name: "Doanh nghiệp"},
		{Code: "nguoi-dan", Name: "Người dân"},
	}
}

// usualChannels are those that Loa and offices know by name; the channel "portal" is the public site.
func usualChannels() []plan.Term {
	return []plan.Term{
		{Code: "portal", Name: "Cổng Thông tin điện tử"},
		{Code: "press", Name: "Báo chí"},
		{Code: "fanpage", Name: "Fanpage"},
		{Code: "loudspeaker", Name: "Đài truyền thanh cơ sở"},
		{Code: "training", Name: "Hội nghị, lớp tập huấn"},
	}
}

// alike are other names of a usual channel, folded.
func alike(code string) []string {
	return map[string][]string{
		"portal": {
			"cong", "cong thong tin dien tu", "cong thong tin dien tu thanh pho", "cong tin tuc thanh pho", "trang thong tin dien tu", "website",
			"cong thong tin", "cong ttdt",
		},
		"press":       {"bao chi", "bao chi truyen thong", "bao", "bao dai", "co quan bao chi"},
		"fanpage":     {"fanpage", "mang xa hoi", "facebook", "zalo"},
		"loudspeaker": {"loa truyen thanh", "dai truyen thanh", "truyen thanh co so", "he thong truyen thanh co so", "dai truyen thanh co so"},
		"training":    {"hoi nghi", "tap huan", "lop tap huan", "hoi nghi tap huan", "hoi nghi lop tap huan"},
		"nguoi-dan":   {"nhan dan", "cong dan", "cac tang lop nhan dan"},
	}[code]
}

// termsKind says what a sheet of terms lists, by its name: "Chủ đề", "Đối tượng", "Kênh".
func termsKind(t Table) string {
	switch k := key(t.Name); {
	case strings.HasPrefix(k, "chu de"):
		return "themes"
	case strings.HasPrefix(k, "doi tuong"):
		return "audiences"
	case strings.HasPrefix(k, "kenh"):
		return "channels"
	default:
		return ""
	}
}

// terms reads a sheet of terms: a column of codes and one of names below headings that say so, or names alone.
func (r *reader) terms(kind string, t Table) {
	v := r.vocabulary(kind)
	codeAt, nameAt, exampleAt, from := -1, -1, -1, 0
	for i, row := range t.Rows[:min(len(t.Rows), headingRows)] {
		for _, c := range row.filled() {
			switch k := key(row.cell(c)); {
			case k == "ma" || k == "ma so" || strings.HasPrefix(k, "ma "):
				codeAt, from = c, i+1
			case k == "ten" || strings.HasPrefix(k, "ten "):
				nameAt, from = c, i+1
			case k == "so lieu minh hoa":
				exampleAt = c
			}
		}
		if nameAt >= 0 {
			break
		}
	}
	if nameAt < 0 {
		return
	}
	v.given = true
	first := Row{Number: t.Rows[from-1].Number + 1}
	r.empty[kind] = Reading{Sheet: t.Name, Row: first.Number, Column: t.Rows[from-1].cell(nameAt), Cell: t.cell(first, nameAt)}
	for _, row := range t.Rows[from:] {
		name, code := row.cell(nameAt), row.cell(codeAt)
		if name == "" && code == "" {
			continue
		}
		path := fmt.Sprintf("%s[%d]", kind, len(v.terms))
		at := Reading{Sheet: t.Name, Row: row.Number, Column: t.Rows[from-1].cell(nameAt), Cell: t.cell(row, nameAt), Field: path, Text: name, How: Understood, Value: code}
		if code == "" {
			code = vn.Slug(name)
			at.How, at.Value, at.Note = Guessed, code, "Chưa có mã; đặt theo tên."
		}
		marked, _ := yes(row.cell(exampleAt))
		v.terms = append(v.terms, plan.Term{Code: code, Name: name, Example: marked})
		r.note(at)
	}
}

func (r *reader) vocabulary(kind string) *vocabulary {
	switch kind {
	case "themes":
		return &r.themes
	case "audiences":
		return &r.audiences
	default:
		return &r.channels
	}
}

// word reads the one term that a cell names.
func (r *reader) word(v *vocabulary, at Reading, unknown string) string {
	if code, ok := v.find(at.Text); ok {
		at.Value = code
		r.note(at)
		return code
	}
	if v.given {
		r.fail(at, errorsv1.Reason_PLAN_CELL, "value", at.Text, "column", at.Column, "expected", "mã hoặc tên có trong trang “"+unknown+"”")
		return ""
	}
	code := v.add(at.Text, nil)
	at.Value, at.How, at.Note = code, Guessed, "Chủ đề mới, đặt mã theo tên."
	r.note(at)
	return code
}

// words reads the terms that a cell lists. Names hold commas, so a list is cut at semicolons and line ends first, and at commas only
// where the whole is no name.
func (r *reader) words(v *vocabulary, at Reading, usual []plan.Term, sheet string) []string {
	var codes []string
	guessed := false
	if len(at.Text) > maxList || strings.Count(at.Text, ",") > maxParts {
		r.fail(at, errorsv1.Reason_PLAN_CELL, "value", told(at.Text), "column", at.Column, "expected", "các tên cách nhau bằng dấu chấm phẩy")
		return nil
	}
	for part := range strings.FieldsFuncSeq(at.Text, func(c rune) bool { return c == ';' || c == '\n' }) {
		part = strings.Trim(part, " -–+•.")
		if part == "" {
			continue
		}
		found, rest := v.several(part, usual)
		codes = append(codes, found...)
		for _, word := range rest {
			if v.given {
				r.fail(at, errorsv1.Reason_PLAN_CELL, "value", word, "column", at.Column, "expected", "mã hoặc tên có trong trang “"+sheet+"”")
				return codes
			}
			codes = append(codes, v.add(word, usual))
			guessed = true
		}
	}
	at.Value = strings.Join(codes, ", ")
	if guessed && at.How == Understood {
		at.How, at.Note = Guessed, "Có tên mới, đặt mã theo tên."
	}
	r.note(at)
	return codes
}

// several cuts a list at commas so that the longest names are found; what is no name is left over, cut at its commas.
func (v *vocabulary) several(list string, usual []plan.Term) (codes, rest []string) {
	pieces := strings.Split(list, ",")
	for at := 0; at < len(pieces); {
		took := 0
		for n := len(pieces) - at; n > 0 && took == 0; n-- {
			word := strings.TrimSpace(strings.Join(pieces[at:at+n], ","))
			code, ok := v.find(word)
			if !ok && !v.given {
				if i := slices.IndexFunc(usual, func(u plan.Term) bool { return key(u.Name) == key(word) || slices.Contains(alike(u.Code), key(word)) }); i >= 0 {
					code, ok = v.add(word, usual), true
				}
			}
			if ok {
				codes, took = append(codes, code), n
			}
		}
		if took == 0 {
			if word := strings.TrimSpace(pieces[at]); word != "" {
				rest = append(rest, word)
			}
			took = 1
		}
		at += took
	}
	return codes, rest
}

// collectWords gives the plan the terms that its file listed or used.
func (r *reader) collectWords() {
	r.doc.Themes, r.doc.Audiences, r.doc.Channels = r.themes.terms, r.audiences.terms, r.channels.terms
}
