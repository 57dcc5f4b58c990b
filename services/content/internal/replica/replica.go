// Package replica is what content knows of other services: issued plans with their items, and which dossier carries a content. Its
// tables are fed from the bus and read on every draft, so that drafting needs no other service to be there.
package replica

import (
	"context"
	_ "embed" // the tables
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/item"
)

//go:embed tables.sql
var tables string

// Tables is the SQL that creates the tables in the schema content. It may run again.
func Tables() string { return tables }

// PlanItem is an item of an issued plan with the words of its plan. The zero PlanItem is one that is not known here.
type PlanItem struct {
	ID, Plan string
	// Lead and Coordinators are the codes of the agencies that may draft under it.
	Lead         string
	Coordinators []string
	// Theme, Audiences and Channels are the item's own; what a draft leaves empty it takes from here.
	Theme     string
	Audiences []string
	Channels  []string
	// The words of the whole plan: codes of themes, audiences and channels.
	PlanThemes, PlanAudiences, PlanChannels []string
	// Gone says that nothing new is written under it: an amendment took it out of its plan, or the plan is closed.
	Gone bool
}

// Known says that the item is one of an issued plan.
func (p PlanItem) Known() bool { return p.ID != "" }

// Complete gives a text what it leaves empty: the plan, and the item's own theme, audiences and channels.
func (p PlanItem) Complete(t item.Text) item.Text {
	if t.Plan == "" {
		t.Plan = p.Plan
	}
	if t.Theme == "" {
		t.Theme = p.Theme
	}
	if len(t.Audiences) == 0 {
		t.Audiences = slices.Clone(p.Audiences)
	}
	if len(t.Channels) == 0 {
		t.Channels = slices.Clone(p.Channels)
	}
	return t
}

// Check names every word of a text that its plan does not have.
func (p PlanItem) Check(t item.Text) []errs.Field {
	if t.PlanItem == "" {
		return nil // said to be missing by the text's own check
	}
	if !p.Known() || t.Plan != p.Plan {
		value := t.PlanItem
		if p.Known() {
			value = t.Plan + "/" + t.PlanItem
		}
		return []errs.Field{errs.At("planItem", errorsv1.Reason_UNKNOWN_PLAN_ITEM, "value", value)}
	}
	var fields []errs.Field
	if t.Theme != "" && !slices.Contains(p.PlanThemes, t.Theme) {
		fields = append(fields, errs.At("theme", errorsv1.Reason_UNKNOWN_THEME, "value", t.Theme))
	}
	for i, a := range t.Audiences {
		if !slices.Contains(p.PlanAudiences, a) {
			fields = append(fields, errs.At(fmt.Sprintf("audiences[%d]", i), errorsv1.Reason_UNKNOWN_AUDIENCE, "value", a))
		}
	}
	for i, c := range t.Channels {
		if !slices.Contains(p.PlanChannels, c) {
			fields = append(fields, errs.At(fmt.Sprintf("channels[%d]", i), errorsv1.Reason_UNKNOWN_CHANNEL, "value", c))
		}
	}
	return fields
}

// Replica reads the tables.
type Replica struct{ Pool *pgxpool.Pool }

// PlanItem finds an item of an issued plan; the zero PlanItem when none of this id has arrived.
func (r Replica) PlanItem(ctx context.Context, id string) (PlanItem, error) {
	p := PlanItem{ID: id}
	err := r.Pool.QueryRow(ctx, `SELECT i.plan, i.theme, i.audiences, i.channels, i.lead, i.coordinators, p.themes, p.audiences, p.channels, i.gone
		FROM content.plan_item i JOIN content.plan p ON p.id = i.plan WHERE i.id = $1`, id).
		Scan(&p.Plan, &p.Theme, &p.Audiences, &p.Channels, &p.Lead, &p.Coordinators, &p.PlanThemes, &p.PlanAudiences, &p.PlanChannels, &p.Gone)
	if errors.Is(err, pgx.ErrNoRows) {
		return PlanItem{}, nil
	}
	return p, err
}

// Dossiers gives the dossiers of contents, by content; one without a dossier is left out.
func (r Replica) Dossiers(ctx context.Context, contents ...string) (map[string]string, error) {
	rows, err := r.Pool.Query(ctx, `SELECT content, id FROM content.dossier WHERE content = ANY ($1)`, contents)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	var content, id string
	_, err = pgx.ForEachRow(rows, []any{&content, &id}, func() error {
		found[content] = id
		return nil
	})
	return found, err
}

// Publications gives the publications of contents, by content; one without is left out.
func (r Replica) Publications(ctx context.Context, contents ...string) (map[string]string, error) {
	rows, err := r.Pool.Query(ctx, `SELECT content, publication FROM content.page WHERE content = ANY ($1) ORDER BY seen`, contents)
	if err != nil {
		return nil, err
	}
	found := map[string]string{}
	var content, publication string
	_, err = pgx.ForEachRow(rows, []any{&content, &publication}, func() error {
		found[content] = publication
		return nil
	})
	return found, err
}

// Public says which of the paths are of items that are public.
func (r Replica) Public(ctx context.Context, paths []string) (map[string]bool, error) {
	public := map[string]bool{}
	if len(paths) == 0 {
		return public, nil
	}
	rows, err := r.Pool.Query(ctx, `SELECT path FROM content.page WHERE public AND path = ANY ($1)`, paths)
	if err != nil {
		return nil, err
	}
	var path string
	_, err = pgx.ForEachRow(rows, []any{&path}, func() error {
		public[path] = true
		return nil
	})
	return public, err
}

// PreviewKey is what preview links are signed with; it is made with the tables and stays in the database.
func (r Replica) PreviewKey(ctx context.Context) (key []byte, err error) {
	err = r.Pool.QueryRow(ctx, `SELECT key FROM content.preview_key`).Scan(&key)
	return key, err
}

// KeepPage writes that a path is an item's, and public.
func KeepPage(ctx context.Context, tx pgx.Tx, slug, content, publication string) error {
	if slug == "" {
		return nil
	}
	_, err := tx.Exec(ctx, `INSERT INTO content.page (path, content, publication, public) VALUES ($1, $2, $3, true)
		ON CONFLICT (path) DO UPDATE SET content = excluded.content, publication = excluded.publication, public = true`, "/tin/"+slug, content, publication)
	return err
}

// ClosePages writes that nothing of a publication is public any more.
func ClosePages(ctx context.Context, tx pgx.Tx, publication string) error {
	_, err := tx.Exec(ctx, `UPDATE content.page SET public = false WHERE publication = $1`, publication)
	return err
}

// KeepPlan writes a plan as it was issued, or as an amendment made it. Items that an amendment took out are gone.
func KeepPlan(ctx context.Context, tx pgx.Tx, p *planningv1.Plan, items []*planningv1.PlanItem) error {
	var rows pgx.Batch
	kept := make([]string, 0, len(items))
	rows.Queue(`INSERT INTO content.plan (id, number, themes, audiences, channels) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET number = excluded.number, themes = excluded.themes, audiences = excluded.audiences, channels = excluded.channels`,
		p.GetId(), p.GetNumber(), codes(p.GetThemes()), codes(p.GetAudiences()), codes(p.GetChannels()))
	for _, i := range items {
		kept = append(kept, i.GetId())
		rows.Queue(`INSERT INTO content.plan_item (id, plan, theme, audiences, channels, lead, coordinators) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, theme = excluded.theme, audiences = excluded.audiences,
			channels = excluded.channels, lead = excluded.lead, coordinators = excluded.coordinators, gone = false`,
			i.GetId(), p.GetId(), i.GetTheme(), list(i.GetAudiences()), list(i.GetChannels()), i.GetLead(), list(i.GetCoordinators()))
	}
	rows.Queue(`UPDATE content.plan_item SET gone = true WHERE plan = $1 AND NOT id = ANY ($2)`, p.GetId(), kept)
	return tx.SendBatch(ctx, &rows).Close()
}

// ClosePlan writes that nothing new comes under a plan.
func ClosePlan(ctx context.Context, tx pgx.Tx, plan string) error {
	_, err := tx.Exec(ctx, `UPDATE content.plan_item SET gone = true WHERE plan = $1`, plan)
	return err
}

// KeepDossier writes which dossier carries a content.
func KeepDossier(ctx context.Context, tx pgx.Tx, m *approvalsv1.DossierOpened) error {
	_, err := tx.Exec(ctx, `INSERT INTO content.dossier (content, id) VALUES ($1, $2) ON CONFLICT (content) DO UPDATE SET id = excluded.id`,
		m.GetDocument(), m.GetDossier())
	return err
}

func codes[T interface{ GetCode() string }](words []T) []string {
	out := make([]string, 0, len(words))
	for _, w := range words {
		out = append(out, w.GetCode())
	}
	return out
}

// list makes a missing list an empty one, which the tables want.
func list(s []string) []string { return append([]string{}, s...) }
