package facts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// View is what of the facts is seen: all that had arrived by some number, or all that had been recorded by some moment.
type View struct {
	// Arrived is the number of the last message that is seen. With At set it is not looked at.
	Arrived int64
	// At is a moment of the sources' logs; zero for none.
	At time.Time
}

// clause is the condition on a row's validity with its argument, which is $1.
func (v View) clause() (sql string, argument any) {
	if v.At.IsZero() {
		return "arrived <= $1 AND (replaced IS NULL OR replaced > $1)", v.Arrived
	}
	return "since <= $1 AND (until IS NULL OR until > $1)", v.At
}

// Now is the view of all that has arrived.
func Now(ctx context.Context, pool *pgxpool.Pool) (v View, err error) {
	err = pool.QueryRow(ctx, `SELECT n FROM reporting.arrival`).Scan(&v.Arrived)
	return v, err
}

// querier is a pool or a transaction.
type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// Names gives the names of agencies by code.
func Names(ctx context.Context, q querier, v View) (map[string]string, error) {
	clause, seen := v.clause()
	rows, err := q.Query(ctx, `SELECT id, name FROM reporting.agency_version WHERE `+clause, seen)
	if err != nil {
		return nil, err
	}
	names := map[string]string{}
	var code, name string
	_, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error {
		names[code] = name
		return nil
	})
	return names, err
}

// Sources tells, by service, the furthest place that what is seen came from: "distribution" to "1.57".
func Sources(ctx context.Context, q querier, v View) (map[string]string, error) {
	condition, seen := "arrived <= $1", any(v.Arrived)
	if !v.At.IsZero() {
		condition, seen = "since <= $1", v.At
	}
	sources := map[string]string{}
	for source, of := range map[string]string{
		distribution: `SELECT epoch, position, arrived, since FROM reporting.fact WHERE source = 'distribution'`,
		planning: `SELECT epoch, position, arrived, since FROM reporting.plan_version UNION ALL
			SELECT epoch, position, arrived, since FROM reporting.agency_version UNION ALL
			(SELECT epoch, position, arrived, since FROM reporting.fact WHERE source = 'planning' AND ` + condition + ` ORDER BY epoch DESC, position DESC LIMIT 1)`,
	} {
		var epoch int
		var position int64
		err := q.QueryRow(ctx, `SELECT epoch, position FROM (`+of+`) AS f WHERE `+condition+` ORDER BY epoch DESC, position DESC LIMIT 1`, seen).Scan(&epoch, &position)
		switch {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			return nil, err
		default:
			sources[source] = fmt.Sprintf("%d.%d", epoch, position)
		}
	}
	return sources, nil
}
