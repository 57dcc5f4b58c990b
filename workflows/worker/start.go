package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/workflows/plan"
	"github.com/loa-vn/loa/workflows/publication"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// Starter starts and wakes workflows.
type Starter struct {
	Temporal     client.Client
	Planning     planningv1.PlanServiceClient
	Distribution distributionv1.DistributionServiceClient
	Logger       *slog.Logger
}

// Handle starts or wakes the workflow that an event concerns. A repeat finds the workflow there.
func (s *Starter) Handle(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		var err error
		switch e := m.Payload.(type) {
		case *planningv1.PlanIssued:
			_, err = s.startPlan(ctx, e.GetPlan())
		case *distributionv1.PublicationScheduled:
			_, err = s.startPublication(ctx, e.GetPublication(), "")
		case *distributionv1.PublicationCancelled:
			err = s.look(ctx, publication.WorkflowID(e.GetPublication()), publication.LookSignal)
		case *distributionv1.ReceiptRecorded:
			err = s.look(ctx, publication.WorkflowID(e.GetPublication()), publication.LookSignal)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Reconcile starts the workflow of every plan that still runs and of every publication that is not verified, so that the engine may
// lose everything. It returns when all are there.
func (s *Starter) Reconcile(ctx context.Context) error {
	for wait := time.Second; ctx.Err() == nil; wait = min(2*wait, time.Minute) {
		_, err := s.ReconcileAll(ctx)
		if err == nil {
			break
		}
		// The services may still be starting where each is a process of its own.
		s.Logger.WarnContext(ctx, "workflows reconcile waits; see also `loa workflows reconcile`", "error", err, "again", wait)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

// ReconcileAll does one round and tells which workflows it started.
func (s *Starter) ReconcileAll(ctx context.Context) (started []string, err error) {
	for token := ""; ; {
		page, err := s.Planning.ListPlans(ctx, &planningv1.ListPlansRequest{PageSize: 200, PageToken: token})
		if err != nil {
			return started, fmt.Errorf("list plans: %w", err)
		}
		for _, p := range page.GetPlans() {
			isNew, err := s.startPlan(ctx, p)
			if err != nil {
				return started, err
			}
			if isNew {
				started = append(started, plan.WorkflowID(p.GetId()))
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	for _, state := range []string{"scheduled", "published"} {
		for token := ""; ; {
			page, err := s.Distribution.ListPublications(ctx, &distributionv1.ListPublicationsRequest{PageSize: 200, PageToken: token, State: state})
			if err != nil {
				return started, fmt.Errorf("list publications: %w", err)
			}
			for _, p := range page.GetPublications() {
				if p.GetVerified() || p.GetImported() {
					continue
				}
				isNew, err := s.startPublication(ctx, p.GetId(), p.GetTitle())
				if err != nil {
					return started, err
				}
				if isNew {
					started = append(started, publication.WorkflowID(p.GetId()))
				}
			}
			if token = page.GetNextPageToken(); token == "" {
				break
			}
		}
	}
	return started, nil
}

func (s *Starter) startPlan(ctx context.Context, p *planningv1.Plan) (isNew bool, err error) {
	return s.start(ctx, plan.WorkflowID(p.GetId()), plan.Queue, plan.Type, p.GetNumber()+" "+p.GetTitle(), plan.Input{Plan: p.GetId()})
}

func (s *Starter) startPublication(ctx context.Context, id, title string) (isNew bool, err error) {
	isNew, err = s.start(ctx, publication.WorkflowID(id), publication.Queue, publication.Type, title, publication.Input{Publication: id})
	if isNew || err != nil {
		return isNew, err
	}
	return s.startAgain(ctx, id, title)
}

// startAgain starts the workflow of a publication whose workflow has ended although the publication has not: the log was restored to a
// moment before, and the engine was not.
func (s *Starter) startAgain(ctx context.Context, id, title string) (isNew bool, err error) {
	there, err := s.Temporal.DescribeWorkflowExecution(ctx, publication.WorkflowID(id), "")
	if err != nil {
		return false, away(fmt.Errorf("describe the workflow of %s: %w", id, err))
	}
	if there.GetWorkflowExecutionInfo().GetStatus() == enums.WORKFLOW_EXECUTION_STATUS_RUNNING {
		return false, nil
	}
	p, err := s.Distribution.GetPublication(ctx, &distributionv1.GetPublicationRequest{Publication: id})
	if err != nil {
		return false, fmt.Errorf("publication %s: %w", id, err)
	}
	if p.GetState() == "cancelled" || p.GetVerified() || p.GetImported() {
		return false, nil
	}
	return s.startUnder(ctx, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, publication.WorkflowID(id), publication.Queue, publication.Type, title,
		publication.Input{Publication: id})
}

func (s *Starter) start(ctx context.Context, id, queue, workflow, summary string, input any) (isNew bool, err error) {
	return s.startUnder(ctx, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, id, queue, workflow, summary, input)
}

func (s *Starter) startUnder(ctx context.Context, reuse enums.WorkflowIdReusePolicy, id, queue, workflow, summary string, input any) (isNew bool, err error) {
	run, err := s.Temporal.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: queue, StaticSummary: summary, WorkflowExecutionErrorWhenAlreadyStarted: true, WorkflowIDReusePolicy: reuse,
	}, workflow, input)
	if _, ok := errors.AsType[*serviceerror.WorkflowExecutionAlreadyStarted](err); ok {
		return false, nil
	}
	if err != nil {
		return false, away(fmt.Errorf("start %s: %w", id, err))
	}
	s.Logger.InfoContext(ctx, "workflow started", "workflow", id, "run", run.GetRunID())
	return true, nil
}

// look wakes a workflow; one that has ended needs no waking.
func (s *Starter) look(ctx context.Context, id, signal string) error {
	err := s.Temporal.SignalWorkflow(ctx, id, "", signal, nil)
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok || err == nil {
		return nil
	}
	return away(fmt.Errorf("signal %s: %w", id, err))
}

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
