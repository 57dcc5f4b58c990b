package publication

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Workflow runs a publication from its scheduling to the last receipt.
func Workflow(ctx workflow.Context, input Input) (State, error) {
	l := &life{input: input, state: State{Publication: input.Publication, Phase: "starting"}}
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return l.state, nil }); err != nil {
		return l.state, err
	}
	err := l.run(ctx)
	// What has ended has nothing more to look at; a signal left unread would be a warning in the log.
	for look := workflow.GetSignalChannel(ctx, LookSignal); look.ReceiveAsync(nil); {
	}
	return l.state, err
}

type life struct {
	input Input
	state State
	now   Standing
}

// run reads as the process: wait for the time, release, wait for the receipts.
func (l *life) run(ctx workflow.Context) error {
	ctx = workflow.WithActivityOptions(ctx, options())
	look := workflow.GetSignalChannel(ctx, LookSignal)
	patience := firstLook
	for {
		// What was signalled before this read is answered by it.
		for look.ReceiveAsync(nil) {
		}
		if err := l.read(ctx); err != nil {
			return err
		}
		switch {
		case l.now.State == "cancelled":
			l.state.Phase = "cancelled"
			return nil
		case l.now.State == "scheduled" && l.now.PublishAt.After(workflow.Now(ctx)):
			l.state.Phase = "waiting"
			l.wait(ctx, l.now.PublishAt.Sub(workflow.Now(ctx)), look)
		case l.now.State == "scheduled":
			l.state.Phase = "releasing"
			if err := l.release(ctx); err != nil {
				return err
			}
		case l.now.Verified:
			l.state.Phase = "verified"
			return nil
		default:
			// The receipt's own event wakes it; the timer is for a signal that was lost.
			l.state.Phase = "verifying"
			l.wait(ctx, patience, look)
			patience = min(2*patience, lastLook)
		}
	}
}

func (l *life) release(ctx workflow.Context) error {
	var acts *Activities
	return workflow.ExecuteActivity(ctx, acts.Release, l.input.Publication).Get(ctx, nil)
}

func (l *life) read(ctx workflow.Context) error {
	var acts *Activities
	if err := workflow.ExecuteActivity(ctx, acts.ReadPublication, l.input.Publication).Get(ctx, &l.now); err != nil {
		return err
	}
	l.state.Title, l.state.PublishAt, l.state.Path = l.now.Title, l.now.PublishAt, l.now.Path
	return nil
}

// wait ends after d or with the next signal.
func (l *life) wait(ctx workflow.Context, d time.Duration, look workflow.ReceiveChannel) {
	timerCtx, cancel := workflow.WithCancel(ctx)
	defer cancel()
	workflow.NewSelector(ctx).
		AddReceive(look, func(c workflow.ReceiveChannel, _ bool) { c.Receive(ctx, nil) }).
		AddFuture(workflow.NewTimerWithOptions(timerCtx, d, workflow.TimerOptions{Summary: l.state.Phase}), func(workflow.Future) {}).
		Select(ctx)
}

const (
	firstLook = time.Minute
	lastLook  = 6 * time.Hour
)

// options: an activity is tried until it is answered; what the service refuses is not tried again.
func options() workflow.ActivityOptions {
	return workflow.ActivityOptions{
		StartToCloseTimeout: 30 * time.Second,
		RetryPolicy:         &temporal.RetryPolicy{InitialInterval: 200 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second},
	}
}
