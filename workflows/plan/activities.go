package plan

import (
	"context"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"

	"github.com/loa-vn/loa/workflows/activity"
)

// Activities call the services that own the decisions, under keys that name the business, so that a repeat changes nothing.
type Activities struct {
	Planning  planningv1.PlanServiceClient
	Reporting reportingv1.ReportServiceClient
}

// ReadAgenda reads the plan as it stands.
func (a *Activities) ReadAgenda(ctx context.Context, plan string) (Agenda, error) {
	p, err := a.Planning.GetPlan(ctx, &planningv1.GetPlanRequest{Plan: plan})
	if err != nil {
		return Agenda{}, activity.Waiting(err)
	}
	var items []*planningv1.PlanItem
	for token := ""; ; {
		page, err := a.Planning.ListPlanItems(ctx, &planningv1.ListPlanItemsRequest{Plan: plan, PageSize: 200, PageToken: token})
		if err != nil {
			return Agenda{}, activity.Waiting(err)
		}
		items = append(items, page.GetItems()...)
		if token = page.GetNextPageToken(); token == "" {
			return agendaOf(p, items)
		}
	}
}

// MarkOverdue asks planning to mark what was due before the day (YYYY-MM-DD); it returns the items marked.
func (a *Activities) MarkOverdue(ctx context.Context, plan, day string) ([]string, error) {
	ctx = activity.WithKey(ctx, "plan", plan, "overdue", day)
	r, err := a.Planning.MarkOverdue(ctx, &planningv1.MarkOverdueRequest{Plan: plan, Day: day})
	return r.GetItems(), activity.Decided(err)
}

// CompileReport asks reporting to compile a period (2022-M03); it returns the report's id.
func (a *Activities) CompileReport(ctx context.Context, plan, period string) (string, error) {
	ctx = activity.WithKey(ctx, "plan", plan, "report", period)
	r, err := a.Reporting.CompileReport(ctx, &reportingv1.CompileReportRequest{Plan: plan, Period: period})
	return r.GetId(), activity.Decided(err)
}
