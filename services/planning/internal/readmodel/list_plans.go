package readmodel

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// Plan is a plan without its items, as a list shows it.
type Plan struct {
	ID         string
	Document   plan.Document
	HasExample bool
	Items      int
	Stage      plan.Stage
	Imported   bool
	// Agency, Unit and Authors are of the draft.
	Agency        string
	Unit          string
	Authors       []string
	Hash          string
	Revision      int32
	Dossier       string
	ReturnComment string
	CloseReason   string
	// HappenedAt is nil until it was issued.
	HappenedAt *time.Time
	RecordedAt time.Time
}

// Filter says which plans are wanted, and by whom.
type Filter struct {
	// Reader is the agency of who asks; its own drafts are shown. All shows the drafts of every agency, Readable those of these plans too.
	Reader   string
	All      bool
	Readable []string

	Stage   string
	Agency  string
	Theme   string
	DueFrom plan.Day
	DueTo   plan.Day
	OrderBy string
	After   string
	HowMany int
}

// orders are the orders of a list, and how what follows a plan is found.
func orders() map[string][2]string {
	return map[string][2]string{
		"date":       {"date, id", "(date, id) > (SELECT p.date, p.id FROM plan p WHERE p.id = $1)"},
		"date desc":  {"date DESC, id DESC", "(date, id) < (SELECT p.date, p.id FROM plan p WHERE p.id = $1)"},
		"title":      {"title_key, id", "(title_key, id) > (SELECT p.title_key, p.id FROM plan p WHERE p.id = $1)"},
		"title desc": {"title_key DESC, id DESC", "(title_key, id) < (SELECT p.title_key, p.id FROM plan p WHERE p.id = $1)"},
	}
}

// Orders are the words that a list can be ordered by.
func Orders() []string { return []string{"date", "date desc", "title", "title desc"} }

// Plans lists what a reader may see of the plans that a filter asks for.
func (m Model) Plans(ctx context.Context, f Filter) (plans []Plan, err error) {
	by, ok := orders()[f.OrderBy]
	if !ok {
		by = orders()["date desc"]
	}
	err = es.Query(ctx, m.pool, PlansName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, document, has_example, items, stage, imported, agency, unit, authors, hash, revision, dossier, return_comment,
				close_reason, happened_at, recorded_at
			FROM plan
			WHERE ($1 = '' OR `+by[1]+`)
				AND (stage IN ('issued', 'amended', 'closed') OR $2 OR $3 <> '' AND $3 IN (agency, issuer, lead) OR id = ANY ($10))
				AND ($4 = '' OR stage = $4)
				AND ($5 = '' OR $5 IN (issuer, lead) OR $5 = ANY (coordinators)
					OR EXISTS (SELECT FROM item i WHERE i.plan = plan.id AND (i.lead = $5 OR $5 = ANY (i.coordinators))))
				AND ($6 = '' OR $6 = ANY (themes))
				AND ($7 = '' AND $8 = '' OR EXISTS (SELECT FROM item i
					WHERE i.plan = plan.id AND i.deadline >= $7 AND ($8 = '' OR i.deadline <= $8)))
			ORDER BY `+by[0]+` LIMIT $9`,
			f.After, f.All, f.Reader, f.Stage, f.Agency, f.Theme, f.DueFrom, f.DueTo, f.HowMany, f.Readable)
		if err != nil {
			return err
		}
		plans, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Plan])
		return err
	})
	return plans, err
}

// Hidden are the drafts of other agencies than a reader's that somebody reads through a dossier.
func (m Model) Hidden(ctx context.Context, reader string) (plans []string, err error) {
	err = es.Query(ctx, m.pool, PlansName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM plan
			WHERE stage NOT IN ('issued', 'amended', 'closed') AND dossier <> '' AND NOT ($1 <> '' AND $1 IN (agency, issuer, lead))`, reader)
		if err != nil {
			return err
		}
		plans, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return plans, err
}

// Numbered finds the plan that was issued here under an issuer's number in a year (YYYY); empty when there is none.
func (m Model) Numbered(ctx context.Context, issuer plan.Code, number, year string) (id string, err error) {
	err = es.Query(ctx, m.pool, PlansName, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce((SELECT id FROM plan
			WHERE NOT imported AND issuer = $1 AND document->>'number' = $2 AND left(date, 4) = $3 LIMIT 1), '')`, issuer, number, year).Scan(&id)
	})
	return id, err
}

// PlanOf says which plan an amendment is of; empty when no such amendment is known.
func (m Model) PlanOf(ctx context.Context, amendment plan.AmendmentID) (id string, err error) {
	err = es.Query(ctx, m.pool, PlansName, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce((SELECT plan FROM amendment WHERE id = $1), '')`, amendment).Scan(&id)
	})
	return id, err
}

// PlanOfPublication says under which plan a publication was counted last; empty when it was under none.
func (m Model) PlanOfPublication(ctx context.Context, publication string) (id string, err error) {
	err = es.Query(ctx, m.pool, PlansName, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce((SELECT plan FROM delivery WHERE publication = $1), '')`, publication).Scan(&id)
	})
	return id, err
}

// Unstored lists the plans, and the amendments of plans, that were issued here and whose official document is not stored yet.
func (m Model) Unstored(ctx context.Context) (found []Paper, err error) {
	err = es.Query(ctx, m.pool, PlansName, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id, '' FROM plan WHERE NOT imported AND NOT documents AND stage IN ('issued', 'amended', 'closed')
			UNION ALL SELECT plan, id FROM amendment WHERE issued AND NOT documents`)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Paper])
		return err
	})
	return found, err
}

// Paper names the official document of a plan, or of an amendment of it.
type Paper struct {
	Plan      string
	Amendment plan.AmendmentID
}
