package content

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/readmodel"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

// consumers follow the other services, one each, so that none waits for another.
func (s *server) consumers() []bus.Consumer {
	return []bus.Consumer{
		{
			Name: "content.planning", Sources: []string{"planning"}, Handle: s.followPlanning,
			Types: names(&planningv1.PlanIssued{}, &planningv1.PlanAmended{}, &planningv1.PlanClosed{}),
		},
		{
			Name: "content.approvals", Sources: []string{"approvals"}, Handle: s.followApprovals,
			Types: names(&approvalsv1.DossierOpened{}, &approvalsv1.DossierReturned{}, &approvalsv1.DossierApproved{}),
		},
		{
			Name: "content.readers", Sources: []string{"approvals"}, Handle: s.followReaders,
			Types: names(&approvalsv1.DossierOpened{}, &approvalsv1.DossierLevelApproved{}, &approvalsv1.DossierReturned{}, &approvalsv1.DossierApproved{},
				&approvalsv1.OpinionsRequested{}, &approvalsv1.DelegationGiven{}, &approvalsv1.DelegationRevoked{}),
		},
		{
			Name: "content.distribution", Sources: []string{"distribution"}, Handle: s.followDistribution,
			Types: names(&distributionv1.PublicationScheduled{}, &distributionv1.PublicationRescheduled{}, &distributionv1.PublicationPublished{},
				&distributionv1.PublicationCancelled{}, &distributionv1.PublicationCorrected{}, &distributionv1.PublicationWithdrawn{},
				&distributionv1.PublicationExpired{}),
		},
	}
}

func (s *server) followPlanning(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		var err error
		switch p := m.Payload.(type) {
		case *planningv1.PlanIssued:
			err = replica.KeepPlan(ctx, tx, p.GetPlan(), p.GetItems())
		case *planningv1.PlanAmended:
			err = replica.KeepPlan(ctx, tx, p.GetPlan(), p.GetItems())
		case *planningv1.PlanClosed:
			err = replica.ClosePlan(ctx, tx, p.GetPlan())
		}
		if err != nil {
			return fmt.Errorf("keeping plan %s: %w", m.Key, err)
		}
	}
	return nil
}

func (s *server) followApprovals(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		var err error
		switch p := m.Payload.(type) {
		case *approvalsv1.DossierOpened:
			if isContent(p) {
				err = replica.KeepDossier(ctx, tx, p)
			}
		case *approvalsv1.DossierReturned:
			if isContent(p) && p.GetToLevel() == 0 {
				err = s.record(ctx, m, p.GetDocument(), &last, func(i *item.Item) ([]any, error) {
					return i.RecordReturn(p.GetHash(), p.GetRevision(), p.GetComment())
				})
			}
		case *approvalsv1.DossierApproved:
			if isContent(p) {
				err = s.record(ctx, m, p.GetDocument(), &last, func(i *item.Item) ([]any, error) {
					return i.RecordApproval(p.GetHash(), p.GetRevision(), approvers(p))
				})
			}
		}
		if err != nil {
			return fmt.Errorf("following %s of %s: %w", m.Type, m.Key, err)
		}
	}
	return s.caughtUp(ctx, last)
}

// followReaders keeps who reads which dossier.
func (s *server) followReaders(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		if opened, ok := m.Payload.(*approvalsv1.DossierOpened); ok && !isContent(opened) {
			continue
		}
		if err := replica.KeepReaders(ctx, tx, m.Payload); err != nil {
			return fmt.Errorf("following %s of %s: %w", m.Type, m.Key, err)
		}
	}
	return nil
}

// isContent says that a decision is on an item: on its first publication or on a correction.
func isContent(m interface{ GetDocumentType() string }) bool {
	return m.GetDocumentType() == "content" || m.GetDocumentType() == "correction"
}

func (s *server) followDistribution(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		content, decide, err := distributed(ctx, tx, m)
		if err == nil && decide != nil {
			err = s.record(ctx, m, content, &last, decide)
		}
		if err != nil {
			return fmt.Errorf("following %s of %s: %w", m.Type, m.Key, err)
		}
	}
	return s.caughtUp(ctx, last)
}

// distributed keeps the page that a message tells of, and gives what the message asks of its item.
func distributed(ctx context.Context, tx pgx.Tx, m bus.Message) (content string, decide func(*item.Item) ([]any, error), err error) {
	switch p := m.Payload.(type) {
	case *distributionv1.PublicationScheduled:
		return p.GetContent(), func(i *item.Item) ([]any, error) {
			return i.RecordSchedule(p.GetPublication(), p.GetHash(), p.GetPublishAt().AsTime())
		}, nil
	case *distributionv1.PublicationRescheduled:
		return p.GetContent(), func(i *item.Item) ([]any, error) {
			return i.RecordSchedule(p.GetPublication(), p.GetHash(), p.GetPublishAt().AsTime())
		}, nil
	case *distributionv1.PublicationPublished:
		return p.GetContent().GetId(), func(i *item.Item) ([]any, error) {
			return i.RecordPublication(p.GetPublication(), p.GetContent().GetHash(), p.GetPublishedAt().AsTime())
		}, replica.KeepPage(ctx, tx, p.GetSlug(), p.GetContent().GetId(), p.GetPublication())
	case *distributionv1.PublicationCancelled:
		return p.GetContent(), func(i *item.Item) ([]any, error) { return i.RecordCancellation(p.GetPublication(), p.GetHash()) }, nil
	case *distributionv1.PublicationCorrected:
		return p.GetContent().GetId(), func(i *item.Item) ([]any, error) {
			return i.RecordCorrection(p.GetPublication(), p.GetContent().GetHash(), p.GetNumber(), p.GetCorrectedAt().AsTime())
		}, replica.KeepPage(ctx, tx, p.GetSlug(), p.GetContent().GetId(), p.GetPublication())
	case *distributionv1.PublicationWithdrawn:
		return p.GetContent(), func(i *item.Item) ([]any, error) {
			return i.RecordWithdrawal(p.GetPublication(), p.GetReason(), p.GetWithdrawnAt().AsTime())
		}, replica.ClosePages(ctx, tx, p.GetPublication())
	case *distributionv1.PublicationExpired:
		return p.GetContent(), func(i *item.Item) ([]any, error) {
			return i.RecordExpiry(p.GetPublication(), p.GetExpiredAt().AsTime())
		}, replica.ClosePages(ctx, tx, p.GetPublication())
	default:
		return "", nil, nil
	}
}

// record runs what a message asks of an item, once for that message.
func (s *server) record(ctx context.Context, m bus.Message, content string, last *int64, decide func(*item.Item) ([]any, error)) error {
	command := es.Command{
		Key: id.Derive(time.Time{}, "content", "follow", m.Source, m.ID), HappenedAt: m.HappenedAt,
		Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
	result, err := s.items.Execute(ctx, content, command, func(i *item.Item, _ int64) ([]any, error) { return decide(i) })
	*last = max(*last, result.Position)
	return err
}

// caughtUp lets the mark move only when lists show what the messages did, since a reader's Loa-At-Least waits for the mark. Lists that
// stopped are an alarm of their own and hold nothing up.
func (s *server) caughtUp(ctx context.Context, position int64) error {
	if position == 0 {
		return nil
	}
	err := s.host.Log.WaitFor(ctx, readmodel.Name, position)
	if errs.ReasonOf(err) == errorsv1.Reason_READ_MODEL_BEHIND {
		return nil
	}
	return err
}

func approvers(m *approvalsv1.DossierApproved) []string {
	people := make([]string, 0, len(m.GetDecisions()))
	for _, d := range m.GetDecisions() {
		people = append(people, d.GetPerson())
	}
	return people
}

func names(messages ...proto.Message) []string {
	out := make([]string, 0, len(messages))
	for _, m := range messages {
		out = append(out, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return out
}
