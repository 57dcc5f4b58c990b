package planning

import (
	"context"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

func (s *planServer) ImportPlan(ctx context.Context, req *planningv1.ImportPlanRequest) (*planningv1.Plan, error) {
	asIssued, asDraft, err := s.mayImport(ctx)
	if err != nil {
		return nil, err
	}
	file, err := s.readFile(ctx, req.GetYaml())
	if err != nil {
		return nil, err
	}
	unnumbered := file.document.Number == "" && file.document.Date == ""
	var out *planningv1.Plan
	switch {
	case asDraft && unnumbered && req.GetDryRun():
		out, err = s.rehearseDraft(ctx, file)
	case asDraft && unnumbered:
		out, err = s.draft(ctx, "ImportPlan", req, file.document, file.locate)
	case !asIssued:
		return nil, errs.New(errorsv1.Reason_FORBIDDEN)
	default:
		out, err = s.importIssued(ctx, req, file)
	}
	if err != nil {
		return nil, err
	}
	if out.GetReading() == nil {
		out.Reading = file.rehearsed(nil)
	}
	if asDraft && unnumbered {
		missing, err := s.lacking(ctx, file.document)
		if err != nil {
			return nil, err
		}
		out.Reading = append(out.Reading, file.lacking(missing)...)
	}
	return out, nil
}

// lacking is what a draft may be without and what is submitted may not.
func (s *planServer) lacking(ctx context.Context, d plan.Document) ([]errs.Field, error) {
	d, wrong, err := s.checkDraft(ctx, d)
	if err != nil {
		return nil, err
	}
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	told := func(f errs.Field) bool {
		return slices.ContainsFunc(wrong, func(w errs.Field) bool { return w.Column == f.Column && w.Reason == f.Reason })
	}
	return slices.DeleteFunc(d.CheckComplete(known), told), nil
}

// mayImport says as what the caller may bring in a plan: as one that was issued outside Loa, or as a draft.
func (s *planServer) mayImport(ctx context.Context) (asIssued, asDraft bool, err error) {
	refused := s.host.Policies.Authorize(ctx, "ImportPlan", aPlan(""))
	asIssued = refused == nil
	asDraft = s.host.Policies.Authorize(ctx, "CreatePlan", aPlan("")) == nil
	if !asIssued && !asDraft {
		return false, false, refused
	}
	return asIssued, asDraft, nil
}

// broughtPlan is an issued plan that came in a file, checked and identified.
type broughtPlan struct {
	id       string
	issuedAt time.Time
	document plan.Document
}

func (s *planServer) importIssued(ctx context.Context, req *planningv1.ImportPlanRequest, file planFile) (*planningv1.Plan, error) {
	wrong, err := s.checkIssued(ctx, file.document)
	if err != nil {
		return nil, err
	}
	if req.GetDryRun() && file.tells && file.faulty(wrong) {
		return rehearsed(file, wrong, plan.StageIssued), nil
	}
	brought, err := s.identified(ctx, file, wrong)
	if err != nil {
		return nil, err
	}
	if req.GetDryRun() {
		return s.rehearse(ctx, brought)
	}
	cmd, err := rpc.Command(ctx, "ImportPlan", req)
	if err != nil {
		return nil, err
	}
	cmd.HappenedAt = brought.issuedAt
	result, err := s.repo.Execute(ctx, brought.id, cmd, func(p *plan.Plan, _ int64) ([]any, error) { return p.Import(brought.document) })
	if err != nil {
		return nil, err
	}
	v := seen{id: brought.id, plan: result.State}
	return answer(ctx, v, s.host.Answered(ctx, result.Position, result.Recorded))
}

// checkIssued checks a plan that was issued outside Loa against the directory as it is now.
func (s *planServer) checkIssued(ctx context.Context, d plan.Document) ([]errs.Field, error) {
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return nil, err
	}
	return d.Check(plan.DayOf(now), known), nil
}

// identified gives the plan its identifiers, if nothing is wrong with it and no plan was issued here under its number.
func (s *planServer) identified(ctx context.Context, file planFile, wrong []errs.Field) (broughtPlan, error) {
	if err := file.locate(wrong); err != nil {
		return broughtPlan{}, err
	}
	d := file.document
	planID, issuedAt, err := identify(&d)
	if err != nil {
		return broughtPlan{}, err
	}
	taken, err := s.model.Numbered(ctx, d.Issuer, d.Number, issuedAt.Format("2006"))
	if err == nil && taken != "" {
		err = errs.New(errorsv1.Reason_PLAN_NUMBER_TAKEN, "number", d.Number, "year", issuedAt.Format("2006"), "plan", taken)
	}
	return broughtPlan{id: planID, issuedAt: issuedAt, document: d}, err
}

// rehearseDraft answers with what a draft would be, and what of its file was understood.
func (s *planServer) rehearseDraft(ctx context.Context, file planFile) (*planningv1.Plan, error) {
	d, wrong, err := s.checkDraft(ctx, file.document)
	if err != nil {
		return nil, err
	}
	file.document = d
	if !file.tells {
		if err := file.locate(wrong); err != nil {
			return nil, err
		}
	}
	return rehearsed(file, wrong, plan.StageDraft), nil
}

// rehearsed is a plan that is not recorded, with its file's readings.
func rehearsed(file planFile, wrong []errs.Field, stage plan.Stage) *planningv1.Plan {
	d := file.document
	out := planProto(readmodel.Plan{Document: d, HasExample: d.HasExample(), Items: len(d.Items), Stage: stage})
	out.Etag, out.Reading = "", file.rehearsed(wrong)
	return out
}

// rehearse decides as the command would and records nothing.
func (s *planServer) rehearse(ctx context.Context, brought broughtPlan) (*planningv1.Plan, error) {
	p, _, err := s.repo.Load(ctx, brought.id)
	if err != nil {
		return nil, err
	}
	events, err := p.Import(brought.document)
	if err != nil {
		return nil, err
	}
	for _, e := range events {
		p.Apply(es.Event{Data: e, Meta: es.Meta{HappenedAt: brought.issuedAt}})
	}
	return seen{id: brought.id, plan: p}.message(), nil
}
