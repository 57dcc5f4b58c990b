package planning

import (
	"context"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/planfile"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

type planServer struct {
	planningv1.UnimplementedPlanServiceServer
	host      *app.Host
	directory *es.Repo[directory.Directory, *directory.Directory]
	repo      *es.Repo[plan.Plan, *plan.Plan]
	model     readmodel.Model
}

func (s *planServer) ImportPlan(ctx context.Context, req *planningv1.ImportPlanRequest) (*planningv1.Plan, error) {
	if err := s.host.Policies.Authorize(ctx, "ImportPlan", aPlan("")); err != nil {
		return nil, err
	}
	brought, err := s.read(ctx, req.GetYaml())
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
	return stateProto(brought.id, result.State), s.host.Answered(ctx, result.Position, result.Recorded)
}

// broughtPlan is a plan that came in a file, checked and identified.
type broughtPlan struct {
	id       string
	issuedAt time.Time
	document plan.Document
}

// read reads the file and checks it against the directory as it is now.
func (s *planServer) read(ctx context.Context, yaml []byte) (broughtPlan, error) {
	file, err := planfile.Read(yaml)
	if err != nil {
		return broughtPlan{}, err
	}
	d, _, err := s.directory.Load(ctx, directoryID())
	if err != nil {
		return broughtPlan{}, err
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return broughtPlan{}, err
	}
	known := func(code plan.Code) bool { return d.HasAgency(directory.Code(code)) }
	if err := file.Locate(file.Document.Check(plan.DayOf(now), known)); err != nil {
		return broughtPlan{}, err
	}
	planID, issuedAt, err := identify(&file.Document)
	return broughtPlan{id: planID, issuedAt: issuedAt, document: file.Document}, err
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
	return stateProto(brought.id, p), nil
}

func (s *planServer) GetPlan(ctx context.Context, req *planningv1.GetPlanRequest) (*planningv1.Plan, error) {
	if err := s.host.Policies.Authorize(ctx, "GetPlan", aPlan(req.GetPlan())); err != nil {
		return nil, err
	}
	p, err := s.find(ctx, req.GetPlan())
	if err != nil {
		return nil, err
	}
	return planProto(p), nil
}

func (s *planServer) find(ctx context.Context, planID string) (readmodel.Plan, error) {
	p, found, err := s.model.Plan(ctx, planID)
	if err == nil && !found {
		err = errs.New(errorsv1.Reason_NOT_FOUND, "what", planID)
	}
	return p, err
}

func (s *planServer) ListPlans(ctx context.Context, req *planningv1.ListPlansRequest) (*planningv1.ListPlansResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListPlans", aPlan("")); err != nil {
		return nil, err
	}
	plans, next, err := page(req.GetPageSize(), req.GetPageToken(), func(after string, limit int) ([]readmodel.Plan, error) {
		return s.model.Plans(ctx, after, limit)
	}, func(p readmodel.Plan) string { return p.ID })
	return &planningv1.ListPlansResponse{Plans: each(plans, planProto), NextPageToken: next}, err
}

func (s *planServer) ListPlanItems(ctx context.Context, req *planningv1.ListPlanItemsRequest) (*planningv1.ListPlanItemsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListPlanItems", aPlan(req.GetPlan())); err != nil {
		return nil, err
	}
	p, err := s.find(ctx, req.GetPlan())
	if err != nil {
		return nil, err
	}
	items, next, err := page(req.GetPageSize(), req.GetPageToken(), func(after string, limit int) ([]readmodel.Item, error) {
		return s.itemsAfter(ctx, p.ID, after, limit)
	}, func(i readmodel.Item) string { return strconv.Itoa(i.Place) })
	return &planningv1.ListPlanItemsResponse{NextPageToken: next, Items: each(items, func(i readmodel.Item) *planningv1.PlanItem {
		return itemProto(i.Document, i.State, i.Delivered, p.Document.Example)
	})}, err
}

func (s *planServer) itemsAfter(ctx context.Context, planID, after string, limit int) ([]readmodel.Item, error) {
	if after == "" {
		return s.model.Items(ctx, planID, 0, limit)
	}
	place, err := strconv.Atoi(after)
	if err != nil {
		return nil, badToken(after)
	}
	return s.model.Items(ctx, planID, place, limit)
}

func (s *planServer) MarkOverdue(ctx context.Context, req *planningv1.MarkOverdueRequest) (*planningv1.MarkOverdueResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "MarkOverdue", aPlan(req.GetPlan())); err != nil {
		return nil, err
	}
	day := plan.Day(req.GetDay())
	if _, err := day.Start(); err != nil {
		return nil, errs.Invalid([]errs.Field{errs.At("day", errorsv1.Reason_BAD_DATE, "value", req.GetDay())})
	}
	cmd, err := rpc.Command(ctx, "MarkOverdue", req)
	if err != nil {
		return nil, err
	}
	result, err := s.repo.Execute(ctx, req.GetPlan(), cmd, func(p *plan.Plan, _ int64) ([]any, error) {
		if !p.Exists() {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", req.GetPlan())
		}
		return p.MarkOverdue(day), nil
	})
	if err != nil {
		return nil, err
	}
	answer := &planningv1.MarkOverdueResponse{Items: texts(result.State.LastMarked(result.Events))}
	return answer, s.host.Answered(ctx, result.Position, result.Recorded)
}

func stateProto(planID string, p *plan.Plan) *planningv1.Plan {
	d := p.Document
	return planProto(readmodel.Plan{
		ID: planID, Document: d, HasExample: d.HasExample(), Items: len(d.Items), HappenedAt: p.HappenedAt, RecordedAt: p.RecordedAt,
	})
}

// aPlan is what the methods of plans act on.
func aPlan(planID string) auth.Resource { return auth.Resource{Type: "Plan", ID: planID} }
