package bus

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

const (
	// attempts is how often a message is tried whose failure is its own.
	attempts     = 5
	firstBackoff = 20 * time.Millisecond
	lastBackoff  = 5 * time.Second
	// complainEvery spaces the log of what is away for long.
	complainEvery = time.Minute
)

// failed is a failure that retry has given up on.
type failed struct {
	error
	attempts int
}

func (f failed) Unwrap() error { return f.error }

// retryStep tries for ever what is transient. Any other failure it tries a few times when the batch is one message, and not again when
// it is more: poison takes the batch apart first.
func (c *consumption) retryStep(next step) step {
	return func(ctx context.Context, b *batch) error {
		backoff := firstBackoff
		tries := 0
		var complained time.Time
		for {
			err := next(ctx, b)
			switch {
			case err == nil || isControl(err):
				return err
			case ctx.Err() != nil:
				return ctx.Err()
			case transient(err):
				if time.Since(complained) > complainEvery {
					complained = time.Now()
					c.logger.WarnContext(ctx, "a handler waits for something that is away", "partition", b.place.String(),
						"position", b.messages[0].Position, "error", err)
				}
			default:
				if tries++; tries >= attempts || len(b.messages) > 1 {
					return failed{err, tries}
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(backoff):
			}
			backoff = min(2*backoff, lastBackoff)
		}
	}
}

// recoverStep turns a panic into an error.
func recoverStep(next step) step {
	return func(ctx context.Context, b *batch) (err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("a handler panicked: %v\n%s", p, debug.Stack())
			}
		}()
		return next(ctx, b)
	}
}

// poisonStep finds the message of a failed batch whose fault it is, and parks it. The others have their effect.
func (c *consumption) poisonStep(next step) step {
	var self step
	self = func(ctx context.Context, b *batch) error {
		err := next(ctx, b)
		var gaveUp failed
		if !errors.As(err, &gaveUp) {
			return err
		}
		if len(b.messages) == 1 {
			return c.park(ctx, b.place, b.messages[0], b.allowed, gaveUp)
		}
		for _, m := range b.messages {
			if err := self(ctx, &batch{place: b.place, messages: []Message{m}, allowed: b.allowed}); err != nil {
				return err
			}
		}
		return nil
	}
	return self
}
