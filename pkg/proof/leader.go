package proof

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// leaderLock is the advisory lock, in the log's database, of the sealer that seals it.
const leaderLock = 1163084121

// lead waits for the leader's lock, on a connection of its own, and runs f while that connection lives. Two sealers that both believe
// they lead write the same bytes, so the lock is for thrift.
func lead(ctx context.Context, config *pgx.ConnConfig, f func(ctx context.Context) error) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for {
		var mine bool
		// Tried and not waited for: a statement that waits holds a snapshot, which keeps PostgreSQL from cleaning up.
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, 0)", leaderLock).Scan(&mine); err != nil {
			return err
		}
		if mine {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	leading, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		_, err := conn.WaitForNotification(leading) // there is none: it returns when the connection or the context ends
		cancel(fmt.Errorf("the leader's connection ended: %w", err))
	}()
	err = f(leading)
	if err == nil {
		err = context.Cause(leading)
	}
	cancel(nil)
	<-watched
	return err
}
