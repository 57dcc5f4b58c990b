package command

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
)

type dlqCommand struct {
	List   dlqListCommand   `cmd:"" help:"List parked events."`
	Show   dlqShowCommand   `cmd:"" help:"Show one parked event with its payload."`
	Replay dlqReplayCommand `cmd:"" help:"Have the running consumer handle parked events again, in order."`
}

// parkedIn opens a module's database, gives it to f and closes it.
func (e *environment) parkedIn(ctx context.Context, module string, f func(pool *pgxpool.Pool) error) error {
	m, err := e.module(module)
	if err != nil {
		return err
	}
	_, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	if e.config.Databases[m.Name] == "" {
		return fmt.Errorf("%w: LOA_DATABASES names no database for %s", app.ErrConfiguration, m.Name)
	}
	pool, err := pgxpool.New(ctx, e.config.Databases[m.Name])
	if err != nil {
		return err
	}
	defer pool.Close()
	return f(pool)
}

type dlqListCommand struct {
	Module string `arg:"" optional:"" help:"The module whose consumers parked them; all when left out."`
}

// Run lists parked events, one a line.
func (c dlqListCommand) Run(ctx context.Context, e *environment) error {
	if c.Module != "" {
		if _, err := e.module(c.Module); err != nil {
			return err
		}
	}
	table := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "MODULE\tCONSUMER\tEVENT\tTYPE\tKEY\tPARKED\tWHY")
	for _, m := range e.program.Modules {
		if !m.Database || c.Module != "" && m.Name != c.Module {
			continue
		}
		err := e.parkedIn(ctx, m.Name, func(pool *pgxpool.Pool) error {
			list, err := bus.ListParked(ctx, pool, "")
			for _, p := range list {
				why := p.Error
				if why == "" {
					why = "waits behind another of its key"
				}
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Name, p.Consumer, p.ID, p.Type, p.Key, p.ParkedAt.Format(time.RFC3339), why)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return table.Flush()
}

type dlqShowCommand struct {
	Module   string `arg:"" help:"The module."`
	Consumer string `arg:"" help:"The consumer, as listed."`
	Event    string `arg:"" help:"The event's id, as listed."`
}

// Run shows one parked event.
func (c dlqShowCommand) Run(ctx context.Context, e *environment) error {
	return e.parkedIn(ctx, c.Module, func(pool *pgxpool.Pool) error {
		p, err := bus.ShowParked(ctx, pool, c.Consumer, c.Event)
		if err != nil {
			return err
		}
		payload, err := p.JSON()
		if err != nil {
			return err
		}
		fmt.Fprintf(e.out, "%s at %s %d.%d\ntried %d times: %s\n%s\n", p.Type, p.Source, p.Epoch, p.Position, p.Attempts, p.Error, payload)
		return nil
	})
}

type dlqReplayCommand struct {
	Module   string        `arg:"" help:"The module."`
	Consumer string        `arg:"" help:"The consumer, as listed."`
	Key      string        `arg:"" optional:"" help:"Only events of this key; all when left out."`
	Wait     time.Duration `default:"30s" help:"How long to wait for the running consumer; 0 asks it and does not wait."`
}

// errStillParked makes the command fail.
var errStillParked = errors.New("events are still parked")

// Run asks the running consumer to handle them again, and tells what became of each.
func (c dlqReplayCommand) Run(ctx context.Context, e *environment) error {
	return e.parkedIn(ctx, c.Module, func(pool *pgxpool.Pool) error {
		if c.Wait <= 0 {
			n, err := bus.Replay(ctx, pool, c.Consumer, c.Key)
			if err == nil {
				fmt.Fprintf(e.out, "%d parked events are asked for again\n", n)
			}
			return err
		}
		waiting, cancel := context.WithTimeout(ctx, c.Wait)
		defer cancel()
		tried, err := bus.ReplayAndWait(waiting, pool, c.Consumer, c.Key)
		if err != nil {
			return err
		}
		if len(tried) == 0 {
			fmt.Fprintln(e.out, "nothing is parked there")
			return nil
		}
		table := tabwriter.NewWriter(e.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "EVENT\tTYPE\tKEY\tOUTCOME")
		still, notTried := 0, 0
		for _, t := range tried {
			outcome := string(t.Outcome)
			switch t.Outcome {
			case bus.Replayed:
			case bus.FailedAgain:
				outcome += ": " + t.Again
				still++
			case bus.NotTried:
				notTried++
				still++
			case bus.StillBehind:
				still++
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.ID, t.Type, t.Key, outcome)
		}
		if err := table.Flush(); err != nil || still == 0 {
			return err
		}
		if notTried > 0 {
			return fmt.Errorf("%w: %d of %d; %d were not tried within %s: does the module run? They are tried when it does", errStillParked,
				still, len(tried), notTried, c.Wait)
		}
		return fmt.Errorf("%w: %d of %d", errStillParked, still, len(tried))
	})
}
