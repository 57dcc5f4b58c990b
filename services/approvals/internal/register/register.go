// Package register is an agency's registers of one year, from which issued documents have their numbers (NĐ 30/2020/NĐ-CP): which
// types of documents share a series, what its next number is, and which numbers are void. Nothing here reads a clock or a database.
package register

import (
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Prefix of a register's identifier, and of the stream that holds all registers of an agency and year: a type of document belongs to
// one of them only, which one stream can promise.
const (
	Prefix         = "register"
	RegistryPrefix = "registry"
)

// RegistryID is the stream of an agency's registers of a year.
func RegistryID(issuer string, year int) string {
	return id.Format(RegistryPrefix, id.Derive(time.Time{}, "registry", issuer, strconv.Itoa(year)))
}

func registerID(issuer string, year, n int) string {
	return id.Format(Prefix, id.Derive(vn.Day(year, time.January, 1), "register", issuer, strconv.Itoa(year), strconv.Itoa(n)))
}

// Type is one type of document in a register, with what its symbols are made of.
type Type struct {
	Document     route.DocumentType `json:"documentType"`
	Form         vn.SymbolForm      `json:"form"`
	Abbreviation string             `json:"abbreviation,omitempty"` // KH; none in a letter
	Unit         string             `json:"unit,omitempty"`         // VXNV; of a letter alone
}

// Span is the numbers from From to To, both inclusive.
type Span struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Register is one series of numbers.
type Register struct {
	ID     string `json:"id"`
	Issuer string `json:"issuer"`
	Year   int    `json:"year"`
	Name   string `json:"name,omitempty"`
	// Elsewhere: the office numbers in its own system, and the numbers entered are only checked.
	Elsewhere bool `json:"elsewhere,omitempty"`
	// First number that Loa gives; 0 where it gives none.
	First int `json:"first,omitempty"`
	// Abbreviation of the issuer; empty: the directory's of the day.
	Abbreviation string    `json:"abbreviation,omitempty"`
	Types        []Type    `json:"types"`
	OpenedAt     time.Time `json:"openedAt"`
	// Last is the greatest number given, 0 before the first; LastDate is its date.
	Last     int    `json:"last,omitempty"`
	LastDate string `json:"lastDate,omitempty"`
	// Entered are the numbers that came from elsewhere, Voided those that are void, as spans in order.
	Entered []Span `json:"entered,omitempty"`
	Voided  []Span `json:"voided,omitempty"`
}

// Registry is the state folded from the events of an agency's registers of one year.
type Registry struct {
	Registers []Register `json:"registers,omitempty"`
}

// Find gives the register that an identifier names.
func (r *Registry) Find(register string) (Register, bool) {
	i := slices.IndexFunc(r.Registers, func(x Register) bool { return x.ID == register })
	if i < 0 {
		return Register{}, false
	}
	return r.Registers[i], true
}

// Of gives the register of a type of document.
func (r *Registry) Of(document route.DocumentType) (Register, Type, bool) {
	for _, x := range r.Registers {
		for _, t := range x.Types {
			if t.Document == document {
				return x, t, true
			}
		}
	}
	return Register{}, Type{}, false
}

// Has says that the number was given, void or not.
func (r Register) Has(number int) bool {
	if r.Elsewhere {
		return within(r.Entered, number)
	}
	return r.First <= number && number <= r.Last
}

// IsVoid says that the number was voided.
func (r Register) IsVoid(number int) bool { return within(r.Voided, number) }

func (r *Registry) change(register string, f func(*Register)) {
	r.Registers = slices.Clone(r.Registers)
	for i := range r.Registers {
		if r.Registers[i].ID == register {
			f(&r.Registers[i])
		}
	}
}

// Apply folds one event into the state.
func (r *Registry) Apply(e es.Event) {
	switch x := e.Data.(type) {
	case Opened:
		r.Registers = append(slices.Clone(r.Registers), Register{
			ID: x.Register, Issuer: x.Issuer, Year: x.Year, Name: x.Name, Elsewhere: x.Elsewhere, First: x.First,
			Abbreviation: x.Abbreviation, Types: x.Types, OpenedAt: e.RecordedAt,
		})
	case Allocated:
		r.change(x.Register, func(of *Register) {
			if x.Entered {
				of.Entered = with(of.Entered, x.Number)
			}
			if x.Number > of.Last {
				of.Last, of.LastDate = x.Number, x.Date
			}
		})
	case Voided:
		r.change(x.Register, func(of *Register) { of.Voided = with(of.Voided, x.Number) })
	}
}

// within looks a number up in spans that stand in order.
func within(spans []Span, number int) bool {
	_, found := place(spans, number)
	return found
}

func place(spans []Span, number int) (int, bool) {
	return slices.BinarySearchFunc(spans, number, func(s Span, n int) int {
		switch {
		case s.To < n:
			return -1
		case s.From > n:
			return 1
		default:
			return 0
		}
	})
}

// with gives the spans and one number more, joined with its neighbours; the spans given stay as they are.
func with(spans []Span, number int) []Span {
	at, found := place(spans, number)
	if found {
		return spans
	}
	one := Span{number, number}
	from, to := at, at
	if at > 0 && spans[at-1].To == number-1 {
		from, one.From = at-1, spans[at-1].From
	}
	if at < len(spans) && spans[at].From == number+1 {
		to, one.To = at+1, spans[at].To
	}
	joined := append(slices.Clone(spans[:from]), one)
	return append(joined, spans[to:]...)
}
