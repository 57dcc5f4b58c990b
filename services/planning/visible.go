package planning

import (
	"context"
	"maps"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/readalong"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// seen is a plan that the caller may read: as it stands, or as an amendment has it.
type seen struct {
	id        string
	plan      *plan.Plan
	amendment plan.AmendmentID
	// inside says that they may see drafts of it too.
	inside bool
}

// readable loads a plan for an action of the caller. A draft, and an amendment that is not issued, is for the agencies that draft, lead
// or issue the plan, for auditors, and for whom its dossier's route names; to everyone else it does not exist. What they may read and
// not do the action to is forbidden.
func (s *planServer) readable(ctx context.Context, planID, amendment, action string) (seen, error) {
	p, _, err := s.repo.Load(ctx, planID)
	if err != nil {
		return seen{}, err
	}
	v := seen{id: planID, plan: p, amendment: plan.AmendmentID(amendment)}
	resource := auth.Resource{Type: "Plan", ID: planID, Attributes: v.attributes()}
	refused := s.host.Policies.Authorize(ctx, "GetPlan", resource)
	if errs.ReasonOf(refused) == errorsv1.Reason_FORBIDDEN {
		approver, err := s.approver(ctx, p.Draft(v.amendment))
		if err != nil {
			return seen{}, err
		}
		if approver {
			resource.Attributes["approver"] = true
			refused = s.host.Policies.Authorize(ctx, "GetPlan", resource)
		}
	}
	switch {
	case refused != nil && errs.ReasonOf(refused) != errorsv1.Reason_FORBIDDEN:
		return seen{}, refused
	case refused != nil && resource.Attributes["public"] == true:
		return seen{}, refused // that it exists is no secret
	case amendment != "" && p.Exists() && (refused != nil || p.Amendment(v.amendment) == nil):
		return seen{}, errs.New(errorsv1.Reason_NOT_FOUND, "what", amendment) // hidden or not there: the same words
	case refused != nil, !p.Begun(), amendment != "" && p.Amendment(v.amendment) == nil:
		return seen{}, errs.New(errorsv1.Reason_NOT_FOUND, "what", planID)
	}
	v.inside = resource.Attributes["approver"] == true || s.insider(ctx, resource)
	if action == "GetPlan" {
		return v, nil
	}
	return v, s.host.Policies.Authorize(ctx, action, resource)
}

// attributes are what policies decide by.
func (v seen) attributes() map[string]any {
	document, agency, public := v.plan.Document, string(v.plan.Document.Lead), v.plan.Exists()
	if d := v.plan.Draft(v.amendment); d != nil && (v.amendment != "" || !public) {
		document, agency = d.Document, string(d.Agency)
		public = d.Stage == plan.StageIssued
	}
	issuer, lead := string(document.Issuer), string(document.Lead)
	if v.plan.Exists() {
		// Whom an amendment would give the plan to does not have it yet.
		issuer, lead = string(v.plan.Document.Issuer), string(v.plan.Document.Lead)
	}
	return map[string]any{"agency": agency, "issuer": issuer, "lead": lead, "public": public, "approver": false}
}

// insider says whether the caller may see what of the plan is not public.
func (s *planServer) insider(ctx context.Context, of auth.Resource) bool {
	hidden := auth.Resource{Type: of.Type, ID: of.ID, Attributes: maps.Clone(of.Attributes)}
	hidden.Attributes["public"] = false
	return s.host.Policies.Authorize(ctx, "GetPlan", hidden) == nil
}

// approver asks approvals, on the caller's behalf, whether they may see the dossier of a draft: its route may name them.
func (s *planServer) approver(ctx context.Context, d *plan.Draft) (bool, error) {
	if d == nil || d.Dossier == "" || auth.From(ctx).Person == nil {
		return false, nil
	}
	_, err := s.approvals.GetDossier(ctx, &approvalsv1.GetDossierRequest{Dossier: d.Dossier})
	switch errs.ReasonOf(err) {
	case errorsv1.Reason_NOT_FOUND, errorsv1.Reason_FORBIDDEN:
		return false, nil
	default:
		return err == nil, err
	}
}

// throughDossiers are the drafts of other agencies that the caller reads because of their dossiers, as approver says of each.
func (s *planServer) throughDossiers(ctx context.Context, f readmodel.Filter) ([]string, error) {
	if f.All || auth.From(ctx).Person == nil {
		return nil, nil
	}
	hidden, err := s.model.Hidden(ctx, f.Reader)
	if err != nil || len(hidden) == 0 {
		return nil, err
	}
	return readalong.Documents(ctx, s.approvals, "plan", hidden)
}

// aPlan is what the methods of plans act on when it is no particular one.
func aPlan(planID string) auth.Resource {
	return auth.Resource{Type: "Plan", ID: planID, Attributes: map[string]any{
		"agency": "", "issuer": "", "lead": "", "public": true, "approver": false,
	}}
}
