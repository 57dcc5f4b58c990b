// Package delegation is the written leave to decide in somebody's place (thừa ủy quyền, TUQ.; Decree 30/2020/NĐ-CP, Appendix I): for
// some documents, from a moment to another, and never passed on. Whether one lets a person decide on a dossier is asked of it here.
package delegation

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Prefix of a delegation's identifier.
const Prefix = "delegation"

// State of a delegation at a moment.
type State string

// The states.
const (
	Pending State = "pending"
	Active  State = "active"
	Over    State = "over"
	Revoked State = "revoked"
)

// Delegation is the state folded from a delegation's events.
type Delegation struct {
	ID            string               `json:"id"`
	Delegator     string               `json:"delegator"`
	Delegate      string               `json:"delegate"`
	DocumentTypes []route.DocumentType `json:"documentTypes"` // none: every type
	Agencies      []string             `json:"agencies"`      // of the documents; none: every one
	From          time.Time            `json:"from"`
	To            time.Time            `json:"to"` // the first moment at which it no longer holds
	Paper         string               `json:"paper"`
	Agency        string               `json:"agency"` // the delegator's when it was given
	RecordedBy    string               `json:"recordedBy"`
	RevokedAt     time.Time            `json:"revokedAt,omitzero"`
	RevokedBy     string               `json:"revokedBy,omitempty"`
	Reason        string               `json:"reason,omitempty"`
	Version       int64                `json:"version"`
}

// Given: the delegation was given, by the delegator or in writing by their agency's administrator.
type Given struct {
	Delegator     string               `json:"delegator"`
	Delegate      string               `json:"delegate"`
	DocumentTypes []route.DocumentType `json:"documentTypes"`
	Agencies      []string             `json:"agencies"`
	From          time.Time            `json:"from"`
	To            time.Time            `json:"to"`
	Paper         string               `json:"paper"`
	Agency        string               `json:"agency"`
	RecordedBy    string               `json:"recordedBy"`
}

// TakenBack: it was revoked; what was decided under it stands.
type TakenBack struct {
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Reason string    `json:"reason"`
}

// Types lists the events of delegations.
func Types() []es.Type {
	return []es.Type{
		es.EventType[Given]("approvals.delegation_given.v1"),
		es.EventType[TakenBack]("approvals.delegation_revoked.v1"),
	}
}

// Apply folds one event into the state.
func (d *Delegation) Apply(e es.Event) {
	d.ID, d.Version = e.Aggregate, e.Version
	switch x := e.Data.(type) {
	case Given:
		d.Delegator, d.Delegate, d.DocumentTypes, d.Agencies = x.Delegator, x.Delegate, x.DocumentTypes, x.Agencies
		d.From, d.To, d.Paper, d.Agency, d.RecordedBy = x.From, x.To, x.Paper, x.Agency, x.RecordedBy
	case TakenBack:
		d.RevokedAt, d.RevokedBy, d.Reason = x.At, x.By, x.Reason
	}
}

// StateAt says what the delegation is at a moment.
func (d *Delegation) StateAt(at time.Time) State {
	switch {
	case !d.RevokedAt.IsZero() && !at.Before(d.RevokedAt):
		return Revoked
	case at.Before(d.From):
		return Pending
	case !at.Before(d.To):
		return Over
	default:
		return Active
	}
}

// Covers says whether the delegation lets a person decide at a moment on a document of a type and an agency. It knows one hop alone: who
// the delegator is to others it never asks.
func (d *Delegation) Covers(delegate string, t route.DocumentType, agency string, at time.Time) bool {
	return d.Version > 0 && d.Delegate == delegate && d.StateAt(at) == Active &&
		(len(d.DocumentTypes) == 0 || slices.Contains(d.DocumentTypes, t)) &&
		(len(d.Agencies) == 0 || slices.Contains(d.Agencies, agency))
}
