package facts

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/vn"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// Plan is a plan as it stands, with its amendments, the oldest first.
type Plan struct {
	*planningv1.PlanIssued
	Path       string
	ClosedAt   time.Time // zero while it runs
	Closed     string    // why
	Amendments []*planningv1.PlanAmended
}

// Item is what has come of a plan's item.
type Item struct {
	// Publications of the portal under it.
	Publications int64
	// Confirmed are the quantities of confirmed results by unit; Beside is how many results are not confirmed, and count for nothing.
	Confirmed map[string]int64
	Beside    int64
	// Done and Overdue are what planning says.
	Done, Overdue bool
}

// KeepPlan keeps a plan that was issued, or as it stands since an amendment.
func KeepPlan(ctx context.Context, tx pgx.Tx, e *planningv1.PlanIssued) error {
	payload, err := proto.Marshal(e)
	if err != nil {
		return err
	}
	path, err := planPath(ctx, tx, e.GetPlan())
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO portal.plan (id, payload, path, date, listed, seq) VALUES ($1, $2, $3, $4, $5, nextval('portal.seen'))
		ON CONFLICT (id) DO UPDATE SET payload = excluded.payload, date = excluded.date, listed = excluded.listed, seq = excluded.seq,
			path = CASE WHEN plan.path = '' THEN excluded.path ELSE plan.path END`, // an address stays
		e.GetPlan().GetId(), payload, path, e.GetPlan().GetDate(), Shape)
	if err != nil || e.GetPlan().GetHash() == "" {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO portal.plan_hash (hash, plan) VALUES ($1, $2) ON CONFLICT DO NOTHING`, e.GetPlan().GetHash(), e.GetPlan().GetId())
	return err
}

// planPath is "/ke-hoach/{year}/{agency}/{number}", which is the plan's own, since a number comes once a year and agency; two numbers
// that read the same in an address (38a, 38-A) are told apart by the end of the id.
func planPath(ctx context.Context, tx pgx.Tx, p *planningv1.Plan) (string, error) {
	year, _, _ := strings.Cut(p.GetDate(), "-")
	slug := vn.Slug(p.GetNumber())
	if slug == "" {
		slug = vn.Slug(p.GetTitle())
	}
	path := "/ke-hoach/" + year + "/" + p.GetIssuer() + "/" + slug
	var taken bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM portal.plan WHERE path = $1 AND id <> $2)`, path, p.GetId()).Scan(&taken); err != nil {
		return "", err
	}
	if taken {
		id := p.GetId()
		path += "-" + id[max(0, len(id)-8):]
	}
	return path, nil
}

// Amend keeps an amendment, and the plan as it stands since.
func Amend(ctx context.Context, tx pgx.Tx, e *planningv1.PlanAmended) error {
	payload, err := proto.Marshal(e)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `
		INSERT INTO portal.amendment (id, plan, date, payload) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET payload = excluded.payload`,
		e.GetAmendment(), e.GetPlan().GetId(), e.GetDate(), payload); err != nil {
		return err
	}
	return KeepPlan(ctx, tx, &planningv1.PlanIssued{Plan: e.GetPlan(), Items: e.GetItems(), Decisions: e.GetDecisions()})
}

// ClosePlan keeps that a plan is closed.
func ClosePlan(ctx context.Context, tx pgx.Tx, e *planningv1.PlanClosed) error {
	_, err := tx.Exec(ctx, `UPDATE portal.plan SET closed_at = $2, closed_reason = $3, seq = nextval('portal.seen') WHERE id = $1`,
		e.GetPlan(), e.GetClosedAt().AsTime(), e.GetReason())
	return err
}

// Deliver keeps what planning counts under an item, and what the item is by it where planning says so.
func Deliver(ctx context.Context, tx pgx.Tx, e *planningv1.PlanItemDelivered) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO portal.item (id, plan, delivered, done, overdue) VALUES ($1, $2, $3, $4, $5 = 'overdue')
		ON CONFLICT (id) DO UPDATE SET delivered = excluded.delivered, done = excluded.done,
			overdue = CASE WHEN $5 = '' THEN item.overdue ELSE excluded.overdue END`,
		e.GetItem(), e.GetPlan(), e.GetDelivered(), e.GetDone(), e.GetState())
	if err != nil {
		return err
	}
	return touchPlan(ctx, tx, e.GetPlan())
}

// Overdue keeps that an item's deadline passed before it was done.
func Overdue(ctx context.Context, tx pgx.Tx, e *planningv1.PlanItemOverdue) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO portal.item (id, plan, overdue) VALUES ($1, $2, true) ON CONFLICT (id) DO UPDATE SET overdue = true`, e.GetItem(), e.GetPlan())
	if err != nil {
		return err
	}
	return touchPlan(ctx, tx, e.GetPlan())
}

// KeepResult keeps a result as it stands.
func KeepResult(ctx context.Context, tx pgx.Tx, r *planningv1.Result) error {
	payload, err := proto.Marshal(r)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO portal.result (id, plan, item, state, unit, quantity, happened_at, payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, item = excluded.item, state = excluded.state, unit = excluded.unit,
			quantity = excluded.quantity, happened_at = excluded.happened_at, payload = excluded.payload`,
		r.GetId(), r.GetPlan(), r.GetPlanItem(), r.GetState(), r.GetUnit(), r.GetQuantity(), r.GetHappenedAt().AsTime(), payload)
	if err != nil {
		return err
	}
	return touchPlan(ctx, tx, r.GetPlan())
}

func touchPlan(ctx context.Context, tx pgx.Tx, plan string) error {
	_, err := tx.Exec(ctx, `UPDATE portal.plan SET seq = nextval('portal.seen') WHERE id = $1`, plan)
	return err
}

const planColumns = `payload, path, coalesce(closed_at, '0001-01-01'), closed_at IS NOT NULL, closed_reason`

func scanPlan(row pgx.CollectableRow) (*Plan, error) {
	p := &Plan{PlanIssued: &planningv1.PlanIssued{}}
	var payload []byte
	var closed bool
	if err := row.Scan(&payload, &p.Path, &p.ClosedAt, &closed, &p.Closed); err != nil {
		return nil, err
	}
	if !closed {
		p.ClosedAt = time.Time{}
	}
	return p, proto.Unmarshal(payload, p.PlanIssued)
}

// Plans are those with an id of the list, or all when it is nil, the newest first, without their amendments.
func (f *Facts) Plans(ctx context.Context, ids []string) ([]*Plan, error) {
	return f.plans(ctx, `SELECT `+planColumns+` FROM portal.plan WHERE $1::text[] IS NULL OR id = ANY($1) ORDER BY date DESC, id DESC`, ids)
}

// PlanByPath is the plan at a path with its amendments; nil when there is none.
func (f *Facts) PlanByPath(ctx context.Context, path string) (*Plan, error) {
	p, err := one(f.plans(ctx, `SELECT `+planColumns+` FROM portal.plan WHERE path = $1`, path))
	if err != nil || p == nil {
		return nil, err
	}
	rows, err := f.pool.Query(ctx, `SELECT payload FROM portal.amendment WHERE plan = $1 ORDER BY date, id`, p.GetPlan().GetId())
	if err != nil {
		return nil, err
	}
	p.Amendments, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (*planningv1.PlanAmended, error) {
		e, payload := &planningv1.PlanAmended{}, []byte(nil)
		if err := row.Scan(&payload); err != nil {
			return nil, err
		}
		return e, proto.Unmarshal(payload, e)
	})
	return p, err
}

func (f *Facts) plans(ctx context.Context, query string, args ...any) ([]*Plan, error) {
	rows, err := f.pool.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	list, err := pgx.CollectRows(rows, scanPlan)
	if err != nil {
		return nil, fmt.Errorf("plans of the portal: %w", err)
	}
	return list, nil
}

// Items are what has come of a plan's items, by their ids.
func (f *Facts) Items(ctx context.Context, p *Plan) (map[string]*Item, error) {
	items, ids := map[string]*Item{}, []string(nil)
	for _, i := range p.GetItems() {
		items[i.GetId()], ids = &Item{Confirmed: map[string]int64{}}, append(ids, i.GetId())
	}
	var batch pgx.Batch
	batch.Queue(`SELECT key, n FROM portal.tally WHERE kind = 'item' AND key = ANY($1)`, ids).Query(func(rows pgx.Rows) error {
		var id string
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&id, &n}, func() error { items[id].Publications = n; return nil })
		return err
	})
	batch.Queue(`SELECT id, done, overdue FROM portal.item WHERE id = ANY($1)`, ids).Query(func(rows pgx.Rows) error {
		var id string
		var done, overdue bool
		_, err := pgx.ForEachRow(rows, []any{&id, &done, &overdue}, func() error {
			items[id].Done, items[id].Overdue = done, overdue && !done
			return nil
		})
		return err
	})
	batch.Queue(`
		SELECT item, unit, state = 'confirmed', count(*), sum(quantity)::bigint FROM portal.result
		WHERE item = ANY($1) AND state <> 'retracted' GROUP BY 1, 2, 3`, ids).Query(func(rows pgx.Rows) error {
		var id, unit string
		var confirmed bool
		var n, quantity int64
		_, err := pgx.ForEachRow(rows, []any{&id, &unit, &confirmed, &n, &quantity}, func() error {
			if confirmed {
				items[id].Confirmed[unit] += quantity
			} else {
				items[id].Beside += n
			}
			return nil
		})
		return err
	})
	if err := f.pool.SendBatch(ctx, &batch).Close(); err != nil {
		return nil, fmt.Errorf("items of a plan: %w", err)
	}
	return items, nil
}

// Results of an item that were not retracted, newest first: the confirmed ones, then those beside the figures.
func (f *Facts) Results(ctx context.Context, item string, limit int) ([]*planningv1.Result, error) {
	rows, err := f.pool.Query(ctx, `
		SELECT payload FROM portal.result WHERE item = $1 AND state <> 'retracted'
		ORDER BY state <> 'confirmed', happened_at DESC, id LIMIT $2`, item, limit)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (*planningv1.Result, error) {
		r, payload := &planningv1.Result{}, []byte(nil)
		if err := row.Scan(&payload); err != nil {
			return nil, err
		}
		return r, proto.Unmarshal(payload, r)
	})
}
