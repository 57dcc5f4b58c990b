package bus

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus/order"
)

type transaction = pgx.Tx

// fresh leaves the messages that are above the mark, each once.
func fresh(m order.Mark, messages []Message, allowed order.Entry) ([]Message, error) {
	var out []Message
	for _, next := range messages {
		switch m.Judge(next.place(), allowed) {
		case order.Repeat:
			continue
		case order.Hole:
			return nil, &hole{mark: m, span: order.Span{After: m.Position, Until: next.Previous}}
		case order.Turn:
			return nil, &turn{mark: m, epoch: next.Epoch}
		case order.Next:
			out = append(out, next)
			m = m.Past(next.place())
		}
	}
	return out, nil
}

func (m Message) place() order.Place {
	return order.Place{Epoch: m.Epoch, Position: m.Position, Previous: m.Previous}
}

// markStep opens the transaction in which the effect and the mark move together. The mark's row is locked first, so a consumer that
// lost its partition without knowing cannot repeat what the new one did.
func (c *consumption) markStep(next step) step {
	return func(ctx context.Context, b *batch) error {
		return c.inTransaction(ctx, b.place, func(tx pgx.Tx, at order.Mark) error {
			news, err := fresh(at, b.messages, b.allowed)
			if err != nil || len(news) == 0 {
				return err
			}
			wanted, err := c.setAside(ctx, tx, b.place, news)
			if err != nil {
				return err
			}
			if len(wanted) > 0 {
				if err := next(ctx, &batch{place: b.place, messages: wanted, tx: tx}); err != nil {
					return err
				}
			}
			return c.move(ctx, tx, b.place, news)
		})
	}
}

// inTransaction runs f with the place's mark locked.
func (c *consumption) inTransaction(ctx context.Context, p place, f func(tx pgx.Tx, at order.Mark) error) error {
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

func (c *consumption) lock(ctx context.Context, tx pgx.Tx, p place) (at order.Mark, err error) {
	const read = `SELECT epoch, position FROM bus.mark WHERE consumer = $1 AND source = $2 AND partition = $3 FOR UPDATE`
	err = tx.QueryRow(ctx, read, c.consumer.Name, p.source, p.partition).Scan(&at.Epoch, &at.Position)
	if !errors.Is(err, pgx.ErrNoRows) {
		return at, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO bus.mark (consumer, source, partition, epoch, position) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT DO NOTHING`, c.consumer.Name, p.source, p.partition); err != nil {
		return at, err
	}
	err = tx.QueryRow(ctx, read, c.consumer.Name, p.source, p.partition).Scan(&at.Epoch, &at.Position)
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

func (c *consumption) setMark(ctx context.Context, tx pgx.Tx, p place, to order.Mark) error {
	_, err := tx.Exec(ctx, `UPDATE bus.mark SET epoch = $4, position = $5, moved_at = now()
		WHERE consumer = $1 AND source = $2 AND partition = $3`, c.consumer.Name, p.source, p.partition, to.Epoch, to.Position)
	return err
}
