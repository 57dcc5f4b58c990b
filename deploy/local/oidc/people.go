package oidc

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Person is one of the invented people of the example. Position and the rest are shown on the sign-in page only: who
// a person is for Loa is said by its directory.
type Person struct{ ID, Name, Agency, Unit, Position, Role string }

// ReadPeople reads people in the format of people-example.csv: the columns id, name, agency, unit, position and role
// are needed, others are ignored.
func ReadPeople(from io.Reader) ([]Person, error) {
	reader := csv.NewReader(from)
	header, err := reader.Read()
	if err != nil {
		return nil, fmt.Errorf("people: %w", err)
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	var columns [6]int
	for i, name := range []string{"id", "name", "agency", "unit", "position", "role"} {
		if columns[i] = slices.Index(header, name); columns[i] < 0 {
			return nil, fmt.Errorf("people: the column %q is missing", name)
		}
	}
	var all []Person
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("people: %w", err)
		}
		at := func(i int) string { return row[columns[i]] }
		all = append(all, Person{ID: at(0), Name: at(1), Agency: at(2), Unit: at(3), Position: at(4), Role: at(5)})
	}
}

// people are those who may sign in, in the order given.
type people struct {
	all  []Person
	byID map[string]Person
}

func newPeople(rows []Person) people {
	p := people{byID: make(map[string]Person, len(rows))}
	for _, row := range rows {
		if _, known := p.byID[row.ID]; !known {
			p.byID[row.ID] = row
			p.all = append(p.all, row)
		}
	}
	return p
}

func (p people) find(id string) (Person, bool) {
	person, known := p.byID[id]
	return person, known
}

// near lists up to five ids that were perhaps meant by id.
func (p people) near(id string) []string {
	type candidate struct {
		id       string
		distance int
	}
	wanted := strings.ToLower(id)
	var candidates []candidate
	for _, person := range p.all {
		distance := editDistance(wanted, person.ID)
		if strings.Contains(person.ID, wanted) || strings.Contains(strings.ToLower(person.Name), wanted) {
			distance = 0
		}
		if wanted != "" && distance <= max(2, len(wanted)/3) {
			candidates = append(candidates, candidate{person.ID, distance})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(a.distance, b.distance) })
	var ids []string
	for _, c := range candidates[:min(5, len(candidates))] {
		ids = append(ids, c.id)
	}
	return ids
}

// editDistance counts the letters to insert, remove or replace to get from a to b.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
