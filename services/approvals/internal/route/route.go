// Package route is the way a document of one type goes up: levels, and who may act at each. Routes are data that an administrator
// sets; the program knows none.
package route

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
)

// Prefix of a route's identifier.
const Prefix = "route"

// DocumentType is what a route is for.
type DocumentType string

// The types of documents that are approved.
const (
	Content DocumentType = "content"
	Report  DocumentType = "report"
)

// Known says whether documents of the type are approved here.
func (t DocumentType) Known() bool { return t == Content || t == Report }

// ID of the route of a document type.
func (t DocumentType) ID() string {
	return id.Format(Prefix, id.Derive(time.Time{}, "route", string(t)))
}

// The scopes that depend on the document. Any other scope is the code of the agency whose people act.
const (
	ScopeUnit   = "unit"
	ScopeAgency = "agency"
)

// Level is one step of a route.
type Level struct {
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
	Scope string   `json:"scope"`
}

// Position is who somebody is in the directory when they act.
type Position struct {
	Person, Role, Agency, Unit string
}

// Admits says whether a position acts at the level on a document of an agency and unit.
func (l Level) Admits(p Position, agency, unit string) bool {
	if !slices.Contains(l.Roles, p.Role) {
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

// Route is the state folded from a route's events.
type Route struct {
	DocumentType DocumentType
	Levels       []Level
	// Version counts the times it was set; 0 means that there is none.
	Version int64
}

// Set: an administrator set the route. Dossiers opened afterwards walk it.
type Set struct {
	DocumentType DocumentType `json:"documentType"`
	Levels       []Level      `json:"levels"`
}

// Types lists the events of routes.
func Types() []es.Type {
	return []es.Type{es.EventType[Set]("approvals.route_set.v1")}
}

// Apply folds one event into the state.
func (r *Route) Apply(e es.Event) {
	r.Version = e.Version
	if d, ok := e.Data.(Set); ok {
		r.DocumentType, r.Levels = d.DocumentType, d.Levels
	}
}
