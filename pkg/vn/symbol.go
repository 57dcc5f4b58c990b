package vn

import (
	"regexp"
	"strconv"
)

// SymbolForm is how a number and symbol is written (NĐ 30/2020/NĐ-CP, Appendix I, II.3): the form that the kind of document has.
type SymbolForm string

// The forms: of administrative documents with a type (38/KH-UBND), of legal documents, which carry the year (65/2025/QĐ-UBND), and of
// letters, which have no type and name the unit that drafted them (1624/UBND-VXNV).
const (
	AdminForm  SymbolForm = "admin"
	LegalForm  SymbolForm = "legal"
	LetterForm SymbolForm = "letter"
)

// LastNumber is the greatest number that a symbol has room for.
const LastNumber = 999_999

const number = `(?P<number>0[1-9]|[1-9][0-9]{1,5})`

var (
	adminSymbol = regexp.MustCompile(`^` + number +
		`/(?P<type>NQ|QĐ|CT|QC|QyĐ|TC|TB|HD|CTr|KH|PA|ĐA|DA|BC|BB|TTr|HĐ|CĐ|BGN|BTT|GUQ|GM|GGT|GNP|PG|PC|PB)-(?P<agency>[A-ZĐ]{2,}(?:-[A-ZĐ&]+)?)$`)
	legalSymbol  = regexp.MustCompile(`^` + number + `/(?P<year>20[0-9]{2})/(?P<type>NQ|QĐ|NĐ|TT|CT)-(?P<agency>[A-ZĐ]{2,})$`)
	letterSymbol = regexp.MustCompile(`^` + number + `/(?P<agency>[A-ZĐ]{2,})-(?P<unit>[A-ZĐ&]{2,}[0-9]*)$`)
)

// Symbol is the number and symbol of a document that is numbered now. It says nothing of numbers that are cited: those are text, as
// written.
type Symbol struct {
	Form SymbolForm
	// Number from 1, in the series of one year.
	Number int
	// Year of the series; written in the legal form alone.
	Year int
	// Type of document, Agency that issues it and Unit that drafted it, abbreviated: KH, UBND, VXNV. A letter has no type, and nothing
	// else has a unit.
	Type, Agency, Unit string
}

// String writes the symbol; below ten the number has a leading nought.
func (s Symbol) String() string {
	n := strconv.Itoa(s.Number)
	if s.Number < 10 {
		n = "0" + n
	}
	switch s.Form {
	case LegalForm:
		return n + "/" + strconv.Itoa(s.Year) + "/" + s.Type + "-" + s.Agency
	case LetterForm:
		return n + "/" + s.Agency + "-" + s.Unit
	case AdminForm:
		return n + "/" + s.Type + "-" + s.Agency
	default:
		return ""
	}
}

// Valid says whether the symbol, as it is written, is one of its form.
func (s Symbol) Valid() bool {
	read, ok := ParseSymbol(s.Form, s.String())
	if s.Form != LegalForm {
		read.Year = s.Year
	}
	return ok && read == s
}

// ParseSymbol reads a symbol of a form. Text of a letter that is one of the administrative form is no letter's.
func ParseSymbol(form SymbolForm, text string) (Symbol, bool) {
	var pattern *regexp.Regexp
	switch form {
	case AdminForm:
		pattern = adminSymbol
	case LegalForm:
		pattern = legalSymbol
	case LetterForm:
		if adminSymbol.MatchString(text) {
			return Symbol{}, false
		}
		pattern = letterSymbol
	default:
		return Symbol{}, false
	}
	found := pattern.FindStringSubmatch(text)
	if found == nil {
		return Symbol{}, false
	}
	part := func(name string) string {
		if i := pattern.SubexpIndex(name); i >= 0 {
			return found[i]
		}
		return ""
	}
	s := Symbol{Form: form, Type: part("type"), Agency: part("agency"), Unit: part("unit")}
	s.Number, _ = strconv.Atoi(part("number")) // six digits at most, by the pattern
	if form == LegalForm {
		s.Year, _ = strconv.Atoi(part("year"))
	}
	return s, true
}
