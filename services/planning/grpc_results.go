package planning

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

// resultServer answers loa.planning.v1.ResultService.
type resultServer struct {
	planningv1.UnimplementedResultServiceServer
	host      *app.Host
	directory *es.Repo[directory.Directory, *directory.Directory]
	plans     *es.Repo[plan.Plan, *plan.Plan]
	ledgers   *es.Repo[result.Results, *result.Results]
	imports   *es.Repo[result.Import, *result.Import]
	model     readmodel.Model
}

func newResultServer(h *app.Host) *resultServer {
	return &resultServer{
		host: h, directory: es.NewRepo[directory.Directory](h.Log, directory.Prefix), plans: es.NewRepo[plan.Plan](h.Log, plan.Prefix),
		ledgers: es.NewRepo[result.Results](h.Log, result.LedgerPrefix), imports: es.NewRepo[result.Import](h.Log, result.ImportPrefix),
		model: readmodel.New(h.Pool),
	}
}

func (s *resultServer) RecordResult(ctx context.Context, req *planningv1.RecordResultRequest) (*planningv1.Result, error) {
	under, err := s.under(ctx, req.GetPlan(), req.GetItem())
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "RecordResult", itemResource(under)); err != nil {
		return nil, err
	}
	person := auth.From(ctx).Person
	r, err := s.compose(ctx, said(result.Result{Plan: under.Plan, Item: under.Item, Agency: person.Agency}, req.GetResult()), under)
	if err != nil {
		return nil, err
	}
	cmd, err := rpc.Command(ctx, "RecordResult", req)
	if err != nil {
		return nil, err
	}
	r.ID = id.Format(result.Prefix, id.Derive(time.Time{}, result.Prefix, cmd.Key.String()))
	if err := rpc.SetLocation(ctx, "/v1/results/"+r.ID); err != nil {
		return nil, err
	}
	return s.execute(ctx, result.LedgerID(under.Item), r.ID, cmd, func(l *result.Results) ([]any, error) { return l.RecordResult(r, person.ID) })
}

func (s *resultServer) GetResult(ctx context.Context, req *planningv1.GetResultRequest) (*planningv1.Result, error) {
	if err := s.host.Policies.Authorize(ctx, "GetResult", auth.Resource{Type: "Result", ID: req.GetResult()}); err != nil {
		return nil, err
	}
	row, err := s.find(ctx, req.GetResult())
	if err != nil {
		return nil, err
	}
	return resultProto(row.Result), rpc.SetETag(ctx, resultETag(row.Result))
}

func (s *resultServer) ListResults(ctx context.Context, req *planningv1.ListResultsRequest) (*planningv1.ListResultsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListResults", aPlan(req.GetPlan())); err != nil {
		return nil, err
	}
	page, wrong := listing.Read(req.GetPageSize(), req.GetPageToken())
	if state := req.GetState(); state != "" && !known(result.State(state)) {
		wrong = append(wrong, errs.At("state", errorsv1.Reason_BAD_FORMAT, "field", "state", "value", state, "expected", words(result.States())))
	}
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	query := readmodel.ResultQuery{
		Plan: req.GetPlan(), State: req.GetState(), Agency: req.GetAgency(), BeforeAt: page.After.At, BeforeID: page.After.ID, Limit: page.Size + 1,
	}
	under, known, err := s.lookUnder(ctx, req.GetPlan(), req.GetItem())
	if err == nil && req.GetItem() != "" && !known {
		err = errs.New(errorsv1.Reason_NOT_FOUND, "what", req.GetItem())
	}
	if err != nil {
		return nil, err
	}
	query.Item = under.Item
	found, err := s.model.Results(ctx, query)
	found, next := listing.Cut(page, found, func(r result.Result) listing.Place { return listing.Place{At: r.RecordedAt, ID: r.ID} })
	return &planningv1.ListResultsResponse{Results: each(found, resultProto), NextPageToken: next}, err
}

func (s *resultServer) UpdateResult(ctx context.Context, req *planningv1.UpdateResultRequest) (*planningv1.Result, error) {
	row, under, err := s.ready(ctx, "UpdateResult", req.GetResult().GetId())
	if err != nil {
		return nil, err
	}
	match, ok := rpc.IfMatch(ctx)
	if !ok {
		return nil, errs.New(errorsv1.Reason_ETAG_REQUIRED)
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return nil, err
	}
	// The files and pages of what it is to be are looked up once, before the command: neither ever ceases to be.
	next, unknown := patched(row.Result, req.GetResult(), req.GetUpdateMask().GetPaths())
	looked, wrong, err := s.look(ctx, result.Normalise(next), under)
	if err != nil {
		return nil, err
	}
	wrong = append(append(unknown, wrong...), result.Check(looked, under, now)...)
	cmd, err := rpc.Command(ctx, "UpdateResult", req)
	if err != nil {
		return nil, err
	}
	person := auth.From(ctx).Person.ID
	return s.execute(ctx, row.Ledger, row.Result.ID, cmd, func(l *result.Results) ([]any, error) {
		// What it is to be was made of the version that was read.
		if match != resultETag(l.Entries[row.Result.ID]) || match != resultETag(row.Result) {
			return nil, errs.New(errorsv1.Reason_ETAG_STALE)
		}
		return l.ReviseResult(row.Result.ID, person, func(was result.Result) (result.Result, []errs.Field) {
			return spoken(was, looked), wrong
		})
	})
}

func (s *resultServer) ConfirmResult(ctx context.Context, req *planningv1.ConfirmResultRequest) (*planningv1.Result, error) {
	return s.decide(ctx, "ConfirmResult", req.GetResult(), req, func(l *result.Results, person string) ([]any, error) {
		return l.ConfirmResult(req.GetResult(), person)
	})
}

func (s *resultServer) QuestionResult(ctx context.Context, req *planningv1.QuestionResultRequest) (*planningv1.Result, error) {
	return s.decide(ctx, "QuestionResult", req.GetResult(), req, func(l *result.Results, person string) ([]any, error) {
		return l.QuestionResult(req.GetResult(), person, req.GetReason())
	})
}

func (s *resultServer) RetractResult(ctx context.Context, req *planningv1.RetractResultRequest) (*planningv1.Result, error) {
	return s.decide(ctx, "RetractResult", req.GetResult(), req, func(l *result.Results, person string) ([]any, error) {
		return l.RetractResult(req.GetResult(), person, req.GetReason())
	})
}

// decide runs a person's word on a result that is there.
func (s *resultServer) decide(ctx context.Context, method, resultID string, req proto.Message, act func(*result.Results, string) ([]any, error)) (*planningv1.Result, error) {
	row, _, err := s.ready(ctx, method, resultID)
	if err != nil {
		return nil, err
	}
	cmd, err := rpc.Command(ctx, method, req)
	if err != nil {
		return nil, err
	}
	person := auth.From(ctx).Person.ID
	return s.execute(ctx, row.Ledger, resultID, cmd, func(l *result.Results) ([]any, error) { return act(l, person) })
}

// execute runs a command on the results of an item and answers with one of them.
func (s *resultServer) execute(ctx context.Context, ledger, resultID string, cmd es.Command, decide func(*result.Results) ([]any, error)) (*planningv1.Result, error) {
	done, err := s.ledgers.Execute(ctx, ledger, cmd, func(l *result.Results, _ int64) ([]any, error) { return decide(l) })
	if err != nil {
		return nil, err
	}
	if err := s.host.Answered(ctx, done.Position, done.Recorded); err != nil {
		return nil, err
	}
	r := done.State.Entries[resultID]
	return resultProto(r), rpc.SetETag(ctx, resultETag(r))
}

// ready finds a result for a method that the caller may use on it.
func (s *resultServer) ready(ctx context.Context, method, resultID string) (readmodel.ResultRow, result.Under, error) {
	if err := s.host.Policies.Authorize(ctx, "GetResult", auth.Resource{Type: "Result", ID: resultID}); err != nil {
		return readmodel.ResultRow{}, result.Under{}, err
	}
	row, err := s.find(ctx, resultID)
	if err != nil {
		return row, result.Under{}, err
	}
	// An amendment may have taken the item out of the plan; what was done under it is still judged.
	under, _, err := s.lookUnder(ctx, row.Result.Plan, row.Result.Item)
	if err != nil {
		return row, under, err
	}
	return row, under, s.host.Policies.Authorize(ctx, method, resultResource(row.Result, under))
}

// find finds a result, as its stream has it. The list says which stream that is; a result that is not listed yet may have been recorded a
// moment ago, so the list is brought up to the log first.
func (s *resultServer) find(ctx context.Context, resultID string) (readmodel.ResultRow, error) {
	row, ok, err := s.model.Result(ctx, resultID)
	if err == nil && !ok {
		row, ok, err = s.findLate(ctx, resultID)
	}
	if err == nil && !ok {
		err = errs.New(errorsv1.Reason_NOT_FOUND, "what", resultID)
	}
	if err != nil {
		return row, err
	}
	ledger, _, err := s.ledgers.Load(ctx, row.Ledger)
	if err != nil {
		return row, err
	}
	row.Result = ledger.Entries[resultID]
	return row, nil
}

func (s *resultServer) findLate(ctx context.Context, resultID string) (row readmodel.ResultRow, ok bool, err error) {
	if !isResult(resultID) {
		return row, false, nil
	}
	head, err := s.model.Head(ctx)
	if err != nil {
		return row, false, err
	}
	if err := s.host.Log.WaitFor(ctx, readmodel.ResultsName, head); err != nil {
		return row, false, err
	}
	return s.model.Result(ctx, resultID)
}

func isResult(name string) bool {
	_, err := id.Parse(result.Prefix, name)
	return err == nil
}

// under finds a plan item by its identifier or its code.
func (s *resultServer) under(ctx context.Context, planID, item string) (result.Under, error) {
	u, ok, err := s.lookUnder(ctx, planID, item)
	if err == nil && !ok {
		err = errs.New(errorsv1.Reason_NOT_FOUND, "what", item)
	}
	return u, err
}

func (s *resultServer) lookUnder(ctx context.Context, planID, item string) (result.Under, bool, error) {
	p, _, err := s.plans.Load(ctx, planID)
	if err != nil {
		return result.Under{}, false, err
	}
	if !p.Exists() {
		return result.Under{}, false, errs.New(errorsv1.Reason_NOT_FOUND, "what", planID)
	}
	return underOf(planID, p, item)
}

func itemResource(u result.Under) auth.Resource {
	return auth.Resource{Type: "PlanItem", ID: u.Item, Attributes: map[string]any{"lead": u.Lead, "coordinators": u.Coordinators}}
}

func resultResource(r result.Result, u result.Under) auth.Resource {
	return auth.Resource{Type: "Result", ID: r.ID, Attributes: map[string]any{"agency": r.Agency, "planLead": u.PlanLead}}
}

func resultETag(r result.Result) string { return strconv.Quote(strconv.FormatInt(r.Revision, 10)) }

// revisionOf reads the revision that an ETag of a result says.
func revisionOf(r *planningv1.Result) (int64, error) {
	said, err := strconv.Unquote(r.GetEtag())
	if err != nil {
		return 0, fmt.Errorf("the ETag %q of %s: %w", r.GetEtag(), r.GetId(), err)
	}
	return strconv.ParseInt(said, 10, 64)
}

func known(state result.State) bool { return slices.Contains(result.States(), state) }

func words(states []result.State) string { return strings.Join(texts(states), ", ") }
