package worker

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	enums "go.temporal.io/api/enums/v1"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/workflows/dossier"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
)

// dossiers follows approvals: a dossier whose terms begin or move has its workflow looking at it, and one that goes on otherwise wakes
// the workflow that runs, if any.
func (s *Starter) dossiers() bus.Consumer {
	return bus.Consumer{
		Name: "worker.approvals", Sources: []string{"approvals"}, Handle: s.HandleDossiers,
		Types: []string{
			name(&approvalsv1.DossierTermsSet{}), name(&approvalsv1.OpinionsRequested{}),
			name(&approvalsv1.DossierReturned{}), name(&approvalsv1.DossierApproved{}), name(&approvalsv1.DossierVoided{}),
			name(&approvalsv1.DossierReviewed{}), name(&approvalsv1.OpinionGiven{}),
		},
	}
}

// HandleDossiers starts or wakes the workflow that an event of a dossier concerns. A repeat wakes one that looks and finds nothing new, or
// starts one that ends at once.
func (s *Starter) HandleDossiers(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		var err error
		switch e := m.Payload.(type) {
		case *approvalsv1.DossierTermsSet: // every dossier that is opened comes to a level at once
			_, err = s.startDossier(ctx, e.GetDossier(), "")
		case *approvalsv1.OpinionsRequested:
			_, err = s.startDossier(ctx, e.GetDossier(), e.GetTitle())
		case *approvalsv1.DossierApproved:
			if e.GetBypassed() { // its review has a term
				_, err = s.startDossier(ctx, e.GetDossier(), "")
			} else {
				_, err = s.tell(ctx, dossier.WorkflowID(e.GetDossier()))
			}
		case interface{ GetDossier() string }:
			_, err = s.tell(ctx, dossier.WorkflowID(e.GetDossier()))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// startDossier sees to it that a workflow looks at a dossier: the one that runs, which sees what it is told before it ends, or a new one.
func (s *Starter) startDossier(ctx context.Context, id, title string) (isNew bool, err error) {
	running, err := s.tell(ctx, dossier.WorkflowID(id))
	if running || err != nil {
		return false, err
	}
	return s.startUnder(ctx, enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE, dossier.WorkflowID(id), dossier.Queue, dossier.Type, title, dossier.Input{Dossier: id})
}

// reconcileDossiers starts the workflow of every dossier on which a term runs, and tells which it started.
func (s *Starter) reconcileDossiers(ctx context.Context) (started []string, err error) {
	for token := ""; ; {
		page, err := s.Approvals.ListDossiers(ctx, &approvalsv1.ListDossiersRequest{PageSize: 200, PageToken: token, TermRunning: true})
		if err != nil {
			return started, fmt.Errorf("list dossiers: %w", err)
		}
		for _, d := range page.GetDossiers() {
			isNew, err := s.startDossier(ctx, d.GetId(), d.GetTitle())
			if err != nil {
				return started, err
			}
			if isNew {
				started = append(started, dossier.WorkflowID(d.GetId()))
			}
		}
		if token = page.GetNextPageToken(); token == "" {
			return started, nil
		}
	}
}
