package es

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings a database's log to this version of the program: the schema es, the first generation of each projection, and what
// the service's role may do. It may be repeated, and run by several processes at once. It never touches a generation that exists:
// one whose projection has another Schema by now is named by Stale and needs a Replay.
func Migrate(ctx context.Context, owner *pgx.Conn, role string, projections []Projection) error {
	if _, err := owner.Exec(ctx, "SELECT pg_advisory_lock(1163084100, 0)"); err != nil {
		return err
	}
	defer unlock(ctx, owner, "SELECT pg_advisory_unlock(1163084100, 0)")
	if _, err := owner.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS es"); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*owner.Config())
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName("es.migration"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the log: %w", err)
	}
	return pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		if err := grant(ctx, tx, role); err != nil {
			return err
		}
		for _, p := range projections {
			if err := found(ctx, tx, p, role); err != nil {
				return err
			}
		}
		return nil
	})
}

// grant lets the service's role read the log, append by es.append, and keep its projections. Nothing more: a mistake or a break-in
// in a service cannot rewrite what was recorded.
func grant(ctx context.Context, tx pgx.Tx, role string) error {
	_, err := tx.Exec(ctx, strings.ReplaceAll(`
		GRANT USAGE ON SCHEMA es TO {role};
		GRANT SELECT ON es.event, es.command, es.epoch, es.projection, es.checkpoint TO {role};
		GRANT UPDATE (position, epoch) ON es.checkpoint TO {role};
		GRANT SELECT, INSERT, UPDATE ON es.snapshot TO {role};
		GRANT EXECUTE ON FUNCTION es.append, es.open, es.enter, es.position_at, es.adopted TO {role}`, "{role}", pgx.Identifier{role}.Sanitize()))
	if err != nil {
		return err
	}
	// Read models as of a moment are temporary tables.
	var temporary *string
	err = tx.QueryRow(ctx, `SELECT CASE WHEN NOT has_database_privilege($1::name, current_database(), 'TEMPORARY')
		THEN format('GRANT TEMPORARY ON DATABASE %I TO %I', current_database(), $1::name) END`, role).Scan(&temporary)
	if err != nil || temporary == nil {
		return err
	}
	_, err = tx.Exec(ctx, *temporary)
	return err
}

// found makes the first generation of a projection that has none.
func found(ctx context.Context, tx pgx.Tx, p Projection, role string) error {
	if !projectionName.MatchString(p.Name) {
		return fmt.Errorf("%q is no name for a projection: lower case letters, digits and underscores, at most 40", p.Name)
	}
	var live int
	err := tx.QueryRow(ctx, "UPDATE es.projection SET role = $2 WHERE name = $1 RETURNING live", p.Name, role).Scan(&live)
	if !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO es.projection (name, live, role) VALUES ($1, 1, $2)", p.Name, role); err != nil {
		return err
	}
	return generate(ctx, tx, p, 1, role)
}

// Stale names the projections whose live tables were made by another Schema than theirs: Run refuses them until they are replayed.
func Stale(ctx context.Context, db querier, projections []Projection) ([]string, error) {
	var stale []string
	for _, p := range projections {
		rows, err := db.Query(ctx, `SELECT c.schema FROM es.projection p JOIN es.checkpoint c ON c.name = p.name AND c.generation = p.live
			WHERE p.name = $1`, p.Name)
		if err != nil {
			return nil, err
		}
		schema, err := pgx.CollectExactlyOneRow(rows, pgx.RowTo[[]byte])
		if errors.Is(err, pgx.ErrNoRows) {
			return nil, missingError(p.Name)
		}
		if err != nil {
			return nil, err
		}
		if string(schema) != string(p.digest()) {
			stale = append(stale, p.Name)
		}
	}
	return stale, nil
}

// Adopt opens a new epoch of a log that was restored or promoted, and gives its number. Events after the last one now in the log
// are lost for ever, and their positions will be used again: whoever saw them has to be reconciled.
func Adopt(ctx context.Context, owner *pgx.Conn, reason string) (epoch int, err error) {
	err = owner.QueryRow(ctx, "SELECT es.adopt($1)", reason).Scan(&epoch)
	return epoch, err
}
