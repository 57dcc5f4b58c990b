package reporting

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// publish maps a stored event to its published form.
func publish(e es.Event) (proto.Message, error) {
	switch event := e.Data.(type) {
	case report.ReportCompiled:
		return &reportingv1.ReportCompiled{Report: e.Aggregate, Plan: event.Sheet.Plan, Period: event.Sheet.Period, Hash: event.Sheet.Hash}, nil
	case report.ReportSubmitted:
		r, err := reportOf(e.Aggregate, &report.Report{State: report.InApproval, Sheet: event.Sheet})
		return &reportingv1.ReportSubmitted{Report: r, Unit: event.Unit, Authors: event.Authors}, err
	case report.ReportApproved:
		r, err := reportOf(e.Aggregate, &report.Report{
			State: report.Approved, Sheet: event.Sheet, Dossier: event.Dossier, Decisions: event.Decisions, ApprovedAt: event.ApprovedAt, Path: event.Path,
		})
		return &reportingv1.ReportApproved{Report: r}, err
	default:
		return nil, nil
	}
}

// reportOf is the report as others see it. The figures are read from the canonical form, so that there is one truth.
func reportOf(id string, r *report.Report) (*reportingv1.Report, error) {
	document, err := figures.Read(r.Sheet.Canonical)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", id, err)
	}
	f, err := figuresOf(document.Figures)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", id, err)
	}
	s := r.Sheet
	out := &reportingv1.Report{
		Id: id, Plan: s.Plan, PlanNumber: s.PlanNumber, PlanTitle: s.PlanTitle, Agency: s.Agency, AgencyName: s.AgencyName, Period: s.Period,
		PeriodName: s.PeriodName, From: s.From, To: s.To, Title: s.Title, State: string(r.State), Figures: f, Canonical: s.Canonical,
		Hash: s.Hash, Sources: s.Sources, CompiledAt: timestamppb.New(s.CompiledAt), CompiledBy: s.CompiledBy, Example: s.Example,
		ImportedPlan: s.ImportedPlan, Path: r.Path, Dossier: r.Dossier, ReturnComment: r.ReturnComment,
	}
	for _, d := range r.Decisions {
		out.Decisions = append(out.Decisions, &approvalsv1.Decision{
			Outcome: d.Outcome, Level: d.Level, Person: d.Person, PersonName: d.PersonName, Position: d.Position,
			PersonExample: d.PersonExample, Hash: d.Hash, Comment: d.Comment, At: timestamppb.New(d.At),
		})
	}
	if !r.ApprovedAt.IsZero() {
		out.ApprovedAt = timestamppb.New(r.ApprovedAt)
	}
	return out, nil
}

func figuresOf(f figures.Figures) (*reportingv1.Figures, error) {
	out := &reportingv1.Figures{
		Published: f.Published, PublishedCumulative: f.PublishedCumulative,
		ItemsTotal: int32(f.ItemsTotal), ItemsDone: int32(f.ItemsDone), ItemsOverdue: int32(f.ItemsOverdue),
	}
	for _, part := range []struct {
		from []figures.Line
		to   *[]*reportingv1.Line
	}{{f.Items, &out.Items}, {f.Agencies, &out.Agencies}, {f.Themes, &out.Themes}, {f.Audiences, &out.Audiences}, {f.Channels, &out.Channels}} {
		for _, line := range part.from {
			l, err := lineOf(line)
			if err != nil {
				return nil, err
			}
			*part.to = append(*part.to, l)
		}
	}
	return out, nil
}

func lineOf(l figures.Line) (*reportingv1.Line, error) {
	out := &reportingv1.Line{
		Code: l.Code, Name: l.Name, Planned: l.Planned, Actual: l.Actual, Cumulative: l.Cumulative, Target: l.Target, Unit: l.Unit,
		State: string(l.State), Deadline: l.Deadline, Example: l.Example,
	}
	for _, c := range l.Counted {
		at, err := time.Parse(time.RFC3339Nano, c.PublishedAt)
		if err != nil {
			return nil, err
		}
		out.Counted = append(out.Counted, &reportingv1.Counted{
			Publication: c.Publication, Content: c.Content, Title: c.Title, PublishedAt: timestamppb.New(at), Path: c.Path, Hash: c.Hash,
			Event: c.Event, Imported: c.Imported,
		})
	}
	return out, nil
}

func decisionsOf(decisions []*approvalsv1.Decision) []report.Decision {
	out := make([]report.Decision, 0, len(decisions))
	for _, d := range decisions {
		out = append(out, report.Decision{
			Outcome: d.GetOutcome(), Level: d.GetLevel(), Person: d.GetPerson(), PersonName: d.GetPersonName(), Position: d.GetPosition(),
			PersonExample: d.GetPersonExample(), Hash: d.GetHash(), Comment: d.GetComment(), At: d.GetAt().AsTime(),
		})
	}
	return out
}
