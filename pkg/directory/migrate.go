package directory

import (
	"context"
	_ "embed" // the schema
	"fmt"

	"github.com/jackc/pgx/v5"
)

//go:embed schema.sql
var schema string

// Migrate creates the replica's tables where they are missing and lets the role read and write them. It may be repeated.
func Migrate(ctx context.Context, owner *pgx.Conn, role string) error {
	name := pgx.Identifier{role}.Sanitize()
	grants := "GRANT USAGE ON SCHEMA directory TO " + name +
		"; GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA directory TO " + name
	err := pgx.BeginFunc(ctx, owner, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, schema); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, grants)
		return err
	})
	if err != nil {
		return fmt.Errorf("migrating the directory's replica: %w", err)
	}
	return nil
}
