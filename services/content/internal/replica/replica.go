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
	err := r.Pool.QueryRow(ctx, `SELECT i.plan, i.theme, i.audiences, i.channels, i.lead, i.coordinators, p.themes, p.audiences, p.channels
		FROM content.plan_item i JOIN content.plan p ON p.id = i.plan WHERE i.id = $1`, id).
		Scan(&p.Plan, &p.Theme, &p.Audiences, &p.Channels, &p.Lead, &p.Coordinators, &p.PlanThemes, &p.PlanAudiences, &p.PlanChannels)
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

// KeepPlan writes an issued plan.
func KeepPlan(ctx context.Context, tx pgx.Tx, m *planningv1.PlanIssued) error {
	var rows pgx.Batch
	p := m.GetPlan()
	rows.Queue(`INSERT INTO content.plan (id, number, themes, audiences, channels) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET number = excluded.number, themes = excluded.themes, audiences = excluded.audiences, channels = excluded.channels`,
		p.GetId(), p.GetNumber(), codes(p.GetThemes()), codes(p.GetAudiences()), codes(p.GetChannels()))
	for _, i := range m.GetItems() {
		rows.Queue(`INSERT INTO content.plan_item (id, plan, theme, audiences, channels, lead, coordinators) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET plan = excluded.plan, theme = excluded.theme, audiences = excluded.audiences,
			channels = excluded.channels, lead = excluded.lead, coordinators = excluded.coordinators`,
			i.GetId(), p.GetId(), i.GetTheme(), list(i.GetAudiences()), list(i.GetChannels()), i.GetLead(), list(i.GetCoordinators()))
	}
	return tx.SendBatch(ctx, &rows).Close()
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
