package planning

import (
	"context"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

func (s *planServer) CreatePlan(ctx context.Context, req *planningv1.CreatePlanRequest) (*planningv1.Plan, error) {
	if err := s.host.Policies.Authorize(ctx, "CreatePlan", aPlan("")); err != nil {
		return nil, err
	}
	return s.draft(ctx, "CreatePlan", req, drafted(req.GetPlan()), byPath)
}

func (s *planServer) UpdatePlan(ctx context.Context, req *planningv1.UpdatePlanRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan().GetId(), req.GetAmendment(), "UpdatePlan")
	if err != nil {
		return nil, err
	}
	v, err = s.edit(ctx, "UpdatePlan", v, req, true, func(d plan.Document, _ es.Command) (plan.Document, []errs.Field) {
		return patchPlan(d, req.GetPlan(), req.GetUpdateMask().GetPaths())
	})
	return answer(ctx, v, err)
}

func (s *planServer) CreatePlanItem(ctx context.Context, req *planningv1.CreatePlanItemRequest) (*planningv1.PlanItem, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "CreatePlanItem")
	if err != nil {
		return nil, err
	}
	var made plan.ItemID
	v, err = s.edit(ctx, "CreatePlanItem", v, req, false, func(d plan.Document, cmd es.Command) (plan.Document, []errs.Field) {
		item := itemOf(req.GetItem())
		item.ID = plan.ItemID(madeID(plan.ItemPrefix, v.id, cmd.Key.String()))
		made = item.ID
		if item.Lead == "" {
			item.Lead = d.Lead
		}
		return d.WithItem(item.Normalise()), nil
	})
	if err != nil {
		return nil, err
	}
	return itemAnswer(ctx, v, made)
}

func (s *planServer) UpdatePlanItem(ctx context.Context, req *planningv1.UpdatePlanItemRequest) (*planningv1.PlanItem, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "UpdatePlanItem")
	if err != nil {
		return nil, err
	}
	item := plan.ItemID(req.GetItem().GetId())
	v, err = s.edit(ctx, "UpdatePlanItem", v, req, true, func(d plan.Document, _ es.Command) (plan.Document, []errs.Field) {
		was, _ := d.Item(item)
		is, wrong := patchItem(was, req.GetItem(), req.GetUpdateMask().GetPaths())
		return d.WithItem(is.Normalise()), wrong
	})
	if err != nil {
		return nil, err
	}
	return itemAnswer(ctx, v, item)
}

func (s *planServer) DeletePlanItem(ctx context.Context, req *planningv1.DeletePlanItemRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "DeletePlanItem")
	if err != nil {
		return nil, err
	}
	person, _, _, err := author(ctx)
	if err != nil {
		return nil, err
	}
	v, err = s.execute(ctx, "DeletePlanItem", v, req, func(p *plan.Plan, _ es.Command) ([]any, error) {
		return p.Revise(v.id, v.amendment, person, func(d plan.Document) (plan.Document, error) {
			return d.WithoutItem(plan.ItemID(req.GetItem()))
		})
	})
	return answer(ctx, v, err)
}

func (s *planServer) SubmitPlan(ctx context.Context, req *planningv1.SubmitPlanRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "SubmitPlan")
	if err != nil {
		return nil, err
	}
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	v, err = s.execute(ctx, "SubmitPlan", v, req, func(p *plan.Plan, _ es.Command) ([]any, error) {
		return p.Submit(v.amendment, func(d plan.Document) error { return errs.Invalid(plan.Paths(d.CheckComplete(known))) })
	})
	return answer(ctx, v, err)
}

func (s *planServer) AmendPlan(ctx context.Context, req *planningv1.AmendPlanRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan(), "", "AmendPlan")
	if err != nil {
		return nil, err
	}
	person, agency, unit, err := author(ctx)
	if err != nil {
		return nil, err
	}
	var made plan.AmendmentID
	v, err = s.execute(ctx, "AmendPlan", v, req, func(p *plan.Plan, cmd es.Command) ([]any, error) {
		made = plan.AmendmentID(madeID(plan.AmendmentPrefix, v.id, cmd.Key.String()))
		return p.Amend(v.id, made, req.GetReason(), plan.Code(agency), unit, person)
	})
	if err != nil {
		return nil, err
	}
	// A repeat decides nothing; the plan is then as the first one left it, with the amendment that it made at the end.
	if made == "" && len(v.plan.Amendments) > 0 {
		made = v.plan.Amendments[len(v.plan.Amendments)-1].ID
	}
	v.amendment = made
	return answer(ctx, v, nil)
}

func (s *planServer) ClosePlan(ctx context.Context, req *planningv1.ClosePlanRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan(), "", "ClosePlan")
	if err != nil {
		return nil, err
	}
	v, err = s.execute(ctx, "ClosePlan", v, req, func(p *plan.Plan, _ es.Command) ([]any, error) { return p.Close(req.GetReason()) })
	return answer(ctx, v, err)
}

func (s *planServer) DiscardPlan(ctx context.Context, req *planningv1.DiscardPlanRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "DiscardPlan")
	if err != nil {
		return nil, err
	}
	v, err = s.execute(ctx, "DiscardPlan", v, req, func(p *plan.Plan, _ es.Command) ([]any, error) { return p.Discard(v.amendment) })
	return answer(ctx, v, err)
}

// change is an edit of a document, with what of it cannot be done.
type change func(d plan.Document, cmd es.Command) (plan.Document, []errs.Field)

// edit runs an edit of a draft, checked against the directory. One that replaces takes If-Match: the etag of what is edited, the item
// that the request names or the plan itself.
func (s *planServer) edit(ctx context.Context, method string, v seen, req editRequest, replaces bool, apply change) (seen, error) {
	match, matched := rpc.IfMatch(ctx)
	if replaces && !matched {
		return v, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	known, err := s.known(ctx)
	if err != nil {
		return v, err
	}
	person, _, _, err := author(ctx)
	if err != nil {
		return v, err
	}
	return s.execute(ctx, method, v, req, func(p *plan.Plan, cmd es.Command) ([]any, error) {
		return p.Revise(v.id, v.amendment, person, func(d plan.Document) (plan.Document, error) {
			is, err := edited(d, req)
			if err != nil {
				return d, err
			}
			if replaces && match != is {
				return d, errs.New(errorsv1.Reason_ETAG_STALE)
			}
			next, wrong := apply(d, cmd)
			wrong = append(wrong, within(plan.Paths(next.CheckDraft(known)), next, req)...)
			if v.amendment == "" && next.Lead != d.Lead && next.Lead != "" {
				wrong = append(wrong, errs.At("lead", errorsv1.Reason_PLAN_LEAD, "agency", string(d.Lead), "value", string(next.Lead)))
			}
			return next, errs.Invalid(wrong)
		})
	})
}
