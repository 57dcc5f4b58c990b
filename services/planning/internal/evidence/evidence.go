// Package evidence knows the files that agencies sent as evidence of results: who sent which, and of what type each is by its content.
// The bytes are in the store, and the log says which result names them.
package evidence

import (
	"context"
	_ "embed" // the tables
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/upload"
)

//go:embed tables.sql
var tables string

// Tables is the SQL that creates the table in the schema planning. It may run again.
func Tables() string { return tables }

// Keep notes a stored file that an agency sent. Sent again, it has its latest name.
func Keep(ctx context.Context, pool *pgxpool.Pool, f upload.File, agency string) error {
	_, err := pool.Exec(ctx, `INSERT INTO planning.evidence (sha256, agency, name, media_type, size) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (sha256, agency) DO UPDATE SET name = excluded.name, media_type = excluded.media_type`,
		f.SHA256, agency, f.Name, f.MediaType, f.Size)
	return err
}

// Of finds a file that an agency sent.
func Of(ctx context.Context, pool *pgxpool.Pool, sha256, agency string) (f upload.File, found bool, err error) {
	f.SHA256 = sha256
	err = pool.QueryRow(ctx, `SELECT name, media_type, size FROM planning.evidence WHERE sha256 = $1 AND agency = $2`, sha256, agency).
		Scan(&f.Name, &f.MediaType, &f.Size)
	if errors.Is(err, pgx.ErrNoRows) {
		return f, false, nil
	}
	return f, err == nil, err
}
