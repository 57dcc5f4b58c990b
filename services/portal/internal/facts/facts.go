// Package facts is what the portal has heard of and makes its pages from: publications with the lists they stand in, plans with their
// results, reports. Consumers write it in the transaction that moves their mark; pages are made from what it answers.
package facts

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Channel is where PostgreSQL tells every process of the portal that something changed.
const Channel = "portal_changed"

// Shape is the shape of the rows that this release derives from a payload: lists, and columns that pages are found by. Rows of an
// earlier shape are brought up to it by Fill.
const Shape = 1

// Facts reads the portal's own database.
type Facts struct {
	pool   *pgxpool.Pool
	months atomic.Pointer[recent]
}

// New reads from pool.
func New(pool *pgxpool.Pool) *Facts { return &Facts{pool: pool} }

// Lock makes this transaction the only one that writes facts until it ends, so that the order of seq is the order of commit and no
// reader passes a row that is still to come. Tell must follow.
func Lock(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('portal.seen'))")
	return err
}

// Tell wakes every process of the portal when the transaction commits.
func Tell(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "SELECT pg_notify($1, '')", Channel)
	return err
}

// Kinds of what changes.
const (
	KindPublication = "publication"
	KindPlan        = "plan"
	KindReport      = "report"
)

// Change says that something is told otherwise than before.
type Change struct {
	Kind, ID string
	Seq      int64
}

// Changes after a seq, in order, at most limit.
func (f *Facts) Changes(ctx context.Context, after int64, limit int) ([]Change, error) {
	rows, err := f.pool.Query(ctx, `
		SELECT * FROM (
			(SELECT 'publication', id, seq FROM portal.publication WHERE seq > $1 ORDER BY seq LIMIT $2) UNION ALL
			(SELECT 'plan', id, seq FROM portal.plan WHERE seq > $1 ORDER BY seq LIMIT $2) UNION ALL
			(SELECT 'report', id, seq FROM portal.report WHERE seq > $1 ORDER BY seq LIMIT $2)) AS c (kind, id, seq)
		ORDER BY seq LIMIT $2`, after, limit)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Change])
	if err != nil {
		return nil, fmt.Errorf("changes of the portal: %w", err)
	}
	return list, nil
}

// Last is the highest seq of all, 0 when there is nothing.
func (f *Facts) Last(ctx context.Context) (seq int64, err error) {
	err = f.pool.QueryRow(ctx, `
		SELECT greatest((SELECT coalesce(max(seq), 0) FROM portal.publication), (SELECT coalesce(max(seq), 0) FROM portal.plan),
		                (SELECT coalesce(max(seq), 0) FROM portal.report))`).Scan(&seq)
	return seq, err
}

// Agencies are the names of agencies by code, with the revision of the directory they are of. When the revision is the one already
// known there are none.
func (f *Facts) Agencies(ctx context.Context, known int64) (revision int64, names map[string]string, err error) {
	if err := f.pool.QueryRow(ctx, `SELECT number FROM directory.revision`).Scan(&revision); err != nil || revision == known {
		return revision, nil, err
	}
	rows, err := f.pool.Query(ctx, `SELECT code, name FROM directory.agency`)
	if err != nil {
		return known, nil, err
	}
	names = map[string]string{}
	var code, name string
	_, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error { names[code] = name; return nil })
	return revision, names, err
}
