package reporting

import (
	"errors"
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
	case report.ReportWritten:
		// To others it is the same: the report is what this hash is of, and what was approved of another is void.
		return &reportingv1.ReportCompiled{Report: e.Aggregate, Plan: event.Sheet.Plan, Period: event.Sheet.Period, Hash: event.Sheet.Hash}, nil
	case report.ReportSubmitted:
		r, err := reportOf(e.Aggregate, &report.Report{State: report.InApproval, Sheet: event.Sheet})
		return &reportingv1.ReportSubmitted{Report: r, Unit: event.Unit, Authors: event.Authors}, err
	case report.ReportApproved:
		r, err := reportOf(e.Aggregate, &report.Report{
			State: report.Approved, Sheet: event.Sheet, Dossier: event.Dossier, Decisions: event.Decisions, ApprovedAt: event.ApprovedAt, Path: event.Path,
		})
		return &reportingv1.ReportApproved{Report: r}, err
	case report.ReportIssued:
		r, err := reportOf(e.Aggregate, &report.Report{
			State: report.Issued, Sheet: event.Sheet, Dossier: event.Dossier, Decisions: event.Decisions, ApprovedAt: event.ApprovedAt, Path: event.Path,
			Number: event.Number, Date: event.Date, Documents: event.Documents,
		})
		return &reportingv1.ReportIssued{Report: r}, err
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
	var rows []figures.Entry
	if document.Annex != nil {
		rows = document.Annex.Rows
	}
	f, err := figuresOf(document.Figures, rows)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", id, err)
	}
	s := r.Sheet
	out := &reportingv1.Report{
		Id: id, Plan: s.Plan, PlanNumber: s.PlanNumber, PlanTitle: s.PlanTitle, Agency: s.Agency, AgencyName: s.AgencyName, Period: s.Period,
		PeriodName: s.PeriodName, From: s.From, To: s.To, Title: s.Title, State: string(r.State), Figures: f, Canonical: s.Canonical,
		Hash: s.Hash, Sources: s.Sources, CompiledAt: timestamppb.New(s.CompiledAt), CompiledBy: s.CompiledBy, Example: s.Example,
		ImportedPlan: s.ImportedPlan, Path: r.Path, Dossier: r.Dossier, ReturnComment: r.ReturnComment, Number: r.Number, Date: r.Date,
		Narrative: narrativeOf(document.Narrative), Etag: etag(r),
	}
	for _, d := range r.Documents {
		out.Documents = append(out.Documents, &reportingv1.StoredDocument{Format: d.Format, MediaType: d.MediaType, Sha256: d.SHA256, Size: d.Size})
	}
	if err := addAnnex(out, document); err != nil {
		return nil, fmt.Errorf("report %s: %w", id, err)
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

// addAnnex adds what a report of today's form has beside its figures.
func addAnnex(out *reportingv1.Report, document figures.Document) error {
	if a := document.Annex; a != nil {
		out.Annex = &reportingv1.Annex{Entries: a.Entries, Sha256: a.SHA256}
	}
	out.LateCount, out.Restates = document.LateCount, document.Restates
	for _, late := range document.LateFacts {
		fact, err1 := countedOf(late.Entry)
		at, err2 := time.Parse(time.RFC3339Nano, late.RecordedAt)
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		out.LateFacts = append(out.LateFacts, &reportingv1.LateFact{
			Kind: late.Kind, Report: late.Report, Period: late.Period, Fact: fact, RecordedAt: timestamppb.New(at),
		})
	}
	return nil
}

// figuresOf are the figures as others see them; the lines list those of the rows that they count.
func figuresOf(f figures.Figures, rows []figures.Entry) (*reportingv1.Figures, error) {
	out := &reportingv1.Figures{
		Published: f.Published, PublishedCumulative: f.PublishedCumulative,
		ItemsTotal: int32(f.ItemsTotal), ItemsDone: int32(f.ItemsDone), ItemsOverdue: int32(f.ItemsOverdue),
	}
	for _, part := range []struct {
		by   figures.Dimension
		from []figures.Line
		to   *[]*reportingv1.Line
	}{
		{figures.ByItem, f.Items, &out.Items},
		{figures.ByAgency, f.Agencies, &out.Agencies},
		{figures.ByTheme, f.Themes, &out.Themes},
		{figures.ByAudience, f.Audiences, &out.Audiences},
		{figures.ByChannel, f.Channels, &out.Channels},
	} {
		for _, line := range part.from {
			l, err := lineOf(line, figures.LineName(part.by, line.Code), rows)
			if err != nil {
				return nil, err
			}
			*part.to = append(*part.to, l)
		}
	}
	if f.Total == nil {
		return out, nil
	}
	var err error
	out.Total, err = lineOf(*f.Total, figures.TotalLine, nil)
	return out, err
}

func lineOf(l figures.Line, name string, rows []figures.Entry) (*reportingv1.Line, error) {
	out := &reportingv1.Line{
		Code: l.Code, Name: l.Name, Planned: l.Planned, Actual: l.Actual, Cumulative: l.Cumulative, Target: l.Target, Unit: l.Unit,
		State: string(l.State), Deadline: l.Deadline, Example: l.Example, Line: name, YearCumulative: l.YearCumulative, LastYear: l.LastYear,
		ByPublications: l.ByPublications, ByResults: l.ByResults, Unconfirmed: l.Unconfirmed, Withdrawn: l.Withdrawn, Events: l.Events,
	}
	for _, b := range l.Besides {
		out.Besides = append(out.Besides, &reportingv1.Beside{
			Unit: b.Unit, Planned: b.Planned, Actual: b.Actual, Cumulative: b.Cumulative, YearCumulative: b.YearCumulative, Target: b.Target,
			Unconfirmed: b.Unconfirmed,
		})
	}
	for _, e := range rows {
		if !e.In(name) {
			continue
		}
		c, err := countedOf(e)
		if err != nil {
			return nil, err
		}
		out.Counted = append(out.Counted, c)
	}
	for _, c := range l.Counted { // of the first form
		at, err := time.Parse(time.RFC3339Nano, c.PublishedAt)
		if err != nil {
			return nil, err
		}
		out.Counted = append(out.Counted, &reportingv1.Counted{
			Publication: c.Publication, Content: c.Content, Title: c.Title, PublishedAt: timestamppb.New(at), Path: c.Path, Hash: c.Hash,
			Event: c.Event, Imported: c.Imported, Kind: string(figures.Published), Quantity: 1, Unit: figures.Publications,
		})
	}
	return out, nil
}

func countedOf(e figures.Entry) (*reportingv1.Counted, error) {
	at, err := time.Parse(time.RFC3339Nano, e.At)
	if err != nil {
		return nil, err
	}
	c := &reportingv1.Counted{
		Content: e.Content, Title: e.Title, PublishedAt: timestamppb.New(at), Path: e.Path, Hash: e.Hash, Event: e.Event, Imported: e.Imported,
		Kind: string(e.Kind), Quantity: e.Quantity, Unit: e.Unit, Item: e.Item, Agency: e.Agency, Theme: e.Theme, Audiences: e.Audiences,
		Channels: e.Channels, Example: e.Example, Bypassed: e.Bypassed,
	}
	if e.Kind == figures.Result {
		c.Result = e.ID
	} else {
		c.Publication = e.ID
	}
	return c, nil
}

// numberedOf is the number of a report with who signed it: the last decision that stands.
func numberedOf(e *approvalsv1.DossierIssued) report.ReportNumbered {
	n := report.ReportNumbered{Dossier: e.GetDossier(), Number: e.GetNumber(), Date: e.GetDate(), Issuer: e.GetIssuer()}
	for _, d := range e.GetDecisions() {
		n.Bypassed = n.Bypassed || d.GetBypass()
		if d.GetVoided() {
			continue
		}
		n.Signing = report.Signing{
			Person: d.GetPerson(), PersonName: d.GetPersonName(), Position: d.GetPosition(), Capacity: d.GetCapacity(), OnBehalfOf: d.GetOnBehalfOf(),
			OnBehalfOfName: d.GetOnBehalfOfName(), OnBehalfOfPosition: d.GetOnBehalfOfPosition(), PersonExample: d.GetPersonExample(),
		}
	}
	return n
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
