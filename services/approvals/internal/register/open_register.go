package register

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
)

// NameLimit is the greatest length of a register's name, in characters.
const NameLimit = 200

// The years that a symbol can be of (its legal form has room for these).
const (
	firstYear = 2000
	lastYear  = 2099
)

// Spec is what a register is to be.
type Spec struct {
	Issuer       string
	Year         int
	Name         string
	Elsewhere    bool
	First        int
	Abbreviation string
	Types        []Type
}

// Normalise gives the spec with its texts in NFC and what may be left out filled in.
func Normalise(s Spec) Spec {
	trim := func(text string) string { return strings.TrimSpace(vn.NFC(text)) }
	s.Issuer, s.Name, s.Abbreviation = trim(s.Issuer), trim(s.Name), trim(s.Abbreviation)
	s.Types = slices.Clone(s.Types)
	for i, t := range s.Types {
		if t.Form == "" {
			t.Form = vn.AdminForm
		}
		t.Abbreviation, t.Unit = trim(t.Abbreviation), trim(t.Unit)
		s.Types[i] = t
	}
	if s.First == 0 && !s.Elsewhere {
		s.First = 1
	}
	return s
}

// Check names every place of a normalised spec that is wrong. thisYear is the year it is now, in Vietnam: a register is opened for it,
// for an earlier one, or for the next.
func Check(s Spec, thisYear int) []errs.Field {
	var fields []errs.Field
	add := func(field string, reason errs.Reason, args ...string) {
		fields = append(fields, errs.At(field, reason, append([]string{"field", field}, args...)...))
	}
	if s.Issuer == "" {
		add("issuer", errorsv1.Reason_REQUIRED)
	}
	if top := min(thisYear+1, lastYear); s.Year < firstYear || s.Year > top {
		add("year", errorsv1.Reason_BAD_FORMAT, "value", strconv.Itoa(s.Year), "expected", fmt.Sprintf("%d–%d", firstYear, top))
	}
	if n := utf8.RuneCountInString(s.Name); n > NameLimit {
		add("name", errorsv1.Reason_TOO_LONG, "length", strconv.Itoa(n), "limit", strconv.Itoa(NameLimit))
	}
	if strings.ContainsRune(s.Name, 0) {
		add("name", errorsv1.Reason_BAD_FORMAT, "value", `'\x00'`, "expected", "không có ký tự điều khiển (no control characters)")
	}
	switch {
	case s.Elsewhere && s.First != 0:
		add("first", errorsv1.Reason_BAD_FORMAT, "value", strconv.Itoa(s.First), "expected", "0 (managed: elsewhere)")
	case !s.Elsewhere && (s.First < 1 || s.First > vn.LastNumber):
		add("first", errorsv1.Reason_BAD_FORMAT, "value", strconv.Itoa(s.First), "expected", fmt.Sprintf("1–%d", vn.LastNumber))
	}
	if len(s.Types) == 0 {
		add("types", errorsv1.Reason_REQUIRED)
	}
	for i, t := range s.Types {
		if again := slices.IndexFunc(s.Types[:i], func(x Type) bool { return x.Document == t.Document }); again >= 0 {
			add(fmt.Sprintf("types[%d].documentType", i), errorsv1.Reason_DUPLICATE, "value", string(t.Document), "row", strconv.Itoa(again+1))
		}
		fields = append(fields, checkType(fmt.Sprintf("types[%d].", i), t, s)...)
	}
	return fields
}

// checkType holds what symbols would be made of against their form.
func checkType(at string, t Type, s Spec) []errs.Field {
	var fields []errs.Field
	bad := func(field, value, expected string) {
		fields = append(fields, errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", value, "expected", expected))
	}
	if !t.Document.Known() {
		bad(at+"documentType", string(t.Document), "content, correction, report, plan, amendment, withdrawal")
	}
	// What the register leaves to the directory or to the order stands in by what is always right.
	agency, unit := s.Abbreviation, t.Unit
	if agency == "" {
		agency = "UBND"
	}
	whole := vn.Symbol{Form: t.Form, Number: 38, Year: min(max(s.Year, firstYear), lastYear), Type: t.Abbreviation, Agency: agency}
	switch t.Form {
	case vn.AdminForm, vn.LegalForm:
		plain := whole
		plain.Agency = "UBND"
		if !plain.Valid() {
			bad(at+"abbreviation", t.Abbreviation, example(t.Form))
		}
		if t.Unit != "" {
			bad(at+"unit", t.Unit, example(vn.LetterForm))
		}
	case vn.LetterForm:
		if t.Abbreviation != "" {
			bad(at+"abbreviation", t.Abbreviation, example(vn.LetterForm))
		}
		plain := whole
		plain.Type, plain.Agency, plain.Unit = "", "UBND", unit
		if unit != "" && !plain.Valid() {
			bad(at+"unit", unit, example(vn.LetterForm))
		}
		whole.Type, whole.Unit = "", "VXNV"
	default:
		bad(at+"form", string(t.Form), "admin, legal, letter")
	}
	if len(fields) == 0 && !whole.Valid() {
		bad("abbreviation", s.Abbreviation, example(t.Form))
	}
	return fields
}

func example(form vn.SymbolForm) string {
	switch form {
	case vn.LegalForm:
		return "65/2025/QĐ-UBND"
	case vn.LetterForm:
		return "1624/UBND-VXNV"
	case vn.AdminForm:
		return "38/KH-UBND"
	default:
		return ""
	}
}

// Open opens a register by a spec that Check found right. Errors: REGISTER_TYPE_TAKEN.
func (r *Registry) Open(s Spec) ([]any, error) {
	for _, t := range s.Types {
		if other, _, taken := r.Of(t.Document); taken {
			return nil, errs.New(errorsv1.Reason_REGISTER_TYPE_TAKEN, "type", string(t.Document), "register", other.ID, "year", strconv.Itoa(s.Year))
		}
	}
	return []any{Opened{
		Register: registerID(s.Issuer, s.Year, len(r.Registers)+1), Issuer: s.Issuer, Year: s.Year, Name: s.Name, Elsewhere: s.Elsewhere,
		First: s.First, Abbreviation: s.Abbreviation, Types: s.Types,
	}}, nil
}
