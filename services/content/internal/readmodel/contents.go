// Package readmodel lists items: a projection of content's own log, and the query over it.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/content/internal/item"
)

//go:embed contents.sql
var contentsSchema string

// Name of the projection.
const Name = "contents"

// Contents is the projection.
func Contents() es.Projection { return es.Projection{Name: Name, Schema: contentsSchema, Apply: apply} }

// apply folds the events into the rows, each item read and written once.
func apply(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	items := map[string]*item.Item{}
	for _, e := range events {
		i, ok := items[e.Aggregate]
		if !ok {
			var err error
			if i, err = load(ctx, tx, e.Aggregate); err != nil {
				return fmt.Errorf("reading the row of %s: %w", e.Aggregate, err)
			}
			items[e.Aggregate] = i
		}
		i.Apply(e)
	}
	var rows pgx.Batch
	for _, id := range slices.Sorted(maps.Keys(items)) {
		i := items[id]
		i.Text.Body, i.HTML = "", ""
		fold, err := json.Marshal(i)
		if err != nil {
			return err
		}
		rows.Queue(`INSERT INTO content (id, agency, plan, state, created_at, fold) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (id) DO UPDATE SET state = excluded.state, fold = excluded.fold`,
			i.ID, i.Agency, i.Text.Plan, string(i.State), i.CreatedAt, string(fold))
	}
	return tx.SendBatch(ctx, &rows).Close()
}

func load(ctx context.Context, tx pgx.Tx, id string) (*item.Item, error) {
	var fold string
	err := tx.QueryRow(ctx, `SELECT fold::text FROM content WHERE id = $1`, id).Scan(&fold)
	if errors.Is(err, pgx.ErrNoRows) {
		return &item.Item{}, nil
	}
	if err != nil {
		return nil, err
	}
	i := &item.Item{}
	return i, json.Unmarshal([]byte(fold), i)
}

// Filter says which items are wanted, and by whom: only what the reader may see is found. It says the same as the policy of
// GetContent, which a test holds against it.
type Filter struct {
	Agency, Role string // the reader's
	Plan         string // empty: any
	State        string // empty: any
}

// List gives up to limit items after a place (the zero place: from the newest), the newest first, without their bodies.
func List(ctx context.Context, pool *pgxpool.Pool, f Filter, after listing.Place, limit int) ([]*item.Item, error) {
	var items []*item.Item
	err := es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT fold::text FROM content
			WHERE (agency = $1 OR state = 'published' OR $2 = 'auditor' OR $2 = 'portal_editor' AND state IN ('approved', 'scheduled'))
			AND ($3 = '' OR plan = $3) AND ($4 = '' OR state = $4)
			AND ($6 = '' OR (created_at, id) < ($5, $6))
			ORDER BY created_at DESC, id DESC LIMIT $7`, f.Agency, f.Role, f.Plan, f.State, after.At, after.ID, limit)
		if err != nil {
			return err
		}
		items, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*item.Item, error) {
			var fold string
			if err := row.Scan(&fold); err != nil {
				return nil, err
			}
			i := &item.Item{}
			return i, json.Unmarshal([]byte(fold), i)
		})
		return err
	})
	return items, err
}
