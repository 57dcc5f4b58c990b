package es

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Replay builds a new generation of a projection from the whole log, beside the live one, and puts it in the live one's place in the
// transaction that proves it is not behind. Queries never see a gap; those under way keep the old generation until they end, then it
// is dropped. The pool is the owner's. A replay that was killed leaves nothing that the next one does not clear away.
func Replay(ctx context.Context, admin *pgxpool.Pool, catalogue *Catalogue, p Projection) error {
	if catalogue.faults != nil {
		return catalogue.faults
	}
	lock, err := admin.Acquire(ctx)
	if err != nil {
		return err
	}
	defer lock.Release()
	const one = "(1163084099, hashtext($1))"
	var ours bool
	if err := lock.QueryRow(ctx, "SELECT pg_try_advisory_lock"+one, p.Name).Scan(&ours); err != nil {
		return err
	}
	if !ours {
		return fmt.Errorf("the projection %s is being replayed already", p.Name)
	}
	defer unlock(ctx, lock.Conn(), "SELECT pg_advisory_unlock"+one, p.Name)

	var live int
	var role string
	err = admin.QueryRow(ctx, "SELECT live, role FROM es.projection WHERE name = $1", p.Name).Scan(&live, &role)
	if errors.Is(err, pgx.ErrNoRows) {
		return missingError(p.Name)
	}
	if err != nil {
		return err
	}
	if err := dropOthers(ctx, admin, p, live); err != nil {
		return err
	}
	next := live + 1
	if err := pgx.BeginFunc(ctx, admin, func(tx pgx.Tx) error { return generate(ctx, tx, p, next, role) }); err != nil {
		return err
	}
	if err := build(ctx, admin, catalogue, p, next); err != nil {
		return err
	}
	if err := pgx.BeginFunc(ctx, admin, func(tx pgx.Tx) error { return swap(ctx, tx, catalogue, p, live, next) }); err != nil {
		return err
	}
	return dropOthers(ctx, admin, p, next)
}

// build applies the log to a generation, up to the end that it sees. The events are read and decoded while those before them are
// applied: up to three pages are held.
func build(ctx context.Context, admin *pgxpool.Pool, catalogue *Catalogue, p Projection, generation int) error {
	ctx, cancel := context.WithCancel(ctx)
	pages := make(chan page)
	ended := make(chan struct{})
	defer func() { cancel(); <-ended }()
	go func() {
		defer close(ended)
		defer close(pages)
		readAhead(ctx, admin, catalogue, pages)
	}()
	for ahead := range pages {
		if ahead.err != nil {
			return fmt.Errorf("replaying %s: %w", p.Name, ahead.err)
		}
		var step progressing
		err := pgx.BeginFunc(ctx, admin, func(tx pgx.Tx) (err error) {
			// What a crash of the server takes away, the next replay begins without.
			if _, err := tx.Exec(ctx, "SET LOCAL synchronous_commit = off"); err != nil {
				return err
			}
			step, err = apply(ctx, tx, catalogue, p, generation, "", ahead)
			return err
		})
		if err != nil {
			return fmt.Errorf("replaying %s after position %d: %w", p.Name, step.position, err)
		}
	}
	return ctx.Err()
}

func readAhead(ctx context.Context, pool *pgxpool.Pool, catalogue *Catalogue, pages chan<- page) {
	after, atOnce := int64(0), projectAtOnce
	for {
		var next page
		var rows pgx.Rows
		if rows, next.err = pool.Query(ctx, selectLog, after, atOnce); next.err == nil {
			next.events, next.err = collectWithin(rows, followBytes)
		}
		if next.err == nil && len(next.events) > 0 {
			after = next.events[len(next.events)-1].Position
			atOnce = grow(atOnce, next.events, projectAtMost)
			next.events, next.err = catalogue.openAll(next.events)
		} else if next.err == nil {
			return
		}
		select {
		case pages <- next:
		case <-ctx.Done():
			return
		}
		if next.err != nil {
			return
		}
	}
}

// swap makes next live. It holds the live checkpoint, so the live generation cannot move on meanwhile.
func swap(ctx context.Context, tx pgx.Tx, catalogue *Catalogue, p Projection, live, next int) error {
	var position int64
	if err := tx.QueryRow(ctx, "SELECT position FROM es.checkpoint WHERE name = $1 AND generation = $2 FOR UPDATE", p.Name, live).
		Scan(&position); err != nil {
		return err
	}
	for {
		step, err := apply(ctx, tx, catalogue, p, next, "", page{atOnce: projectAtOnce})
		if err != nil {
			return err
		}
		if step.position >= position {
			break
		}
		if step.applied == 0 {
			return fmt.Errorf("the live generation of %s is at position %d, and the log ends at %d", p.Name, position, step.position)
		}
	}
	if _, err := tx.Exec(ctx, "UPDATE es.projection SET live = $2 WHERE name = $1", p.Name, next); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "DELETE FROM es.checkpoint WHERE name = $1 AND generation <> $2", p.Name, next)
	return err
}

// generate makes the tables and the checkpoint of a generation, and lets the service's role use them.
func generate(ctx context.Context, tx pgx.Tx, p Projection, generation int, role string) error {
	schema, grantee := p.schema(generation), pgx.Identifier{role}.Sanitize()
	if _, err := tx.Exec(ctx, "CREATE SCHEMA "+schema+"; SET LOCAL search_path = "+schema); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, p.Schema); err != nil {
		return fmt.Errorf("the schema of the projection %s: %w", p.Name, err)
	}
	if _, err := tx.Exec(ctx, strings.NewReplacer("{schema}", schema, "{role}", grantee).Replace(`SET LOCAL search_path = DEFAULT;
		GRANT USAGE ON SCHEMA {schema} TO {role};
		GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
		GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role};
		GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA {schema} TO {role}`)); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "INSERT INTO es.checkpoint (name, generation, schema) VALUES ($1, $2, $3)", p.Name, generation, p.digest())
	return err
}

// dropOthers drops every generation but one, also those whose replay was killed half-way.
func dropOthers(ctx context.Context, admin *pgxpool.Pool, p Projection, keep int) error {
	rows, err := admin.Query(ctx, `SELECT substring(nspname FROM '[0-9]+$')::int FROM pg_namespace WHERE nspname ~ ('^rm_' || $1 || '_[0-9]+$')
		UNION SELECT generation FROM es.checkpoint WHERE name = $1`, p.Name)
	if err != nil {
		return err
	}
	generations, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		return err
	}
	for _, g := range generations {
		if g == keep {
			continue
		}
		err := pgx.BeginFunc(ctx, admin, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, "DELETE FROM es.checkpoint WHERE name = $1 AND generation = $2", p.Name, g); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "SELECT es.drop_generation($1, $2)", p.Name, g)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
