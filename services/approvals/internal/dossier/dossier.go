// Package dossier is one document on its way up a route: the hash that is to be approved, who decided what of it at which level, and
// where it waits. Every rule of approval is a method here that returns events; nothing here reads a clock or a database.
package dossier

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Prefix of a dossier's identifier.
const Prefix = "dossier"

// ID of the dossier of a document: a document has one for its whole life.
func ID(document string) string {
	return id.Format(Prefix, id.Derive(time.Time{}, "dossier", document))
}

// State of a dossier.
type State string

// The states. A voided dossier waits for the document to be submitted again, after an edit that nobody had asked for; a returned one
// for the same after a return.
const (
	InApproval State = "in_approval"
	Returned   State = "returned"
	Approved   State = "approved"
	Voided     State = "voided"
)

// Outcome of a decision.
type Outcome string

// The outcomes.
const (
	ApprovedOutcome Outcome = "approved"
	ReturnedOutcome Outcome = "returned"
)

// Decision is what one person decided at one level, with the name and position they then had.
type Decision struct {
	Outcome       Outcome   `json:"outcome"`
	Level         int       `json:"level"` // from 1
	Person        string    `json:"person"`
	PersonName    string    `json:"personName"`
	Position      string    `json:"position"`
	PersonExample bool      `json:"personExample,omitempty"` // the person is invented, and every page says so
	Hash          string    `json:"hash"`
	Comment       string    `json:"comment,omitempty"`
	At            time.Time `json:"at"`
	// Voided: an edit, or a return to this level, came after it.
	Voided bool `json:"voided,omitempty"`
}

// Sent is a return that has not come back yet: from a level to an earlier one, or to the author (0).
type Sent struct {
	From int `json:"from"`
	To   int `json:"to"`
}

// Dossier is the state folded from a dossier's events.
type Dossier struct {
	ID           string             `json:"id"`
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	Agency       string             `json:"agency"`
	Unit         string             `json:"unit,omitempty"`
	Authors      []string           `json:"authors"`
	// Hash of the document as this dossier last heard of it.
	Hash string `json:"hash"`
	// Revision of the document that was submitted; 0 when it is not known, or not submitted since an edit.
	Revision int32 `json:"revision,omitempty"`
	State    State `json:"state"`
	// Levels are the route as it was when the dossier was opened.
	Levels []route.Level `json:"levels"`
	// Current is the level where it waits, from 1; 0 when it waits with the author or is done.
	Current   int        `json:"current"`
	Decisions []Decision `json:"decisions,omitempty"`
	// Returns that have not come back, the latest last.
	Returns   []Sent    `json:"returns,omitempty"`
	Example   bool      `json:"example,omitempty"`
	OpenedAt  time.Time `json:"openedAt"`
	UpdatedAt time.Time `json:"updatedAt"`
	Version   int64     `json:"version"`
}

// Exists says that the dossier has been opened.
func (d *Dossier) Exists() bool { return d.Version > 0 }

// LevelName gives the name of a level, from 1.
func (d *Dossier) LevelName(level int) string {
	if level < 1 || level > len(d.Levels) {
		return ""
	}
	return d.Levels[level-1].Name
}

// Standing gives the approval of the current hash at a level, if there is one that nothing has voided.
func (d *Dossier) Standing(level int) (Decision, bool) {
	return standing(d.Decisions, level, d.Hash)
}

func standing(decisions []Decision, level int, hash string) (Decision, bool) {
	for _, x := range slices.Backward(decisions) {
		if x.Level == level && x.Outcome == ApprovedOutcome && !x.Voided && x.Hash == hash {
			return x, true
		}
	}
	return Decision{}, false
}

// ActsBy says whether a position acts at some level of the dossier, whoever it is.
func (d *Dossier) ActsBy(p route.Position) bool {
	return slices.ContainsFunc(d.Levels, func(l route.Level) bool { return l.Admits(p, d.Agency, d.Unit) })
}

// ActedElsewhere gives the other level at which a person has decided on this dossier, whatever became of the decision.
func (d *Dossier) ActedElsewhere(person string, level int) (other int, yes bool) {
	for _, x := range d.Decisions {
		if x.Person == person && x.Level != level {
			return x.Level, true
		}
	}
	return 0, false
}

// WaitsFor says whether a position may decide now.
func (d *Dossier) WaitsFor(p route.Position) bool {
	if d.State != InApproval || !d.Levels[d.Current-1].Admits(p, d.Agency, d.Unit) || slices.Contains(d.Authors, p.Person) {
		return false
	}
	_, elsewhere := d.ActedElsewhere(p.Person, d.Current)
	return !elsewhere
}

// next is where a dossier goes when a level has approved the hash: back to whoever returned it to that level, else to the first level
// that has not approved the hash, else (0) to the end.
func (d *Dossier) next(decisions []Decision, level int, hash string) int {
	if n := len(d.Returns); n > 0 && d.Returns[n-1].To == level {
		return d.Returns[n-1].From
	}
	return firstMissing(decisions, len(d.Levels), hash)
}

func firstMissing(decisions []Decision, levels int, hash string) int {
	for level := 1; level <= levels; level++ {
		if _, ok := standing(decisions, level, hash); !ok {
			return level
		}
	}
	return 0
}
