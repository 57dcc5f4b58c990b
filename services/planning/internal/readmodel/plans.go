package readmodel

import (
	"context"
	_ "embed" // the tables
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

//go:embed plans.sql
var plansSchema string

// Plans is the projection of plans and their items.
func Plans() es.Projection {
	return es.Projection{Name: plansName, Schema: plansSchema, Apply: applyPlans}
}

func applyPlans(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	rows := &pgx.Batch{}
	for _, e := range events {
		switch v := e.Data.(type) {
		case plan.Imported:
			queuePlan(rows, e, v.Document)
		case plan.ItemMarkedOverdue:
			rows.Queue(`UPDATE item SET state = $2 WHERE id = $1 AND state = $3`, v.Item, plan.Overdue, plan.Planned)
		case plan.ItemDelivered:
			rows.Queue(`UPDATE item SET delivered = $2, state = CASE WHEN $3 THEN $4 ELSE state END WHERE id = $1`,
				v.Item, v.Delivered, v.Done, plan.Done)
		}
	}
	return tx.SendBatch(ctx, rows).Close()
}

func queuePlan(rows *pgx.Batch, e es.Event, d plan.Document) {
	items, hasExample := d.Items, d.HasExample()
	d.Items = nil
	rows.Queue(`
		INSERT INTO plan (id, date, document, has_example, items, happened_at, recorded_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		e.Aggregate, d.Date, d, hasExample, len(items), e.HappenedAt, e.RecordedAt)
	for i, item := range items {
		rows.Queue(`INSERT INTO item (id, plan, place, document, state, delivered) VALUES ($1, $2, $3, $4, $5, 0)`,
			item.ID, e.Aggregate, i+1, item, plan.Planned)
	}
}

// Plan is a plan without its items.
type Plan struct {
	ID         string
	Document   plan.Document
	HasExample bool
	Items      int
	HappenedAt time.Time
	RecordedAt time.Time
}

// Item is a plan item and how far it has come.
type Item struct {
	Place     int
	Document  plan.Item
	State     plan.State
	Delivered int64
}

const selectPlan = `SELECT id, document, has_example, items, happened_at, recorded_at FROM plan `

// Plan finds a plan.
func (m Model) Plan(ctx context.Context, id string) (found Plan, ok bool, err error) {
	err = es.Query(ctx, m.pool, plansName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectPlan+`WHERE id = $1`, id)
		if err != nil {
			return err
		}
		found, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByPos[Plan])
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return found, false, nil
	}
	return found, err == nil, err
}

// Plans lists plans, the newest first, after the one named.
func (m Model) Plans(ctx context.Context, after string, limit int) (plans []Plan, err error) {
	err = es.Query(ctx, m.pool, plansName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, selectPlan+`
			WHERE $1 = '' OR (date, id) < (SELECT p.date, p.id FROM plan p WHERE p.id = $1)
			ORDER BY date DESC, id DESC LIMIT $2`, after, limit)
		if err != nil {
			return err
		}
		plans, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Plan])
		return err
	})
	return plans, err
}

// Items lists a plan's items in the plan's order, after a place (from 1).
func (m Model) Items(ctx context.Context, id string, after, limit int) (items []Item, err error) {
	err = es.Query(ctx, m.pool, plansName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT place, document, state, delivered FROM item WHERE plan = $1 AND place > $2 ORDER BY place LIMIT $3`, id, after, limit)
		if err != nil {
			return err
		}
		items, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Item])
		return err
	})
	return items, err
}
