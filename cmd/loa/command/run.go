package command

import (
	"context"
	"fmt"

	"github.com/loa-vn/loa/pkg/app"
)

type runCommand struct{}

// Run runs the target until a signal comes.
func (runCommand) Run(ctx context.Context, e *environment) error {
	logger, stop, err := e.start(ctx, NeedAll)
	if err != nil {
		return err
	}
	defer stop()
	return app.Run(ctx, app.Options{
		Config: e.config, Modules: e.program.Modules, Logger: logger, Failed: e.failed,
		Started: func(ctx context.Context) error {
			if e.program.Ready != nil {
				if err := e.program.Ready(ctx, e.config, logger); err != nil {
					return err
				}
			}
			return nil
		},
		Ready: func() { fmt.Fprintf(e.out, "READY http://%s\n", e.config.HTTPAddr) },
	})
}
