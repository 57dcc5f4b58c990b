// Package facts keeps what other services have published that figures count: publications and results, plans and the names of
// agencies. Each thing stands here as it was and as it is, with its place in the log of its source, so that figures of any moment and
// of any report can be counted again.
package facts

import (
	"cmp"
	"context"
	_ "embed" // the tables
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

//go:embed tables.sql
var tables string

// Tables is the SQL that creates the tables in the schema reporting. It may run again.
func Tables() string { return tables }

// Sources of facts.
const (
	planning     = "planning"
	distribution = "distribution"
)

// Origin is where a fact comes from: its place in the log of its source, when it was recorded there, and the trace context of what
// caused it. Arrived is its number among all messages that this service took in.
type Origin struct {
	Epoch       int
	Position    int64
	RecordedAt  time.Time
	Traceparent string
	Arrived     int64
}

// Arrive numbers so many messages and gives the first number. Until tx ends nobody else gets one, so a number that is visible has none
// below it that is not.
func Arrive(ctx context.Context, tx pgx.Tx, messages int) (first int64, err error) {
	err = tx.QueryRow(ctx, `UPDATE reporting.arrival SET n = n + $1 RETURNING n - $1 + 1`, messages).Scan(&first)
	return first, err
}

// replace ends the row that stands of a thing. It is false when what stands comes from this message or a later one.
func replace(ctx context.Context, tx pgx.Tx, table, id string, o Origin) (bool, error) {
	var later bool
	err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM reporting.`+table+` WHERE id = $1 AND replaced IS NULL AND (epoch, position) >= ($2, $3))`,
		id, o.Epoch, o.Position).Scan(&later)
	if err != nil || later {
		return false, err
	}
	_, err = tx.Exec(ctx, `UPDATE reporting.`+table+` SET until = $2, replaced = $3 WHERE id = $1 AND replaced IS NULL`, id, o.RecordedAt, o.Arrived)
	return true, err
}

// PlanIssued keeps a plan with its items.
func PlanIssued(ctx context.Context, tx pgx.Tx, m *planningv1.PlanIssued, o Origin) error {
	return keepPlan(ctx, tx, m, cmp.Or(m.GetPlan().GetState(), "issued"), o)
}

// PlanAmended keeps a plan as it stands from now on.
func PlanAmended(ctx context.Context, tx pgx.Tx, m *planningv1.PlanAmended, o Origin) error {
	return keepPlan(ctx, tx, &planningv1.PlanIssued{Plan: m.GetPlan(), Items: m.GetItems()}, "amended", o)
}

func keepPlan(ctx context.Context, tx pgx.Tx, m *planningv1.PlanIssued, state string, o Origin) error {
	p := m.GetPlan()
	if fresh, err := replace(ctx, tx, "plan_version", p.GetId(), o); err != nil || !fresh {
		return err
	}
	message, err := proto.Marshal(m)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO reporting.plan_version (id, issuer, lead, first, last, agencies, state, message, source, epoch, position, since, arrived)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
		p.GetId(), p.GetIssuer(), p.GetLead(), p.GetFrom(), p.GetTo(), agenciesOf(m), state, message, planning, o.Epoch, o.Position, o.RecordedAt, o.Arrived)
	return err
}

// PlanClosed notes that nothing more is done under a plan.
func PlanClosed(ctx context.Context, tx pgx.Tx, m *planningv1.PlanClosed, o Origin) error {
	if fresh, err := replace(ctx, tx, "plan_version", m.GetPlan(), o); err != nil || !fresh {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO reporting.plan_version (id, issuer, lead, first, last, agencies, state, message, source, epoch, position, since, arrived)
		SELECT id, issuer, lead, first, last, agencies, 'closed', message, source, $2, $3, $4, $5
		FROM reporting.plan_version WHERE id = $1 AND replaced = $5`, m.GetPlan(), o.Epoch, o.Position, o.RecordedAt, o.Arrived)
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
	for _, a := range m.GetAgencies() {
		fresh, err := replace(ctx, tx, "agency_version", a.GetCode(), o)
		if err != nil {
			return err
		}
		if !fresh {
			continue
		}
		_, err = tx.Exec(ctx, `INSERT INTO reporting.agency_version (id, name, source, epoch, position, since, arrived) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			a.GetCode(), a.GetName(), planning, o.Epoch, o.Position, o.RecordedAt, o.Arrived)
		if err != nil {
			return err
		}
	}
	return nil
}

// PublicationPublished keeps what was published. A publication counts once, whatever is corrected of it.
func PublicationPublished(ctx context.Context, tx pgx.Tx, m *distributionv1.PublicationPublished, o Origin) error {
	return keepPublication(ctx, tx, m.GetPublication(), m.GetSlug(), m.GetPublishedAt().AsTime(), m.GetContent(), m.GetImported(), bypassed(m.GetDecisions()), o)
}

// PublicationCorrected keeps what is shown from now on; it was published when it was.
func PublicationCorrected(ctx context.Context, tx pgx.Tx, m *distributionv1.PublicationCorrected, o Origin) error {
	var imported bool
	err := tx.QueryRow(ctx, `SELECT coalesce(bool_or(imported), false) FROM reporting.fact WHERE id = $1`, m.GetPublication()).Scan(&imported)
	if err != nil {
		return err
	}
	return keepPublication(ctx, tx, m.GetPublication(), m.GetSlug(), m.GetPublishedAt().AsTime(), m.GetContent(), imported, bypassed(m.GetDecisions()), o)
}

// bypassed says that a text was approved in an emergency, past its route.
func bypassed(decisions []*approvalsv1.Decision) bool {
	return slices.ContainsFunc(decisions, (*approvalsv1.Decision).GetBypass)
}

func keepPublication(ctx context.Context, tx pgx.Tx, id, slug string, at time.Time, c *contentv1.Content, imported, bypassed bool, o Origin) error {
	return keep(ctx, tx, c.GetPlan(), figures.Fact{
		Kind: figures.Published, Standing: figures.Counts, ID: id, Content: c.GetId(), Item: c.GetPlanItem(), Title: c.GetTitle(),
		Theme: c.GetTheme(), Audiences: c.GetAudiences(), Channels: c.GetChannels(), Agency: c.GetAgency(), Quantity: 1, At: at,
		Path: "/tin/" + slug, Hash: c.GetHash(), Imported: imported, Example: c.GetExample(), Bypassed: bypassed,
	}, distribution, o)
}

// PublicationWithdrawn notes that a publication counts no more.
func PublicationWithdrawn(ctx context.Context, tx pgx.Tx, m *distributionv1.PublicationWithdrawn, o Origin) error {
	if fresh, err := replace(ctx, tx, "fact", m.GetPublication(), o); err != nil || !fresh {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO reporting.fact (id, kind, standing, plan, item, content, title, theme, audiences, channels, agency, quantity, unit,
			happened_at, path, hash, imported, example, bypassed, traceparent, source, epoch, position, since, arrived)
		SELECT id, kind, $6, plan, item, content, title, theme, audiences, channels, agency, quantity, unit,
			happened_at, path, hash, imported, example, bypassed, traceparent, source, $2, $3, $4, $5
		FROM reporting.fact WHERE id = $1 AND replaced = $5`, m.GetPublication(), o.Epoch, o.Position, o.RecordedAt, o.Arrived, figures.Withdrawn)
	return err
}

// Result keeps what was done outside Loa, as it stands: only what is confirmed counts.
func Result(ctx context.Context, tx pgx.Tx, r *planningv1.Result, o Origin) error {
	f := figures.Fact{
		Kind: figures.Result, Standing: standingOf(r.GetState()), ID: r.GetId(), Item: r.GetPlanItem(), Title: titleOf(r), Agency: r.GetAgency(),
		Quantity: r.GetQuantity(), Unit: r.GetUnit(), At: r.GetHappenedAt().AsTime(), Imported: r.GetImported(), Example: r.GetExample(),
	}
	if r.GetChannel() != "" {
		f.Channels = []string{r.GetChannel()}
	}
	if evidence := r.GetEvidence(); len(evidence) > 0 {
		f.Path, f.Hash = evidence[0].GetLink(), evidence[0].GetSha256()
	}
	return keep(ctx, tx, r.GetPlan(), f, planning, o)
}

func standingOf(state string) figures.Standing {
	switch state {
	case "confirmed":
		return figures.Counts
	case "retracted":
		return figures.Gone
	default:
		return figures.Unconfirmed
	}
}

// titleOf says in a line what a result was: its evidence's own title, else its unit and place.
func titleOf(r *planningv1.Result) string {
	for _, e := range r.GetEvidence() {
		if e.GetTitle() != "" {
			return e.GetTitle()
		}
	}
	if r.GetPlace() == "" {
		return r.GetUnit()
	}
	return r.GetUnit() + ", " + r.GetPlace()
}

func keep(ctx context.Context, tx pgx.Tx, plan string, f figures.Fact, source string, o Origin) error {
	if fresh, err := replace(ctx, tx, "fact", f.ID, o); err != nil || !fresh {
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO reporting.fact (id, kind, standing, plan, item, content, title, theme, audiences, channels, agency, quantity, unit,
			happened_at, path, hash, imported, example, traceparent, source, epoch, position, since, arrived, bypassed)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)`,
		f.ID, f.Kind, f.Standing, plan, f.Item, f.Content, f.Title, f.Theme, list(f.Audiences), list(f.Channels), f.Agency, f.Quantity, f.Unit,
		f.At, f.Path, f.Hash, f.Imported, f.Example, o.Traceparent, source, o.Epoch, o.Position, o.RecordedAt, o.Arrived, f.Bypassed)
	return err
}

func list(texts []string) []string { return append([]string{}, texts...) }
