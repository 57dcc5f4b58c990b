package plan

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Stage is how far a plan, or an amendment of one, has come.
type Stage string

// The stages of a plan. An amendment ends issued or dropped; amended and closed are stages of plans alone. An edit of what is in
// approval or approved makes it a draft again, since approvals are of its hash.
const (
	StageDraft      Stage = "draft"
	StageInApproval Stage = "in_approval"
	StageReturned   Stage = "returned"
	StageApproved   Stage = "approved"
	StageIssued     Stage = "issued"
	StageAmended    Stage = "amended"
	StageClosed     Stage = "closed"
	StageDropped    Stage = "dropped"
)

// AmendmentID names an amendment: "amendment_01j…".
type AmendmentID string

// AmendmentPrefix begins the identifier of an amendment.
const AmendmentPrefix = "amendment"

// Draft is a plan, or an amendment of one, on its way to its number.
type Draft struct {
	// Agency drafts it, Unit is that of who began it; its route begins there.
	Agency Code
	Unit   string
	// Authors edited it, in the order of their first edit.
	Authors  []string
	Document Document
	Hash     string
	// Revision counts the texts it has had, from 1.
	Revision int32
	Stage    Stage
	Dossier  string
	Comment  string
	// submitted is what went up the route last: an edit may come while its number is being given.
	submitted Submitted
}

// Open says that it can still be edited.
func (d *Draft) Open() bool {
	return d.Stage != StageIssued && d.Stage != StageDropped && d.Stage != StageClosed
}

// Amendment is a change of an issued plan, with the plan as it is to be.
type Amendment struct {
	ID AmendmentID
	Draft
	Reason string
	// Number and Date are given when it is issued; Changes are then what it changed.
	Number    string
	Date      Day
	Changes   []Change
	Decisions []Decision
	Files     []File
}

// Decision is one person's decision on the dossier, as approvals tells it.
type Decision struct {
	Outcome            string    `json:"outcome"`
	Level              int32     `json:"level"`
	Person             string    `json:"person"`
	PersonName         string    `json:"personName"`
	Position           string    `json:"position"`
	PersonExample      bool      `json:"personExample,omitempty"`
	Hash               string    `json:"hash"`
	Comment            string    `json:"comment,omitempty"`
	At                 time.Time `json:"at"`
	Capacity           string    `json:"capacity,omitempty"`
	OnBehalfOf         string    `json:"onBehalfOf,omitempty"`
	OnBehalfOfName     string    `json:"onBehalfOfName,omitempty"`
	OnBehalfOfPosition string    `json:"onBehalfOfPosition,omitempty"`
	Delegation         string    `json:"delegation,omitempty"`
	Bypass             bool      `json:"bypass,omitempty"`
}

// Draft finds what is being drafted: the plan itself when no amendment is named. It is nil for a plan that was issued outside Loa, and
// for an amendment that the plan does not have.
func (p *Plan) Draft(amendment AmendmentID) *Draft {
	if amendment == "" {
		return p.own
	}
	if a := p.Amendment(amendment); a != nil {
		return &a.Draft
	}
	return nil
}

// Amendment finds an amendment; nil when the plan does not have it.
func (p *Plan) Amendment(id AmendmentID) *Amendment {
	if i := slices.IndexFunc(p.Amendments, func(a Amendment) bool { return a.ID == id }); i >= 0 {
		return &p.Amendments[i]
	}
	return nil
}

// OpenAmendment is the one that is not issued yet; nil when there is none.
func (p *Plan) OpenAmendment() *Amendment {
	if i := slices.IndexFunc(p.Amendments, func(a Amendment) bool { return a.Open() }); i >= 0 {
		return &p.Amendments[i]
	}
	return nil
}

// Begun says that the plan is there at all: drafted or issued, and not dropped as a draft.
func (p *Plan) Begun() bool { return p.Exists() || p.own != nil && p.own.Stage != StageDropped }

// Stage says how far the plan itself has come.
func (p *Plan) Stage() Stage {
	switch {
	case p.Closed:
		return StageClosed
	case p.amended > 0:
		return StageAmended
	case p.Exists():
		return StageIssued
	case p.own != nil:
		return p.own.Stage
	default:
		return ""
	}
}

// editable gives the draft that a command means, or says why it cannot be edited.
func (p *Plan) editable(amendment AmendmentID) (*Draft, error) {
	d := p.Draft(amendment)
	switch {
	case amendment != "" && d == nil, !p.Begun():
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", string(amendment))
	case amendment == "" && p.Exists() && !p.Closed:
		return nil, errs.New(errorsv1.Reason_PLAN_ISSUED, "number", p.Document.Number)
	case p.Closed:
		return nil, refuse(StageClosed, "draft, in_approval, returned, approved")
	case !d.Open():
		return nil, refuse(d.Stage, "draft, in_approval, returned, approved")
	}
	return d, nil
}

// reason of the approval: why an amendment is made; none for a plan.
func (p *Plan) reason(amendment AmendmentID) string {
	if a := p.Amendment(amendment); a != nil {
		return a.Reason
	}
	return ""
}

func refuse(stage Stage, allowed string) error {
	return errs.New(errorsv1.Reason_PLAN_STATE, "state", string(stage), "allowed", allowed)
}
