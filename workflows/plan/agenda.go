package plan

import (
	"fmt"
	"slices"
	"time"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/vn"
)

// kinds maps a plan's word for its reports to the periods of Decree 09/2019/NĐ-CP.
func kinds() map[string]vn.PeriodKind {
	return map[string]vn.PeriodKind{"month": vn.Month, "quarter": vn.Quarter, "half": vn.Half, "year": vn.Year}
}

// agendaOf lists the moments of a plan: the first instant after each deadline, and the cut-off of each period that overlaps it. Of a
// plan that is closed there are none.
func agendaOf(plan *planningv1.Plan, items []*planningv1.PlanItem) (Agenda, error) {
	from, err := day(plan.GetFrom())
	if err != nil {
		return Agenda{}, err
	}
	to, err := day(plan.GetTo())
	if err != nil {
		return Agenda{}, err
	}
	a := Agenda{Number: plan.GetNumber(), Title: plan.GetTitle(), Recorded: plan.GetRecordedAt().AsTime(), Ends: to.AddDate(0, 0, 1)}
	if plan.GetState() == "closed" {
		return a, nil
	}
	seen := map[string]bool{}
	for _, item := range items {
		deadline, err := day(item.GetDeadline())
		if err != nil {
			return Agenda{}, err
		}
		at := deadline.AddDate(0, 0, 1)
		if d := at.Format(time.DateOnly); !seen[d] {
			seen[d] = true
			a.Steps = append(a.Steps, Step{At: at, Kind: MarkOverdue, Day: d})
		}
	}
	for _, word := range plan.GetReportPeriods() {
		kind, ok := kinds()[word]
		if !ok {
			return Agenda{}, fmt.Errorf("plan %s reports by %q, which is no kind of period", plan.GetId(), word)
		}
		period, err := vn.PeriodAt(kind, from)
		if err != nil {
			return Agenda{}, err
		}
		for ; period.From().Before(a.Ends); period = period.Next() {
			a.Steps = append(a.Steps, Step{At: period.To(), Kind: CompileReport, Period: period.String()})
		}
	}
	// At one moment items are marked before the report counts them.
	slices.SortStableFunc(a.Steps, func(x, y Step) int { return x.At.Compare(y.At) })
	return a, nil
}

func day(s string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, vn.Location())
	if err != nil {
		return time.Time{}, fmt.Errorf("a plan's day: %w", err)
	}
	return t, nil
}
