package reporting

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// documentType is how approvals names the dossiers of reports.
const documentType = "report"

// facts follows what figures count.
func (d *desk) facts() bus.Consumer {
	return bus.Consumer{
		Name: "reporting.facts", Sources: []string{"planning", "distribution"}, Handle: handleFacts,
		Types: names(
			&planningv1.PlanIssued{}, &planningv1.PlanAmended{}, &planningv1.PlanClosed{}, &planningv1.AgenciesImported{},
			&planningv1.ResultRecorded{}, &planningv1.ResultConfirmed{}, &planningv1.ResultQuestioned{}, &planningv1.ResultRetracted{},
			&distributionv1.PublicationPublished{}, &distributionv1.PublicationCorrected{}, &distributionv1.PublicationWithdrawn{},
		),
	}
}

// dossiers follows what becomes of submitted reports.
func (d *desk) dossiers() bus.Consumer {
	return bus.Consumer{
		Name: "reporting.approvals", Sources: []string{"approvals"}, Handle: d.handleDossiers,
		Types: names(&approvalsv1.DossierOpened{}, &approvalsv1.DossierReturned{}, &approvalsv1.DossierApproved{}, &approvalsv1.DossierIssued{}),
	}
}

func handleFacts(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	first, err := facts.Arrive(ctx, tx, len(messages))
	if err != nil {
		return err
	}
	for i, m := range messages {
		origin := facts.Origin{
			Epoch: m.Epoch, Position: m.Position, RecordedAt: m.RecordedAt, Traceparent: m.Traceparent, Arrived: first + int64(i),
		}
		if err := handleFact(ctx, tx, m.Payload, origin); err != nil {
			return fmt.Errorf("%s at %d: %w", m.Type, m.Position, err)
		}
	}
	return nil
}

func handleFact(ctx context.Context, tx pgx.Tx, payload proto.Message, origin facts.Origin) error {
	switch e := payload.(type) {
	case *planningv1.PlanIssued:
		return facts.PlanIssued(ctx, tx, e, origin)
	case *planningv1.PlanAmended:
		return facts.PlanAmended(ctx, tx, e, origin)
	case *planningv1.PlanClosed:
		return facts.PlanClosed(ctx, tx, e, origin)
	case *planningv1.AgenciesImported:
		return facts.AgenciesImported(ctx, tx, e, origin)
	case *planningv1.ResultRecorded:
		return facts.Result(ctx, tx, e.GetResult(), origin)
	case *planningv1.ResultConfirmed:
		return facts.Result(ctx, tx, e.GetResult(), origin)
	case *planningv1.ResultQuestioned:
		return facts.Result(ctx, tx, e.GetResult(), origin)
	case *planningv1.ResultRetracted:
		return facts.Result(ctx, tx, e.GetResult(), origin)
	case *distributionv1.PublicationPublished:
		return facts.PublicationPublished(ctx, tx, e, origin)
	case *distributionv1.PublicationCorrected:
		return facts.PublicationCorrected(ctx, tx, e, origin)
	case *distributionv1.PublicationWithdrawn:
		return facts.PublicationWithdrawn(ctx, tx, e, origin)
	default:
		return nil
	}
}

func (d *desk) handleDossiers(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		position, err := d.handleDossier(ctx, m)
		if err != nil {
			return fmt.Errorf("%s at %d: %w", m.Type, m.Position, err)
		}
		last = max(last, position)
	}
	return d.caughtUp(ctx, last)
}

// handleDossier gives the log's position after what it did.
func (d *desk) handleDossier(ctx context.Context, m bus.Message) (int64, error) {
	switch e := m.Payload.(type) {
	case *approvalsv1.DossierOpened:
		if e.GetDocumentType() == documentType {
			return d.follow(ctx, e.GetDocument(), commandOf(m), func(r *report.Report) []any { return r.OpenDossier(e.GetDossier()) })
		}
	case *approvalsv1.DossierReturned:
		if e.GetDocumentType() == documentType && e.GetToLevel() == 0 {
			return d.follow(ctx, e.GetDocument(), commandOf(m), func(r *report.Report) []any {
				return r.ReturnReport(e.GetDossier(), e.GetHash(), e.GetComment())
			})
		}
	case *approvalsv1.DossierApproved:
		if e.GetDocumentType() == documentType {
			return d.follow(ctx, e.GetDocument(), commandOf(m), func(r *report.Report) []any {
				return r.ApproveReport(e.GetDocument(), e.GetDossier(), e.GetHash(), decisionsOf(e.GetDecisions()), m.HappenedAt)
			})
		}
	case *approvalsv1.DossierIssued:
		if e.GetDocumentType() == documentType {
			return d.follow(ctx, e.GetDocument(), commandOf(m), func(r *report.Report) []any { return r.NumberReport(e.GetHash(), numberedOf(e)) })
		}
	}
	return 0, nil
}

// caughtUp lets the mark move when lists show what the messages did, since a reader's Loa-At-Least waits for the mark. Lists that
// stopped are an alarm of their own and hold nothing up.
func (d *desk) caughtUp(ctx context.Context, position int64) error {
	if position == 0 {
		return nil
	}
	err := d.log.WaitFor(ctx, readmodel.Name, position)
	if errs.ReasonOf(err) == errorsv1.Reason_READ_MODEL_BEHIND && ctx.Err() == nil {
		return nil
	}
	return err
}

// commandOf is the command that follows from a message: on behalf of whoever caused it, and the same on every delivery.
func commandOf(m bus.Message) es.Command {
	return es.Command{
		Key:        id.Derive(time.Time{}, "reporting", m.ID),
		HappenedAt: m.HappenedAt, Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
}

func names(messages ...proto.Message) []string {
	out := make([]string, 0, len(messages))
	for _, m := range messages {
		out = append(out, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return out
}
