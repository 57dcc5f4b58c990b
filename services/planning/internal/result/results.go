// Package result is what was done under a plan item outside Loa: a press article, a loudspeaker bulletin, a class. All results of one
// item are one aggregate, since what must never happen, counting the same thing twice, is a rule over all of them.
package result

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Prefixes of the identifiers of results, of the stream of an item's results, and of a file of history.
const (
	Prefix       = "result"
	LedgerPrefix = "results"
	ImportPrefix = "resultimport"
)

// LedgerID is the stream of the results of a plan item; there is one.
func LedgerID(item string) string {
	return id.Format(LedgerPrefix, id.Derive(time.Time{}, LedgerPrefix, item))
}

// State of a result.
type State string

// The states of a result. Only a confirmed one counts.
const (
	Recorded   State = "recorded"
	Confirmed  State = "confirmed"
	Questioned State = "questioned"
	Retracted  State = "retracted"
)

// States are all of them.
func States() []State { return []State{Recorded, Confirmed, Questioned, Retracted} }

// Kinds of evidence.
const (
	File       = "file"
	Photograph = "photograph"
	Link       = "link"
)

// Evidence that a result came about.
type Evidence struct {
	Kind  string `json:"kind"`
	Title string `json:"title,omitempty"`
	// Link is http or https.
	Link string `json:"link,omitempty"`
	// SHA256 is that of a stored file in hex: the evidence itself, or what a link showed. Size is in bytes.
	SHA256    string `json:"sha256,omitempty"`
	Name      string `json:"name,omitempty"`
	MediaType string `json:"mediaType,omitempty"`
	Size      int64  `json:"size,omitempty"`
}

// Result is one thing that was done.
type Result struct {
	ID   string `json:"id"`
	Plan string `json:"plan"`
	Item string `json:"item"`
	// Agency recorded it and is in charge of the item.
	Agency string `json:"agency"`
	// Quantity is in whole units, at least 1.
	Quantity   int64      `json:"quantity"`
	Unit       string     `json:"unit"`
	HappenedAt time.Time  `json:"happenedAt"`
	Place      string     `json:"place,omitempty"`
	Channel    string     `json:"channel,omitempty"`
	Evidence   []Evidence `json:"evidence,omitempty"`
	Note       string     `json:"note,omitempty"`
	State      State      `json:"state"`
	// Reason it was questioned or retracted for.
	Reason string `json:"reason,omitempty"`
	// Authors recorded and edited it, the first recorded it. None of them may confirm it.
	Authors    []string  `json:"authors,omitempty"`
	RecordedAt time.Time `json:"recordedAt,omitzero"`
	DecidedBy  string    `json:"decidedBy,omitempty"`
	DecidedAt  time.Time `json:"decidedAt,omitzero"`
	// Imported: it happened before Loa and came in as history.
	Imported bool `json:"imported,omitempty"`
	Example  bool `json:"example,omitempty"`
	// Revision counts the events of this result.
	Revision int64 `json:"revision"`
}

// Results are all results of one plan item.
type Results struct {
	// Entries by identifier.
	Entries map[string]Result
	// Taken tells which result evidence belongs to, by its key; what was retracted takes none.
	Taken map[string]string
}

// Apply takes one recorded event.
func (s *Results) Apply(e es.Event) {
	r, ok := Of(e)
	if !ok {
		return
	}
	if s.Entries == nil {
		s.Entries, s.Taken = map[string]Result{}, map[string]string{}
	}
	for _, key := range s.Entries[r.ID].keys() {
		if s.Taken[key] == r.ID {
			delete(s.Taken, key)
		}
	}
	s.Entries[r.ID] = r
	if r.State == Retracted {
		return
	}
	for _, key := range r.keys() {
		if _, taken := s.Taken[key]; !taken {
			s.Taken[key] = r.ID
		}
	}
}

// with adds a person that is not among them yet.
func with(people []string, person string) []string {
	if slices.Contains(people, person) {
		return people
	}
	return append(slices.Clone(people), person)
}
