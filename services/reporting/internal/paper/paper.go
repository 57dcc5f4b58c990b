// Package paper makes a results report as an official document (Decree 30/2020/NĐ-CP, Appendix I) and its figures as a workbook. It says
// what the figures say and nothing else: a part that nobody has reported is shown as missing.
package paper

import (
	"iter"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// Report is all that its documents are made of.
type Report struct {
	figures.Document
	// Hash is the SHA-256 in hex of what was approved.
	Hash string
	// Number is as written, Date YYYY-MM-DD; both empty in a draft.
	Number, Date string
	// Issuer is the agency that reports, Above the one over it; empty for none. Place is where documents are dated from.
	Issuer, Above, Place string
	Signing              report.Signing
	// Bypassed: approved in an emergency past its route.
	Bypassed bool
	// Home is the portal's address without a path.
	Home string
	// Next are the plan's items that are due in the period that follows.
	Next []figures.Item
	// Entries gives the annex, as often as it is asked for.
	Entries iter.Seq2[figures.Entry, error]
}

// draft says that it has no number yet.
func (r Report) draft() bool { return r.Number == "" }

// day reads YYYY-MM-DD; the zero time for none.
func day(s string) time.Time {
	at, err := time.ParseInLocation(time.DateOnly, s, vn.Location())
	if err != nil {
		return time.Time{}
	}
	return at
}

// committee begins the name of a People's Committee.
const committee = "Ủy ban nhân dân"

// headOf gives the lines above the number: the agency over the issuer, and the issuer's own name. A People's Committee has nobody above
// it there, and its name stands in two lines.
func headOf(issuer, above string) (parent string, lines []string) {
	if place, ok := strings.CutPrefix(issuer, committee+" "); ok {
		return "", []string{strings.ToUpper(committee), strings.ToUpper(place)}
	}
	return strings.ToUpper(strings.Replace(above, committee, "UBND", 1)), []string{strings.ToUpper(issuer)}
}

// PlaceOf is where the documents of a province are dated from: its name without what it is.
func PlaceOf(province string) string {
	for _, before := range []string{committee + " ", "thành phố ", "Thành phố ", "tỉnh ", "Tỉnh "} {
		province = strings.TrimPrefix(province, before)
	}
	return province
}

// signatureOf is the signing block: a deputy signs for the head (KT.), somebody by a written delegation in their place (TUQ.).
func signatureOf(s report.Signing, issuer string) model.Signature {
	office := strings.ToUpper(s.Position)
	out := model.Signature{Name: s.PersonName}
	if strings.HasPrefix(issuer, committee) {
		out.Standings = append(out.Standings, model.Standing{Capacity: model.Collective, Office: strings.ToUpper(committee)})
	}
	head, deputy := strings.CutPrefix(office, "PHÓ ")
	switch capacity := model.Capacity(s.Capacity); {
	case capacity == model.Delegated:
		out.Standings = append(out.Standings, model.Standing{Capacity: model.Delegated, Office: strings.ToUpper(s.OnBehalfOfPosition)})
		out.Delegation = &model.Delegation{Name: s.OnBehalfOfName, Office: s.OnBehalfOfPosition}
	case deputy && (capacity == model.Own || capacity == model.Deputy || capacity == model.Collective):
		out.Standings = append(out.Standings, model.Standing{Capacity: model.Deputy, Office: head})
	case capacity == model.ByOrder && s.OnBehalfOfPosition != "":
		out.Standings = append(out.Standings, model.Standing{Capacity: model.ByOrder, Office: strings.ToUpper(s.OnBehalfOfPosition)})
	case capacity == model.Acting:
		out.Standings = append(out.Standings, model.Standing{Capacity: model.Acting, Office: office})
		return out
	}
	out.Standings = append(out.Standings, model.Standing{Office: office})
	return out
}

func marksOf(r Report) []model.Mark {
	var marks []model.Mark
	if r.draft() {
		marks = append(marks, model.Draft)
	}
	if r.Example || r.Signing.PersonExample {
		marks = append(marks, model.ExampleData)
	}
	return marks
}

func known(n *int64) model.Figure {
	if n == nil {
		return model.Figure{}
	}
	return model.Known(*n)
}

// shareOf is actual in per cent of planned; a dash where nothing was planned, of which there is no share.
func shareOf(actual, planned model.Figure) model.Cell {
	n, planning := planned.Value()
	_, acting := actual.Value()
	switch {
	case planning && n == 0:
		return model.Words("–")
	case !planning || !acting:
		return model.Words(model.MissingSign)
	}
	return model.Share(actual, planned)
}

// stateIn names a line's state.
func stateIn(s figures.State) string {
	switch s {
	case figures.Done:
		return "Hoàn thành"
	case figures.Overdue:
		return "Quá hạn"
	case figures.Missing:
		return "Chưa có số liệu"
	default:
		return "Đang thực hiện"
	}
}

func dates(s string) string {
	if at := day(s); !at.IsZero() {
		return vn.Date(at)
	}
	return ""
}
