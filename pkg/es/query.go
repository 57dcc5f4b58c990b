package es

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Query reads a projection in one read-only snapshot. The search path of tx is the live generation's schema, and stays there until f
// returns even when a replay replaces it meanwhile. In a context of AsOf it reads the projection as it was then.
func Query(ctx context.Context, pool *pgxpool.Pool, projection string, f func(tx pgx.Tx) error) error {
	if p := pastOf(ctx); p != nil {
		return p.query(ctx, pool, projection, f)
	}
	for {
		entered, err := queryOnce(ctx, pool, projection, f)
		if entered || err != nil {
			return err
		}
	}
}

func queryOnce(ctx context.Context, pool *pgxpool.Pool, projection string, f func(tx pgx.Tx) error) (entered bool, err error) {
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return false, unreached(err)
	}
	defer rollback(ctx, tx)
	var schema *string
	if err := tx.QueryRow(ctx, "SELECT es.enter($1)", projection).Scan(&schema); err != nil {
		return false, unreached(err)
	}
	if schema == nil {
		return false, nil
	}
	return true, f(tx)
}

func unreached(err error) error {
	if passing(err) {
		return away(err)
	}
	return err
}

// rollback ends a transaction that was not committed; after a commit, or on a broken connection, there is nothing to end.
func rollback(ctx context.Context, tx pgx.Tx) { _ = tx.Rollback(context.WithoutCancel(ctx)) }

// unlock lets go of an advisory lock; a broken connection already has.
func unlock(ctx context.Context, conn *pgx.Conn, sql string, args ...any) {
	_, _ = conn.Exec(context.WithoutCancel(ctx), sql, args...)
}
