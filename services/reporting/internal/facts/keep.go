// Package facts keeps what other services have published that reports count, and reads it in one snapshot. A fact stands here once,
// with its place in the log of its source.
package facts

import (
	"context"
	_ "embed" // the tables
	"slices"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

//go:embed tables.sql
var tables string

// Tables is the SQL that creates the tables in the schema reporting. It may run again.
func Tables() string { return tables }

// Origin is where a fact comes from: its place in the log of its source, and the trace context of what caused it.
type Origin struct {
	Epoch       int
	Position    int64
	Traceparent string
}

// PlanIssued keeps a plan with its items.
func PlanIssued(ctx context.Context, tx pgx.Tx, m *planningv1.PlanIssued, o Origin) error {
	message, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO reporting.plan (id, lead, agencies, message, epoch, position) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (id) DO UPDATE SET lead = excluded.lead, agencies = excluded.agencies, message = excluded.message,
			epoch = excluded.epoch, position = excluded.position`,
		m.GetPlan().GetId(), m.GetPlan().GetLead(), agenciesOf(m), message, o.Epoch, o.Position)
	return err
}

// agenciesOf are all that a plan names, once each and sorted.
func agenciesOf(m *planningv1.PlanIssued) []string {
	all := append([]string{m.GetPlan().GetIssuer(), m.GetPlan().GetLead()}, m.GetPlan().GetCoordinators()...)
	for _, item := range m.GetItems() {
		all = append(append(all, item.GetLead()), item.GetCoordinators()...)
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(code string) bool { return code == "" })
}

// AgenciesImported keeps the names of agencies.
func AgenciesImported(ctx context.Context, tx pgx.Tx, m *planningv1.AgenciesImported, o Origin) error {
	rows := &pgx.Batch{}
	for _, a := range m.GetAgencies() {
		rows.Queue(`INSERT INTO reporting.agency (code, name, epoch, position) VALUES ($1, $2, $3, $4)
			ON CONFLICT (code) DO UPDATE SET name = excluded.name, epoch = excluded.epoch, position = excluded.position`,
			a.GetCode(), a.GetName(), o.Epoch, o.Position)
	}
	return tx.SendBatch(ctx, rows).Close()
}

// PublicationPublished keeps what was published. A publication is public once.
func PublicationPublished(ctx context.Context, tx pgx.Tx, m *distributionv1.PublicationPublished, o Origin) error {
	c := m.GetContent()
	_, err := tx.Exec(ctx, `INSERT INTO reporting.publication (id, content, plan, item, title, theme, audiences, channels, published_at, path,
			hash, imported, example, epoch, position, traceparent)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
		ON CONFLICT (id) DO NOTHING`,
		m.GetPublication(), c.GetId(), c.GetPlan(), c.GetPlanItem(), c.GetTitle(), c.GetTheme(), list(c.GetAudiences()), list(c.GetChannels()),
		m.GetPublishedAt().AsTime(), "/tin/"+m.GetSlug(), c.GetHash(), m.GetImported(), c.GetExample(), o.Epoch, o.Position, o.Traceparent)
	return err
}

func list(texts []string) []string { return append([]string{}, texts...) }
