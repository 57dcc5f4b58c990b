package register

import (
	"strconv"
	"strings"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Order is a dossier that wants a number.
type Order struct {
	Dossier  string
	Document string
	Type     route.DocumentType
	Title    string
	Hash     string
	Example  bool
	// Issuer and Year name the registers that were asked.
	Issuer string
	Year   int
	// Date given, YYYY-MM-DD; empty: today.
	Date string
	// Number as the office's own system gave it; empty where Loa gives it.
	Number string
	// Unit that drafted a letter; empty: the register's.
	Unit string
}

// Abbreviate tells the issuer's abbreviation on a day (YYYY-MM-DD), as the directory has it; empty: none.
type Abbreviate func(day string) (string, error)

// Allocate gives an order the next number of its type's register, or takes the number entered. Numbers that Loa gives follow each other
// without a gap, and their dates never decrease. today is the day in Vietnam by the log's clock.
//
// Errors: REGISTER_MISSING, NUMBER_ALLOCATED, REQUIRED (a number where the office gives them), NUMBER_FORM, NUMBER_TAKEN, NUMBER_DATE_EARLY,
// NUMBER_DATE_FUTURE, NUMBER_DATE_YEAR, ISSUER_ABBREVIATION, SYMBOL_FORM, REGISTER_FULL, and those of abbreviate.
func (r *Registry) Allocate(o Order, today string, abbreviate Abbreviate) ([]any, error) {
	of, t, found := r.Of(o.Type)
	if !found {
		return nil, errs.New(errorsv1.Reason_REGISTER_MISSING, "issuer", o.Issuer, "year", strconv.Itoa(o.Year), "type", string(o.Type))
	}
	date := o.Date
	if date == "" {
		date = today
	}
	if err := of.checkDate(date, today); err != nil {
		return nil, err
	}
	symbol := vn.Symbol{Form: t.Form, Type: t.Abbreviation, Agency: of.Abbreviation}
	if symbol.Agency == "" {
		var err error
		if symbol.Agency, err = abbreviate(date); err != nil {
			return nil, err
		}
	}
	if symbol.Agency == "" {
		return nil, errs.New(errorsv1.Reason_ISSUER_ABBREVIATION, "issuer", o.Issuer, "date", date)
	}
	switch t.Form {
	case vn.LegalForm:
		symbol.Year = of.Year
	case vn.LetterForm:
		if symbol.Unit = t.Unit; o.Unit != "" {
			symbol.Unit = o.Unit
		}
	case vn.AdminForm:
	}
	symbol, err := of.numbered(symbol, o)
	if err != nil {
		return nil, err
	}
	return []any{Allocated{
		Register: of.ID, Number: symbol.Number, Text: symbol.String(), Date: date, Entered: of.Elsewhere,
		Dossier: o.Dossier, DocumentType: o.Type, Document: o.Document, Title: o.Title, Hash: o.Hash, Example: o.Example,
	}}, nil
}

// checkDate holds a date against the register's year, today, and the last number that Loa gave.
func (r Register) checkDate(date, today string) error {
	day, err := time.Parse(time.DateOnly, date)
	switch {
	case err != nil:
		return errs.New(errorsv1.Reason_BAD_DATE, "field", "date", "value", date)
	case day.Year() != r.Year:
		return errs.New(errorsv1.Reason_NUMBER_DATE_YEAR, "date", date, "year", strconv.Itoa(r.Year))
	case date > today:
		return errs.New(errorsv1.Reason_NUMBER_DATE_FUTURE, "date", date, "today", today)
	case !r.Elsewhere && date < r.LastDate:
		return errs.New(errorsv1.Reason_NUMBER_DATE_EARLY, "date", date, "last", r.LastDate)
	default:
		return nil
	}
}

// numbered gives the symbol its number: the next one, or the one entered, which has to be written as the symbol would be.
func (r Register) numbered(symbol vn.Symbol, o Order) (vn.Symbol, error) {
	if !r.Elsewhere {
		symbol.Number = max(r.First, r.Last+1)
		switch {
		case o.Number != "":
			return symbol, errs.New(errorsv1.Reason_NUMBER_ALLOCATED)
		case symbol.Number > vn.LastNumber:
			return symbol, errs.New(errorsv1.Reason_REGISTER_FULL, "last", strconv.Itoa(vn.LastNumber))
		case !symbol.Valid():
			return symbol, errs.New(errorsv1.Reason_SYMBOL_FORM, "value", symbol.String())
		}
		return symbol, nil
	}
	if o.Number == "" {
		return symbol, errs.New(errorsv1.Reason_REQUIRED, "field", "number")
	}
	entered, ok := vn.ParseSymbol(symbol.Form, strings.TrimSpace(vn.NFC(o.Number)))
	symbol.Number = entered.Number
	if !ok || entered != symbol {
		symbol.Number = 38
		return symbol, errs.New(errorsv1.Reason_NUMBER_FORM, "value", o.Number, "expected", symbol.String())
	}
	if r.Has(symbol.Number) {
		return symbol, errs.New(errorsv1.Reason_NUMBER_TAKEN, "number", strconv.Itoa(symbol.Number))
	}
	return symbol, nil
}
