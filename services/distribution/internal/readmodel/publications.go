// Package readmodel lists publications: a projection of distribution's own log, and the query over it.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"fmt"
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

// Publications is the projection.
func Publications() es.Projection {
	return es.Projection{Name: Name, Schema: publicationsSchema, Apply: apply}
}

// Row is one publication as lists show it.
type Row struct {
	ID, Content, Plan, PlanItem, Agency, Title, Hash, Slug, State string
	PublishAt                                                     time.Time
	// PublishedAt is nil before it is public.
	PublishedAt                 *time.Time
	Channels                    []string
	Imported, Example, Verified bool
}

// Sort is what rows are ordered by, newest first: when it was or will be public.
func (r Row) Sort() time.Time {
	if r.PublishedAt != nil {
		return *r.PublishedAt
	}
	return r.PublishAt
}

func apply(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	for _, e := range events {
		if err := applyOne(ctx, tx, e); err != nil {
			return fmt.Errorf("publication %s: %w", e.Aggregate, err)
		}
	}
	return nil
}

func applyOne(ctx context.Context, tx pgx.Tx, e es.Event) error {
	switch event := e.Data.(type) {
	case publication.PublicationScheduled:
		return insert(ctx, tx, row(e.Aggregate, event.Snapshot, event.Slug, publication.Scheduled, event.PublishAt))
	case publication.PublicationImported:
		r := row(e.Aggregate, event.Snapshot, event.Slug, publication.Published, event.PublishedAt)
		r.PublishedAt, r.Imported = &event.PublishedAt, true
		return insert(ctx, tx, r)
	case publication.PublicationPublished:
		return update(ctx, tx, `UPDATE publication SET state = 'published', published_at = $2 WHERE id = $1`, e.Aggregate, event.PublishedAt)
	case publication.PublicationCancelled:
		return update(ctx, tx, `UPDATE publication SET state = 'cancelled' WHERE id = $1`, e.Aggregate)
	case publication.ReceiptRecorded:
		return update(ctx, tx, `UPDATE publication SET verified = $2 WHERE id = $1`, e.Aggregate, event.Complete)
	default:
		return nil
	}
}

func row(id string, s publication.Snapshot, slug string, state publication.State, publishAt time.Time) Row {
	return Row{
		ID: id, Content: s.Content, Plan: s.Plan, PlanItem: s.PlanItem, Agency: s.Agency, Title: s.Title, Hash: s.Hash, Slug: slug,
		State: string(state), PublishAt: publishAt, Channels: append([]string{}, s.Channels...), Example: s.Example,
	}
}

// insert also takes a cancelled publication that is scheduled again, which is the same one.
func insert(ctx context.Context, tx pgx.Tx, r Row) error {
	_, err := tx.Exec(ctx, `INSERT INTO publication (id, content, plan, plan_item, agency, title, hash, slug, state, publish_at, published_at,
			channels, imported, example, verified)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, false)
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, publish_at = excluded.publish_at`,
		r.ID, r.Content, r.Plan, r.PlanItem, r.Agency, r.Title, r.Hash, r.Slug, r.State, r.PublishAt, r.PublishedAt, r.Channels, r.Imported, r.Example)
	return err
}

func update(ctx context.Context, tx pgx.Tx, sql string, arguments ...any) error {
	tag, err := tx.Exec(ctx, sql, arguments...)
	if err == nil && tag.RowsAffected() != 1 {
		return fmt.Errorf("%d rows where there is one", tag.RowsAffected())
	}
	return err
}

// Query chooses what is listed.
type Query struct {
	// Content and State are empty for any.
	Content, State string
	// All lists every agency's; else what is published and what is of Agency.
	All    bool
	Agency string
	// Before lists what comes after this place in the list; zero for the first page.
	Before   time.Time
	BeforeID string
	Limit    int
}

// List gives the rows, newest first.
func List(ctx context.Context, pool *pgxpool.Pool, q Query) (rows []Row, err error) {
	var before *time.Time
	if !q.Before.IsZero() {
		before = &q.Before
	}
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, `SELECT id, content, plan, plan_item, agency, title, hash, slug, state, publish_at, published_at, channels,
				imported, example, verified
			FROM publication
			WHERE ($1 = '' OR content = $1) AND ($2 = '' OR state = $2) AND ($3 OR state = 'published' OR agency = $4)
				AND ($5::timestamptz IS NULL OR (coalesce(published_at, publish_at), id) < ($5, $6))
			ORDER BY coalesce(published_at, publish_at) DESC, id DESC LIMIT $7`,
			q.Content, q.State, q.All, q.Agency, before, q.BeforeID, q.Limit)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[Row])
		return err
	})
	return rows, err
}
