package facts

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/services/reporting/internal/figures"
)

// Query chooses facts: of a plan, that happened within a span, in the order of the annex.
type Query struct {
	Plan     string
	From, To time.Time
	// Item is empty for all.
	Item string
	// Standing is empty for all.
	Standing figures.Standing
	// AfterAt and AfterID begin behind a fact; zero for the first.
	AfterAt time.Time
	AfterID string
}

const columns = `id, kind, standing, content, item, title, theme, audiences, channels, agency, quantity, unit, happened_at, path, hash, imported,
	example, bypassed, source, epoch, position, traceparent`

// Each gives the facts as they are seen, one by one, until take says that it is enough; it holds one at a time.
func Each(ctx context.Context, q querier, v View, of Query, take func(f figures.Fact, traceparent string) (more bool, err error)) error {
	clause, seen := v.clause()
	rows, err := q.Query(ctx, `SELECT `+columns+` FROM reporting.fact
		WHERE plan = $2 AND happened_at >= $3 AND happened_at < $4 AND `+clause+`
			AND ($5 = '' OR item = $5) AND ($6 = '' OR standing = $6) AND ($8 = '' OR (happened_at, id) > ($7, $8))
		ORDER BY happened_at, id`, seen, of.Plan, of.From, of.To, of.Item, of.Standing, of.AfterAt, of.AfterID)
	if err != nil {
		return err
	}
	defer rows.Close()
	var f figures.Fact
	var source, traceparent string
	var epoch int
	var position int64
	for rows.Next() {
		f.Audiences, f.Channels = nil, nil // each fact gets its own
		if err := rows.Scan(&f.ID, &f.Kind, &f.Standing, &f.Content, &f.Item, &f.Title, &f.Theme, &f.Audiences, &f.Channels, &f.Agency, &f.Quantity,
			&f.Unit, &f.At, &f.Path, &f.Hash, &f.Imported, &f.Example, &f.Bypassed, &source, &epoch, &position, &traceparent); err != nil {
			return err
		}
		f.Event = fmt.Sprintf("%s/%d.%d", source, epoch, position)
		if more, err := take(f, traceparent); err != nil || !more {
			return err
		}
	}
	return rows.Err()
}

// Change is a fact that stood differently before and after.
type Change struct {
	// Before and After are nil where there was none.
	Before, After *figures.Fact
	RecordedAt    time.Time
}

// Changes gives what changed of a plan's facts that happened within a span, between what had arrived by one number and by another, in
// the order of the annex.
func Changes(ctx context.Context, q querier, plan string, from, to time.Time, before, after int64) ([]Change, error) {
	rows, err := q.Query(ctx, `
		WITH touched AS (
			SELECT DISTINCT id FROM reporting.fact
			WHERE plan = $1 AND happened_at >= $2 AND happened_at < $3 AND (arrived > $4 AND arrived <= $5 OR replaced > $4 AND replaced <= $5))
		SELECT f.arrived <= $4 AS was, f.since, `+columns+` FROM reporting.fact f JOIN touched USING (id)
		WHERE f.arrived <= $4 AND (f.replaced IS NULL OR f.replaced > $4) OR f.arrived <= $5 AND (f.replaced IS NULL OR f.replaced > $5)
		ORDER BY happened_at, id, arrived`, plan, from, to, before, after)
	if err != nil {
		return nil, err
	}
	var found []Change
	places := map[string]int{}
	var was bool
	var since time.Time
	var f figures.Fact
	var source, traceparent string
	var epoch int
	var position int64
	_, err = pgx.ForEachRow(rows, []any{
		&was, &since, &f.ID, &f.Kind, &f.Standing, &f.Content, &f.Item, &f.Title, &f.Theme, &f.Audiences, &f.Channels, &f.Agency, &f.Quantity,
		&f.Unit, &f.At, &f.Path, &f.Hash, &f.Imported, &f.Example, &f.Bypassed, &source, &epoch, &position, &traceparent,
	}, func() error {
		of := f
		of.Event = fmt.Sprintf("%s/%d.%d", source, epoch, position)
		f.Audiences, f.Channels = nil, nil
		place, known := places[of.ID]
		if !known {
			place = len(found)
			places[of.ID] = place
			found = append(found, Change{})
		}
		c := &found[place]
		if was {
			c.Before = &of
		} else {
			c.After = &of
		}
		c.RecordedAt = since
		return nil
	})
	return found, err
}
