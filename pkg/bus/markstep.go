package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
)

type transaction = pgx.Tx

// mark is a consumer's place in one partition of a source.
type mark struct {
	epoch    int
	position int64
}

// fresh leaves the messages that are above the mark, each once. No message is ahead of the ones before it (see contiguous), so only
// the first fresh one can show a hole.
func (m mark) fresh(messages []Message) ([]Message, error) {
	var fresh []Message
	for _, next := range messages {
		switch {
		case next.Epoch < m.epoch, next.Epoch == m.epoch && next.Position <= m.position:
			continue // a repeat, or of a lineage that the log has given up
		case m.epoch > 0 && next.Epoch > m.epoch:
			return nil, &turn{mark: m, epoch: next.Epoch}
		case next.Previous > m.position:
			return nil, &hole{epoch: next.Epoch, after: m.position, until: next.Previous}
		}
		fresh = append(fresh, next)
		m = mark{next.Epoch, next.Position}
	}
	return fresh, nil
}

// markStep opens the transaction in which the effect and the mark move together. The mark's row is locked first, so a consumer that
// lost its partition without knowing cannot repeat what the new one did.
func (c *consumption) markStep(next step) step {
	return func(ctx context.Context, b *batch) error {
		return c.inTransaction(ctx, b.place, func(tx pgx.Tx, at mark) error {
			fresh, err := at.fresh(b.messages)
			if err != nil || len(fresh) == 0 {
				return err
			}
			wanted, err := c.setAside(ctx, tx, b.place, fresh)
			if err != nil {
				return err
			}
			if len(wanted) > 0 {
				if err := next(ctx, &batch{place: b.place, messages: wanted, tx: tx}); err != nil {
					return err
				}
			}
			return c.move(ctx, tx, b.place, fresh)
		})
	}
}

// inTransaction runs f with the place's mark locked.
func (c *consumption) inTransaction(ctx context.Context, p place, f func(tx pgx.Tx, at mark) error) error {
	select {
	case c.slots <- struct{}{}:
		defer func() { <-c.slots }()
	case <-ctx.Done():
		return ctx.Err()
	}
	tx, err := c.deps.Pool.Begin(ctx)
	if err != nil {
		return lost{fmt.Errorf("bus: %w", err)}
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // after a commit it does nothing
	at, err := c.lock(ctx, tx, p)
	if err == nil {
		err = f(tx, at)
	}
	if err == nil {
		err = tx.Commit(ctx)
	}
	if err != nil && tx.Conn().IsClosed() {
		return lost{err}
	}
	return err
}

func (c *consumption) lock(ctx context.Context, tx pgx.Tx, p place) (at mark, err error) {
	const read = `SELECT epoch, position FROM bus.mark WHERE consumer = $1 AND source = $2 AND partition = $3 FOR UPDATE`
	err = tx.QueryRow(ctx, read, c.consumer.Name, p.source, p.partition).Scan(&at.epoch, &at.position)
	if !errors.Is(err, pgx.ErrNoRows) {
		return at, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO bus.mark (consumer, source, partition, epoch, position) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT DO NOTHING`, c.consumer.Name, p.source, p.partition); err != nil {
		return at, err
	}
	err = tx.QueryRow(ctx, read, c.consumer.Name, p.source, p.partition).Scan(&at.epoch, &at.position)
	return at, err
}

func (c *consumption) move(ctx context.Context, tx pgx.Tx, p place, passed []Message) error {
	last := passed[len(passed)-1]
	healed := 0
	for _, m := range passed {
		if m.Healed {
			healed++
		}
	}
	_, err := tx.Exec(ctx, `UPDATE bus.mark SET epoch = $4, position = $5, healed = healed + $6, moved_at = now()
		WHERE consumer = $1 AND source = $2 AND partition = $3`, c.consumer.Name, p.source, p.partition, last.Epoch, last.Position, healed)
	if err != nil {
		return err
	}
	// Counted before the commit: a count too many after a lost connection is less harm than one too few.
	c.measure.handled.Add(ctx, int64(len(passed)), c.sourceAttributes(p.source))
	if healed > 0 {
		c.measure.healed.Add(ctx, int64(healed), c.sourceAttributes(p.source))
	}
	return nil
}

// skipTo moves the mark over a span in which the source says it published nothing.
func (c *consumption) skipTo(ctx context.Context, p place, epoch int, position int64) error {
	return c.inTransaction(ctx, p, func(tx pgx.Tx, at mark) error {
		if at.position >= position {
			return nil
		}
		_, err := tx.Exec(ctx, `UPDATE bus.mark SET epoch = greatest(epoch, $4), position = $5, moved_at = now()
			WHERE consumer = $1 AND source = $2 AND partition = $3`, c.consumer.Name, p.source, p.partition, epoch, position)
		return err
	})
}
