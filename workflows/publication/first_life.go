package publication

import "go.temporal.io/sdk/workflow"

// first is the life of a publication that began before there was more than this: wait for the time, release, wait for the receipts.
func (l *life) first(ctx workflow.Context) error {
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
