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

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// Starter starts and wakes workflows.
type Starter struct {
	Temporal     client.Client
	Planning     planningv1.PlanServiceClient
	Distribution distributionv1.DistributionServiceClient
	Approvals    approvalsv1.ApprovalServiceClient
	Logger       *slog.Logger
}

// Handle starts or wakes the workflow that an event concerns. A repeat finds the workflow there.
func (s *Starter) Handle(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		var err error
		switch e := m.Payload.(type) {
		case *planningv1.PlanIssued:
			_, err = s.startPlan(ctx, e.GetPlan())
		case *planningv1.PlanAmended:
			err = s.wakePlan(ctx, e.GetPlan())
		case *planningv1.PlanClosed:
			_, err = s.tell(ctx, plan.WorkflowID(e.GetPlan()))
		case *distributionv1.PublicationScheduled:
			_, err = s.startPublication(ctx, e.GetPublication(), "")
		case *distributionv1.PublicationRescheduled:
			_, err = s.startPublication(ctx, e.GetPublication(), "")
		case *distributionv1.PublicationCorrected:
			_, err = s.startPublication(ctx, e.GetPublication(), e.GetContent().GetTitle())
		case *distributionv1.PublicationWithdrawn:
			_, err = s.startPublication(ctx, e.GetPublication(), e.GetTitle())
		case *distributionv1.PublicationExpired:
			_, err = s.startPublication(ctx, e.GetPublication(), "")
		case *distributionv1.PublicationCancelled:
			_, err = s.tell(ctx, publication.WorkflowID(e.GetPublication()))
		case *distributionv1.ReceiptRecorded:
			_, err = s.tell(ctx, publication.WorkflowID(e.GetPublication()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Reconcile starts the workflow of every plan that still runs, of every publication that waits for something and of every dossier on which
// a term runs, so that the engine may lose everything. It returns when all are there.
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
			if p.GetState() == "closed" {
				continue
			}
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
	for token := ""; ; {
		page, err := s.Distribution.ListPublications(ctx, &distributionv1.ListPublicationsRequest{PageSize: 200, PageToken: token, Waiting: true})
		if err != nil {
			return started, fmt.Errorf("list publications: %w", err)
		}
		for _, p := range page.GetPublications() {
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
	dossiers, err := s.reconcileDossiers(ctx)
	return append(started, dossiers...), err
}

func (s *Starter) startPlan(ctx context.Context, p *planningv1.Plan) (isNew bool, err error) {
	return s.start(ctx, plan.WorkflowID(p.GetId()), plan.Queue, plan.Type, p.GetNumber()+" "+p.GetTitle(), plan.Input{Plan: p.GetId()})
}

// startPublication sees to it that a workflow looks at a publication: the one that runs, or a new one.
// wakePlan has the workflow read its plan again. One that has ended since nothing was left to wait for is started anew: an amendment may
// have set other days.
func (s *Starter) wakePlan(ctx context.Context, p *planningv1.Plan) error {
	isNew, err := s.startUnder(ctx, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, plan.WorkflowID(p.GetId()), plan.Queue, plan.Type,
		p.GetNumber()+" "+p.GetTitle(), plan.Input{Plan: p.GetId()})
	if isNew || err != nil {
		return err
	}
	_, err = s.tell(ctx, plan.WorkflowID(p.GetId()))
	return err
}

func (s *Starter) startPublication(ctx context.Context, id, title string) (isNew bool, err error) {
	isNew, err = s.start(ctx, publication.WorkflowID(id), publication.Queue, publication.Type, title, publication.Input{Publication: id})
	if isNew || err != nil {
		return isNew, err
	}
	return s.startAgain(ctx, id, title)
}

// startAgain wakes the workflow of a publication, or starts another where it has ended although something is waited for: a correction, a
// withdrawal, or a log that was restored to a moment before while the engine was not.
func (s *Starter) startAgain(ctx context.Context, id, title string) (isNew bool, err error) {
	// Told to one that runs, it is seen before that one ends.
	running, err := s.tell(ctx, publication.WorkflowID(id))
	if running || err != nil {
		return false, err
	}
	p, err := s.Distribution.GetPublication(ctx, &distributionv1.GetPublicationRequest{Publication: id})
	if err != nil {
		return false, fmt.Errorf("publication %s: %w", id, err)
	}
	if !p.GetWaiting() {
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

// tell has a workflow look at what it waits for, and says whether it runs. Plans, publications and dossiers know one signal by one name.
func (s *Starter) tell(ctx context.Context, id string) (running bool, err error) {
	err = s.Temporal.SignalWorkflow(ctx, id, "", plan.LookSignal, nil)
	if _, ok := errors.AsType[*serviceerror.NotFound](err); ok {
		return false, nil
	}
	if err != nil {
		return false, away(fmt.Errorf("signal %s: %w", id, err))
	}
	return true, nil
}

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
