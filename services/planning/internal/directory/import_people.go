package directory

import (
	"strconv"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// PersonRow is a person and the line of the file they stand in.
type PersonRow struct {
	Row int
	Person
}

// PersonColumns are the columns of the people's file.
func PersonColumns() []string {
	return []string{"id", "name", "agency", "unit", "position", "role", "valid_from", "valid_to"}
}

// Roles are what a person may be to Loa; policies speak of them.
func Roles() []string {
	return []string{
		"leader", "deputy", "head", "deputy_head", "head_of_office", "officer", "clerk", "portal_editor",
		"records_importer", "auditor", "administrator",
	}
}

// ReadPeople reads the people's file: UTF-8, RFC 4180, at most MaxRows rows; example marks every person as invented. What is wrong
// is named by line and column.
func ReadPeople(data []byte, example bool) ([]PersonRow, error) {
	records, err := readTable(data, PersonColumns())
	if err != nil {
		return nil, err
	}
	var wrong problems
	seen := map[PersonID]int{}
	rows := make([]PersonRow, 0, len(records))
	for _, record := range records {
		r := row{record: record, wrong: &wrong}
		p := Person{
			ID:       PersonID(r.required("id")),
			Name:     r.required("name"),
			Agency:   r.requiredCode("agency"),
			Unit:     r.required("unit"),
			Position: r.required("position"),
			Role:     r.word("role", Roles()),
			Example:  example,
		}
		p.ValidFrom, p.ValidTo = r.span()
		if p.ID != "" && !personForm.MatchString(string(p.ID)) {
			wrong.at(r.row, "id", errorsv1.Reason_BAD_FORMAT, "value", string(p.ID), "field", "id", "expected", "a-z 0-9 . _ - (≤ 64)")
		}
		if first, ok := seen[p.ID]; ok && p.ID != "" {
			wrong.at(r.row, "id", errorsv1.Reason_DUPLICATE, "value", string(p.ID), "row", strconv.Itoa(first))
		} else {
			seen[p.ID] = r.row
		}
		rows = append(rows, PersonRow{Row: r.row, Person: p})
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return rows, nil
}

// ImportPeople records the rows that are new or change something; every agency is known.
func (d *Directory) ImportPeople(rows []PersonRow) ([]any, error) {
	var wrong problems
	var changed []Person
	for _, r := range rows {
		if !d.HasAgency(r.Agency) {
			wrong.at(r.Row, "agency", errorsv1.Reason_UNKNOWN_AGENCY, "value", string(r.Agency))
		}
		if known, ok := d.people[r.ID]; !ok || known != r.Person {
			changed = append(changed, r.Person)
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return []any{PeopleImported{People: changed}}, nil
}
