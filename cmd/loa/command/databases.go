package command

import (
	"context"
	"fmt"

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
}

// Run opens a new epoch of one log or of all.
func (c adoptCommand) Run(ctx context.Context, e *environment) error {
	modules := e.program.Modules
	if c.Module != "all" {
		m, err := e.module(c.Module)
		if err != nil {
			return err
		}
		modules = []app.Module{m}
	}
	_, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	for _, m := range modules {
		if m.Catalogue == nil {
			continue
		}
		dsn, err := app.OwnerURL(e.config, m)
		if err != nil {
			return err
		}
		owner, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		epoch, err := es.Adopt(ctx, owner, c.Reason)
		if closing := owner.Close(ctx); err == nil {
			err = closing
		}
		if err != nil {
			return fmt.Errorf("adopt the log of %s: %w", m.Name, err)
		}
		fmt.Fprintf(e.out, "%s is at epoch %d\n", m.Name, epoch)
	}
	return nil
}
