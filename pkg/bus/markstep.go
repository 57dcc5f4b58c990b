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
	out, repeats := messages, false // nearly always there is none, and nothing is copied
	for i := range messages {
		at := messages[i].place()
		switch m.Judge(at, allowed) {
		case order.Repeat:
			if !repeats {
				out, repeats = append(make([]Message, 0, len(messages)), messages[:i]...), true
			}
		case order.Hole:
			return nil, &hole{mark: m, span: order.Span{After: m.Position, Until: at.Previous}}
		case order.Turn:
			return nil, &turn{mark: m, epoch: at.Epoch}
		case order.Next:
			if repeats {
				out = append(out, messages[i])
			}
			m = m.Past(at)
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
		return c.inTransaction(ctx, b.place, func(tx pgx.Tx, at locked) error {
			news, err := fresh(at.mark, b.messages, b.allowed)
			if err != nil || len(news) == 0 {
				return err
			}
			wanted, err := c.setAside(ctx, tx, at, b.place, news)
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

// locked is what a transaction holds of a place.
type locked struct {
	mark order.Mark
	// parked says that the consumer has parked messages of the source: nearly always it has none.
	parked bool
}

// inTransaction runs f with the place's mark locked.
func (c *consumption) inTransaction(ctx context.Context, p place, f func(tx pgx.Tx, at locked) error) error {
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

// lock waits for the mark and reads what it guards. One trip, and two statements: the second sees what the last holder has left.
func (c *consumption) lock(ctx context.Context, tx pgx.Tx, p place) (at locked, err error) {
	read := func() error {
		var both pgx.Batch
		both.Queue(`SELECT epoch, position FROM bus.mark WHERE consumer = $1 AND source = $2 AND partition = $3 FOR UPDATE`,
			c.consumer.Name, p.source, p.partition).QueryRow(func(row pgx.Row) error { return row.Scan(&at.mark.Epoch, &at.mark.Position) })
		both.Queue(`SELECT EXISTS (SELECT FROM bus.parked WHERE consumer = $1 AND source = $2)`, c.consumer.Name, p.source).
			QueryRow(func(row pgx.Row) error { return row.Scan(&at.parked) })
		return tx.SendBatch(ctx, &both).Close()
	}
	if err = read(); !errors.Is(err, pgx.ErrNoRows) {
		return at, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO bus.mark (consumer, source, partition, epoch, position) VALUES ($1, $2, $3, 0, 0)
		ON CONFLICT DO NOTHING`, c.consumer.Name, p.source, p.partition); err != nil {
		return at, err
	}
	return at, read()
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
