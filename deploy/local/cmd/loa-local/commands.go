package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"text/tabwriter"

	"github.com/loa-vn/loa/deploy/local/engines"
	"github.com/loa-vn/loa/deploy/local/oidc"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/services"
)

type enginesCommand struct{}

// Run runs the engines until a signal comes. Databases and roles are made, so that services need nothing but the printed settings.
func (enginesCommand) Run(ctx context.Context, l *local, c *config.Config) error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := l.start(ctx, logger); err != nil {
		return err
	}
	defer l.stop(ctx, logger)
	use(c, l.running.Addresses())
	if err := l.fill(c); err != nil {
		return err
	}
	if err := app.Migrate(ctx, c, services.All(), logger); err != nil {
		return err
	}
	for _, line := range l.running.Settings() {
		fmt.Println(line)
	}
	fmt.Println("LOA_DATABASES=" + config.Pairs(c.Databases))
	fmt.Println("LOA_DIGEST_KEY=" + c.DigestKey.Reveal())
	fmt.Println("LOA_CHECKPOINT_KEY=" + c.CheckpointKey.Reveal())
	fmt.Println("LOA_CHECKPOINTS=" + c.Checkpoints)
	fmt.Println("LOA_BLOBS=" + c.Blobs)
	fmt.Println("LOA_ENVELOPE_KEY=" + c.EnvelopeKey.Reveal())
	fmt.Println("LOA_BOOTSTRAP_ADMIN=" + c.BootstrapAdmin)
	fmt.Println("READY")
	select {
	case <-ctx.Done():
		return nil
	case err := <-l.running.Failed():
		return err
	}
}

type peopleCommand struct{}

// Run lists the seeded people.
func (peopleCommand) Run() error {
	people, err := seededPeople()
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME (INVENTED)\tAGENCY\tPOSITION\tUNIT")
	for _, p := range people {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", p.ID, p.Name, p.Agency, p.Position, p.Unit)
	}
	return table.Flush()
}

type tokenCommand struct {
	As string `required:"" help:"The person's id, see: loa-local people."`
}

// Run prints the token and nothing else.
func (t tokenCommand) Run(ctx context.Context, l *local) error {
	addresses, err := engines.Find(l.Data)
	if err != nil {
		return fmt.Errorf("no Loa runs on %s; start it first (make run): %w", l.Data, err)
	}
	token, err := oidc.TokenFor(ctx, addresses.OIDCIssuer, t.As)
	if err != nil {
		return err
	}
	fmt.Println(token)
	return nil
}
