package command

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
)

type migrateCommand struct{}

// Run creates and migrates every module's database.
func (migrateCommand) Run(ctx context.Context, e *environment) error {
	logger, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	return app.Migrate(ctx, e.config, e.program.Modules, logger)
}

type replayCommand struct {
	Module     string `arg:"" help:"The module: content."`
	Projection string `arg:"" optional:"" help:"One of its read models; all when left out."`
}

// Run replays one read model or all of a module.
func (c replayCommand) Run(ctx context.Context, e *environment) error {
	m, err := e.module(c.Module)
	if err != nil {
		return err
	}
	_, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	dsn, err := app.OwnerURL(e.config, m)
	if err != nil {
		return err
	}
	pool, err := pgxpool.New(ctx, dsn)
	if err != nil {
		return err
	}
	defer pool.Close()
	done := 0
	for _, p := range m.Projections {
		if c.Projection != "" && p.Name != c.Projection {
			continue
		}
		if err := es.Replay(ctx, pool, m.Catalogue, p); err != nil {
			return fmt.Errorf("replay %s of %s: %w", p.Name, m.Name, err)
		}
		fmt.Fprintf(e.out, "%s %s replayed\n", m.Name, p.Name)
		done++
	}
	if done == 0 {
		return fmt.Errorf("%w: %s has no read model %q", app.ErrConfiguration, m.Name, c.Projection)
	}
	return nil
}

type logCommand struct {
	Adopt adoptCommand `cmd:"" help:"Open a new epoch after a restore or the promotion of a standby."`
}

type adoptCommand struct {
	Module string `arg:"" help:"The module whose log it is, or all."`
	Reason string `required:"" help:"Why, for the record."`
	Force  bool   `help:"Also a log that is open: after a restore that PostgreSQL cannot see, such as a snapshot of the disk."`
}

// Run opens a new epoch of one log or of all; a log that is open is left alone.
func (c adoptCommand) Run(ctx context.Context, e *environment) error {
	modules := e.program.Modules
	if c.Module != "all" {
		m, err := e.module(c.Module)
		if err != nil {
			return err
		}
		modules = []app.Module{m}
	}
	logger, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	for _, m := range modules {
		if m.Catalogue == nil {
			continue
		}
		if err := c.adopt(ctx, e, m, logger); err != nil {
			return fmt.Errorf("adopt the log of %s: %w", m.Name, err)
		}
	}
	return nil
}

func (c adoptCommand) adopt(ctx context.Context, e *environment, m app.Module, logger *slog.Logger) (err error) {
	dsn, err := app.OwnerURL(e.config, m)
	if err != nil {
		return err
	}
	owner, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, owner.Close(context.WithoutCancel(ctx))) }()
	lineage, err := es.ReadLineage(ctx, owner)
	if err != nil {
		return err
	}
	if lineage.Open && !c.Force {
		fmt.Fprintf(e.out, "%s is open at epoch %d: nothing to adopt\n", m.Name, lineage.Current())
		return nil
	}
	seen, err := e.seenEpoch(ctx, m.Name, logger)
	if err != nil {
		return err
	}
	epoch, err := es.AdoptAbove(ctx, owner, c.Reason, seen)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.out, "%s is at epoch %d, after position %d\n", m.Name, epoch, lineage.Last)
	return nil
}
