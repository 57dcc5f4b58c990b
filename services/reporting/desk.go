package reporting

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// desk runs the commands on reports.
type desk struct {
	pool    *pgxpool.Pool
	log     *es.Log
	reports *es.Repo[report.Report, *report.Report]
	tracer  trace.Tracer
}

func newDesk(pool *pgxpool.Pool, log *es.Log) *desk {
	return &desk{
		pool: pool, log: log, reports: es.NewRepo[report.Report](log, report.Prefix),
		tracer: otel.Tracer("github.com/loa-vn/loa/services/reporting"),
	}
}

type result = es.Result[report.Report]

// compiler is who has a report compiled.
type compiler struct {
	// Name is a person's id or a service's name.
	Name string
	// Person says which of the two; a person becomes an author.
	Person bool
}

// compile computes the report of a plan and a period from the facts as they stand, and gives its id.
func (d *desk) compile(ctx context.Context, plan facts.Plan, period vn.Period, by compiler, command es.Command) (id string, r result, err error) {
	now, err := d.log.Now(ctx)
	if err != nil {
		return "", r, err
	}
	if err := report.CheckPeriod(period, plan.From, plan.To, now); err != nil {
		return "", r, err
	}
	id = report.ID(plan.ID, period)
	r, err = d.reports.Execute(ctx, id, command, func(r *report.Report, _ int64) ([]any, error) {
		if r.Settled() {
			return nil, nil
		}
		// Read after the report was loaded: whoever comes between with newer facts makes this run again.
		sheet, err := d.read(ctx, plan.ID, period)
		if err != nil {
			return nil, err
		}
		sheet.CompiledAt, sheet.CompiledBy = now, by.Name
		author := ""
		if by.Person {
			author = by.Name
		}
		return r.CompileReport(sheet, author), nil
	})
	return id, r, err
}

func (d *desk) read(ctx context.Context, plan string, period vn.Period) (report.Sheet, error) {
	f, err := facts.Read(ctx, d.pool, plan)
	if err != nil {
		return report.Sheet{}, err
	}
	if f == nil {
		return report.Sheet{}, errs.New(errorsv1.Reason_NOT_FOUND, "what", plan)
	}
	document := figures.Compile(f.Plan, f.Publications, period, f.Names)
	d.trace(ctx, document, f.Traceparents)
	text, hash, err := document.Canonical()
	if err != nil {
		return report.Sheet{}, err
	}
	return report.Sheet{
		Plan: document.Plan, PlanNumber: document.PlanNumber, PlanTitle: document.PlanTitle, Agency: document.Agency,
		AgencyName: document.AgencyName, Period: document.Period, PeriodName: document.PeriodName, From: document.From, To: document.To,
		Title: document.Title, Example: document.Example, ImportedPlan: document.ImportedPlan,
		Canonical: text, Hash: hash, Sources: f.Sources,
	}, nil
}

// trace makes a span of each item's line that counts something, linked to the traces of what it counts.
func (d *desk) trace(ctx context.Context, document figures.Document, traceparents map[string]string) {
	nowhere := trace.ContextWithSpanContext(ctx, trace.SpanContext{})
	for _, line := range document.Items {
		var links []trace.Link
		for _, counted := range line.Counted {
			before := propagation.TraceContext{}.Extract(nowhere, propagation.MapCarrier{"traceparent": traceparents[counted.Publication]})
			if c := trace.SpanContextFromContext(before); c.IsValid() {
				links = append(links, trace.Link{SpanContext: c})
			}
		}
		if len(links) > 0 {
			_, span := d.tracer.Start(ctx, "report line", trace.WithLinks(links...), trace.WithAttributes(
				attribute.String("loa.plan", document.Plan), attribute.String("loa.period", document.Period), attribute.String("loa.item", line.Code)))
			span.End()
		}
	}
}

// submit sends a report up its route on behalf of a person and their unit.
func (d *desk) submit(ctx context.Context, id, person, unit string, command es.Command) (result, error) {
	return d.reports.Execute(ctx, id, command, func(r *report.Report, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
		}
		return r.SubmitReport(person, unit)
	})
}

// follow runs a command that follows from another service's event, and gives the log's position after it.
func (d *desk) follow(ctx context.Context, id string, command es.Command, decide func(r *report.Report) []any) (int64, error) {
	r, err := d.reports.Execute(ctx, id, command, func(r *report.Report, _ int64) ([]any, error) { return decide(r), nil })
	return r.Position, err
}
