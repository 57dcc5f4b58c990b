package publication

import (
	"errors"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Workflow runs a publication from its scheduling to the last receipt.
func Workflow(ctx workflow.Context, input Input) (State, error) {
	l := &life{input: input, state: State{Publication: input.Publication, Phase: "starting"}}
	if err := workflow.SetQueryHandler(ctx, StateQuery, func() (State, error) { return l.state, nil }); err != nil {
		return l.state, err
	}
	// Those that began before there were corrections, ends and withdrawals go on as they began.
	run := l.run
	if workflow.GetVersion(ctx, "whole life", workflow.DefaultVersion, 1) == workflow.DefaultVersion {
		run = l.first
	}
	err := run(ctx)
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

// run reads as the process: make public what waits when its time comes, end it when that comes, and wait for the receipts in between. It
// is over when nothing is waited for any more.
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
		due, ends := l.until(ctx, l.now.DueAt), l.until(ctx, l.now.ExpiresAt)
		var acts *Activities
		var err error
		switch {
		case l.reached(l.now.DueAt, due):
			err = l.act(ctx, "releasing", acts.MakePublic, look)
		case l.reached(l.now.ExpiresAt, ends):
			err = l.act(ctx, "expiring", acts.Expire, look)
		case !l.now.Waiting && look.Len() > 0: // something happened since it was read
		case !l.now.Waiting:
			l.state.Phase = l.end()
			return nil
		case l.now.State == "scheduled":
			l.state.Phase = "waiting"
			l.wait(ctx, due, look)
		case !l.now.Verified:
			// The receipt's own event wakes it; the timer is for a signal that was lost.
			l.state.Phase = "verifying"
			l.wait(ctx, soonest(patience, due, ends), look)
			patience = min(2*patience, lastLook)
		case due > 0:
			l.state.Phase = "waiting"
			l.wait(ctx, soonest(due, ends), look)
		case ends > 0:
			l.state.Phase = "shown"
			l.wait(ctx, ends, look)
		default: // it waits for something that this does not know
			l.wait(ctx, lastLook, look)
		}
		if err != nil {
			return err
		}
	}
}

// until is how long it is before the act for a moment begins; 0 for none.
func (l *life) until(ctx workflow.Context, at time.Time) time.Duration {
	if at.IsZero() {
		return 0
	}
	return at.Sub(workflow.Now(ctx)) - Lead
}

// reached says that a moment is set and near.
func (l *life) reached(at time.Time, until time.Duration) bool { return !at.IsZero() && until <= 0 }

// act does what its time has come for. Where distribution's clock says that it has not, its word counts and is waited for; where
// something else was decided meanwhile, the publication is read again.
func (l *life) act(ctx workflow.Context, phase string, activity any, look workflow.ReceiveChannel) error {
	l.state.Phase = phase
	var left Left
	err := workflow.ExecuteActivity(ctx, activity, Act{Publication: l.input.Publication, ETag: l.now.ETag}).Get(ctx, &left)
	if refusal, ok := errors.AsType[*temporal.ApplicationError](err); ok && overtaken(refusal.Type()) {
		left, err = Left{Left: Lead + time.Second}, nil
	}
	if err == nil && left.Left > 0 {
		l.wait(ctx, max(left.Left-Lead, time.Second), look)
	}
	return err
}

// overtaken tells the refusals of what was cancelled, withdrawn or set to another time after it was read.
func overtaken(reason string) bool {
	return reason == errorsv1.Reason_PUBLICATION_STATE.String() || reason == errorsv1.Reason_NO_EXPIRY.String()
}

// end is the phase in which it ends.
func (l *life) end() string {
	switch l.now.State {
	case "cancelled", "expired", "withdrawn":
		return l.now.State
	default:
		return "verified"
	}
}

// soonest is the least of the durations that are set.
func soonest(durations ...time.Duration) time.Duration {
	least := durations[0]
	for _, d := range durations[1:] {
		if d > 0 && d < least {
			least = d
		}
	}
	return least
}

func (l *life) read(ctx workflow.Context) error {
	var acts *Activities
	var now Standing // a new one: what the answer leaves out is zero
	if err := workflow.ExecuteActivity(ctx, acts.ReadPublication, l.input.Publication).Get(ctx, &now); err != nil {
		return err
	}
	l.now = now
	l.state.Title, l.state.PublishAt, l.state.Path = l.now.Title, l.now.PublishAt, l.now.Path
	l.state.DueAt, l.state.ExpiresAt = l.now.DueAt, l.now.ExpiresAt
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
