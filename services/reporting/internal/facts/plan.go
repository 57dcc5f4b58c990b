package facts

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/vn"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// Plan is a plan as it is seen.
type Plan struct {
	figures.Plan
	// Agencies are all that it names.
	Agencies []string
	// State is issued, amended or closed.
	State string
}

// ReadPlan gives a plan as it is seen, with the items that amendments took out; nil when none is known.
func ReadPlan(ctx context.Context, q querier, v View, id string) (*Plan, error) {
	condition, seen := "arrived <= $1", any(v.Arrived)
	if !v.At.IsZero() {
		condition, seen = "since <= $1", v.At
	}
	rows, err := q.Query(ctx, `SELECT message, agencies, state FROM reporting.plan_version WHERE `+condition+` AND id = $2 ORDER BY arrived`, seen, id)
	if err != nil {
		return nil, err
	}
	var versions []*planningv1.PlanIssued
	var message []byte
	var p Plan
	_, err = pgx.ForEachRow(rows, []any{&message, &p.Agencies, &p.State}, func() error {
		issued := &planningv1.PlanIssued{}
		versions = append(versions, issued)
		return proto.Unmarshal(message, issued)
	})
	if err != nil || len(versions) == 0 {
		return nil, err
	}
	last := len(versions) - 1
	if p.Plan, err = planOf(versions[last]); err != nil {
		return nil, err
	}
	p.Former, err = formerOf(p.Plan, versions[:last])
	return &p, err
}

// formerOf are the items of earlier versions that a plan no longer has, each as it was last.
func formerOf(plan figures.Plan, versions []*planningv1.PlanIssued) ([]figures.Item, error) {
	has := func(items []figures.Item, id string) bool {
		return slices.ContainsFunc(items, func(i figures.Item) bool { return i.ID == id })
	}
	var former []figures.Item
	for _, version := range slices.Backward(versions) {
		before, err := planOf(version)
		if err != nil {
			return nil, err
		}
		for _, item := range before.Items {
			if !has(plan.Items, item.ID) && !has(former, item.ID) {
				former = append(former, item)
			}
		}
	}
	return former, nil
}

// Family gives the plans of the same issuer and lead that ran on a day between two, as they are seen.
func Family(ctx context.Context, q querier, v View, issuer, lead string, from, to time.Time) ([]figures.Plan, error) {
	clause, seen := v.clause()
	rows, err := q.Query(ctx, `SELECT message FROM reporting.plan_version
		WHERE `+clause+` AND issuer = $2 AND lead = $3 AND first < $5 AND last >= $4 ORDER BY id`,
		seen, issuer, lead, dayOf(from), dayOf(to))
	if err != nil {
		return nil, err
	}
	var plans []figures.Plan
	var message []byte
	_, err = pgx.ForEachRow(rows, []any{&message}, func() error {
		issued := &planningv1.PlanIssued{}
		if err := proto.Unmarshal(message, issued); err != nil {
			return err
		}
		plan, err := planOf(issued)
		plans = append(plans, plan)
		return err
	})
	return plans, err
}

func dayOf(at time.Time) string { return at.In(vn.Location()).Format(time.DateOnly) }

func planOf(m *planningv1.PlanIssued) (figures.Plan, error) {
	p := m.GetPlan()
	from, err1 := day(p.GetFrom())
	to, err2 := day(p.GetTo())
	if err := errors.Join(err1, err2); err != nil {
		return figures.Plan{}, err
	}
	out := figures.Plan{
		ID: p.GetId(), Number: p.GetNumber(), Title: p.GetTitle(), From: from, To: to, Issuer: p.GetIssuer(), Lead: p.GetLead(),
		Coordinators: p.GetCoordinators(), Imported: p.GetImported(), Example: p.GetExample(),
	}
	for _, t := range p.GetThemes() {
		out.Themes = append(out.Themes, figures.Named{Code: t.GetCode(), Name: t.GetName(), Example: t.GetExample()})
	}
	for _, a := range p.GetAudiences() {
		out.Audiences = append(out.Audiences, figures.Named{Code: a.GetCode(), Name: a.GetName(), Example: a.GetExample()})
	}
	for _, c := range p.GetChannels() {
		out.Channels = append(out.Channels, figures.Named{Code: c.GetCode(), Name: c.GetName(), Example: c.GetExample()})
	}
	for _, item := range m.GetItems() {
		deadline, err := day(item.GetDeadline())
		if err != nil {
			return figures.Plan{}, err
		}
		out.Items = append(out.Items, figures.Item{
			ID: item.GetId(), Code: item.GetCode(), Title: item.GetTitle(), Theme: item.GetTheme(), Audiences: item.GetAudiences(),
			Channels: item.GetChannels(), Lead: item.GetLead(), Deadline: deadline, Target: item.GetTarget().GetQuantity(),
			Unit: item.GetTarget().GetUnit(), Counts: item.GetTarget().GetCountsPublications(), Example: item.GetExample(),
		})
	}
	return out, nil
}

// day reads YYYY-MM-DD as the first instant of the day in Vietnam; the zero time for none.
func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.ParseInLocation(time.DateOnly, s, vn.Location())
}
