// Package schema keeps one PostgreSQL schema of a database at this version of the program, and lets a service's role use it. Each part
// that keeps tables beside others in a database has a schema, a lock and migrations of its own.
package schema

import (
	"context"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// Schema is a part's tables.
type Schema struct {
	// Name is the schema's, a plain identifier; its table migration tells which migrations have run.
	Name string
	// Lock is the advisory lock that one process at a time holds while it migrates.
	Lock int32
	// Files holds goose's .sql files at its root.
	Files fs.FS
	// Grants is SQL that is run after the migrations, every time; {role} in it is the service's role, quoted.
	Grants string
}

// Migrate brings the schema up to date. It may be repeated, and run by several processes at once.
func (s Schema) Migrate(ctx context.Context, owner *pgx.Conn, role string) error {
	if _, err := owner.Exec(ctx, "SELECT pg_advisory_lock($1, 0)", s.Lock); err != nil {
		return err
	}
	defer func() { _, _ = owner.Exec(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1, 0)", s.Lock) }() // it ends with the connection too
	if _, err := owner.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{s.Name}.Sanitize()); err != nil {
		return err
	}
	db := stdlib.OpenDB(*owner.Config())
	defer db.Close()
	provider, err := goose.NewProvider(goose.DialectPostgres, db, s.Files, goose.WithTableName(s.Name+".migration"), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return err
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrating the schema %s: %w", s.Name, err)
	}
	_, err = owner.Exec(ctx, strings.ReplaceAll(s.Grants, "{role}", pgx.Identifier{role}.Sanitize()))
	return err
}
