// Package worker runs the workflows: it starts them from events, signals them when what they wait for may have changed, and
// executes them. Its database holds nothing but how far it has read.
package worker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	sdk "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/workflows/dossier"
	"github.com/loa-vn/loa/workflows/plan"
	"github.com/loa-vn/loa/workflows/publication"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Module is the Temporal worker.
func Module() app.Module {
	return app.Module{Name: "worker", Database: true, Start: start}
}

func start(_ context.Context, h *app.Host) error {
	s, err := NewStarter(h)
	if err != nil {
		return err
	}
	h.Consume(bus.Consumer{
		Name: "worker", Sources: []string{"planning", "distribution"}, Handle: s.Handle,
		Types: []string{
			name(&planningv1.PlanIssued{}), name(&planningv1.PlanAmended{}), name(&planningv1.PlanClosed{}),
			name(&distributionv1.PublicationScheduled{}),
			name(&distributionv1.PublicationRescheduled{}), name(&distributionv1.PublicationCorrected{}), name(&distributionv1.PublicationWithdrawn{}),
			name(&distributionv1.PublicationExpired{}), name(&distributionv1.PublicationCancelled{}), name(&distributionv1.ReceiptRecorded{}),
		},
	})
	h.Consume(s.dossiers())
	plans := &plan.Activities{Planning: s.Planning, Reporting: reportingv1.NewReportServiceClient(h.Dial("reporting"))}
	publications := &publication.Activities{Distribution: s.Distribution}
	dossiers := &dossier.Activities{Approvals: s.Approvals}
	h.Go("workflows", func(ctx context.Context) error {
		tracing, err := opentelemetry.NewTracingInterceptor(opentelemetry.TracerOptions{})
		if err != nil {
			return fmt.Errorf("tracing of workflows: %w", err)
		}
		return run(ctx, h.Logger, s.Temporal, []interceptor.WorkerInterceptor{tracing}, plans, publications, dossiers)
	})
	h.Go("workflows reconcile", s.Reconcile)
	return nil
}

// NewStarter makes a starter that calls services and the engine as the host does.
func NewStarter(h *app.Host) (*Starter, error) {
	temporal, err := h.Temporal()
	if err != nil {
		return nil, err
	}
	return &Starter{
		Temporal:     temporal,
		Planning:     planningv1.NewPlanServiceClient(h.Dial("planning")),
		Distribution: distributionv1.NewDistributionServiceClient(h.Dial("distribution")),
		Approvals:    approvalsv1.NewApprovalServiceClient(h.Dial("approvals")),
		Logger:       h.Logger,
	}, nil
}

// run executes workflows and activities until the context ends. While the engine is away it waits: what it missed, the engine has kept.
func run(ctx context.Context, logger *slog.Logger, temporal client.Client, interceptors []interceptor.WorkerInterceptor, plans *plan.Activities, publications *publication.Activities, dossiers *dossier.Activities) error {
	const longest = 5 * time.Second
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, longest) {
		stop, err := begin(temporal, interceptors, plans, publications, dossiers)
		if err == nil {
			<-ctx.Done()
			stop()
			return nil
		}
		logger.WarnContext(ctx, "the workflow engine is away", "error", err, "again", wait)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}

// begin starts a worker for each queue, or none.
func begin(temporal client.Client, interceptors []interceptor.WorkerInterceptor, plans *plan.Activities, publications *publication.Activities, dossiers *dossier.Activities) (stop func(), err error) {
	options := sdk.Options{Interceptors: interceptors, MaxConcurrentWorkflowTaskPollers: 2, MaxConcurrentActivityTaskPollers: 2}
	p := sdk.New(temporal, plan.Queue, options)
	p.RegisterWorkflowWithOptions(plan.Workflow, workflow.RegisterOptions{Name: plan.Type})
	p.RegisterActivity(plans)
	q := sdk.New(temporal, publication.Queue, options)
	q.RegisterWorkflowWithOptions(publication.Workflow, workflow.RegisterOptions{Name: publication.Type})
	q.RegisterActivity(publications)
	d := sdk.New(temporal, dossier.Queue, options)
	d.RegisterWorkflowWithOptions(dossier.Workflow, workflow.RegisterOptions{Name: dossier.Type})
	d.RegisterActivity(dossiers)
	var started []sdk.Worker
	stop = func() {
		for _, w := range slices.Backward(started) {
			w.Stop()
		}
	}
	for _, w := range []sdk.Worker{p, q, d} {
		if err := w.Start(); err != nil {
			stop()
			return nil, err
		}
		started = append(started, w)
	}
	return stop, nil
}
