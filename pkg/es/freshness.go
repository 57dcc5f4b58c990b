package es

import (
	"context"
	"sync"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// freshWithin is how long a query waits for its read model.
const freshWithin = 2 * time.Second

// progress remembers how far the projections were seen to be, so that a query that need not wait asks nobody.
type progress struct {
	wake
	mu       sync.Mutex
	position map[string]int64
}

func (p *progress) reached(name string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.position[name]
}

func (p *progress) reach(name string, position int64) {
	p.mu.Lock()
	if p.position == nil {
		p.position = map[string]int64{}
	}
	moved := p.position[name] < position
	if moved {
		p.position[name] = position
	}
	p.mu.Unlock()
	if moved {
		p.signal()
	}
}

func (p *progress) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.position = nil
}

// WaitFor waits until a projection has applied a position of this log, whichever process applies it. After two seconds, or when ctx
// ends, it gives up with READ_MODEL_BEHIND.
func (l *Log) WaitFor(ctx context.Context, projection string, position int64) error {
	if l.progress.reached(projection) >= position {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, freshWithin)
	defer cancel()
	const here, elsewhere = 250 * time.Millisecond, 5 * time.Millisecond
	look := elsewhere
	for {
		moved := l.progress.next()
		if l.progress.reached(projection) >= position {
			return nil
		}
		var at int64
		err := l.pool.QueryRow(ctx, `SELECT c.position FROM es.projection p JOIN es.checkpoint c ON c.name = p.name AND c.generation = p.live
			WHERE p.name = $1`, projection).Scan(&at)
		if err == nil {
			l.progress.reach(projection, at)
			if at >= position {
				return nil
			}
		} else if !passing(err) {
			return err
		}
		t := time.NewTimer(look)
		select {
		case <-moved: // in this process
		case <-t.C: // perhaps in another one
		case <-ctx.Done():
			t.Stop()
			return errs.New(errorsv1.Reason_READ_MODEL_BEHIND).Because(ctx.Err())
		}
		t.Stop()
		look = min(2*look, here)
	}
}

// WaitForReached waits for what a token says of this log. Where the token is of an earlier epoch, what that epoch lost is not waited
// for: it will never come.
func (l *Log) WaitForReached(ctx context.Context, projection string, r Reached) error {
	position := r.Position
	if r.Epoch == l.Epoch() && l.progress.reached(projection) >= position {
		return nil
	}
	// This process learns of a new epoch when it appends, so the log is asked.
	err := reading(ctx, func() error {
		return l.pool.QueryRow(ctx, "SELECT coalesce(min(least(after, $2)), $2) FROM es.epoch WHERE epoch > $1", r.Epoch, r.Position).Scan(&position)
	})
	if err != nil {
		return err
	}
	return l.WaitFor(ctx, projection, position)
}
