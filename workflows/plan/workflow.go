package plan

import (
	"errors"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Workflow runs a plan from its issue to the report of its last period.
func Workflow(ctx workflow.Context, input Input) (State, error) {
	l := &life{input: input, state: State{Plan: input.Plan, Phase: "starting", Overdue: []string{}, Reports: []string{}, Refused: []string{}}}
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return l.state, nil }); err != nil {
		return l.state, err
	}
	err := l.run(ctx)
	return l.state, err
}

// life is one run of the workflow.
type life struct {
	input  Input
	state  State
	agenda Agenda
}

// run reads as the process: read the plan; catch up once; then wait for each step and do it, until there are no more.
func (l *life) run(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, options())
	if err := l.read(ctx); err != nil {
		return err
	}
	if l.input.Done.IsZero() {
		if over := !workflow.Now(ctx).Before(l.agenda.Ends); over {
			l.state.Phase = "over"
			return nil
		}
		if err := l.catchUp(ctx); err != nil {
			return err
		}
	}
	look := workflow.GetSignalChannel(ctx, LookSignal)
	for {
		step, more := l.next()
		if !more {
			l.state.Phase, l.state.Next = "ended", Step{}
			return nil
		}
		l.state.Phase, l.state.Next = "waiting", step
		if l.wait(ctx, step, look) {
			if err := l.read(ctx); err != nil {
				return err
			}
			continue
		}
		l.state.Phase = "working"
		if err := l.doAll(ctx, step.At); err != nil {
			return err
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, Type, l.input)
		}
	}
}

// catchUp sees to what lies before the start. What is overdue is marked once. Of the periods that had ended when the plan was
// recorded only the latest is compiled, so that a plan brought in late raises no storm of old reports; those that ended since are
// all compiled, for an engine that was lost and is started again.
func (l *life) catchUp(ctx workflow.Context) error {
	now := workflow.Now(ctx)
	var overdue, old, since []Step
	for _, step := range l.agenda.Steps {
		switch {
		case step.At.After(now):
		case step.Kind == MarkOverdue:
			overdue = []Step{step}
		case !step.At.After(l.agenda.Recorded):
			old = []Step{step}
		default:
			since = append(since, step)
		}
	}
	l.state.Phase = "working"
	// Items are marked before a report counts them.
	for _, step := range slices.Concat(overdue, old, since) {
		if err := l.do(ctx, step); err != nil {
			return err
		}
	}
	l.input.Done = now
	return nil
}

// next is the first step after what is done.
func (l *life) next() (Step, bool) {
	for _, step := range l.agenda.Steps {
		if step.At.After(l.input.Done) {
			return step, true
		}
	}
	return Step{}, false
}

// wait sleeps until the moment; true says that the plan must be read again first.
func (l *life) wait(ctx workflow.Context, step Step, look workflow.ReceiveChannel) (again bool) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	// Timers are rounded up to a second, so the step is never early.
	timer := workflow.NewTimerWithOptions(timerCtx, step.At.Sub(workflow.Now(ctx)), workflow.TimerOptions{Summary: string(step.Kind) + " " + step.Day + step.Period})
	workflow.NewSelector(ctx).
		AddReceive(look, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil); again = true }).
		AddFuture(timer, func(workflow.Future) {}).
		Select(ctx)
	return again
}

// doAll does every step of one moment.
func (l *life) doAll(ctx workflow.Context, at time.Time) error {
	for _, step := range l.agenda.Steps {
		if step.At.Equal(at) {
			if err := l.do(ctx, step); err != nil {
				return err
			}
		}
	}
	l.input.Done = at
	return nil
}

func (l *life) do(ctx workflow.Context, step Step) error {
	var acts *Activities
	var err error
	switch step.Kind {
	case MarkOverdue:
		var items []string
		err = workflow.ExecuteActivity(ctx, acts.MarkOverdue, l.input.Plan, step.Day).Get(ctx, &items)
		l.state.Overdue = append(l.state.Overdue, items...)
	case CompileReport:
		var report string
		err = workflow.ExecuteActivity(ctx, acts.CompileReport, l.input.Plan, step.Period).Get(ctx, &report)
		if err == nil {
			l.state.Reports = append(l.state.Reports, step.Period)
		}
	}
	if refusal, ok := errors.AsType[*temporal.ApplicationError](err); ok && refusal.NonRetryable() {
		// The aggregate refused: that is its decision to take, and the next step still has to come.
		l.state.Refused = append(l.state.Refused, string(step.Kind)+" "+step.Day+step.Period+": "+refusal.Type())
		return nil
	}
	return err
}

func (l *life) read(ctx workflow.Context) error {
	var acts *Activities
	if err := workflow.ExecuteActivity(ctx, acts.ReadAgenda, l.input.Plan).Get(ctx, &l.agenda); err != nil {
		return err
	}
	l.state.Number, l.state.Title = l.agenda.Number, l.agenda.Title
	return nil
}

// options: an activity is tried until it is answered; what the service refuses is not tried again.
func options() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	}
}
