package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Mark tells how far a consumer is in one partition of a source: everything published up to this place has had its effect or is
// parked. It is 0, 0 before the first message.
func Mark(ctx context.Context, pool *pgxpool.Pool, consumer, source string, partition int) (epoch int, position int64, err error) {
	err = pool.QueryRow(ctx, `SELECT epoch, position FROM bus.mark WHERE consumer = $1 AND source = $2 AND partition = $3`,
		consumer, source, partition).Scan(&epoch, &position)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	if err != nil {
		return 0, 0, fmt.Errorf("bus: reading the mark of %s: %w", consumer, err)
	}
	return epoch, position, nil
}

// WaitForMark returns when the consumer has passed the place, or with ctx's error when ctx ends first.
func WaitForMark(ctx context.Context, pool *pgxpool.Pool, consumer, source string, partition, epoch int, position int64) error {
	wait := 2 * time.Millisecond
	for {
		e, p, err := Mark(ctx, pool, consumer, source, partition)
		if err != nil {
			return err
		}
		if e > epoch || p >= position {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait = min(2*wait, 50*time.Millisecond)
	}
}

// Healed tells how many messages of a source a consumer had to read from the source itself, because Kafka did not bring them.
func Healed(ctx context.Context, pool *pgxpool.Pool, consumer, source string) (n int64, err error) {
	err = pool.QueryRow(ctx, `SELECT coalesce(sum(healed), 0) FROM bus.mark WHERE consumer = $1 AND source = $2`, consumer, source).Scan(&n)
	return n, err
}
