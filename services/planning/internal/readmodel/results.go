package readmodel

import (
	"context"
	_ "embed" // the tables
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

//go:embed results.sql
var resultsSchema string

// ResultsName is the projection's.
const ResultsName = "results"

// Results is the projection of results made outside Loa.
func Results() es.Projection {
	return es.Projection{Name: ResultsName, Schema: resultsSchema, Apply: applyResults}
}

func applyResults(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	rows := &pgx.Batch{}
	for _, e := range events {
		if file, ok := e.Data.(result.ResultsImported); ok {
			for _, item := range file.Items() {
				rows.Queue(`INSERT INTO import_part (import, item, position) VALUES ($1, $2, $3)`, e.Aggregate, item, e.Position)
			}
			continue
		}
		r, ok := result.Of(e)
		if !ok {
			continue
		}
		rows.Queue(`INSERT INTO result (id, ledger, plan, item, agency, state, recorded_at, document) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, document = excluded.document`,
			r.ID, e.Aggregate, r.Plan, r.Item, r.Agency, r.State, r.RecordedAt, r)
		if row, ok := e.Data.(result.ResultImported); ok {
			rows.Queue(`DELETE FROM import_part WHERE import = $1 AND item = $2`, row.Import, r.Item)
		}
	}
	if n := len(events); n > 0 {
		rows.Queue(`UPDATE reached SET position = $1`, events[n-1].Position)
	}
	return tx.SendBatch(ctx, rows).Close()
}

// ResultRow is a result and the stream it lives in.
type ResultRow struct {
	Ledger string
	Result result.Result
}

// Result finds a result by its identifier.
func (m Model) Result(ctx context.Context, id string) (found ResultRow, ok bool, err error) {
	err = es.Query(ctx, m.pool, ResultsName, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT ledger, document FROM result WHERE id = $1`, id).Scan(&found.Ledger, &found.Result)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return found, false, nil
	}
	return found, err == nil, err
}

// ResultQuery chooses what is listed; empty fields choose all.
type ResultQuery struct {
	Plan, Item, State, Agency string
	// Before lists what comes after this place; zero for the first page.
	BeforeAt time.Time
	BeforeID string
	Limit    int
}

// Results lists results, the latest recorded first.
func (m Model) Results(ctx context.Context, q ResultQuery) (found []result.Result, err error) {
	err = es.Query(ctx, m.pool, ResultsName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT document FROM result
			WHERE plan = $1 AND ($2 = '' OR item = $2) AND ($3 = '' OR state = $3) AND ($4 = '' OR agency = $4)
				AND ($6 = '' OR (recorded_at, id) < ($5, $6))
			ORDER BY recorded_at DESC, id DESC LIMIT $7`, q.Plan, q.Item, q.State, q.Agency, q.BeforeAt, q.BeforeID, q.Limit)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowTo[result.Result])
		return err
	})
	return found, err
}

// ImportsFrom is the position after which lie all files of history whose rows may not all have become results.
func (m Model) ImportsFrom(ctx context.Context) (position int64, err error) {
	err = es.Query(ctx, m.pool, ResultsName, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce((SELECT min(position) - 1 FROM import_part), (SELECT position FROM reached), 0)`).Scan(&position)
	})
	return position, err
}

// Head is the position of the log's last event: what a list has to reach to show all that was recorded.
func (m Model) Head(ctx context.Context) (position int64, err error) {
	err = m.pool.QueryRow(ctx, `SELECT coalesce(max(position), 0) FROM es.event`).Scan(&position)
	return position, err
}
