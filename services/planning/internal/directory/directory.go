// Package directory is the city's agencies and the people who work in them: one stream, so that a file comes in whole or not at
// all. Other services and other streams follow its events.
package directory

import (
	"cmp"
	"maps"
	"slices"

	"github.com/loa-vn/loa/pkg/es"
)

// Code names an agency, by QĐ 20/2020/QĐ-TTg: "H24.02".
type Code string

// PersonID names a person, the subject of their sign-in: "cv.stttt".
type PersonID string

// Agency is one agency in the words of its file. Days are YYYY-MM-DD, the last one included, empty when open.
type Agency struct {
	Code         Code   `json:"code"`
	Kind         string `json:"kind"`
	Abbreviation string `json:"abbreviation"`
	Name         string `json:"name"`
	Parent       Code   `json:"parent,omitempty"`
	ValidFrom    string `json:"validFrom,omitempty"`
	ValidTo      string `json:"validTo,omitempty"`
	Successor    Code   `json:"successor,omitempty"`
}

// Person is one person at one post. Example says that the person is invented.
type Person struct {
	ID        PersonID `json:"id"`
	Name      string   `json:"name"`
	Agency    Code     `json:"agency"`
	Unit      string   `json:"unit"`
	Position  string   `json:"position"`
	Role      string   `json:"role"`
	ValidFrom string   `json:"validFrom,omitempty"`
	ValidTo   string   `json:"validTo,omitempty"`
	Example   bool     `json:"example,omitempty"`
}

// Directory is the state of the one stream.
type Directory struct {
	agencies map[Code]Agency
	people   map[PersonID]Person
	changed  int
}

// Prefix begins the identifier of the directory's stream.
const Prefix = "directory"

// Apply takes one recorded event.
func (d *Directory) Apply(e es.Event) {
	switch v := e.Data.(type) {
	case AgenciesImported:
		if d.agencies == nil {
			d.agencies = map[Code]Agency{}
		}
		for _, a := range v.Agencies {
			d.agencies[a.Code] = a
		}
		d.changed = len(v.Agencies)
	case PeopleImported:
		if d.people == nil {
			d.people = map[PersonID]Person{}
		}
		for _, p := range v.People {
			d.people[p.ID] = p
		}
		d.changed = len(v.People)
	}
}

// Empty says that no person is known, so that nobody could be allowed to fill it.
func (d *Directory) Empty() bool { return len(d.people) == 0 }

// Changed counts the rows of the last import that changed anything.
func (d *Directory) Changed() int { return d.changed }

// Person finds a person.
func (d *Directory) Person(id PersonID) (Person, bool) {
	p, ok := d.people[id]
	return p, ok
}

// Agencies are all there ever were, by their codes.
func (d *Directory) Agencies() []Agency {
	return slices.SortedFunc(maps.Values(d.agencies), func(a, b Agency) int { return cmp.Compare(a.Code, b.Code) })
}

// HasAgency says whether an agency carries the code.
func (d *Directory) HasAgency(code Code) bool {
	_, ok := d.agencies[code]
	return ok
}
