package plan

import (
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// maxReason bounds why a plan is amended or closed, in characters.
const maxReason = 2_000

// Amend begins an amendment of an issued plan, by an officer of the agency that leads it: a draft of the plan as it stands. One is open
// at a time.
func (p *Plan) Amend(planID string, amendment AmendmentID, reason string, agency Code, unit, author string) ([]any, error) {
	if err := p.inForce(); err != nil {
		return nil, err
	}
	reason, err := checkReason(reason)
	if err != nil {
		return nil, err
	}
	hash, err := p.Document.Hash(planID, reason)
	if err != nil {
		return nil, err
	}
	return []any{AmendmentDrafted{Amendment: amendment, Reason: reason, Agency: agency, Unit: unit, Author: author, Hash: hash}}, nil
}

// inForce says why nothing can be done about the plan as an issued one, if nothing can.
func (p *Plan) inForce() error {
	if s := p.Stage(); s != StageIssued && s != StageAmended {
		return refuse(s, "issued, amended")
	}
	if a := p.OpenAmendment(); a != nil {
		return errs.New(errorsv1.Reason_PLAN_AMENDMENT_OPEN, "amendment", string(a.ID))
	}
	return nil
}

func checkReason(reason string) (string, error) {
	var c checker
	reason = line(reason)
	c.text("reason", reason, maxReason)
	return reason, errs.Invalid(Paths(c.fields))
}
