package relay

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema relay of a log's database to this version of the program and lets the service's role use it. It may be
// repeated, and run by several processes at once.
func Migrate(ctx context.Context, owner *pgx.Conn, role string) error {
	if _, err := owner.Exec(ctx, "SELECT pg_advisory_lock(1163084103, 0)"); err != nil {
		return err
	}
	defer func() { _, _ = owner.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock(1163084103, 0)") }() // it ends with the connection too
	if _, err := owner.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS relay"); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	db := stdlib.OpenDB(*owner.Config())
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithTableName("relay.migration"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the relay: %w", err)
	}
	_, err = owner.Exec(ctx, strings.ReplaceAll(`
		GRANT USAGE ON SCHEMA relay TO {role};
		GRANT SELECT, INSERT, UPDATE ON relay.mark TO {role};
		GRANT SELECT, UPDATE ON relay.scan TO {role}`, "{role}", pgx.Identifier{role}.Sanitize()))
	return err
}
