package directory

import (
	"maps"
	"strconv"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// AgencyRow is an agency and the line of the file it stands in.
type AgencyRow struct {
	Row int
	Agency
}

// AgencyColumns are the columns of the agencies' file.
func AgencyColumns() []string {
	return []string{"code", "kind", "abbreviation", "name", "parent", "valid_from", "valid_to", "successor"}
}

// AgencyKinds are the kinds an agency may have.
func AgencyKinds() []string {
	return []string{"province", "office", "department", "district", "commune", "ward", "press", "public_service"}
}

// ReadAgencies reads the agencies' file: UTF-8, RFC 4180, at most MaxRows rows. What is wrong is named by line and column.
func ReadAgencies(data []byte) ([]AgencyRow, error) {
	records, err := readTable(data, AgencyColumns())
	if err != nil {
		return nil, err
	}
	var wrong problems
	seen := map[Code]int{}
	rows := make([]AgencyRow, 0, len(records))
	for _, record := range records {
		r := row{record: record, wrong: &wrong}
		a := Agency{
			Code:         r.requiredCode("code"),
			Kind:         r.word("kind", AgencyKinds()),
			Abbreviation: r.required("abbreviation"),
			Name:         r.required("name"),
			Parent:       r.code("parent"),
			Successor:    r.code("successor"),
		}
		a.ValidFrom, a.ValidTo = r.span()
		if first, ok := seen[a.Code]; ok && a.Code != "" {
			wrong.at(r.row, "code", errorsv1.Reason_DUPLICATE, "value", string(a.Code), "row", strconv.Itoa(first))
		} else {
			seen[a.Code] = r.row
		}
		rows = append(rows, AgencyRow{Row: r.row, Agency: a})
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	return rows, nil
}

// ImportAgencies records the rows that are new or change something; parents and successors stand in the file or are known.
func (d *Directory) ImportAgencies(rows []AgencyRow) ([]any, error) {
	after := make(map[Code]Agency, len(d.agencies)+len(rows))
	maps.Copy(after, d.agencies)
	for _, r := range rows {
		after[r.Code] = r.Agency
	}
	var wrong problems
	var changed []Agency
	circles := circular(after)
	for _, r := range rows {
		for _, of := range []struct {
			column string
			code   Code
		}{{"parent", r.Parent}, {"successor", r.Successor}} {
			if _, ok := after[of.code]; of.code != "" && !ok {
				wrong.at(r.Row, of.column, errorsv1.Reason_UNKNOWN_AGENCY, "value", string(of.code))
			}
		}
		if circles[r.Code] {
			wrong.at(r.Row, "parent", errorsv1.Reason_BAD_FORMAT, "value", string(r.Parent), "field", "parent", "expected", "≠ "+string(r.Code))
		}
		if known, ok := d.agencies[r.Code]; !ok || known != r.Agency {
			changed = append(changed, r.Agency)
		}
	}
	if err := wrong.err(); err != nil {
		return nil, err
	}
	if len(changed) == 0 {
		return nil, nil
	}
	return []any{AgenciesImported{Agencies: changed}}, nil
}

// circular finds the agencies whose parents lead back to themselves. Each agency is walked once.
func circular(agencies map[Code]Agency) map[Code]bool {
	found, settled := map[Code]bool{}, map[Code]bool{"": true}
	for start := range agencies {
		var path []Code
		place := map[Code]int{}
		at := start
		for !settled[at] {
			if first, ok := place[at]; ok {
				for _, code := range path[first:] {
					found[code] = true
				}
				break
			}
			place[at] = len(path)
			path = append(path, at)
			at = agencies[at].Parent
		}
		for _, code := range path {
			settled[code] = true
		}
	}
	return found
}
