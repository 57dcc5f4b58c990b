package vn

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ErrPeriod says that a text or a number names no reporting period.
var ErrPeriod = errors.New("vn: not a reporting period (2022-M03, 2022-Q1, 2022-H1 or 2022-Y)")

// PeriodKind is how long a reporting period is.
type PeriodKind string

// The kinds of periodic reports of Decree 09/2019/NĐ-CP, article 12.
const (
	Month   PeriodKind = "M"
	Quarter PeriodKind = "Q"
	Half    PeriodKind = "H"
	Year    PeriodKind = "Y"
)

// Period is a reporting period of Decree 09/2019/NĐ-CP: it begins on the 15th of the month before
// and ends on the 14th of its last month. The zero Period is none. Periods compare with ==.
type Period struct {
	kind PeriodKind
	year int
	n    int
}

// NewPeriod returns the n-th period of that kind in a year (1 for a whole year), or ErrPeriod.
func NewPeriod(kind PeriodKind, year, n int) (Period, error) {
	if count := perYear(kind); year < 1 || year > 9999 || n < 1 || n > count {
		return Period{}, fmt.Errorf("%w: %s %d of %d", ErrPeriod, kind, n, year)
	}
	return Period{kind: kind, year: year, n: n}, nil
}

// PeriodAt returns the period of that kind which the instant lies in.
func PeriodAt(kind PeriodKind, t time.Time) (Period, error) {
	local := t.In(Location())
	year, month := local.Year(), local.Month()
	if local.Day() >= 15 {
		month++
	}
	if month > time.December {
		year, month = year+1, time.January
	}
	count := perYear(kind)
	if count == 0 {
		return Period{}, fmt.Errorf("%w: kind %q", ErrPeriod, kind)
	}
	return NewPeriod(kind, year, (int(month)-1)/(12/count)+1)
}

// ParsePeriod reads the id that String writes. Every period has one id only.
func ParsePeriod(id string) (Period, error) {
	year, rest, ok := strings.Cut(id, "-")
	if !ok || len(year) != 4 || rest == "" {
		return Period{}, fmt.Errorf("%w: %q", ErrPeriod, id)
	}
	y, err := strconv.Atoi(year)
	if err != nil {
		return Period{}, fmt.Errorf("%w: %q", ErrPeriod, id)
	}
	kind, n := PeriodKind(rest[:1]), 1
	if kind != Year {
		if n, err = strconv.Atoi(rest[1:]); err != nil {
			return Period{}, fmt.Errorf("%w: %q", ErrPeriod, id)
		}
	}
	period, err := NewPeriod(kind, y, n)
	if err != nil || period.String() != id {
		return Period{}, fmt.Errorf("%w: %q", ErrPeriod, id)
	}
	return period, nil
}

// Kind is how long the period is; empty for the zero Period.
func (p Period) Kind() PeriodKind { return p.kind }

// Year is the year the period counts for, which its first days may precede.
func (p Period) Year() int { return p.year }

// Number is the place of the period among those of its kind in the year, from 1.
func (p Period) Number() int { return p.n }

// IsZero says whether this is no period at all.
func (p Period) IsZero() bool { return p == Period{} }

// String is the stable id: 2022-M03, 2022-Q1, 2022-H1, 2022-Y; empty for the zero Period.
func (p Period) String() string {
	switch p.kind {
	case Month:
		return fmt.Sprintf("%04d-M%02d", p.year, p.n)
	case Quarter, Half:
		return fmt.Sprintf("%04d-%s%d", p.year, p.kind, p.n)
	case Year:
		return fmt.Sprintf("%04d-Y", p.year)
	default:
		return ""
	}
}

// MarshalText writes the id.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads an id; the empty text is the zero Period.
func (p *Period) UnmarshalText(id []byte) error {
	if len(id) == 0 {
		*p = Period{}
		return nil
	}
	read, err := ParsePeriod(string(id))
	if err != nil {
		return err
	}
	*p = read
	return nil
}

// From is the first instant of the period.
func (p Period) From() time.Time { return Day(p.year, p.firstMonth()-1, 15) }

// To is the instant the period ends before: the first of the next one.
func (p Period) To() time.Time { return Day(p.year, p.lastMonth(), 15) }

// Contains says whether the instant lies in the period.
func (p Period) Contains(t time.Time) bool {
	return !p.IsZero() && !t.Before(p.From()) && t.Before(p.To())
}

// LastDay is the first instant of the last day that belongs to the period.
func (p Period) LastDay() time.Time { return Day(p.year, p.lastMonth(), 14) }

// Months are the months that make up the period, in order.
func (p Period) Months() []Period {
	var months []Period
	if p.IsZero() {
		return nil
	}
	for m := p.firstMonth(); m <= p.lastMonth(); m++ {
		months = append(months, Period{kind: Month, year: p.year, n: int(m)})
	}
	return months
}

// Next is the period of the same kind that begins where this one ends.
func (p Period) Next() Period {
	if p.n < perYear(p.kind) {
		return Period{kind: p.kind, year: p.year, n: p.n + 1}
	}
	return Period{kind: p.kind, year: p.year + 1, n: 1}
}

// Name is what a reader calls the period: "tháng 3 năm 2022", "quý I năm 2022", "sáu tháng đầu năm
// 2022", "năm 2022"; in English "March 2022", "first quarter of 2022", "first half of 2022", "2022".
func (p Period) Name(lang Lang) string {
	if lang == En {
		return p.english()
	}
	switch p.kind {
	case Month:
		return fmt.Sprintf("tháng %d năm %d", p.n, p.year)
	case Quarter:
		return fmt.Sprintf("quý %s năm %d", [...]string{"I", "II", "III", "IV"}[p.n-1], p.year)
	case Half:
		return fmt.Sprintf("sáu tháng %s năm %d", [...]string{"đầu", "cuối"}[p.n-1], p.year)
	case Year:
		return fmt.Sprintf("năm %d", p.year)
	default:
		return ""
	}
}

func (p Period) english() string {
	switch p.kind {
	case Month:
		return fmt.Sprintf("%s %d", time.Month(p.n), p.year)
	case Quarter:
		return fmt.Sprintf("%s quarter of %d", [...]string{"first", "second", "third", "fourth"}[p.n-1], p.year)
	case Half:
		return fmt.Sprintf("%s half of %d", [...]string{"first", "second"}[p.n-1], p.year)
	case Year:
		return strconv.Itoa(p.year)
	default:
		return ""
	}
}

// Days writes the first and last day that belong to the period, both included, without a year that
// they share twice: 15/02–14/03/2022, 15/12/2021–14/03/2022; in English "15 February – 14 March 2022".
func (p Period) Days(lang Lang) string {
	if p.IsZero() {
		return ""
	}
	first, last := p.From(), p.LastDay()
	sameYear := first.Year() == last.Year()
	switch {
	case lang == En && sameYear:
		return first.Format("2 January") + " – " + last.Format("2 January 2006")
	case lang == En:
		return first.Format("2 January 2006") + " – " + last.Format("2 January 2006")
	case sameYear:
		return first.Format("02/01") + "–" + Date(last)
	default:
		return Date(first) + "–" + Date(last)
	}
}

func (p Period) firstMonth() time.Month { return p.lastMonth() - time.Month(p.monthCount()-1) }

func (p Period) lastMonth() time.Month { return time.Month(p.n * p.monthCount()) }

func (p Period) monthCount() int {
	if count := perYear(p.kind); count > 0 {
		return 12 / count
	}
	return 0
}

// perYear is how many periods of a kind a year has; 0 when there is no such kind.
func perYear(kind PeriodKind) int {
	switch kind {
	case Month:
		return 12
	case Quarter:
		return 4
	case Half:
		return 2
	case Year:
		return 1
	default:
		return 0
	}
}
