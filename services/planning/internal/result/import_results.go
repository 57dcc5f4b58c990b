package result

import (
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Import is a file of history: all its rows are one event.
type Import struct {
	Plan    string
	Results []Result
	// By and At are who brought it in and when it was recorded.
	By string
	At time.Time
}

// ImportID is the stream of a file, which follows from the plan and what the file says: the same file again is the same stream.
func ImportID(plan, digest string) string {
	return id.Format(ImportPrefix, id.Derive(time.Time{}, ImportPrefix, plan, digest))
}

// RowID is the identifier of the result that a row becomes.
func RowID(importID string, at time.Time, n int) string {
	return id.Format(Prefix, id.Derive(at, Prefix, importID, strconv.Itoa(n)))
}

// Apply takes one recorded event.
func (i *Import) Apply(e es.Event) {
	if v, ok := e.Data.(ResultsImported); ok {
		i.Plan, i.Results, i.By, i.At = v.Plan, v.Results, e.Actor, e.RecordedAt
	}
}

// ImportResults records a whole file, once.
func (i *Import) ImportResults(plan string, rows []Result, person string) []any {
	if i.Plan != "" {
		return nil
	}
	rows = slices.Clone(rows)
	for n := range rows {
		rows[n].State, rows[n].Imported, rows[n].Authors, rows[n].Revision = Confirmed, true, []string{person}, 1
	}
	return []any{ResultsImported{Plan: plan, Results: rows}}
}

// Receive takes the rows of a file that belong to this item, once each. A row whose evidence another result took meanwhile comes in as
// questioned, so that it counts nothing and somebody looks at it.
func (s *Results) Receive(importID string, rows []Result) []any {
	var events []any
	taken := map[string]string{}
	for _, r := range rows {
		if _, there := s.Entries[r.ID]; there {
			continue
		}
		for _, key := range r.keys() {
			other := s.Taken[key]
			if other == "" {
				other = taken[key]
			}
			if other != "" {
				r.State, r.Reason = Questioned, "Trùng minh chứng với "+other+" (same evidence as "+other+")."
				break
			}
		}
		for _, key := range r.keys() {
			if taken[key] == "" {
				taken[key] = r.ID
			}
		}
		events = append(events, ResultImported{Import: importID, Result: r})
	}
	return events
}

// Clashes tells, of rows of this item, which has the evidence of a result that is there or of an earlier row: by the row's place the
// other's identifier.
func (s *Results) Clashes(rows []Result) map[int]string {
	clashes, taken := map[int]string{}, map[string]string{}
	for n, r := range rows {
		for _, key := range r.keys() {
			if other := s.Taken[key]; other != "" && other != r.ID {
				clashes[n] = other
			} else if other := taken[key]; other != "" {
				clashes[n] = other
			}
			taken[key] = r.ID
		}
	}
	return clashes
}
