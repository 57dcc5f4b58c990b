package planning

import (
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// publish gives the published form of a stored event. A plan is private until it is submitted, but for the edits that void approvals.
func publish(e es.Event) (proto.Message, error) {
	switch v := e.Data.(type) {
	case directory.AgenciesImported:
		out := &planningv1.AgenciesImported{}
		for _, a := range v.Agencies {
			out.Agencies = append(out.Agencies, agencyProto(a))
		}
		return out, nil
	case directory.PeopleImported:
		out := &planningv1.PeopleImported{}
		for _, p := range v.People {
			out.People = append(out.People, personProto(p))
		}
		return out, nil
	case plan.ItemMarkedOverdue:
		return &planningv1.PlanItemOverdue{Plan: e.Aggregate, Item: string(v.Item), Deadline: string(v.Deadline)}, nil
	case plan.ItemDelivered:
		if v.Beside {
			return nil, nil
		}
		return &planningv1.PlanItemDelivered{
			Plan: e.Aggregate, Item: string(v.Item), Publication: v.Publication, Result: v.Result, Delivered: v.Delivered, Done: v.State == plan.Done,
			State: string(v.State),
		}, nil
	default:
		return publishPlan(e), nil
	}
}

// publishPlan is nil for what stays private.
func publishPlan(e es.Event) proto.Message {
	switch v := e.Data.(type) {
	case plan.Imported:
		p, items := whole(e, v.Document, readmodel.Plan{Stage: plan.StageIssued, Imported: true})
		return &planningv1.PlanIssued{Plan: p, Items: items}
	case plan.Issued:
		p, items := whole(e, v.Document, readmodel.Plan{Stage: plan.StageIssued, Hash: v.Hash})
		return &planningv1.PlanIssued{Plan: p, Items: items, Decisions: each(v.Decisions, decisionProto)}
	case plan.Amended:
		p, items := whole(e, v.Document, readmodel.Plan{Stage: plan.StageAmended, Hash: v.Hash})
		return &planningv1.PlanAmended{
			Plan: p, Items: items, Amendment: string(v.Amendment), Number: v.Number, Date: string(v.Date), Changes: each(v.Changes, changeProto),
			Decisions: each(v.Decisions, decisionProto),
		}
	case plan.Submitted:
		p, items := whole(e, v.Document, readmodel.Plan{
			Stage: plan.StageInApproval, Hash: v.Hash, Revision: v.Revision, Agency: string(v.Agency), Unit: v.Unit, Authors: v.Authors,
		})
		p.HappenedAt = nil
		return &planningv1.PlanSubmitted{
			Plan: p, Items: items, Amendment: string(v.Amendment), Hash: v.Hash, Revision: v.Revision, Unit: v.Unit, Authors: v.Authors,
			Changes: each(v.Changes, changeProto), Agency: string(v.Agency),
		}
	case plan.Revised:
		return &planningv1.PlanRevised{
			Plan: e.Aggregate, Amendment: string(v.Amendment), Hash: v.Hash, Author: v.Author, Revision: v.Revision,
		}
	case plan.Closed:
		return &planningv1.PlanClosed{Plan: e.Aggregate, ClosedAt: moment(e.HappenedAt), Reason: v.Reason}
	case plan.Discarded:
		// Its dossier, if it has one, is of no text any more.
		return &planningv1.PlanRevised{Plan: e.Aggregate, Amendment: string(v.Amendment), Author: e.Actor}
	default:
		return publishResult(e)
	}
}

// whole is a plan and its items as an event carries them.
func whole(e es.Event, d plan.Document, p readmodel.Plan) (*planningv1.Plan, []*planningv1.PlanItem) {
	p.ID, p.Document, p.HasExample, p.Items = e.Aggregate, d, d.HasExample(), len(d.Items)
	p.HappenedAt, p.RecordedAt = &e.HappenedAt, e.RecordedAt
	return planProto(p), each(d.Items, func(i plan.Item) *planningv1.PlanItem { return itemProto(i, plan.Planned, 0, d.Example) })
}

func decisionProto(d plan.Decision) *approvalsv1.Decision {
	return &approvalsv1.Decision{
		Outcome: d.Outcome, Level: d.Level, Person: d.Person, PersonName: d.PersonName, Position: d.Position, PersonExample: d.PersonExample,
		Hash: d.Hash, Comment: d.Comment, At: moment(d.At), Capacity: d.Capacity, OnBehalfOf: d.OnBehalfOf, OnBehalfOfName: d.OnBehalfOfName,
		OnBehalfOfPosition: d.OnBehalfOfPosition, Delegation: d.Delegation, Bypass: d.Bypass,
	}
}

func decisionOf(d *approvalsv1.Decision) plan.Decision {
	return plan.Decision{
		Outcome: d.GetOutcome(), Level: d.GetLevel(), Person: d.GetPerson(), PersonName: d.GetPersonName(), Position: d.GetPosition(),
		PersonExample: d.GetPersonExample(), Hash: d.GetHash(), Comment: d.GetComment(), At: d.GetAt().AsTime(), Capacity: d.GetCapacity(),
		OnBehalfOf: d.GetOnBehalfOf(), OnBehalfOfName: d.GetOnBehalfOfName(), OnBehalfOfPosition: d.GetOnBehalfOfPosition(),
		Delegation: d.GetDelegation(), Bypass: d.GetBypass(),
	}
}
