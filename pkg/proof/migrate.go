package proof

import (
	"context"
	"embed"
	"io/fs"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/schema"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema proof of a log's database to this version of the program and lets the service's role add to it and read
// it, nothing else. It may be repeated, and run by several processes at once.
func Migrate(ctx context.Context, owner *pgx.Conn, role string) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	return schema.Schema{
		Name: "proof", Lock: 1163084120, Files: files,
		Grants: `
			GRANT USAGE ON SCHEMA proof TO {role};
			GRANT SELECT, INSERT ON proof.node, proof.checkpoint TO {role}`,
	}.Migrate(ctx, owner, role)
}
