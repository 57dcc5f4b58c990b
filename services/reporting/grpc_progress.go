package reporting

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

func (s *server) GetProgress(ctx context.Context, r *reportingv1.GetProgressRequest) (*reportingv1.Progress, error) {
	p, v, at, err := s.moment(ctx, "GetProgress", r.GetPlan(), r.GetAsOf())
	if err != nil {
		return nil, err
	}
	names, err := facts.Names(ctx, s.host.Pool, v)
	if err != nil {
		return nil, err
	}
	tally := figures.NewTally(p.Plan, spanUntil(p.Plan, at))
	err = facts.Each(ctx, s.host.Pool, v, factsUntil(p.Plan, at), func(f figures.Fact, _ string) (bool, error) {
		tally.Add(f)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	sources, err := facts.Sources(ctx, s.host.Pool, v)
	if err != nil {
		return nil, err
	}
	f, err := figuresOf(tally.Figures(names), nil)
	out := &reportingv1.Progress{
		Plan: p.ID, PlanNumber: p.Number, PlanTitle: p.Title, Agency: p.Lead, AgencyName: names[p.Lead], AsOf: timestamppb.New(at),
		PlanState: p.State, Figures: f, Sources: sources, Example: p.Example || f.GetTotal().GetExample(),
	}
	return out, err
}

func (s *server) ListProgressEvents(ctx context.Context, r *reportingv1.ListProgressEventsRequest) (*reportingv1.ListProgressEventsResponse, error) {
	p, v, at, err := s.moment(ctx, "ListProgressEvents", r.GetPlan(), r.GetAsOf())
	if err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	if err := errs.Invalid(append(wrong, wrongLine(r.GetLine())...)); err != nil {
		return nil, err
	}
	entries, next, err := s.entries(ctx, v, p.Plan, factsUntil(p.Plan, at), r.GetLine(), page)
	return &reportingv1.ListProgressEventsResponse{Events: entries, NextPageToken: next}, err
}

// moment is a plan as it was at a moment, or as it is when none is asked for, with the view of the facts and the moment itself.
func (s *server) moment(ctx context.Context, method, plan string, asOf *timestamppb.Timestamp) (*facts.Plan, facts.View, time.Time, error) {
	if err := s.host.Policies.Authorize(ctx, method, auth.Resource{Type: "Plan", ID: plan}); err != nil {
		return nil, facts.View{}, time.Time{}, err
	}
	var v facts.View
	at, err := s.host.Log.Now(ctx)
	if err != nil {
		return nil, v, at, err
	}
	if asOf != nil { // not in the future, which the edge has seen to
		at = asOf.AsTime()
		v.At = at
	} else if v, err = facts.Now(ctx, s.host.Pool); err != nil {
		return nil, v, at, err
	}
	p, err := facts.ReadPlan(ctx, s.host.Pool, v, plan)
	if err == nil && p == nil {
		err = errs.New(errorsv1.Reason_NOT_FOUND, "what", plan)
	}
	return p, v, at, err
}

// spanUntil is from the plan's first day to a moment, which itself belongs to it.
func spanUntil(plan figures.Plan, at time.Time) figures.Span {
	span := figures.Span{From: plan.From, To: at.Add(time.Microsecond)}
	if year, err := vn.PeriodAt(vn.Year, at); err == nil {
		span.YearFrom = year.From()
	}
	return span
}

func factsUntil(plan figures.Plan, at time.Time) facts.Query {
	return facts.Query{Plan: plan.ID, From: plan.From, To: at.Add(time.Microsecond)}
}

// wrongLine tells when a text is no line's name; none is all.
func wrongLine(line string) []errs.Field {
	if line == "" || figures.KnownLine(line) {
		return nil
	}
	return []errs.Field{errs.At("line", errorsv1.Reason_UNKNOWN_LINE,
		"value", line, "expected", "total, item:3, agency:H24.02, theme:…, audience:…, channel:…")}
}

// entries gives a page of what a line counts, in order of time.
func (s *server) entries(ctx context.Context, v facts.View, plan figures.Plan, of facts.Query, line string, page listing.Page) ([]*reportingv1.Counted, string, error) {
	register := figures.NewRegister(plan)
	if line == "" {
		line = figures.TotalLine
	}
	of.Item, of.Standing = register.ItemOf(line), figures.Counts
	of.AfterAt, of.AfterID = page.After.At, page.After.ID
	var found []figures.Fact
	err := facts.Each(ctx, s.host.Pool, v, of, func(f figures.Fact, _ string) (bool, error) {
		if register.Entry(f).In(line) {
			found = append(found, f)
		}
		return len(found) <= page.Size, nil
	})
	if err != nil {
		return nil, "", err
	}
	found, next := listing.Cut(page, found, func(f figures.Fact) listing.Place { return listing.Place{At: f.At, ID: f.ID} })
	out := make([]*reportingv1.Counted, 0, len(found))
	for _, f := range found {
		c, err := countedOf(register.Entry(f))
		if err != nil {
			return nil, "", err
		}
		out = append(out, c)
	}
	return out, next, nil
}
