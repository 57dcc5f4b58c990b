package app

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/proof"
	"github.com/loa-vn/loa/pkg/relay"
)

// OwnerURL is the owner's connection to a module's database.
func OwnerURL(c *config.Config, m Module) (string, error) {
	u, err := url.Parse(c.PostgresURL.Reveal())
	if err != nil || u.Host == "" {
		return "", fmt.Errorf("%w: LOA_POSTGRES_URL is not set or is no URL", ErrConfiguration)
	}
	u.Path = "/" + databaseOf(m.Name)
	return u.String(), nil
}

// Migrate makes every module's database and role where they are missing, brings all schemas up to date, and rebuilds the read models
// that need it. It may run again at any time. A role may connect to its own database only.
func Migrate(ctx context.Context, c *config.Config, modules []Module, logger *slog.Logger) error {
	owner, err := pgx.Connect(ctx, c.PostgresURL.Reveal())
	if err != nil {
		return fmt.Errorf("LOA_POSTGRES_URL: %w", err)
	}
	defer func() { _ = owner.Close(ctx) }()
	for _, m := range modules {
		if !m.Database {
			continue
		}
		if err := migrate(ctx, c, owner, m); err != nil {
			return fmt.Errorf("migrate %s: %w", m.Name, err)
		}
		if err := rebuild(ctx, c, m, logger); err != nil {
			return fmt.Errorf("migrate %s: %w", m.Name, err)
		}
		logger.DebugContext(ctx, "database is up to date", "service", m.Name)
	}
	return nil
}

func migrate(ctx context.Context, c *config.Config, cluster *pgx.Conn, m Module) error {
	name := databaseOf(m.Name)
	own, err := url.Parse(c.Databases[m.Name])
	if err != nil || own.User == nil {
		return fmt.Errorf("%w: LOA_DATABASES names no database for %s", ErrConfiguration, m.Name)
	}
	role := own.User.Username()
	password, _ := own.User.Password()
	if err := ensureRole(ctx, cluster, role, password); err != nil {
		return err
	}
	if err := ensureDatabase(ctx, cluster, name, role); err != nil {
		return err
	}
	dsn, err := OwnerURL(c, m)
	if err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(ctx) }()
	if m.Catalogue != nil {
		if err := es.Migrate(ctx, conn, role, m.Projections); err != nil {
			return err
		}
		if err := proof.Migrate(ctx, conn, role); err != nil {
			return err
		}
	}
	if m.Publish != nil {
		if err := relay.Migrate(ctx, conn, role); err != nil {
			return err
		}
	}
	if err := bus.Migrate(ctx, conn, role); err != nil {
		return err
	}
	if m.Directory {
		if err := directory.Migrate(ctx, conn, role); err != nil {
			return err
		}
	}
	if m.Migrations == "" {
		return nil
	}
	return ownTables(ctx, conn, m, role)
}

// rebuild makes the read models anew whose tables were made for another version of the program: beside the live ones, which answer
// until they are done.
func rebuild(ctx context.Context, c *config.Config, m Module, logger *slog.Logger) error {
	if m.Catalogue == nil {
		return nil
	}
	dsn, err := OwnerURL(c, m)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	stale, err := es.Stale(ctx, pool, m.Projections)
	if err != nil {
		return err
	}
	for _, p := range m.Projections {
		if !slices.Contains(stale, p.Name) {
			continue
		}
		logger.InfoContext(ctx, "rebuilding a read model whose tables have changed", "service", m.Name, "projection", p.Name)
		if err := es.Replay(ctx, pool, m.Catalogue, p); err != nil {
			return fmt.Errorf("rebuilding the read model %s: %w", p.Name, err)
		}
	}
	return nil
}

func ensureRole(ctx context.Context, cluster *pgx.Conn, role, password string) error {
	var there bool
	if err := cluster.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)`, role).Scan(&there); err != nil {
		return err
	}
	verb := "CREATE"
	if there {
		verb = "ALTER"
	}
	// Role statements take no parameters, so the server quotes.
	var statement string
	err := cluster.QueryRow(ctx, `SELECT format('%s ROLE %I LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD %L', $1::text, $2::text, $3::text)`,
		verb, role, password).Scan(&statement)
	if err != nil {
		return err
	}
	_, err = cluster.Exec(ctx, statement)
	return err
}

func ensureDatabase(ctx context.Context, cluster *pgx.Conn, name, role string) error {
	database, grantee := pgx.Identifier{name}.Sanitize(), pgx.Identifier{role}.Sanitize()
	var there bool
	if err := cluster.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil {
		return err
	}
	if !there {
		if _, err := cluster.Exec(ctx, "CREATE DATABASE "+database); err != nil {
			return err
		}
	}
	_, err := cluster.Exec(ctx, "REVOKE ALL ON DATABASE "+database+" FROM PUBLIC; GRANT CONNECT ON DATABASE "+database+" TO "+grantee,
		pgx.QueryExecModeSimpleProtocol)
	return err
}

// ownTables runs the module's own SQL in a schema of its name, which its role may read and write and nothing else.
func ownTables(ctx context.Context, conn *pgx.Conn, m Module, role string) error {
	schema, grantee := pgx.Identifier{m.Name}.Sanitize(), pgx.Identifier{role}.Sanitize()
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback(ctx) }()
	for _, sql := range []string{
		"CREATE SCHEMA IF NOT EXISTS " + schema,
		"SET LOCAL search_path TO " + schema,
		m.Migrations,
		"GRANT USAGE ON SCHEMA " + schema + " TO " + grantee,
		"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA " + schema + " TO " + grantee,
		"GRANT USAGE ON ALL SEQUENCES IN SCHEMA " + schema + " TO " + grantee,
	} {
		if _, err := tx.Exec(ctx, sql, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return tx.Commit(ctx)
}
