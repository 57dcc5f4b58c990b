package es

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// poll is the safety net of those who follow the log: commits of this process wake them at once, those of others are seen by then.
const poll = time.Second

// A follower begins with few events at a time and takes more while it is behind, as long as their bodies are small: what it holds in
// memory is bounded by the bytes, and one event.
const (
	followFirst = 200
	followBytes = 4 << 20
)

// Follow gives f the events after a position, in position order, up to batch and about 4 MB at a time, and again from the last one
// that f took without error. It waits while there are none. It returns nil when ctx ends, f's error when f fails, and an error when the log has
// lost events that were already given: after a restore they must be reconciled, never skipped.
func (l *Log) Follow(ctx context.Context, name string, after int64, batch int, f func(ctx context.Context, events []Event) error) error {
	var wait backoff
	epoch := 0 // of the log when it was first read; 0 before
	atOnce := min(batch, followFirst)
	for {
		committed := l.committed.next()
		events, now, err := l.next(ctx, name, after, epoch, atOnce)
		switch {
		case over(ctx):
			return nil
		case err != nil && passing(err):
			l.logger.WarnContext(ctx, "a follower cannot read the log", "follower", name, "after", after, "error", err)
			wait.wait(ctx)
			continue
		case err != nil:
			return err
		}
		wait, epoch = backoff{}, now
		if len(events) > 0 {
			if events, err = l.catalogue.openAll(events); err != nil {
				return fmt.Errorf("the follower %s: %w", name, err)
			}
			if err := f(ctx, events); err != nil {
				if over(ctx) {
					return nil
				}
				return fmt.Errorf("the follower %s after position %d: %w", name, after, err)
			}
			after = events[len(events)-1].Position
			atOnce = grow(atOnce, events, batch)
			continue
		}
		t := time.NewTimer(poll)
		select {
		case <-committed:
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// grow is how many events to ask for after a read that gave these of so many asked for.
func grow(asked int, given []Event, most int) int {
	bytes := 0
	for _, e := range given {
		bytes += len(e.Body)
	}
	switch {
	case bytes >= followBytes:
		return len(given) // what is beyond it would be read for nothing
	case len(given) == asked:
		return min(2*asked, most)
	default:
		return asked
	}
}

// next reads a follower's next events and then, in the same round trip, whether what it had seen is still in the log. Events of a
// new epoch are only seen after the epoch itself, so the later look cannot miss it.
func (l *Log) next(ctx context.Context, name string, after int64, epoch, batch int) (events []Event, now int, err error) {
	var last, lost int64
	var both pgx.Batch
	both.Queue(selectLog, after, batch).Query(func(rows pgx.Rows) (err error) {
		events, err = collectWithin(rows, followBytes)
		return err
	})
	both.Queue(`SELECT (SELECT max(epoch) FROM es.epoch), (SELECT coalesce(max(position), 0) FROM es.event),
		(SELECT coalesce(min(after), 9223372036854775807) FROM es.epoch WHERE epoch > $1 AND $1 > 0)`, epoch).QueryRow(func(row pgx.Row) error {
		return row.Scan(&now, &last, &lost)
	})
	if err := l.pool.SendBatch(ctx, &both).Close(); err != nil {
		return nil, 0, err
	}
	if after > lost || after > last {
		return nil, 0, lostError{name, after, min(last, lost)}
	}
	return events, now, nil
}

// lostError says that a follower has seen events that the log, since a restore or a promotion, does not have.
type lostError struct {
	follower    string
	after, last int64
}

func (e lostError) Error() string {
	return fmt.Sprintf("%s has seen the events up to position %d, and the log lost those after %d in a restore or a promotion", e.follower,
		e.after, e.last)
}
