package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/proof"
)

type exportCommand struct {
	Module string `arg:"" help:"The module whose log it is: content."`
	From   int64  `default:"1" help:"The first position."`
	To     int64  `help:"The last position; the end of the last checkpoint when left out."`
	Output string `short:"o" default:"-" help:"The file to write; - is standard output."`
}

// Run writes a segment of a log with what proves it. A file is complete or not there.
func (c exportCommand) Run(ctx context.Context, e *environment) (err error) {
	m, err := e.module(c.Module)
	if err != nil {
		return err
	}
	if m.Catalogue == nil {
		return fmt.Errorf("%w: %s has no log", app.ErrConfiguration, c.Module)
	}
	if c.From < 1 || c.To != 0 && c.To < c.From {
		return fmt.Errorf("%w: there are no positions from %d to %d", app.ErrConfiguration, c.From, c.To)
	}
	_, stop, err := e.start(ctx, NeedDatabases)
	if err != nil {
		return err
	}
	defer stop()
	v, err := app.CheckpointVerifier(e.config)
	if err != nil {
		return err
	}
	pool, err := readOnly(ctx, e.config, m.Name)
	if err != nil {
		return err
	}
	defer pool.Close()
	out, done, err := e.output(c.Output)
	if err != nil {
		return err
	}
	_, err = proof.Export(ctx, pool, m.Name, v, c.From, c.To, out)
	return done(err)
}

// output opens the file under another name; done gives it its own when all went well. "-" is standard output.
func (e *environment) output(path string) (out io.Writer, done func(error) error, err error) {
	if path == "-" {
		return e.out, func(err error) error { return err }, nil
	}
	file, err := os.OpenFile(path+".part", os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %w", app.ErrConfiguration, err)
	}
	return file, func(err error) error {
		if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
			return errors.Join(err, os.Remove(file.Name()))
		}
		return os.Rename(file.Name(), path)
	}, nil
}

type newKeyCommand struct {
	Name string `arg:"" help:"Under which name it signs: a host that you own, like loa.haiphong.example."`
}

// Run prints a key that signs checkpoints, and the one that checks them, as settings.
func (c newKeyCommand) Run(e *environment) error {
	private, public, err := proof.NewKey(c.Name)
	if err != nil {
		return fmt.Errorf("%w: %w", app.ErrConfiguration, err)
	}
	fmt.Fprintf(e.out, "LOA_CHECKPOINT_KEY=%s\nLOA_CHECKPOINT_VERIFIER=%s\n", private, public)
	return nil
}
