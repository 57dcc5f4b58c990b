// Package calendar is which days are worked: holidays and the days swapped for them, by year. Loa comes with the years that are known;
// an administrator sets any year as it is announced, and terms are counted by what holds.
package calendar

import (
	_ "embed" // the years Loa comes with
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
)

// Prefix of the calendar's identifier.
const Prefix = "calendar"

// The years that may be set.
const (
	FirstYear = 2000
	LastYear  = 2100
)

// ID of the one calendar: all years are in it, so that terms are counted by one reading.
func ID() string { return id.Format(Prefix, id.Derive(time.Time{}, "calendar")) }

// Day is one that is not what its place in the week says.
type Day struct {
	Date   string `json:"date"` // YYYY-MM-DD
	Name   string `json:"name"`
	Source string `json:"source"`
	// Recalled: written down from memory, without the source at hand.
	Recalled bool `json:"recalled"`
}

// Year is what holds for a year.
type Year struct {
	Year        int   `json:"year"`
	Holidays    []Day `json:"holidays"`
	WorkingDays []Day `json:"workingDays"`
}

// Origin of a year.
type Origin string

// The origins: set by an administrator; as Loa came with it; or of fixed holidays alone, since nobody has entered the year.
const (
	BySetting Origin = "set"
	Initial   Origin = "initial"
	Fixed     Origin = "fixed"
)

// Calendar is the state folded from the calendar's events: the years that were set.
type Calendar struct {
	Years map[int]Year
	// Versions of the calendar's stream at which each year was set last.
	Versions map[int]int64
	Version  int64
}

// Set: an administrator set a year.
type Set struct {
	Year Year `json:"year"`
}

// Types lists the events of the calendar.
func Types() []es.Type { return []es.Type{es.EventType[Set]("approvals.calendar_set.v1")} }

// Apply folds one event into the state.
func (c *Calendar) Apply(e es.Event) {
	c.Version = e.Version
	if x, ok := e.Data.(Set); ok {
		years, versions := maps.Clone(c.Years), maps.Clone(c.Versions)
		if years == nil {
			years, versions = map[int]Year{}, map[int]int64{}
		}
		years[x.Year.Year], versions[x.Year.Year] = x.Year, e.Version
		c.Years, c.Versions = years, versions
	}
}

//go:embed initial.json
var initialData []byte

// Data is what Loa comes with.
type Data struct {
	// EveryYear are the holidays of fixed date, MM-DD, for years that nobody has entered.
	EveryYear       []Day  `json:"everyYear"`
	EveryYearSource string `json:"everyYearSource"`
	Years           []Year `json:"years"`
}

// InitialData reads what Loa comes with.
func InitialData() (Data, error) {
	var d Data
	err := json.Unmarshal(initialData, &d)
	return d, err
}

// Of gives what holds for a year, and where it comes from.
func (c *Calendar) Of(data Data, year int) (Year, Origin) {
	if y, ok := c.Years[year]; ok {
		return y, BySetting
	}
	for _, y := range data.Years {
		if y.Year == year {
			return y, Initial
		}
	}
	y := Year{Year: year, Holidays: []Day{}, WorkingDays: []Day{}}
	for _, d := range data.EveryYear {
		y.Holidays = append(y.Holidays, Day{Date: fmt.Sprintf("%04d-%s", year, d.Date), Name: d.Name, Source: data.EveryYearSource, Recalled: true})
	}
	return y, Fixed
}

// Working gives the arithmetic of working days from one year to another.
func (c *Calendar) Working(data Data, from, to int) vn.Calendar {
	w := vn.Calendar{Off: map[string]bool{}, On: map[string]bool{}}
	for year := from; year <= to; year++ {
		y, _ := c.Of(data, year)
		for _, d := range y.Holidays {
			w.Off[d.Date] = true
		}
		for _, d := range y.WorkingDays {
			w.On[d.Date] = true
		}
	}
	return w
}

// Normalise gives a year with its days in order and names in NFC.
func Normalise(y Year) Year {
	tidy := func(days []Day) []Day {
		out := make([]Day, 0, len(days))
		for _, d := range days {
			d.Date, d.Name, d.Source = strings.TrimSpace(d.Date), strings.TrimSpace(vn.NFC(d.Name)), strings.TrimSpace(vn.NFC(d.Source))
			out = append(out, d)
		}
		slices.SortStableFunc(out, func(a, b Day) int { return strings.Compare(a.Date, b.Date) })
		return out
	}
	return Year{Year: y.Year, Holidays: tidy(y.Holidays), WorkingDays: tidy(y.WorkingDays)}
}
