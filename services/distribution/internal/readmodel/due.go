package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
)

// Due gives the publications to which something happens by itself until a moment, the soonest first.
func Due(ctx context.Context, pool *pgxpool.Pool, until time.Time, limit int) (rows []Row, err error) {
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, `SELECT id, version, entry FROM publication WHERE next_at <= $1 ORDER BY next_at, id LIMIT $2`, until, limit)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, scan)
		return err
	})
	return rows, err
}
