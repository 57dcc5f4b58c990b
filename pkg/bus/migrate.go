package bus

import (
	"context"
	"embed"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema bus of a consumer's database to this version of the program and lets the service's role use it. It may be
// repeated, and run by several processes at once.
func Migrate(ctx context.Context, owner *pgx.Conn, role string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return schema.Schema{
		Name: "bus", Lock: 1163084101, Files: files,
		Grants: `
			GRANT USAGE ON SCHEMA bus TO {role};
			GRANT SELECT, INSERT, UPDATE ON bus.mark, bus.broker TO {role};
			GRANT SELECT ON bus.reconciled TO {role};
			GRANT SELECT, INSERT, UPDATE, DELETE ON bus.parked TO {role}`,
	}.Migrate(ctx, owner, role)
}
