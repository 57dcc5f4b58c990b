// Package readmodel lists publications: a projection of distribution's own log, and the query over it.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

//go:embed publications.sql
var publicationsSchema string

// Name of the projection.
const Name = "publications"

// Publications is the projection. Its entries are what the aggregate folds to, so that a list and a single answer say the same.
func Publications() es.Projection {
	return es.Projection{Name: Name, Schema: publicationsSchema, Apply: apply}
}

// Row is one publication as lists show it: without texts and decisions.
type Row struct {
	ID      string
	Version int64
	State   *publication.Publication
}

// Sort is what rows are ordered by, newest first: when it was or will be public.
func (r Row) Sort() time.Time {
	if r.State.PublishedAt.IsZero() {
		return r.State.PublishAt
	}
	return r.State.PublishedAt
}

// apply reads the entries that the events change in one trip, and writes them in another.
func apply(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	var changed []string
	for _, e := range events {
		if !slices.Contains(changed, e.Aggregate) {
			changed = append(changed, e.Aggregate)
		}
	}
	entries, err := load(ctx, tx, changed)
	if err != nil {
		return err
	}
	for _, e := range events {
		row := entries[e.Aggregate]
		if row == nil {
			row = &Row{ID: e.Aggregate, State: &publication.Publication{}}
			entries[e.Aggregate] = row
		}
		if e.Version != row.Version+1 {
			return fmt.Errorf("publication %s: version %d after %d", e.Aggregate, e.Version, row.Version)
		}
		row.State.Apply(e)
		row.State.Trim()
		row.Version = e.Version
	}
	var writes pgx.Batch
	for _, id := range changed {
		if err := entries[id].queue(&writes); err != nil {
			return err
		}
	}
	return tx.SendBatch(ctx, &writes).Close()
}

func load(ctx context.Context, tx pgx.Tx, ids []string) (map[string]*Row, error) {
	rows, err := tx.Query(ctx, `SELECT id, version, entry FROM publication WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, scan)
	entries := make(map[string]*Row, len(ids))
	for _, row := range found {
		entries[row.ID] = &row
	}
	return entries, err
}

func scan(row pgx.CollectableRow) (Row, error) {
	r := Row{State: &publication.Publication{}}
	var entry []byte
	if err := row.Scan(&r.ID, &r.Version, &entry); err != nil {
		return r, err
	}
	return r, json.Unmarshal(entry, r.State)
}

func (r Row) queue(writes *pgx.Batch) error {
	entry, err := json.Marshal(r.State)
	if err != nil {
		return err
	}
	s := r.State.Snapshot
	writes.Queue(`INSERT INTO publication (id, version, content, plan, plan_item, agency, theme, state, shown_at, waiting, next_at, entry)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
		ON CONFLICT (id) DO UPDATE SET version = excluded.version, plan = excluded.plan, plan_item = excluded.plan_item, agency = excluded.agency,
			theme = excluded.theme, state = excluded.state, shown_at = excluded.shown_at, waiting = excluded.waiting,
			next_at = excluded.next_at, entry = excluded.entry`,
		r.ID, r.Version, s.Content, s.Plan, s.PlanItem, s.Agency, s.Theme, string(r.State.State), r.Sort(), r.State.Waiting(), or(r.State.NextAt()),
		entry)
	return nil
}

// Query chooses what is listed.
type Query struct {
	// Content, Plan, PlanItem, State, Agency and Theme are empty for any.
	Content, Plan, PlanItem, State, Agency, Theme string
	// From and To bound when it was or will be public, To excluded; zero for no bound.
	From, To time.Time
	// Waiting lists only what waits for something.
	Waiting bool
	// All lists every agency's; else what is or was public and what is of the agency Own.
	All bool
	Own string
	// Before lists what comes after this place in the list; zero for the first page.
	Before   time.Time
	BeforeID string
	Limit    int
}

// List gives the rows, newest first.
func List(ctx context.Context, pool *pgxpool.Pool, q Query) (rows []Row, err error) {
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, `SELECT id, version, entry
			FROM publication
			WHERE ($1 = '' OR content = $1) AND ($2 = '' OR state = $2) AND ($3 OR state IN ('published', 'expired', 'withdrawn') OR agency = $4)
				AND ($5::timestamptz IS NULL OR (shown_at, id) < ($5, $6))
				AND ($8 = '' OR agency = $8) AND ($9 = '' OR theme = $9) AND ($10 = '' OR plan = $10) AND ($11 = '' OR plan_item = $11)
				AND ($12::timestamptz IS NULL OR shown_at >= $12) AND ($13::timestamptz IS NULL OR shown_at < $13) AND (NOT $14 OR waiting)
			ORDER BY shown_at DESC, id DESC LIMIT $7`,
			q.Content, q.State, q.All, q.Own, or(q.Before), q.BeforeID, q.Limit, q.Agency, q.Theme, q.Plan, q.PlanItem, or(q.From), or(q.To),
			q.Waiting)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, scan)
		return err
	})
	return rows, err
}

// or is nil for the zero time.
func or(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
