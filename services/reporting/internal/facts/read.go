package facts

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/vn"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// Plan is a plan as it was issued.
type Plan struct {
	figures.Plan
	// Agencies are all that it names.
	Agencies []string
}

// Facts is all that a report is compiled from, as it stood at one moment.
type Facts struct {
	Plan         figures.Plan
	Publications []figures.Publication
	// Names are those of agencies, by code.
	Names map[string]string
	// Sources tells, by service, the furthest place that a fact here came from: "distribution" to "1.57".
	Sources map[string]string
	// Traceparents are the trace contexts of publications, by identifier.
	Traceparents map[string]string
}

// ReadPlan gives a plan; nil when none is known.
func ReadPlan(ctx context.Context, pool *pgxpool.Pool, id string) (*Plan, error) {
	return readPlan(ctx, pool, id)
}

// Read gives the facts of a plan, all from one snapshot; nil when the plan is not known.
func Read(ctx context.Context, pool *pgxpool.Pool, plan string) (facts *Facts, err error) {
	snapshot := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, pool, snapshot, func(tx pgx.Tx) error {
		p, err := readPlan(ctx, tx, plan)
		if err != nil || p == nil {
			return err
		}
		f := &Facts{Plan: p.Plan, Names: map[string]string{}, Sources: map[string]string{}, Traceparents: map[string]string{}}
		if err := errors.Join(f.readNames(ctx, tx), f.readSources(ctx, tx), f.readPublications(ctx, tx)); err != nil {
			return err
		}
		facts = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the facts of %s: %w", plan, err)
	}
	return facts, nil
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readPlan(ctx context.Context, q querier, id string) (*Plan, error) {
	var message []byte
	var p Plan
	err := q.QueryRow(ctx, `SELECT message, agencies FROM reporting.plan WHERE id = $1`, id).Scan(&message, &p.Agencies)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	issued := &planningv1.PlanIssued{}
	if err := proto.Unmarshal(message, issued); err != nil {
		return nil, err
	}
	p.Plan, err = planOf(issued)
	return &p, err
}

func (f *Facts) readNames(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT code, name FROM reporting.agency`)
	if err != nil {
		return err
	}
	var code, name string
	_, err = pgx.ForEachRow(rows, []any{&code, &name}, func() error {
		f.Names[code] = name
		return nil
	})
	return err
}

func (f *Facts) readSources(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `
		(SELECT 'distribution', epoch, position FROM reporting.publication ORDER BY epoch DESC, position DESC LIMIT 1)
		UNION ALL
		(SELECT 'planning', epoch, position FROM (SELECT epoch, position FROM reporting.plan UNION ALL SELECT epoch, position FROM reporting.agency) AS p
			ORDER BY epoch DESC, position DESC LIMIT 1)`)
	if err != nil {
		return err
	}
	var source string
	var epoch int
	var position int64
	_, err = pgx.ForEachRow(rows, []any{&source, &epoch, &position}, func() error {
		f.Sources[source] = fmt.Sprintf("%d.%d", epoch, position)
		return nil
	})
	return err
}

func (f *Facts) readPublications(ctx context.Context, tx pgx.Tx) error {
	rows, err := tx.Query(ctx, `SELECT id, content, item, title, theme, audiences, channels, published_at, path, hash, imported, example,
			epoch, position, traceparent
		FROM reporting.publication WHERE plan = $1`, f.Plan.ID)
	if err != nil {
		return err
	}
	var p figures.Publication
	var epoch int
	var position int64
	var traceparent string
	_, err = pgx.ForEachRow(rows, []any{
		&p.ID, &p.Content, &p.Item, &p.Title, &p.Theme, &p.Audiences, &p.Channels, &p.At, &p.Path, &p.Hash, &p.Imported, &p.Example,
		&epoch, &position, &traceparent,
	}, func() error {
		p.Event = fmt.Sprintf("distribution/%d.%d", epoch, position)
		f.Publications = append(f.Publications, p)
		f.Traceparents[p.ID] = traceparent
		p.Audiences, p.Channels = nil, nil // the next row gets its own
		return nil
	})
	return err
}

func planOf(m *planningv1.PlanIssued) (figures.Plan, error) {
	p := m.GetPlan()
	from, err1 := day(p.GetFrom())
	to, err2 := day(p.GetTo())
	if err := errors.Join(err1, err2); err != nil {
		return figures.Plan{}, err
	}
	out := figures.Plan{
		ID: p.GetId(), Number: p.GetNumber(), Title: p.GetTitle(), From: from, To: to, Lead: p.GetLead(), Coordinators: p.GetCoordinators(),
		Imported: p.GetImported(), Example: p.GetExample(),
	}
	for _, t := range p.GetThemes() {
		out.Themes = append(out.Themes, figures.Named{Code: t.GetCode(), Name: t.GetName(), Example: t.GetExample()})
	}
	for _, a := range p.GetAudiences() {
		out.Audiences = append(out.Audiences, figures.Named{Code: a.GetCode(), Name: a.GetName(), Example: a.GetExample()})
	}
	for _, c := range p.GetChannels() {
		out.Channels = append(out.Channels, figures.Named{Code: c.GetCode(), Name: c.GetName(), Example: c.GetExample()})
	}
	for _, item := range m.GetItems() {
		deadline, err := day(item.GetDeadline())
		if err != nil {
			return figures.Plan{}, err
		}
		out.Items = append(out.Items, figures.Item{
			ID: item.GetId(), Code: item.GetCode(), Title: item.GetTitle(), Theme: item.GetTheme(), Audiences: item.GetAudiences(),
			Channels: item.GetChannels(), Lead: item.GetLead(), Deadline: deadline, Target: item.GetTarget().GetQuantity(),
			Unit: item.GetTarget().GetUnit(), Counts: item.GetTarget().GetCountsPublications(), Example: item.GetExample(),
		})
	}
	return out, nil
}

// day reads YYYY-MM-DD as the first instant of the day in Vietnam; the zero time for none.
func day(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.ParseInLocation(time.DateOnly, s, vn.Location())
}
