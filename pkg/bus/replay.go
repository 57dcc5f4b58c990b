package bus

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// replayLoop does what Replay asked for.
func (c *consumption) replayLoop(ctx context.Context) error {
	ticker := time.NewTicker(min(replayLook, c.deps.TailCheck))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		c.countParked(ctx)
		keys, err := c.asked(ctx)
		if err != nil {
			c.logger.DebugContext(ctx, "parked messages to replay are not read", "error", err)
			continue
		}
		for _, k := range keys {
			for done := false; !done && ctx.Err() == nil; {
				done = c.replayFirst(ctx, k)
			}
		}
	}
}

// countParked measures what waits for an operator.
func (c *consumption) countParked(ctx context.Context) {
	var n int64
	if err := c.deps.Pool.QueryRow(ctx, `SELECT count(*) FROM bus.parked WHERE consumer = $1`, c.consumer.Name).Scan(&n); err == nil {
		c.measure.waiting.Record(ctx, n, c.ownAttributes())
	}
}

type parkedKey struct {
	place
	key string
}

func (c *consumption) asked(ctx context.Context) ([]parkedKey, error) {
	rows, err := c.deps.Pool.Query(ctx, `SELECT DISTINCT source, partition, key FROM bus.parked WHERE consumer = $1 AND replay`, c.consumer.Name)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (k parkedKey, err error) {
		err = row.Scan(&k.source, &k.partition, &k.key)
		return k, err
	})
}

var errNoneParked = errors.New("bus: the key has no parked message")

// replayFirst handles the first parked message of a key and takes it out; true means that the key needs nothing more now. The lock
// of the mark keeps the partition's loop from parking one more of the key behind the last.
func (c *consumption) replayFirst(ctx context.Context, k parkedKey) (done bool) {
	var first Parked
	err := c.inTransaction(ctx, k.place, func(tx pgx.Tx, _ locked) error {
		rows, err := tx.Query(ctx, `SELECT `+parkedColumns+` FROM bus.parked WHERE consumer = $1 AND source = $2 AND key = $3
			ORDER BY epoch, position LIMIT 1`, c.consumer.Name, k.source, k.key)
		if err != nil {
			return err
		}
		first, err = pgx.CollectExactlyOneRow(rows, scanParked)
		if errors.Is(err, pgx.ErrNoRows) {
			return errNoneParked
		}
		if err != nil {
			return err
		}
		if err := c.replayed(ctx, &batch{place: k.place, messages: []Message{first.Message}, tx: tx}); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM bus.parked WHERE consumer = $1 AND source = $2 AND epoch = $3 AND position = $4`,
			c.consumer.Name, k.source, first.Epoch, first.Position)
		return err
	})
	switch {
	case err == nil:
		c.replayedAs(ctx, "done")
		c.logger.InfoContext(ctx, "parked message replayed", "source", first.Source, "event", first.ID, "type", first.Type, "key", first.Key)
		return false
	case errors.Is(err, errNoneParked):
		return true
	case transient(err):
		c.replayedAs(ctx, "waits")
		c.logger.WarnContext(ctx, "a replay waits for something that is away", "event", first.ID, "error", err)
		return true // the request stands; the next look tries again
	}
	c.replayedAs(ctx, "failed")
	c.logger.ErrorContext(ctx, "a parked message failed again", "source", first.Source, "event", first.ID, "type", first.Type, "key", first.Key, "error", err)
	_, err = c.deps.Pool.Exec(ctx, `UPDATE bus.parked SET replay = false, attempts = attempts + (epoch = $4 AND position = $5)::int,
		error = CASE WHEN epoch = $4 AND position = $5 THEN $6 ELSE error END
		WHERE consumer = $1 AND source = $2 AND key = $3`, c.consumer.Name, k.source, k.key, first.Epoch, first.Position, plain(err))
	if err != nil {
		c.logger.WarnContext(ctx, "the failed replay is not noted and is tried again", "error", err)
	}
	return true
}
