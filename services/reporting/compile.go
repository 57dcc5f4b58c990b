package reporting

import (
	"context"
	"slices"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// read compiles the sheet of a plan and a period from all facts that have arrived. It holds one of them at a time.
func (d *desk) read(ctx context.Context, plan string, period vn.Period) (report.Sheet, error) {
	v, err := facts.Now(ctx, d.pool)
	if err != nil {
		return report.Sheet{}, err
	}
	p, err := facts.ReadPlan(ctx, d.pool, v, plan)
	if err != nil {
		return report.Sheet{}, err
	}
	if p == nil {
		return report.Sheet{}, errs.New(errorsv1.Reason_NOT_FOUND, "what", plan)
	}
	names, err := facts.Names(ctx, d.pool, v)
	if err != nil {
		return report.Sheet{}, err
	}
	sources, err := facts.Sources(ctx, d.pool, v)
	if err != nil {
		return report.Sheet{}, err
	}
	document, err := d.count(ctx, v, p.Plan, period, names)
	if err != nil {
		return report.Sheet{}, err
	}
	late, err := d.late(ctx, v, p.Plan, period)
	if err != nil {
		return report.Sheet{}, err
	}
	document.Late(late)
	text, hash, err := document.Canonical()
	if err != nil {
		return report.Sheet{}, err
	}
	sheet := report.Sheet{
		Plan: document.Plan, PlanNumber: document.PlanNumber, PlanTitle: document.PlanTitle, Agency: document.Agency,
		AgencyName: document.AgencyName, Period: document.Period, PeriodName: document.PeriodName, From: document.From, To: document.To,
		Title: document.Title, Example: document.Example, ImportedPlan: document.ImportedPlan,
		Canonical: text, Hash: hash, Sources: sources,
	}
	sheet.ReadUpTo(v.Arrived)
	return sheet, nil
}

// count makes the document of what is seen.
func (d *desk) count(ctx context.Context, v facts.View, plan figures.Plan, period vn.Period, names map[string]string) (figures.Document, error) {
	c := figures.NewCompiler(plan, period)
	if err := d.countLastYear(ctx, v, c, plan, period); err != nil {
		return figures.Document{}, err
	}
	traceparents := map[string]string{}
	err := facts.Each(ctx, d.pool, v, facts.Query{Plan: plan.ID, From: plan.From, To: period.To()}, func(f figures.Fact, traceparent string) (bool, error) {
		c.Add(f)
		if len(traceparents) < tracedWithin && f.Standing == figures.Counts && period.Contains(f.At) {
			traceparents[f.ID] = traceparent
		}
		return true, nil
	})
	if err != nil {
		return figures.Document{}, err
	}
	document := c.Document(names)
	d.trace(ctx, document, traceparents)
	return document, nil
}

// countLastYear counts the same period of the year before, under the plans of the same issuer and lead that ran then.
func (d *desk) countLastYear(ctx context.Context, v facts.View, c *figures.Compiler, plan figures.Plan, period vn.Period) error {
	before, err := vn.NewPeriod(period.Kind(), period.Year()-1, period.Number())
	if err != nil || plan.Issuer == "" {
		return err
	}
	family, err := facts.Family(ctx, d.pool, v, plan.Issuer, plan.Lead, before.From(), before.To())
	if err != nil {
		return err
	}
	c.LastYear(family)
	for _, p := range family {
		of := facts.Query{Plan: p.ID, From: before.From(), To: before.To(), Standing: figures.Counts}
		if of.From.Before(p.From) {
			of.From = p.From
		}
		err := facts.Each(ctx, d.pool, v, of, func(f figures.Fact, _ string) (bool, error) {
			c.AddLastYear(p.ID, f)
			return true, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// late gives what changed of earlier periods of the same kind after their reports were settled, and was not told by a report since.
func (d *desk) late(ctx context.Context, v facts.View, plan figures.Plan, period vn.Period) ([]figures.LateFact, error) {
	var late []figures.LateFact
	var floor int64
	for before, ok := previous(period); ok && before.To().After(plan.From); before, ok = previous(before) {
		id := report.ID(plan.ID, before)
		r, _, err := d.reports.Load(ctx, id)
		if err != nil {
			return nil, err
		}
		if !r.Settled() || r.Sheet.Mark() == 0 {
			continue
		}
		floor = max(floor, r.Sheet.Mark())
		from := before.From()
		if from.Before(plan.From) {
			from = plan.From
		}
		changes, err := facts.Changes(ctx, d.pool, plan.ID, from, before.To(), floor, v.Arrived)
		if err != nil {
			return nil, err
		}
		register := figures.NewRegister(plan)
		var found []figures.LateFact
		for _, c := range changes {
			if f, changed := lateOf(c, register, before); changed {
				f.Report, f.Period = id, before.String()
				found = append(found, f)
			}
		}
		late = append(found, late...) // the oldest period first
	}
	return late, nil
}

// lateOf says what a change is to the figures of a period; one that changes nothing there is none.
func lateOf(c facts.Change, register *figures.Register, period vn.Period) (figures.LateFact, bool) {
	counts := func(f *figures.Fact) bool { return f != nil && f.Standing == figures.Counts && period.Contains(f.At) }
	late := figures.LateFact{RecordedAt: c.RecordedAt.UTC().Format(time.RFC3339Nano)}
	switch was, is := counts(c.Before), counts(c.After); {
	case !was && is:
		late.Kind, late.Entry = "added", register.Entry(*c.After)
	case was && !is:
		late.Kind, late.Entry = "removed", register.Entry(*c.Before)
	case was && is:
		before, after := register.Entry(*c.Before), register.Entry(*c.After)
		late.Kind, late.Entry = "changed", after
		before.Event = after.Event
		return late, !slices.Equal(before.Append(nil), after.Append(nil))
	default:
		return late, false
	}
	return late, true
}

// previous is the period of the same kind that ends where this one begins.
func previous(p vn.Period) (vn.Period, bool) {
	before, err := vn.PeriodAt(p.Kind(), p.From().AddDate(0, 0, -1))
	return before, err == nil && before != p
}

// tracedWithin is how many facts of a report its spans are linked to.
const tracedWithin = 100

// trace makes a span of each item's line that counts something, linked to the traces of what it counts. A report of many facts has none.
func (d *desk) trace(ctx context.Context, document figures.Document, traceparents map[string]string) {
	nowhere := trace.ContextWithSpanContext(ctx, trace.SpanContext{})
	for _, line := range document.Items {
		var links []trace.Link
		for _, counted := range document.Annex.Rows {
			if counted.Item != line.Code {
				continue
			}
			before := propagation.TraceContext{}.Extract(nowhere, propagation.MapCarrier{"traceparent": traceparents[counted.ID]})
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
