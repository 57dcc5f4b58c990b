package command

import (
	"context"
	"fmt"
	"os/user"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/personal"
	"github.com/loa-vn/loa/services/keys"
)

type eraseCommand struct {
	People []string `arg:"" name:"person" help:"Their ids: person_…"`
	Reason string   `required:"" help:"Why: the request's file number. It is kept for ever, so it must not name or describe the person."`
	By     string   `help:"Who erases. Default: the user of this machine."`
	Unseen bool     `help:"Erase also somebody of whom nothing was kept yet, so that nothing ever is."`
}

// keysOwner opens the database of the keys as its owner, gives it to f and closes it.
func (e *environment) keysOwner(ctx context.Context, f func(owner *pgx.Conn) error) error {
	m, err := e.module(keys.Name)
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
	owner, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = owner.Close(context.WithoutCancel(ctx)) }() // what it did is committed
	return f(owner)
}

// Run deletes people's keys for ever.
func (c eraseCommand) Run(ctx context.Context, e *environment) error {
	for _, p := range c.People {
		if err := personal.Person(p).Check(); err != nil {
			return fmt.Errorf("%w: %w", app.ErrConfiguration, err)
		}
	}
	if c.Reason = strings.TrimSpace(c.Reason); c.Reason == "" {
		return fmt.Errorf("%w: --reason is empty", app.ErrConfiguration)
	}
	if c.By == "" {
		us, err := user.Current()
		if err != nil {
			return fmt.Errorf("%w: --by: this machine does not say who you are: %w", app.ErrConfiguration, err)
		}
		c.By = us.Username
	}
	return e.keysOwner(ctx, func(owner *pgx.Conn) error {
		for _, p := range c.People {
			at, before, err := keys.Erase(ctx, owner, keys.Erasure{Person: personal.Person(p), Reason: c.Reason, By: c.By, Unseen: c.Unseen})
			if err != nil {
				return err
			}
			word := "erased"
			if before {
				word = "was erased before,"
			}
			fmt.Fprintf(e.out, "%s %s at %s\n", p, word, at.UTC().Format(time.RFC3339))
		}
		fmt.Fprintf(e.out, "running processes forget the key within %s\n", personal.KeyLife)
		return e.scrub(ctx, owner)
	})
}

// scrub takes deleted keys out of the database's files and says how far that went.
func (e *environment) scrub(ctx context.Context, owner *pgx.Conn) error {
	log, err := keys.Scrub(ctx, owner)
	if err != nil {
		return fmt.Errorf("the key is deleted; taking its wrapped bytes out of the table failed, run this again: %w", err)
	}
	fmt.Fprintln(e.out, "the table of keys was written anew")
	if log != nil {
		fmt.Fprintf(e.out, "the write-ahead log was left as it is: %v\n", log)
	} else {
		fmt.Fprintln(e.out, "the write-ahead log was begun anew; backups and archives hold the wrapped key until they are deleted")
	}
	return nil
}

type keysCommand struct {
	Rewrap rewrapCommand `cmd:"" help:"Wrap every person's key by the first key of LOA_ENVELOPE_KEY."`
	Erased erasedCommand `cmd:"" help:"List who was erased, for keeping elsewhere: a restore brings deleted keys back."`
}

type erasedCommand struct{}

// Run lists the erased, one a line.
func (erasedCommand) Run(ctx context.Context, e *environment) error {
	return e.keysOwner(ctx, func(owner *pgx.Conn) error {
		list, err := keys.Erased(ctx, owner)
		for _, t := range list {
			fmt.Fprintf(e.out, "%s\t%s\t%s\t%s\n", t.Person, t.At.UTC().Format(time.RFC3339), t.By, t.Reason)
		}
		return err
	})
}

type rewrapCommand struct{}

// Run wraps the keys anew.
func (rewrapCommand) Run(ctx context.Context, e *environment) error {
	return e.keysOwner(ctx, func(owner *pgx.Conn) error {
		if len(e.config.EnvelopeKey) == 0 {
			return fmt.Errorf("%w: LOA_ENVELOPE_KEY is not set", app.ErrConfiguration)
		}
		n, err := keys.Rewrap(ctx, owner, e.config.EnvelopeKey)
		fmt.Fprintf(e.out, "%d keys wrapped anew by %s\n", n, e.config.EnvelopeKey[0].Name)
		if err != nil {
			return err
		}
		return e.scrub(ctx, owner)
	})
}
