package dossier

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Office is what a dossier has to know of the world outside to decide: the moment, the calendar that terms run by, the terms where nobody
// has set one, and who holds which position in the agencies of its route.
type Office struct {
	At       time.Time
	Calendar vn.Calendar
	Terms    route.Terms
	Staff    []route.Position
}

// Entry is the last time that a level was entered: its term, and who might act then.
type Entry struct {
	Level int       `json:"level"`
	Name  string    `json:"name"`
	At    time.Time `json:"at"`
	Days  int       `json:"days"` // the term, in working days
	// Half and FourFifths of the term's working time, and its end.
	Half       time.Time `json:"half"`
	FourFifths time.Time `json:"fourFifths"`
	Due        time.Time `json:"due"`
	Candidates []string  `json:"candidates"`
}

// enter opens terms: those of the levels that are open and were not before.
func (d *Dossier) enter(before, open []int, authors []string, o Office) []any {
	var entered LevelsEntered
	for _, level := range open {
		if slices.Contains(before, level) {
			continue
		}
		e := Entry{Level: level, Name: d.LevelName(level), At: o.At.UTC(), Days: o.Terms.Of(d.Levels, level), Candidates: d.candidates(level, authors, o)}
		entered.Entries = append(entered.Entries, e.run(o.Calendar))
	}
	if len(entered.Entries) == 0 {
		return nil
	}
	entered.DocumentType, entered.Document = d.DocumentType, d.Document
	return []any{entered}
}

// run gives an entry with the moments of its term by a calendar.
func (e Entry) run(c vn.Calendar) Entry {
	e.Due = c.Due(e.At, e.Days).UTC()
	all := c.Worked(e.At, e.Due)
	e.Half, e.FourFifths = c.After(e.At, all/2).UTC(), c.After(e.At, all*4/5).UTC()
	return e
}

// candidates are who may act at a level by the directory: authors may not, nor who decided at another one.
func (d *Dossier) candidates(level int, authors []string, o Office) []string {
	people := []string{}
	for _, p := range o.Staff {
		if _, elsewhere := d.ActedElsewhere(p.Person, level); elsewhere || slices.Contains(authors, p.Person) || slices.Contains(people, p.Person) {
			continue
		}
		if d.Levels[level-1].Admits(p, d.Agency, d.Unit) {
			people = append(people, p.Person)
		}
	}
	slices.Sort(people)
	return people
}

// entry gives the last time a level was entered.
func (d *Dossier) entry(level int) (Entry, bool) {
	for _, e := range d.Entries {
		if e.Level == level {
			return e, true
		}
	}
	return Entry{}, false
}

// Running gives the term that runs at a level.
func (d *Dossier) Running(level int) (Entry, bool) {
	if !slices.Contains(d.Open, level) {
		return Entry{}, false
	}
	return d.entry(level)
}
