package relay

import (
	"context"
	"embed"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema relay of a log's database to this version of the program and lets the service's role use it. It may be
// repeated, and run by several processes at once.
func Migrate(ctx context.Context, owner *pgx.Conn, role string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return schema.Schema{
		Name: "relay", Lock: 1163084103, Files: files,
		Grants: `
			GRANT USAGE ON SCHEMA relay TO {role};
			GRANT SELECT, INSERT, UPDATE ON relay.mark TO {role};
			GRANT SELECT, UPDATE ON relay.scan TO {role}`,
	}.Migrate(ctx, owner, role)
}
