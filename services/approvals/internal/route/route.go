// Package route is the way a document of one type goes up: levels, who may act at each, how many of them have to, and in what time.
// Routes are data that an administrator sets, for everyone or for one agency; the program knows none.
package route

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Prefix of a route's identifier.
const Prefix = "route"

// DocumentType is what a route is for.
type DocumentType string

// The types of documents that are approved. A correction is content that is public and is published again.
const (
	Content    DocumentType = "content"
	Correction DocumentType = "correction"
	Report     DocumentType = "report"
	Plan       DocumentType = "plan"
	Amendment  DocumentType = "amendment"
	Withdrawal DocumentType = "withdrawal"
)

// DocumentTypes lists them.
func DocumentTypes() []DocumentType {
	return []DocumentType{Content, Correction, Report, Plan, Amendment, Withdrawal}
}

// Known says whether documents of the type are approved here.
func (t DocumentType) Known() bool { return slices.Contains(DocumentTypes(), t) }

// MayBypass says whether a document of the type may be approved without its route in an emergency. What binds others for a year never is.
func (t DocumentType) MayBypass() bool { return t != Plan && t != Amendment }

// ID of the route of a document type for the documents of an agency; an empty agency is everyone who has none of their own.
func (t DocumentType) ID(agency string) string {
	if agency == "" {
		return id.Format(Prefix, id.Derive(time.Time{}, "route", string(t)))
	}
	return id.Format(Prefix, id.Derive(time.Time{}, "route", string(t), agency))
}

// The scopes that depend on the document. Any other scope is the code of the agency whose people act.
const (
	ScopeUnit   = "unit"
	ScopeAgency = "agency"
)

// Quorum is how many of those who may act at a level have to approve.
type Quorum string

// The quorums. A majority is more than half.
const (
	One      Quorum = "one"
	Majority Quorum = "majority"
	All      Quorum = "all"
)

// Quorums lists them.
func Quorums() []Quorum { return []Quorum{One, Majority, All} }

// Level is one step of a route.
type Level struct {
	Name   string   `json:"name"`
	Roles  []string `json:"roles"`
	Scope  string   `json:"scope"`
	Quorum Quorum   `json:"quorum"`
	// Parallel: at the same time as the level before it.
	Parallel bool `json:"parallel"`
	// Term in working days; 0: the default of the level's place.
	Term int `json:"term"`
}

// Position is who somebody is in the directory when they act.
type Position struct {
	Person, Role, Agency, Unit string
}

// Admits says whether a position acts at the level on a document of an agency and unit.
func (l Level) Admits(p Position, agency, unit string) bool {
	if p.Person == "" || !slices.Contains(l.Roles, p.Role) {
		return false
	}
	switch l.Scope {
	case ScopeUnit:
		return p.Agency == agency && p.Unit == unit
	case ScopeAgency:
		return p.Agency == agency
	default:
		return p.Agency == l.Scope
	}
}

// Agency is whose people act at the level on a document of an agency.
func (l Level) Agency(of string) string {
	if l.Scope == ScopeUnit || l.Scope == ScopeAgency {
		return of
	}
	return l.Scope
}

// Group gives the first and the last level, from 1, of the levels that are walked at the same time as a level.
func Group(levels []Level, level int) (first, last int) {
	first, last = level, level
	for first > 1 && levels[first-1].Parallel {
		first--
	}
	for last < len(levels) && levels[last].Parallel {
		last++
	}
	return first, last
}

// Route is the state folded from a route's events.
type Route struct {
	DocumentType DocumentType
	Agency       string
	Levels       []Level
	// Version counts the times it was set; 0 means that there is none.
	Version int64
}

// Set: an administrator set the route. Dossiers opened afterwards walk it.
type Set struct {
	DocumentType DocumentType `json:"documentType"`
	Agency       string       `json:"agency"` // empty: everyone who has none of their own
	Levels       []Level      `json:"levels"`
}

// Types lists the events of routes.
func Types() []es.Type {
	return []es.Type{es.EventType[Set]("approvals.route_set.v2", es.Upcast{From: "approvals.route_set.v1", Func: ofOneAfterTheOther})}
}

// ofOneAfterTheOther is the upcast of routes that were set before levels had a quorum, could be parallel and had a term: one approval
// was enough, each level came after the one before it, and the term is the default of its place, which is data.
func ofOneAfterTheOther(v1 json.RawMessage) (json.RawMessage, error) {
	var set Set
	if err := json.Unmarshal(v1, &set); err != nil {
		return nil, err
	}
	set.Levels = Sequential(set.Levels)
	return json.Marshal(set)
}

// Sequential gives levels that were recorded without a quorum the one they had.
func Sequential(levels []Level) []Level {
	out := slices.Clone(levels)
	for i := range out {
		if out[i].Quorum == "" {
			out[i].Quorum = One
		}
	}
	return out
}

// Apply folds one event into the state.
func (r *Route) Apply(e es.Event) {
	r.Version = e.Version
	if d, ok := e.Data.(Set); ok {
		r.DocumentType, r.Agency, r.Levels = d.DocumentType, d.Agency, d.Levels
	}
}

// Expected lists the document types as refusals name them.
func Expected() string {
	names := make([]string, 0, len(DocumentTypes()))
	for _, t := range DocumentTypes() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}
