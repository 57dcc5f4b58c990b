package dossier

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Workflow runs while a term of the dossier does.
func Workflow(ctx workflow.Context, input Input) (State, error) {
	l := &life{input: input, state: State{Dossier: input.Dossier, Phase: "starting", Refused: []string{}}}
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return l.state, nil }); err != nil {
		return l.state, err
	}
	err := l.run(ctx)
	return l.state, err
}

type life struct {
	input  Input
	state  State
	agenda Agenda
}

// run reads as the process: read the dossier; wait for the next moment of a term, or for a word that something changed; do what has come;
// and again, until no term runs.
func (l *life) run(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, options())
	look := workflow.GetSignalChannel(ctx, LookSignal)
	for {
		// What was signalled before this read is answered by it.
		for look.ReceiveAsync(nil) {
		}
		if err := l.read(ctx); err != nil {
			return err
		}
		if len(l.agenda.Steps) == 0 {
			l.state.Phase, l.state.Next = "ended", Step{}
			if look.ReceiveAsync(nil) {
				continue // signalled while it read
			}
			return nil
		}
		step := l.agenda.Steps[0]
		l.state.Next = step
		if step.At.After(workflow.Now(ctx)) {
			l.state.Phase = "waiting"
			l.wait(ctx, step.At.Sub(workflow.Now(ctx)), string(step.Kind), look)
			continue // what was read may have changed meanwhile
		}
		l.state.Phase = "working"
		refused, err := l.do(ctx, step)
		if err != nil {
			return err
		}
		if refused {
			// It stood differently between the read and the act. A moment later it will have been read as it stands.
			l.wait(ctx, patience, "refused", look)
		}
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, Type, l.input)
		}
	}
}

// do takes a step; what approvals refuses is noted, since the decision is its own.
func (l *life) do(ctx workflow.Context, step Step) (refused bool, err error) {
	var acts *Activities
	switch step.Kind {
	case Remind:
		err = workflow.ExecuteActivity(ctx, acts.Remind, l.input.Dossier, step).Get(ctx, nil)
	case Escalate:
		err = workflow.ExecuteActivity(ctx, acts.Escalate, l.input.Dossier, step).Get(ctx, nil)
	case RecordSilence:
		err = workflow.ExecuteActivity(ctx, acts.RecordSilence, l.input.Dossier, step).Get(ctx, nil)
	}
	if refusal, ok := errors.AsType[*temporal.ApplicationError](err); ok && refusal.NonRetryable() {
		l.state.Refused = append(l.state.Refused, string(step.Kind)+": "+refusal.Type())
		return true, nil
	}
	if err == nil {
		l.state.Done++
	}
	return false, err
}

func (l *life) read(ctx workflow.Context) error {
	var acts *Activities
	// Read into what was there, a step would keep the fields that the new one leaves out.
	l.agenda = Agenda{}
	if err := workflow.ExecuteActivity(ctx, acts.ReadDossier, l.input.Dossier).Get(ctx, &l.agenda); err != nil {
		return err
	}
	l.state.Title = l.agenda.Title
	return nil
}

// wait ends after d or with the next signal.
func (l *life) wait(ctx workflow.Context, d time.Duration, summary string, look workflow.ReceiveChannel) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	// Timers are rounded up to a second, so the step is never early.
	workflow.NewSelector(ctx).
		AddReceive(look, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		AddFuture(workflow.NewTimerWithOptions(timerCtx, d, workflow.TimerOptions{Summary: summary}), func(workflow.Future) {}).
		Select(ctx)
}

// patience is how long it waits after a refusal before it reads again.
const patience = time.Minute

// options: an activity is tried until it is answered; what the service refuses is not tried again.
func options() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 500 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: time.Minute},
	}
}
