package planning

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// conditions gathers what is wrong with a filter.
type conditions struct{ wrong []errs.Field }

func (c *conditions) oneOf(field, value string, of ...string) {
	if value != "" && !slices.Contains(of, value) {
		c.wrong = append(c.wrong, errs.At(field, errorsv1.Reason_BAD_FORMAT, "field", field, "value", value, "expected", strings.Join(of, ", ")))
	}
}

func (c *conditions) day(field, value string) plan.Day {
	if _, err := plan.Day(value).Start(); err != nil && value != "" {
		c.wrong = append(c.wrong, errs.At(field, errorsv1.Reason_BAD_DATE, "value", value))
	}
	return plan.Day(value)
}

// agency understands "me".
func agency(ctx context.Context, asked string) string {
	if asked == "me" {
		return cmp.Or(auth.From(ctx).Agency(), "-") // a machine has none, and leads nothing
	}
	return asked
}

func plansFilter(ctx context.Context, req *planningv1.ListPlansRequest) (readmodel.Filter, error) {
	var c conditions
	c.oneOf("state", req.GetState(), texts([]plan.Stage{
		plan.StageDraft, plan.StageInApproval, plan.StageReturned, plan.StageApproved, plan.StageIssued, plan.StageAmended, plan.StageClosed,
	})...)
	c.oneOf("orderBy", req.GetOrderBy(), readmodel.Orders()...)
	caller := auth.From(ctx)
	f := readmodel.Filter{
		Reader: caller.Agency(), All: caller.Role() == "auditor", Stage: req.GetState(), Agency: agency(ctx, req.GetAgency()),
		Theme: req.GetTheme(), DueFrom: c.day("deadlineFrom", req.GetDeadlineFrom()), DueTo: c.day("deadlineTo", req.GetDeadlineTo()),
		OrderBy: req.GetOrderBy(),
	}
	return f, errs.Invalid(c.wrong)
}

// wantedItems says which items of a plan are asked for, and in which order.
type wantedItems struct {
	agency, state, theme string
	from, to             plan.Day
	order                string
}

func itemsFilter(ctx context.Context, req *planningv1.ListPlanItemsRequest) (wantedItems, error) {
	var c conditions
	c.oneOf("state", req.GetState(), texts([]plan.State{plan.Planned, plan.Done, plan.Overdue})...)
	c.oneOf("orderBy", req.GetOrderBy(), "place", "place desc", "deadline", "deadline desc")
	w := wantedItems{
		agency: agency(ctx, req.GetAgency()), state: req.GetState(), theme: req.GetTheme(), order: req.GetOrderBy(),
		from: c.day("deadlineFrom", req.GetDeadlineFrom()), to: c.day("deadlineTo", req.GetDeadlineTo()),
	}
	return w, errs.Invalid(c.wrong)
}

// placed is an item at its place among those that were asked for, from 1.
type placed struct {
	place int
	item  *planningv1.PlanItem
}

// of gives the wanted items of what is seen.
func (w wantedItems) of(v seen) []placed {
	d := v.document()
	var items []plan.Item
	for _, i := range d.Items {
		if w.want(v, i) {
			items = append(items, i)
		}
	}
	switch w.order {
	case "place desc":
		slices.Reverse(items)
	case "deadline":
		slices.SortStableFunc(items, func(a, b plan.Item) int { return cmp.Compare(a.Deadline, b.Deadline) })
	case "deadline desc":
		slices.SortStableFunc(items, func(a, b plan.Item) int { return cmp.Compare(b.Deadline, a.Deadline) })
	}
	var out []placed
	for n, i := range items {
		state, delivered := v.plan.ItemState(i.ID)
		out = append(out, placed{n + 1, itemProto(i, state, delivered, d.Example)})
	}
	return out
}

func (w wantedItems) want(v seen, i plan.Item) bool {
	state, _ := v.plan.ItemState(i.ID)
	return (w.agency == "" || string(i.Lead) == w.agency || slices.Contains(i.Coordinators, plan.Code(w.agency))) &&
		(w.state == "" || string(state) == w.state) && (w.theme == "" || i.Theme == w.theme) &&
		(w.from == "" || i.Deadline >= w.from) && (w.to == "" || i.Deadline != "" && i.Deadline <= w.to)
}

// following are at most limit of the items, after the one at a place.
func following(items []placed, after string, limit int) ([]placed, error) {
	place := 0
	if after != "" {
		var err error
		if place, err = strconv.Atoi(after); err != nil || place < 0 {
			return nil, badToken(after)
		}
	}
	items = items[min(place, len(items)):]
	return items[:min(limit, len(items))], nil
}

// document is what is seen: the plan in force, its draft, or the plan as an amendment has it.
func (v seen) document() plan.Document {
	if d := v.plan.Draft(v.amendment); d != nil && (v.amendment != "" || !v.plan.Exists()) {
		return d.Document
	}
	return v.plan.Document
}
