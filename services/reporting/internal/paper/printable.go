package paper

import (
	"iter"
	"strings"
	"unicode"

	"github.com/loa-vn/loa/pkg/document/model"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// unprintable stands for a character that the typeface of official documents does not have, such as a pictogram in a title: a report is
// not held up by one.
const unprintable = "□"

// printable gives text that can be set: what the typeface surely has stays.
func printable(s string) string {
	clean := true
	for _, r := range s {
		clean = clean && has(r)
	}
	if clean {
		return s
	}
	var b strings.Builder
	for _, r := range vn.NFC(s) {
		switch {
		case has(r):
			b.WriteRune(r)
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.In(r, unicode.Mn, unicode.Cf, unicode.Cc): // a mark or a joiner of what was left out
		default:
			b.WriteString(unprintable)
		}
	}
	return b.String()
}

// has says whether the typeface surely has a character: the repertoire that every text face of an office has (Windows Glyph List 4) and
// Vietnamese.
func has(r rune) bool {
	switch {
	case r == '\n', r >= 0x20 && r <= 0x7e, r >= 0xa0 && r <= 0x17f:
		return true
	case r == 0x1a0, r == 0x1a1, r == 0x1af, r == 0x1b0, r >= 0x1ea0 && r <= 0x1ef9: // ơ, ư and the letters with two marks
		return true
	case r >= 0x3a3 && r <= 0x3ce, r >= 0x391 && r <= 0x3a1, r >= 0x410 && r <= 0x44f:
		return true
	}
	return strings.ContainsRune("–—‘’‚“”„†‡•…‰‹›₫€№™−≈≠≤≥□", r)
}

// set gives a report whose texts can be set.
func (r Report) set() Report {
	r.PlanNumber, r.PlanTitle, r.AgencyName = printable(r.PlanNumber), printable(r.PlanTitle), printable(r.AgencyName)
	r.Issuer, r.Above, r.Place = printable(r.Issuer), printable(r.Above), printable(r.Place)
	r.Signing.PersonName, r.Signing.OnBehalfOfName = printable(r.Signing.PersonName), printable(r.Signing.OnBehalfOfName)
	r.Signing.Position, r.Signing.OnBehalfOfPosition = printable(r.Signing.Position), printable(r.Signing.OnBehalfOfPosition)
	for _, lines := range []*[]figures.Line{&r.Items, &r.Agencies, &r.Themes, &r.Audiences, &r.Channels} {
		*lines = setLines(*lines)
	}
	next := make([]figures.Item, 0, len(r.Next))
	for _, i := range r.Next {
		i.Code, i.Title, i.Unit = printable(i.Code), printable(i.Title), printable(i.Unit)
		next = append(next, i)
	}
	late := make([]figures.LateFact, 0, len(r.LateFacts))
	for _, f := range r.LateFacts {
		f.Entry = setEntry(f.Entry)
		late = append(late, f)
	}
	r.Next, r.LateFacts, r.Entries = next, late, setEntries(r.Entries)
	return r
}

func setLines(lines []figures.Line) []figures.Line {
	out := make([]figures.Line, 0, len(lines))
	for _, l := range lines {
		l.Code, l.Name, l.Unit = printable(l.Code), printable(l.Name), printable(l.Unit)
		besides := make([]figures.Beside, 0, len(l.Besides))
		for _, b := range l.Besides {
			b.Unit = printable(b.Unit)
			besides = append(besides, b)
		}
		l.Besides = besides
		out = append(out, l)
	}
	return out
}

func setEntry(e figures.Entry) figures.Entry {
	e.Title, e.Unit, e.Item = printable(e.Title), printable(e.Unit), printable(e.Item)
	if printable(e.Path) != e.Path || len(e.Path) > model.MaxLink {
		e.Path = ""
	}
	return e
}

func setEntries(entries iter.Seq2[figures.Entry, error]) iter.Seq2[figures.Entry, error] {
	return func(yield func(figures.Entry, error) bool) {
		for e, err := range entries {
			if !yield(setEntry(e), err) {
				return
			}
		}
	}
}
