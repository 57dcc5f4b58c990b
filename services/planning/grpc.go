package planning

import (
	"context"
	"errors"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

type planServer struct {
	planningv1.UnimplementedPlanServiceServer
	host      *app.Host
	directory *es.Repo[directory.Directory, *directory.Directory]
	repo      *es.Repo[plan.Plan, *plan.Plan]
	model     readmodel.Model
	approvals approvalsv1.ApprovalServiceClient
}

func (s *planServer) GetPlan(ctx context.Context, req *planningv1.GetPlanRequest) (*planningv1.Plan, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "GetPlan")
	if err != nil {
		return nil, err
	}
	out := v.message()
	return out, rpc.SetETag(ctx, out.GetEtag())
}

func (s *planServer) ListPlans(ctx context.Context, req *planningv1.ListPlansRequest) (*planningv1.ListPlansResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListPlans", aPlan("")); err != nil {
		return nil, err
	}
	filter, err := plansFilter(ctx, req)
	if err != nil {
		return nil, err
	}
	if filter.Readable, err = s.throughDossiers(ctx, filter); err != nil {
		return nil, err
	}
	plans, next, err := page(req.GetPageSize(), req.GetPageToken(), func(after string, limit int) ([]readmodel.Plan, error) {
		filter.After, filter.HowMany = after, limit
		return s.model.Plans(ctx, filter)
	}, func(p readmodel.Plan) string { return p.ID })
	return &planningv1.ListPlansResponse{Plans: each(plans, planProto), NextPageToken: next}, err
}

func (s *planServer) ListPlanItems(ctx context.Context, req *planningv1.ListPlanItemsRequest) (*planningv1.ListPlanItemsResponse, error) {
	v, err := s.readable(ctx, req.GetPlan(), req.GetAmendment(), "GetPlan")
	if err != nil {
		return nil, err
	}
	wanted, err := itemsFilter(ctx, req)
	if err != nil {
		return nil, err
	}
	items := wanted.of(v)
	shown, next, err := page(req.GetPageSize(), req.GetPageToken(), func(after string, limit int) ([]placed, error) {
		return following(items, after, limit)
	}, func(i placed) string { return strconv.Itoa(i.place) })
	return &planningv1.ListPlanItemsResponse{
		Items: each(shown, func(i placed) *planningv1.PlanItem { return i.item }), NextPageToken: next,
	}, err
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

// decision is what a command does to a plan.
type decision func(p *plan.Plan, cmd es.Command) ([]any, error)

// execute runs a command and answers with the plan, or with its amendment, as the command left it.
func (s *planServer) execute(ctx context.Context, method string, v seen, req proto.Message, decide decision) (seen, error) {
	cmd, err := rpc.Command(ctx, method, req)
	if err != nil {
		return v, err
	}
	result, err := s.repo.Execute(ctx, v.id, cmd, func(p *plan.Plan, _ int64) ([]any, error) { return decide(p, cmd) })
	if err != nil {
		return v, err
	}
	v.plan = result.State
	return v, s.host.Answered(ctx, result.Position, result.Recorded)
}

// answer is the plan after a command, with the ETag for the next edit.
func answer(ctx context.Context, v seen, err error) (*planningv1.Plan, error) {
	if err != nil {
		return nil, err
	}
	out := v.message()
	return out, rpc.SetETag(ctx, out.GetEtag())
}

// known says which agencies there are, by the directory as it is now.
func (s *planServer) known(ctx context.Context) (func(plan.Code) bool, error) {
	d, _, err := s.directory.Load(ctx, directoryID())
	if err != nil {
		return nil, err
	}
	return func(code plan.Code) bool { return d.HasAgency(directory.Code(code)) }, nil
}

// author is the person who calls; a policy has seen to it that there is one.
func author(ctx context.Context) (person, agency, unit string, err error) {
	p := auth.From(ctx).Person
	if p == nil {
		return "", "", "", errors.New("a command of a person came from none")
	}
	return p.ID, p.Agency, p.Unit, nil
}

// madeID gives what a command makes its identifier, so that a repeat of the command finds it.
func madeID(prefix string, parts ...string) string {
	return id.Format(prefix, id.Derive(time.Time{}, append([]string{prefix}, parts...)...))
}
