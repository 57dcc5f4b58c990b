package reporting

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
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
		return r.CompileReport(sheet, author)
	})
	return id, r, err
}

// plan gives a plan as it stands; nil when none is known.
func (d *desk) plan(ctx context.Context, id string) (*facts.Plan, error) {
	v, err := facts.Now(ctx, d.pool)
	if err != nil {
		return nil, err
	}
	return facts.ReadPlan(ctx, d.pool, v, id)
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

// write gives a report its words on behalf of a person who saw the version that match names. Change is made to the words as they are.
func (d *desk) write(ctx context.Context, id, person, match string, change func(narrative.Narrative) (narrative.Narrative, []errs.Field), command es.Command) (result, error) {
	return d.reports.Execute(ctx, id, command, func(r *report.Report, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
		}
		if match != etag(r) {
			return nil, errs.New(errorsv1.Reason_ETAG_STALE)
		}
		return r.WriteReport(person, change)
	})
}

// follow runs a command that follows from another service's event, and gives the log's position after it.
func (d *desk) follow(ctx context.Context, id string, command es.Command, decide func(r *report.Report) []any) (int64, error) {
	r, err := d.reports.Execute(ctx, id, command, func(r *report.Report, _ int64) ([]any, error) { return decide(r), nil })
	return r.Position, err
}
