package es

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Projection is a read model that follows the log.
type Projection struct {
	// Name is lower case letters, digits and underscores.
	Name string
	// Schema is the SQL that creates its tables, with unqualified names.
	Schema string
	// Apply brings the tables up to the last of the events, which come in position order. Its search path holds the generation's
	// schema. It must depend on nothing but the events and the tables.
	Apply func(ctx context.Context, tx pgx.Tx, events []Event) error
}

func (l *Log) Run(ctx context.Context, p Projection) error { return nil }

func Query(ctx context.Context, pool *pgxpool.Pool, name string, f func(tx pgx.Tx) error) error {
	return nil
}

func (l *Log) WaitFor(ctx context.Context, name string, position int64) error { return nil }

func Replay(ctx context.Context, admin *pgxpool.Pool, catalogue *Catalogue, p Projection) error {
	return nil
}

func Migrate(ctx context.Context, owner *pgx.Conn, role string, projections []Projection) error {
	return nil
}

func Adopt(ctx context.Context, owner *pgx.Conn, reason string) (epoch int, err error) { return 0, nil }
