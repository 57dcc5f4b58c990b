package plan

import (
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/vn"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// year is a plan of a whole year with three deadlines, reported monthly.
func year(recorded time.Time) (*planningv1.Plan, []*planningv1.PlanItem) {
	return &planningv1.Plan{
		Id: "plan_1", Number: "15/KH-UBND", Title: "Kế hoạch", From: "2026-01-01", To: "2026-12-31",
		ReportPeriods: []string{"month"}, RecordedAt: timestamppb.New(recorded),
	}, []*planningv1.PlanItem{
		{Id: "item_1", Deadline: "2026-02-28"}, {Id: "item_2", Deadline: "2026-06-30"}, {Id: "item_3", Deadline: "2026-06-30"},
	}
}

// calls is what a run asked of the services, in order, with the day it was asked.
type calls []string

func environment(t *testing.T, start time.Time, agenda Agenda) (*testsuite.TestWorkflowEnvironment, *calls) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(30 * time.Second)
	made := &calls{}
	now := func() string { return env.Now().In(vn.Location()).Format(time.DateOnly) }
	var acts *Activities
	env.OnActivity(acts.ReadAgenda, mock.Anything, "plan_1").Return(agenda, nil)
	env.OnActivity(acts.MarkOverdue, mock.Anything, "plan_1", mock.Anything).
		Run(func(args mock.Arguments) { *made = append(*made, now()+" overdue "+args.String(2)) }).Maybe().Return([]string{"item_1"}, nil)
	env.OnActivity(acts.CompileReport, mock.Anything, "plan_1", mock.Anything).
		Run(func(args mock.Arguments) { *made = append(*made, now()+" compile "+args.String(2)) }).Maybe().Return("report_1", nil)
	return env, made
}

func agendaFor(t *testing.T, recorded time.Time) Agenda {
	plan, items := year(recorded)
	agenda, err := agendaOf(plan, items)
	if err != nil {
		t.Fatal(err)
	}
	return agenda
}

// A year of a plan, in skipped time: each item is marked on the day after its deadline, each month compiled at its cut-off.
func TestYearOfAPlan(t *testing.T) {
	start := vn.Day(2026, 1, 1).Add(9 * time.Hour)
	env, made := environment(t, start, agendaFor(t, start))
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
	if err := env.GetWorkflowError(); err != nil {
		t.Fatal(err)
	}
	want := calls{
		"2026-01-15 compile 2026-M01", "2026-02-15 compile 2026-M02", "2026-03-01 overdue 2026-03-01", "2026-03-15 compile 2026-M03",
		"2026-04-15 compile 2026-M04", "2026-05-15 compile 2026-M05", "2026-06-15 compile 2026-M06", "2026-07-01 overdue 2026-07-01",
		"2026-07-15 compile 2026-M07", "2026-08-15 compile 2026-M08", "2026-09-15 compile 2026-M09", "2026-10-15 compile 2026-M10",
		"2026-11-15 compile 2026-M11", "2026-12-15 compile 2026-M12", "2027-01-15 compile 2027-M01",
	}
	if !slices.Equal(*made, want) {
		t.Errorf("asked\n%q\nwant\n%q", *made, want)
	}
	var state State
	if err := env.GetWorkflowResult(&state); err != nil {
		t.Fatal(err)
	}
	if state.Phase != "ended" || len(state.Reports) != 13 || state.Number != "15/KH-UBND" {
		t.Errorf("state %+v", state)
	}
}

// A plan that is over when it comes in raises nothing.
func TestPastPlanEndsAtOnce(t *testing.T) {
	start := vn.Day(2028, 5, 1)
	env, made := environment(t, start, agendaFor(t, start))
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
	var state State
	if err := env.GetWorkflowResult(&state); err != nil {
		t.Fatal(err)
	}
	if len(*made) != 0 || state.Phase != "over" {
		t.Errorf("asked %q, phase %s", *made, state.Phase)
	}
}

// A plan brought in during its year: what is overdue is marked once, and only the latest period that had ended is compiled.
func TestPlanBroughtInLateRaisesNoStorm(t *testing.T) {
	start := vn.Day(2026, 7, 20)
	env, made := environment(t, start, agendaFor(t, start))
	env.RegisterDelayedCallback(env.CancelWorkflow, 24*time.Hour)
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
	if want := (calls{"2026-07-20 overdue 2026-07-01", "2026-07-20 compile 2026-M07"}); !slices.Equal(*made, want) {
		t.Errorf("asked %q, want %q", *made, want)
	}
}

// An engine that was lost for two cut-offs compiles both when it is started again.
func TestEngineLostForMonthsSkipsNoPeriod(t *testing.T) {
	env, made := environment(t, vn.Day(2026, 7, 20), agendaFor(t, vn.Day(2026, 5, 20)))
	env.RegisterDelayedCallback(env.CancelWorkflow, 24*time.Hour)
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
	want := calls{"2026-07-20 compile 2026-M05", "2026-07-20 compile 2026-M06", "2026-07-20 overdue 2026-07-01", "2026-07-20 compile 2026-M07"}
	got := slices.Clone(*made)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", *made, want)
	}
}

// What the aggregate refuses is noted, and the plan goes on.
func TestRefusalDoesNotEndThePlan(t *testing.T) {
	start := vn.Day(2026, 11, 20)
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	var acts *Activities
	env.OnActivity(acts.ReadAgenda, mock.Anything, mock.Anything).Return(agendaFor(t, start), nil)
	env.OnActivity(acts.MarkOverdue, mock.Anything, mock.Anything, mock.Anything).Return([]string{}, nil)
	env.OnActivity(acts.CompileReport, mock.Anything, mock.Anything, mock.Anything).
		Return("", temporal.NewNonRetryableApplicationError("outside", "PLAN_PERIOD_OUTSIDE", nil))
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
	var state State
	if err := env.GetWorkflowResult(&state); err != nil {
		t.Fatal(err)
	}
	if state.Phase != "ended" || len(state.Refused) != 3 || state.Refused[0] != "compile_report 2026-M11: PLAN_PERIOD_OUTSIDE" {
		t.Errorf("state %+v", state)
	}
}

// The state tells an operator what the plan waits for.
func TestStateQueryTellsWhatIsNext(t *testing.T) {
	start := vn.Day(2026, 1, 1)
	env, _ := environment(t, start, agendaFor(t, start))
	env.RegisterDelayedCallback(func() {
		answer, err := env.QueryWorkflow(StateQuery)
		if err != nil {
			t.Error(err)
			return
		}
		var state State
		if err := answer.Get(&state); err != nil {
			t.Error(err)
		}
		if state.Phase != "waiting" || state.Next.Period != "2026-M02" {
			t.Errorf("state %+v", state)
		}
		env.SignalWorkflow(LookSignal, nil)
	}, 20*24*time.Hour)
	env.RegisterDelayedCallback(env.CancelWorkflow, 40*24*time.Hour)
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
}

// A plan that is closed waits for nothing more; what an amendment set anew is waited for.
func TestClosedPlanEndsAndAmendedPlanReadsItsDays(t *testing.T) {
	start := vn.Day(2026, 1, 1)
	issued, items := year(start)
	issued.ReportPeriods = nil
	amended := append([]*planningv1.PlanItem{{Id: "item_4", Deadline: "2026-03-31"}}, items[1:]...)
	agenda := func(p *planningv1.Plan, items []*planningv1.PlanItem) Agenda {
		a, err := agendaOf(p, items)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first, second := agenda(issued, items), agenda(issued, amended)
	closed := &planningv1.Plan{Id: "plan_1", From: issued.GetFrom(), To: issued.GetTo(), State: "closed", RecordedAt: issued.GetRecordedAt()}
	third := agenda(closed, amended)
	if len(third.Steps) != 0 {
		t.Errorf("a closed plan has steps: %v", third.Steps)
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	var acts *Activities
	var marked []string
	env.OnActivity(acts.ReadAgenda, mock.Anything, "plan_1").Return(first, nil).Once()
	env.OnActivity(acts.ReadAgenda, mock.Anything, "plan_1").Return(second, nil).Once()
	env.OnActivity(acts.ReadAgenda, mock.Anything, "plan_1").Return(third, nil).Once()
	env.OnActivity(acts.MarkOverdue, mock.Anything, "plan_1", mock.Anything).
		Run(func(args mock.Arguments) { marked = append(marked, args.String(2)) }).Return([]string{}, nil)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(LookSignal, nil) }, 10*24*time.Hour)
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(LookSignal, nil) }, 120*24*time.Hour)
	env.ExecuteWorkflow(Workflow, Input{Plan: "plan_1"})
	var state State
	if err := env.GetWorkflowResult(&state); err != nil {
		t.Fatal(err)
	}
	if state.Phase != "ended" || !slices.Equal(marked, []string{"2026-04-01"}) {
		t.Errorf("marked %q, state %+v", marked, state)
	}
}
