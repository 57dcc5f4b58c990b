// Package dossier is one document on its way up a route: the hash that is to be approved, who decided what of it at which level, and
// where it waits and until when. Every rule of approval is a method here that returns events; nothing here reads a clock or a database.
package dossier

import (
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Prefix of a dossier's identifier.
const Prefix = "dossier"

// ID of the dossier of a document: a document has one for its whole life, and content that is public one more for each correction.
func ID(document string) string { return IDOf(document, 0) }

// IDOf is the dossier of an edition of a document: 0 until it is first published, n for its n-th correction.
func IDOf(document string, edition int32) string {
	if edition <= 0 {
		return id.Format(Prefix, id.Derive(time.Time{}, "dossier", document))
	}
	return id.Format(Prefix, id.Derive(time.Time{}, "dossier", document, strconv.Itoa(int(edition))))
}

// State of a dossier.
type State string

// The states. A voided dossier waits for the document to be submitted again, after an edit that nobody had asked for; a returned one
// for the same after a return. An issuing one waits a moment for its number, an issued one has it (issue_dossier.go).
const (
	InApproval State = "in_approval"
	Returned   State = "returned"
	Approved   State = "approved"
	Voided     State = "voided"
	Issuing    State = "issuing"
	Issued     State = "issued"
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
	Level         int       `json:"level"` // from 1; 0: of a bypass
	Person        string    `json:"person"`
	PersonName    string    `json:"personName"`
	Position      string    `json:"position"`
	PersonExample bool      `json:"personExample,omitempty"` // the person is invented, and every page says so
	Hash          string    `json:"hash"`
	Comment       string    `json:"comment,omitempty"`
	At            time.Time `json:"at"`
	// Voided: an edit, or a return to this level, came after it.
	Voided bool `json:"voided,omitempty"`
	// Capacity as the signature block has it (NĐ 30/2020): TM., KT., TUQ., Q.; empty in their own right.
	Capacity string `json:"capacity,omitempty"`
	// OnBehalfOf is the delegator, with the name and position they then had, and Delegation what lets the person decide for them.
	OnBehalfOf         string `json:"onBehalfOf,omitempty"`
	OnBehalfOfName     string `json:"onBehalfOfName,omitempty"`
	OnBehalfOfPosition string `json:"onBehalfOfPosition,omitempty"`
	Delegation         string `json:"delegation,omitempty"`
	// Bypass: the route was left out in an emergency.
	Bypass bool `json:"bypass,omitempty"`
}

// Of says whether a decision is one of a person, who took it or in whose place it was taken.
func (x Decision) Of(person string) bool {
	return person != "" && (x.Person == person || x.OnBehalfOf == person)
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
	Edition      int32              `json:"edition,omitempty"`
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
	// Open are the levels where it waits, in order; none when it waits with the author or is done.
	Open []int `json:"open,omitempty"`
	// Entries are the last time each level was entered, by level.
	Entries   []Entry    `json:"entries,omitempty"`
	Decisions []Decision `json:"decisions,omitempty"`
	// Returns that have not come back, the latest last.
	Returns []Sent `json:"returns,omitempty"`
	Example bool   `json:"example,omitempty"`
	// Completion is what stood for the text when it was approved, in the route's order.
	Completion []Decision `json:"completion,omitempty"`
	// Issue is how far the document is on its way to an official number; nil before an attempt.
	Issue         *Issue         `json:"issue,omitempty"`
	Bypasses      []Bypass       `json:"bypasses,omitempty"`
	Consultations []Consultation `json:"consultations,omitempty"`
	Reminders     []Reminder     `json:"reminders,omitempty"`
	Escalations   []Escalation   `json:"escalations,omitempty"`
	OpenedAt      time.Time      `json:"openedAt"`
	UpdatedAt     time.Time      `json:"updatedAt"`
	Version       int64          `json:"version"`
}

// Exists says that the dossier has been opened.
func (d *Dossier) Exists() bool { return d.Version > 0 }

// Current is the first level where it waits, from 1; 0 when it waits with the author or is done.
func (d *Dossier) Current() int {
	if len(d.Open) == 0 {
		return 0
	}
	return d.Open[0]
}

// LevelName gives the name of a level, from 1.
func (d *Dossier) LevelName(level int) string {
	if level < 1 || level > len(d.Levels) {
		return ""
	}
	return d.Levels[level-1].Name
}

// Standing gives the latest approval of the current hash at a level, if there is one that nothing has voided.
func (d *Dossier) Standing(level int) (Decision, bool) {
	given := d.tally().at(level)
	if len(given) == 0 {
		return Decision{}, false
	}
	return given[len(given)-1], true
}

// ActsBy says whether a position acts at some level of the dossier, whoever it is.
func (d *Dossier) ActsBy(p route.Position) bool {
	return slices.ContainsFunc(d.Levels, func(l route.Level) bool { return l.Admits(p, d.Agency, d.Unit) })
}

// Seat is a place at a level: a role in an agency, or in one unit of it.
type Seat struct {
	Role, Agency string
	OfUnit       bool
	Unit         string // with OfUnit; empty: of those who belong to no unit
}

// Seats are the places at some levels, from 1, each once. Whoever holds one is who ActsBy finds.
func (d *Dossier) Seats(levels ...int) []Seat {
	var seats []Seat
	for _, level := range levels {
		l := d.Levels[level-1]
		s := Seat{Agency: l.Agency(d.Agency), OfUnit: l.Scope == route.ScopeUnit}
		if s.OfUnit {
			s.Unit = d.Unit
		}
		for _, s.Role = range l.Roles {
			if !slices.Contains(seats, s) {
				seats = append(seats, s)
			}
		}
	}
	return seats
}

// EverySeat is the places at all its levels.
func (d *Dossier) EverySeat() []Seat {
	levels := make([]int, 0, len(d.Levels))
	for i := range d.Levels {
		levels = append(levels, i+1)
	}
	return d.Seats(levels...)
}

// ActedElsewhere gives the other level at which a person has decided on this dossier, or somebody in their place, whatever became of the
// decision.
func (d *Dossier) ActedElsewhere(person string, level int) (other int, yes bool) {
	for _, x := range d.Decisions {
		if x.Of(person) && x.Level != level && !x.Bypass {
			return x.Level, true
		}
	}
	return 0, false
}

// hasApproved gives a level at which a person, or somebody in their place, has approved the current text.
func (d *Dossier) hasApproved(person string) (level int, yes bool) {
	for _, x := range d.Decisions {
		if x.Of(person) && x.stands(d.Hash) {
			return x.Level, true
		}
	}
	return 0, false
}

func (x Decision) stands(hash string) bool {
	return x.Outcome == ApprovedOutcome && !x.Voided && x.Hash == hash
}

// Admits says whether a position acts at a level where the dossier waits, whoever it is.
func (d *Dossier) Admits(p route.Position) bool {
	return slices.ContainsFunc(d.Open, func(level int) bool { return d.Levels[level-1].Admits(p, d.Agency, d.Unit) })
}
