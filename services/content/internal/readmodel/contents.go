// Package readmodel lists items: a projection of content's own log, and the query over it.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

//go:embed contents.sql
var contentsSchema string

// Name of the projection.
const Name = "contents"

// Contents is the projection.
func Contents() es.Projection { return es.Projection{Name: Name, Schema: contentsSchema, Apply: apply} }

// apply folds the events into the rows. All rows concerned are read at once and written at once: a replay has thousands.
func apply(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	items := make(map[string]*item.Item, len(events))
	var known []string
	events = slices.DeleteFunc(slices.Clone(events), func(e es.Event) bool { return !strings.HasPrefix(e.Aggregate, item.Prefix+"_") })
	for _, e := range events {
		if _, ok := items[e.Aggregate]; !ok {
			items[e.Aggregate] = &item.Item{}
			if e.Version > 1 {
				known = append(known, e.Aggregate)
			}
		}
	}
	if err := load(ctx, tx, known, items); err != nil {
		return fmt.Errorf("reading the rows of %d items: %w", len(known), err)
	}
	for _, e := range events {
		items[e.Aggregate].Apply(e)
	}
	ids := slices.Sorted(maps.Keys(items))
	var agencies, plans, states, folds []string
	var created []time.Time
	for _, id := range ids {
		i := items[id]
		i.Text.Body, i.HTML = "", ""
		i.Text.Translations = slices.Clone(i.Text.Translations)
		for n := range i.Text.Translations {
			i.Text.Translations[n].Body, i.Text.Translations[n].HTML = "", ""
		}
		fold, err := json.Marshal(i)
		if err != nil {
			return err
		}
		agencies, plans, states = append(agencies, i.Agency), append(plans, i.Text.Plan), append(states, string(i.State))
		created, folds = append(created, i.CreatedAt), append(folds, string(fold))
	}
	_, err := tx.Exec(ctx, `INSERT INTO content (id, agency, plan, state, created_at, fold)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::json[])
		ON CONFLICT (id) DO UPDATE SET state = excluded.state, fold = excluded.fold`, ids, agencies, plans, states, created, folds)
	return err
}

// load reads the rows that there are into the items.
func load(ctx context.Context, tx pgx.Tx, ids []string, items map[string]*item.Item) error {
	if len(ids) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, `SELECT id, fold::text FROM content WHERE id = ANY($1)`, ids)
	if err != nil {
		return err
	}
	var id, fold string
	_, err = pgx.ForEachRow(rows, []any{&id, &fold}, func() error { return json.Unmarshal([]byte(fold), items[id]) })
	return err
}

// Filter says which items are wanted, and by whom: only what the reader may see is found. It says the same as the policy of
// GetContent, which a test holds against it.
type Filter struct {
	Reader replica.Reader
	Plan   string // empty: any
	State  string // empty: any
}

// List gives up to limit items after a place (the zero place: from the newest), the newest first, without their bodies.
func List(ctx context.Context, pool *pgxpool.Pool, f Filter, after listing.Place, limit int) ([]*item.Item, error) {
	arguments, err := f.Reader.Arguments()
	if err != nil {
		return nil, err
	}
	maps.Copy(arguments, pgx.NamedArgs{
		"agency": f.Reader.Person.Agency, "role": f.Reader.Person.Role, "plan": f.Plan, "state": f.State, "at": after.At, "after": after.ID, "limit": limit,
	})
	var items []*item.Item
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT fold::text FROM content c
			WHERE (agency = @agency OR state = 'published' OR @role = 'auditor'
				OR @role = 'portal_editor' AND state IN ('approved', 'scheduled', 'withdrawn', 'expired') OR `+replica.ThroughDossier+`)
			AND (@plan = '' OR plan = @plan) AND (@state = '' OR state = @state)
			AND (@after = '' OR (created_at, id) < (@at, @after))
			ORDER BY created_at DESC, id DESC LIMIT @limit`, arguments)
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
