package auth

import (
	"context"
	"sync/atomic"
)

// Decision is a slot that says whether Authorize was asked while a call was served. A server puts one into the context of every
// call and does not let an answer out whose slot is unmarked.
type Decision struct{ made atomic.Bool }

// Made says whether Authorize has decided.
func (d *Decision) Made() bool { return d.made.Load() }

// WithDecision gives the context a fresh slot.
func WithDecision(ctx context.Context) (context.Context, *Decision) {
	d := &Decision{}
	return context.WithValue(ctx, decisionKey, d), d
}

func markDecided(ctx context.Context) {
	if d, ok := ctx.Value(decisionKey).(*Decision); ok {
		d.made.Store(true)
	}
}
