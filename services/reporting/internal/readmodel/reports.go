// Package readmodel lists reports: a projection of reporting's own log, and the query over it.
package readmodel

import (
	"context"
	_ "embed" // the tables
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

//go:embed reports.sql
var reportsSchema string

// Name of the projection.
const Name = "reports"

// Reports is the projection.
func Reports() es.Projection {
	return es.Projection{Name: Name, Schema: reportsSchema, Apply: apply}
}

// Row is one report as lists show it, without its figures.
type Row struct {
	ID, Plan, PlanNumber, PlanTitle, Agency, AgencyName, Period, PeriodName, From, To, Title, State, Hash string
	CompiledAt                                                                                            time.Time
	CompiledBy                                                                                            string
	Example, ImportedPlan                                                                                 bool
	// ApprovedAt is nil before that.
	ApprovedAt                   *time.Time
	Path, Dossier, ReturnComment string
	// Number and Date are empty before it has them.
	Number, Date string
}

func apply(ctx context.Context, tx pgx.Tx, events []es.Event) error {
	for _, e := range events {
		if err := applyOne(ctx, tx, e); err != nil {
			return fmt.Errorf("report %s: %w", e.Aggregate, err)
		}
	}
	if len(events) == 0 {
		return nil
	}
	return update(ctx, tx, `UPDATE reached SET position = $1`, events[len(events)-1].Position)
}

func applyOne(ctx context.Context, tx pgx.Tx, e es.Event) error {
	switch event := e.Data.(type) {
	case report.ReportCompiled:
		return compiled(ctx, tx, e.Aggregate, event.Sheet)
	case report.ReportWritten:
		return compiled(ctx, tx, e.Aggregate, event.Sheet)
	case report.ReportSubmitted:
		return update(ctx, tx, `UPDATE report SET state = 'in_approval', return_comment = '' WHERE id = $1`, e.Aggregate)
	case report.ReportDossierOpened:
		return update(ctx, tx, `UPDATE report SET dossier = $2 WHERE id = $1`, e.Aggregate, event.Dossier)
	case report.ReportReturned:
		return update(ctx, tx, `UPDATE report SET state = 'returned', dossier = $2, return_comment = $3 WHERE id = $1`,
			e.Aggregate, event.Dossier, event.Comment)
	case report.ReportApproved:
		return update(ctx, tx, `UPDATE report SET state = 'approved', dossier = $2, approved_at = $3, path = $4 WHERE id = $1`,
			e.Aggregate, event.Dossier, event.ApprovedAt, event.Path)
	case report.ReportNumbered:
		return update(ctx, tx, `UPDATE report SET number = $2, date = $3, to_render = $4 WHERE id = $1`, e.Aggregate, event.Number, event.Date, e.Position)
	case report.ReportIssued:
		return update(ctx, tx, `UPDATE report SET state = 'issued', to_render = NULL WHERE id = $1`, e.Aggregate)
	default:
		return nil
	}
}

func compiled(ctx context.Context, tx pgx.Tx, id string, s report.Sheet) error {
	_, err := tx.Exec(ctx, `INSERT INTO report (id, plan, plan_number, plan_title, agency, agency_name, period, period_name, first_day, last_day,
			title, state, hash, compiled_at, compiled_by, example, imported_plan, path, dossier, return_comment)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 'compiled', $12, $13, $14, $15, $16, '', '', '')
		ON CONFLICT (id) DO UPDATE SET plan_number = excluded.plan_number, plan_title = excluded.plan_title, agency = excluded.agency,
			agency_name = excluded.agency_name, period_name = excluded.period_name, title = excluded.title, state = excluded.state,
			hash = excluded.hash, compiled_at = excluded.compiled_at, compiled_by = excluded.compiled_by, example = excluded.example,
			imported_plan = excluded.imported_plan`,
		id, s.Plan, s.PlanNumber, s.PlanTitle, s.Agency, s.AgencyName, s.Period, s.PeriodName, s.From, s.To, s.Title, s.Hash, s.CompiledAt,
		s.CompiledBy, s.Example, s.ImportedPlan)
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
	// Plan is empty for any.
	Plan string
	// All lists every report; else what is approved, what is of a plan that names Agency, and the reports Readable.
	All      bool
	Agency   string
	Readable []string
	// BeforeID lists what comes after this report in the list; empty for the first page.
	BeforeID string
	Limit    int
}

// RenderFrom is the position after which lie all reports that have a number and whose documents may not be stored.
func RenderFrom(ctx context.Context, pool *pgxpool.Pool) (position int64, err error) {
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT coalesce((SELECT min(to_render) - 1 FROM report), (SELECT position FROM reached), 0)`).Scan(&position)
	})
	return position, err
}

// Hidden are the reports that are not approved, of plans that do not name an agency, and that somebody reads through a dossier.
func Hidden(ctx context.Context, pool *pgxpool.Pool, agency string) (reports []string, err error) {
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT id FROM report r
			WHERE state NOT IN ('approved', 'issued') AND dossier <> ''
				AND NOT EXISTS (SELECT FROM reporting.plan_version p WHERE p.id = r.plan AND p.replaced IS NULL AND $1 = ANY (p.agencies))`, agency)
		if err != nil {
			return err
		}
		reports, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	return reports, err
}

// List gives the rows, latest period first: an identifier begins with when its period does.
func List(ctx context.Context, pool *pgxpool.Pool, q Query) (rows []Row, err error) {
	err = es.Query(ctx, pool, Name, func(tx pgx.Tx) error {
		found, err := tx.Query(ctx, `SELECT id, plan, plan_number, plan_title, agency, agency_name, period, period_name, first_day, last_day,
				title, state, hash, compiled_at, compiled_by, example, imported_plan, approved_at, path, dossier, return_comment, number, date
			FROM report r
			WHERE ($1 = '' OR plan = $1)
				AND ($2 OR state IN ('approved', 'issued') OR EXISTS (SELECT FROM reporting.plan_version p WHERE p.id = r.plan AND p.replaced IS NULL AND $3 = ANY (p.agencies)) OR id = ANY ($6))
				AND ($4 = '' OR id < $4)
			ORDER BY id DESC LIMIT $5`,
			q.Plan, q.All, q.Agency, q.BeforeID, q.Limit, q.Readable)
		if err != nil {
			return err
		}
		rows, err = pgx.CollectRows(found, pgx.RowToStructByPos[Row])
		return err
	})
	return rows, err
}
