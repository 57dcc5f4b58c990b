package command

import (
	"context"
	"fmt"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/workflows/worker"
)

type workflowsCommand struct {
	Reconcile reconcileCommand `cmd:"" help:"Start the workflow of every plan and publication that has none."`
}

type reconcileCommand struct{}

// Run asks the running services what is open and starts what is missing.
func (reconcileCommand) Run(ctx context.Context, e *environment) error {
	logger, stop, err := e.start(ctx, NeedServices)
	if err != nil {
		return err
	}
	defer stop()
	host, closeAll, err := app.Connect(ctx, e.config, e.program.Modules, "worker", logger)
	if err != nil {
		return err
	}
	defer closeAll()
	starter, err := worker.NewStarter(host)
	if err != nil {
		return err
	}
	started, err := starter.ReconcileAll(ctx)
	for _, id := range started {
		fmt.Fprintf(e.out, "%s started\n", id)
	}
	if err == nil && len(started) == 0 {
		fmt.Fprintln(e.out, "nothing was missing")
	}
	return err
}
