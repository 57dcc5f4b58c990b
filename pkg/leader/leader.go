// Package leader lets one process at a time do what needs to be done once for a database: an advisory lock that lives and dies with a
// connection. It is for thrift: who leads may believe so a little longer than it is true, so what is led must be safe with two.
package leader

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// look is how often one that does not lead tries to.
const look = time.Second

// Lead waits for the lock of a number, on a connection of its own, and runs f while that connection lives. It returns when f does, when
// ctx ends or when the connection is lost, with the reason.
func Lead(ctx context.Context, config *pgx.ConnConfig, lock int32, f func(ctx context.Context) error) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	for {
		var mine bool
		// Tried and not waited for: a statement that waits holds a snapshot, which keeps PostgreSQL from cleaning up.
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1, 0)", lock).Scan(&mine); err != nil {
			return err
		}
		if mine {
			break
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(look):
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
