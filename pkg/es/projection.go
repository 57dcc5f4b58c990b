package es

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/jackc/pgx/v5"
)

// Projection is a read model that follows the log.
type Projection struct {
	// Name is lower case letters, digits and underscores, at most 40.
	Name string
	// Schema is the SQL that creates its tables, with unqualified names.
	Schema string
	// Apply brings the tables up to the last of the events, which come in position order, many at a time. The search path of tx is
	// the generation's schema. It must depend on nothing but the events and the tables: a replay must give the same rows.
	Apply func(ctx context.Context, tx pgx.Tx, events []Event) error
}

// projectAtOnce is how many events a transaction applies at first. One that is behind applies more at a time, up to projectAtMost,
// as long as their bodies are small (see Follow).
const (
	projectAtOnce = 500
	projectAtMost = 4000
)

var projectionName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

func (p Projection) digest() []byte {
	d := sha256.Sum256([]byte(p.Schema))
	return d[:]
}

func (p Projection) schema(generation int) string { return fmt.Sprintf("rm_%s_%d", p.Name, generation) }

// errElsewhere says that another process applies this projection right now.
var errElsewhere = errors.New("the projection is applied elsewhere")

// Run applies a projection until ctx ends, together with any other process that runs it: each transaction applies the events after
// the checkpoint and moves it. It never skips an event: when one cannot be applied it raises an alarm and returns the error, and the
// read model stays as it is. While PostgreSQL is away it waits.
func (l *Log) Run(ctx context.Context, p Projection) error {
	var wait backoff
	atOnce := projectAtOnce
	for {
		committed := l.committed.next()
		step, err := l.project(ctx, p, atOnce)
		switch {
		case over(ctx):
			return nil
		case errors.Is(err, errElsewhere):
			wait.wait(ctx)
			continue
		case err != nil && passing(err):
			l.logger.WarnContext(ctx, "a projection waits for PostgreSQL", "projection", p.Name, "error", err)
			wait.wait(ctx)
			continue
		case err != nil:
			l.measure.projected(ctx, p.Name, step.head-step.position, true)
			l.logger.ErrorContext(ctx, "projection stopped", "alarm", true, "projection", p.Name, "generation", step.generation,
				"after", step.position, "error", err)
			return fmt.Errorf("the projection %s stopped after position %d: %w", p.Name, step.position, err)
		}
		wait = backoff{}
		l.progress.reach(p.Name, step.position)
		l.measure.projected(ctx, p.Name, max(step.head-step.position, 0), false)
		if atOnce = step.atOnce; step.applied > 0 {
			continue
		}
		t := time.NewTimer(poll)
		select {
		case <-committed:
		case <-t.C:
		case <-ctx.Done():
		}
		t.Stop()
	}
}

// progressing is where a generation is.
type progressing struct {
	generation     int
	position, head int64
	applied        int
	atOnce         int // how many events to apply next
}

// project applies the next events to the live generation in one transaction. After a fault the position is the one it stays at.
func (l *Log) project(ctx context.Context, p Projection, atOnce int) (step progressing, err error) {
	tx, err := l.pool.Begin(ctx)
	if err != nil {
		return step, err
	}
	defer rollback(ctx, tx)
	// If the server crashes, the rows and the checkpoint are lost together, and are made again: nobody need wait for the disk.
	var live int
	var off string
	err = tx.QueryRow(ctx, `SELECT live, set_config('synchronous_commit', 'off', true) FROM es.projection WHERE name = $1`, p.Name).Scan(&live, &off)
	if errors.Is(err, pgx.ErrNoRows) {
		return step, missingError(p.Name)
	}
	if err != nil {
		return step, err
	}
	step, err = apply(ctx, tx, l.catalogue, p, live, "SKIP LOCKED", page{atOnce: atOnce})
	if err != nil || step.applied == 0 {
		return step, err
	}
	return step, tx.Commit(ctx)
}

// page is the next events of a projection: how many to read, or those that were read already.
type page struct {
	atOnce int
	events []Event
	err    error
}

// apply takes a generation's checkpoint, applies the events after it and moves it. The transaction is the caller's.
func apply(ctx context.Context, tx pgx.Tx, catalogue *Catalogue, p Projection, generation int, wait string, next page) (step progressing, err error) {
	step.generation = generation
	var epoch int
	var schema []byte
	err = tx.QueryRow(ctx, `SELECT position, epoch, schema FROM es.checkpoint WHERE name = $1 AND generation = $2 FOR UPDATE `+wait,
		p.Name, generation).Scan(&step.position, &epoch, &schema)
	if errors.Is(err, pgx.ErrNoRows) {
		return step, errElsewhere // or its generation was replaced meanwhile, which the next try sees
	}
	if err != nil {
		return step, err
	}
	if string(schema) != string(p.digest()) {
		return step, schemaError(p.Name)
	}
	events, lost := next.events, int64(0)
	var both pgx.Batch
	if events == nil {
		both.Queue(selectLog, step.position, next.atOnce).Query(func(rows pgx.Rows) (err error) {
			events, err = collectWithin(rows, followBytes)
			return err
		})
	}
	both.Queue(`SELECT (SELECT coalesce(max(position), 0) FROM es.event),
		(SELECT coalesce(min(after), 9223372036854775807) FROM es.epoch WHERE epoch > $1 AND $1 > 0)`, epoch).QueryRow(func(row pgx.Row) error {
		return row.Scan(&step.head, &lost)
	})
	both.Queue("SET LOCAL search_path = " + p.schema(generation))
	if err := tx.SendBatch(ctx, &both).Close(); err != nil {
		return step, err
	}
	if step.position > lost || step.position > step.head {
		return step, lostError{"the projection " + p.Name, step.position, min(lost, step.head)}
	}
	step.atOnce = next.atOnce
	if len(events) == 0 {
		return step, nil
	}
	if next.events == nil {
		step.atOnce = grow(next.atOnce, events, projectAtMost)
		if events, err = catalogue.openAll(events); err != nil {
			return step, applyError{err}
		}
	}
	if events[0].Position <= step.position { // read ahead for another place
		return step, fmt.Errorf("the events from position %d are applied already: the checkpoint is at %d", events[0].Position, step.position)
	}
	if err := p.Apply(ctx, tx, events); err != nil {
		if isServers(err) && passing(err) {
			return step, err
		}
		if tx.Conn().IsClosed() || ctx.Err() != nil {
			return step, err // the way to the server broke while Apply used it
		}
		return step, applyError{err}
	}
	last := events[len(events)-1]
	if _, err := tx.Exec(ctx, `UPDATE es.checkpoint SET position = $3, epoch = $4 WHERE name = $1 AND generation = $2`,
		p.Name, generation, last.Position, last.Epoch); err != nil {
		return step, err
	}
	step.position, step.applied = last.Position, len(events)
	return step, nil
}

// applyError is a fault in an event or in Apply: waiting does not mend it.
type applyError struct{ error }

func (e applyError) Unwrap() error { return e.error }

// missingError says that a projection's tables were never made.
type missingError string

func (e missingError) Error() string {
	return "there is no projection " + string(e) + ": run “loa migrate”"
}

// schemaError says that a generation was made by another SQL than the program's.
type schemaError string

func (e schemaError) Error() string {
	return "the tables of " + string(e) + " were made by another version of its schema: run “loa replay " + string(e) + "”"
}
