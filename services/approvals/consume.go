package approvals

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// consumers follow the services whose documents are approved, one each. A submission whose document type has no route yet is parked
// with what follows it, and goes on by “loa dlq replay” when the route is set.
func (s *server) consumers() []bus.Consumer {
	return []bus.Consumer{
		{
			Name: "approvals.content", Sources: []string{"content"}, Handle: s.follow,
			Types: names(&contentv1.ContentSubmitted{}, &contentv1.ContentRevised{}),
		},
		{
			Name: "approvals.reporting", Sources: []string{"reporting"}, Handle: s.follow,
			Types: names(&reportingv1.ReportSubmitted{}, &reportingv1.ReportCompiled{}),
		},
		{
			Name: "approvals.planning", Sources: []string{"planning"}, Handle: s.follow,
			Types: names(&planningv1.PlanSubmitted{}, &planningv1.PlanRevised{}),
		},
		{
			Name: "approvals.distribution", Sources: []string{"distribution"}, Handle: s.follow,
			Types: names(&distributionv1.WithdrawalSubmitted{}),
		},
	}
}

func (s *server) follow(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		position, err := s.followOne(ctx, m)
		if err != nil {
			return fmt.Errorf("following %s of %s: %w", m.Type, m.Key, err)
		}
		last = max(last, position)
	}
	return s.caughtUp(ctx, last)
}

func (s *server) followOne(ctx context.Context, m bus.Message) (position int64, err error) {
	switch p := m.Payload.(type) {
	case *contentv1.ContentSubmitted:
		return s.open(ctx, m, submittedContent(p.GetContent()))
	case *contentv1.ContentRevised:
		return s.void(ctx, m, dossier.IDOf(p.GetContent(), p.GetEdition()), p.GetHash())
	case *reportingv1.ReportSubmitted:
		r := p.GetReport()
		return s.open(ctx, m, dossier.Submission{
			DocumentType: route.Report, Document: r.GetId(), Title: r.GetTitle(), Agency: r.GetAgency(), Unit: p.GetUnit(),
			Authors: p.GetAuthors(), Hash: r.GetHash(), Example: r.GetExample(),
		})
	case *reportingv1.ReportCompiled:
		return s.void(ctx, m, dossier.ID(p.GetReport()), p.GetHash())
	case *planningv1.PlanSubmitted:
		return s.open(ctx, m, submittedPlan(p))
	case *planningv1.PlanRevised:
		return s.void(ctx, m, dossier.ID(planDocument(p.GetPlan(), p.GetAmendment())), p.GetHash())
	case *distributionv1.WithdrawalSubmitted:
		return s.open(ctx, m, dossier.Submission{
			DocumentType: route.Withdrawal, Document: p.GetWithdrawal(), Title: p.GetTitle(), Agency: p.GetAgency(), Unit: p.GetUnit(),
			Authors: p.GetAuthors(), Hash: p.GetHash(), Example: p.GetExample(),
		})
	default:
		return 0, fmt.Errorf("approvals does not know the event %s", m.Type)
	}
}

// submittedContent: content that is public is published again as a correction, and each correction has a dossier of its own.
func submittedContent(c *contentv1.Content) dossier.Submission {
	s := dossier.Submission{
		DocumentType: route.Content, Document: c.GetId(), Title: c.GetTitle(), Agency: c.GetAgency(), Unit: c.GetUnit(),
		Authors: c.GetAuthors(), Hash: c.GetHash(), Revision: c.GetRevision(), Example: c.GetExample(),
	}
	if c.GetEdition() > 0 {
		s.DocumentType, s.Edition = route.Correction, c.GetEdition()
	}
	return s
}

// submittedPlan goes up in the agency that drafted it, which leads the plan unless an amendment gives it another lead.
func submittedPlan(p *planningv1.PlanSubmitted) dossier.Submission {
	s := dossier.Submission{
		DocumentType: route.Plan, Document: planDocument(p.GetPlan().GetId(), p.GetAmendment()), Title: p.GetPlan().GetTitle(), Agency: p.GetAgency(),
		Unit: p.GetUnit(), Authors: p.GetAuthors(), Hash: p.GetHash(), Revision: p.GetRevision(), Example: p.GetPlan().GetExample(),
	}
	if p.GetAmendment() != "" {
		s.DocumentType = route.Amendment
	}
	if s.Agency == "" {
		s.Agency = p.GetPlan().GetLead()
	}
	return s
}

func planDocument(plan, amendment string) string {
	if amendment != "" {
		return amendment
	}
	return plan
}

func (s *server) open(ctx context.Context, m bus.Message, submission dossier.Submission) (int64, error) {
	r, err := s.routeOf(ctx, submission.DocumentType, submission.Agency)
	if err != nil {
		return 0, err
	}
	now, err := s.host.Log.Now(ctx)
	if err != nil {
		return 0, err
	}
	of := dossier.IDOf(submission.Document, submission.Edition)
	levels := r.Levels
	if before, version, err := s.dossiers.Load(ctx, of); err != nil {
		return 0, err
	} else if version > 0 {
		levels = before.Levels // it walks the route it was opened on
	}
	o, err := s.office(ctx, now.Truncate(time.Microsecond), submission.Agency, levels)
	if err != nil {
		return 0, err
	}
	return s.record(ctx, m, of, func(d *dossier.Dossier) ([]any, error) { return d.Submit(submission, r, o) })
}

func (s *server) void(ctx context.Context, m bus.Message, of, hash string) (int64, error) {
	return s.record(ctx, m, of, func(d *dossier.Dossier) ([]any, error) { return d.Void(hash) })
}

// record runs what a message asks of a dossier, once for that message.
func (s *server) record(ctx context.Context, m bus.Message, of string, decide func(*dossier.Dossier) ([]any, error)) (int64, error) {
	command := es.Command{
		Key: id.Derive(time.Time{}, "approvals", "follow", m.Source, m.ID), HappenedAt: m.HappenedAt,
		Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
	result, err := s.dossiers.Execute(ctx, of, command, func(d *dossier.Dossier, _ int64) ([]any, error) { return decide(d) })
	return result.Position, err
}

// caughtUp lets the mark move only when lists show what the messages did, since a reader's Loa-At-Least waits for the mark. Lists that
// stopped are an alarm of their own and hold nothing up.
func (s *server) caughtUp(ctx context.Context, position int64) error {
	err := s.host.Log.WaitFor(ctx, readmodel.Name, position)
	if errs.ReasonOf(err) == errorsv1.Reason_READ_MODEL_BEHIND {
		return nil
	}
	return err
}

func names(messages ...proto.Message) []string {
	out := make([]string, 0, len(messages))
	for _, m := range messages {
		out = append(out, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return out
}
