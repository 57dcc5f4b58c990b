package reporting

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/readalong"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// server answers loa.reporting.v1.ReportService.
type server struct {
	reportingv1.UnimplementedReportServiceServer
	host *app.Host
	desk *desk
	// approvals is asked whether the caller may read a report's dossier, and then they may read the report.
	approvals approvalsv1.ApprovalServiceClient
}

func (s *server) CompileReport(ctx context.Context, r *reportingv1.CompileReportRequest) (*reportingv1.Report, error) {
	plan, err := s.desk.plan(ctx, r.GetPlan())
	if err != nil {
		return nil, err
	}
	// Whether a plan is unknown is told to those alone who compile their own agency's.
	lead := auth.From(ctx).Agency()
	if plan != nil {
		lead = plan.Lead
	}
	resource := auth.Resource{Type: "Plan", ID: r.GetPlan(), Attributes: map[string]any{"lead": lead}}
	if err := s.host.Policies.Authorize(ctx, "CompileReport", resource); err != nil {
		return nil, err
	}
	period, err := vn.ParsePeriod(r.GetPeriod())
	if err != nil {
		return nil, errs.New(errorsv1.Reason_UNKNOWN_PERIOD, "value", r.GetPeriod()).Because(err)
	}
	if plan == nil {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", r.GetPlan())
	}
	command, err := rpc.Command(ctx, "CompileReport", r)
	if err != nil {
		return nil, err
	}
	id, result, err := s.desk.compile(ctx, *plan, period, compilerOf(auth.From(ctx)), command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, id, result)
}

func (s *server) SubmitReport(ctx context.Context, r *reportingv1.SubmitReportRequest) (*reportingv1.Report, error) {
	_, resource, err := s.visible(ctx, r.GetReport())
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "SubmitReport", resource); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "SubmitReport", r)
	if err != nil {
		return nil, err
	}
	person := auth.From(ctx).Person
	result, err := s.desk.submit(ctx, r.GetReport(), person.ID, person.Unit, command)
	if err != nil {
		return nil, err
	}
	return s.answer(ctx, r.GetReport(), result)
}

func (s *server) GetReport(ctx context.Context, r *reportingv1.GetReportRequest) (*reportingv1.Report, error) {
	found, _, err := s.visible(ctx, r.GetReport())
	if err != nil {
		return nil, err
	}
	return s.told(ctx, r.GetReport(), found)
}

// ListReports gives reports without their figures, which GetReport gives.
func (s *server) ListReports(ctx context.Context, r *reportingv1.ListReportsRequest) (*reportingv1.ListReportsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListReports", auth.Resource{Type: "Reports", ID: "all"}); err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	// Whoever may see what is not approved of a plan that names nobody may see everything.
	all, err := s.host.Policies.Allows(ctx, "GetReport", resourceOf("", &report.Report{State: report.Compiled}, nil))
	if err != nil {
		return nil, err
	}
	readable, err := s.throughDossiers(ctx, all)
	if err != nil {
		return nil, err
	}
	// One more tells whether there is a next page.
	rows, err := readmodel.List(ctx, s.host.Pool, readmodel.Query{
		Plan: r.GetPlan(), All: all, Agency: auth.From(ctx).Agency(), Readable: readable, BeforeID: page.After.ID, Limit: page.Size + 1,
	})
	if err != nil {
		return nil, err
	}
	rows, next := listing.Cut(page, rows, func(row readmodel.Row) listing.Place { return listing.Place{ID: row.ID} })
	out := &reportingv1.ListReportsResponse{NextPageToken: next}
	for _, row := range rows {
		out.Reports = append(out.Reports, reportOfRow(row))
	}
	return out, nil
}

// visible loads a report that the caller may see; one they may not is not theirs to know.
func (s *server) visible(ctx context.Context, id string) (*report.Report, auth.Resource, error) {
	r, version, err := s.desk.reports.Load(ctx, id)
	if err != nil {
		return nil, auth.Resource{}, err
	}
	var agencies []string
	if version > 0 {
		plan, err := s.desk.plan(ctx, r.Sheet.Plan)
		if err != nil {
			return nil, auth.Resource{}, err
		}
		if plan != nil {
			agencies = plan.Agencies
		}
	}
	resource := resourceOf(id, r, agencies)
	err = s.host.Policies.Authorize(ctx, "GetReport", resource)
	if errs.ReasonOf(err) == errorsv1.Reason_FORBIDDEN {
		approver, asked := s.approver(ctx, r)
		if asked != nil {
			return nil, resource, asked
		}
		if approver {
			resource.Attributes["approver"] = true
			err = s.host.Policies.Authorize(ctx, "GetReport", resource)
		}
	}
	if errs.ReasonOf(err) == errorsv1.Reason_FORBIDDEN || err == nil && version == 0 {
		return nil, resource, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	return r, resource, err
}

// approver asks approvals, on the caller's behalf, whether they may see the report's dossier: its route, a delegation or a question to
// their unit may name them.
func (s *server) approver(ctx context.Context, r *report.Report) (bool, error) {
	if r.Dossier == "" || auth.From(ctx).Person == nil {
		return false, nil
	}
	_, err := s.approvals.GetDossier(ctx, &approvalsv1.GetDossierRequest{Dossier: r.Dossier})
	switch errs.ReasonOf(err) {
	case errorsv1.Reason_NOT_FOUND, errorsv1.Reason_FORBIDDEN:
		return false, nil
	default:
		return err == nil, err
	}
}

// throughDossiers are the reports that the caller reads because of their dossiers alone, as approver says of each.
func (s *server) throughDossiers(ctx context.Context, all bool) ([]string, error) {
	if all || auth.From(ctx).Person == nil {
		return nil, nil
	}
	hidden, err := readmodel.Hidden(ctx, s.host.Pool, auth.From(ctx).Agency())
	if err != nil || len(hidden) == 0 {
		return nil, err
	}
	return readalong.Documents(ctx, s.approvals, documentType, hidden)
}

func resourceOf(id string, r *report.Report, agencies []string) auth.Resource {
	return auth.Resource{Type: "Report", ID: id, Attributes: map[string]any{
		"agency": r.Sheet.Agency, "agencies": agencies, "state": string(r.State), "approver": false,
	}}
}

func compilerOf(p auth.Principal) compiler {
	if p.Person == nil {
		return compiler{Name: p.Service}
	}
	return compiler{Name: p.Person.ID, Person: true}
}

// answer gives the report as the command left it, and how far to read to see that.
func (s *server) answer(ctx context.Context, id string, r result) (*reportingv1.Report, error) {
	if err := s.host.Answered(ctx, r.Position, r.Recorded); err != nil {
		return nil, err
	}
	return s.told(ctx, id, r.State)
}

// told is a report with its ETag beside it.
func (s *server) told(ctx context.Context, id string, r *report.Report) (*reportingv1.Report, error) {
	out, err := reportOf(id, r)
	if err != nil {
		return nil, err
	}
	return out, rpc.SetETag(ctx, out.GetEtag())
}

// etag is of what an editor of a report sees: its figures and its words.
func etag(r *report.Report) string { return strconv.Quote(r.Sheet.Hash) }

func reportOfRow(r readmodel.Row) *reportingv1.Report {
	out := &reportingv1.Report{
		Id: r.ID, Plan: r.Plan, PlanNumber: r.PlanNumber, PlanTitle: r.PlanTitle, Agency: r.Agency, AgencyName: r.AgencyName, Period: r.Period,
		PeriodName: r.PeriodName, From: r.From, To: r.To, Title: r.Title, State: r.State, Hash: r.Hash, CompiledAt: timestamppb.New(r.CompiledAt),
		CompiledBy: r.CompiledBy, Example: r.Example, ImportedPlan: r.ImportedPlan, Path: r.Path, Dossier: r.Dossier, ReturnComment: r.ReturnComment,
		Number: r.Number, Date: r.Date, Etag: strconv.Quote(r.Hash),
	}
	if r.ApprovedAt != nil {
		out.ApprovedAt = timestamppb.New(*r.ApprovedAt)
	}
	return out
}
