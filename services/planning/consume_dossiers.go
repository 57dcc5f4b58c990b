package planning

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// dossierDesk follows what becomes of the dossiers of plans and amendments.
type dossierDesk struct {
	log   *es.Log
	plans *es.Repo[plan.Plan, *plan.Plan]
	model readmodel.Model
}

func dossiers(h *app.Host) bus.Consumer {
	d := &dossierDesk{log: h.Log, plans: es.NewRepo[plan.Plan](h.Log, plan.Prefix), model: readmodel.New(h.Pool)}
	var types []string
	for _, m := range []proto.Message{
		&approvalsv1.DossierOpened{}, &approvalsv1.DossierReturned{}, &approvalsv1.DossierApproved{}, &approvalsv1.DossierIssued{},
	} {
		types = append(types, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return bus.Consumer{Name: "planning.approvals", Sources: []string{"approvals"}, Types: types, Handle: d.handle}
}

func (d *dossierDesk) handle(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	var last int64
	for _, m := range messages {
		position, err := d.handleOne(ctx, m)
		if err != nil {
			return fmt.Errorf("following %s of %s: %w", m.Type, m.Key, err)
		}
		last = max(last, position)
	}
	if last == 0 {
		return nil
	}
	// The mark moves only when lists show what the messages did, since a reader's Loa-At-Least waits for the mark. Lists that stopped are
	// an alarm of their own and hold nothing up.
	err := d.log.WaitFor(ctx, readmodel.PlansName, last)
	if errs.ReasonOf(err) == errorsv1.Reason_READ_MODEL_BEHIND {
		return nil
	}
	return err
}

// document is what every event of a dossier says it is of.
type document interface {
	GetDocumentType() string
	GetDocument() string
}

func (d *dossierDesk) handleOne(ctx context.Context, m bus.Message) (int64, error) {
	of, ok := m.Payload.(document)
	if !ok {
		return 0, nil
	}
	planID, amendment, err := d.named(ctx, of)
	if err != nil || planID == "" {
		return 0, err
	}
	decide := func(*plan.Plan) []any { return nil }
	switch e := m.Payload.(type) {
	case *approvalsv1.DossierOpened:
		decide = func(p *plan.Plan) []any { return p.OpenDossier(amendment, e.GetDossier()) }
	case *approvalsv1.DossierReturned:
		if e.GetToLevel() != 0 {
			return 0, nil
		}
		decide = func(p *plan.Plan) []any {
			return p.RecordReturn(amendment, e.GetHash(), e.GetRevision(), e.GetComment())
		}
	case *approvalsv1.DossierApproved:
		decide = func(p *plan.Plan) []any { return p.RecordApproval(amendment, e.GetHash(), e.GetRevision()) }
	case *approvalsv1.DossierIssued:
		decide = func(p *plan.Plan) []any {
			return p.Issue(amendment, e.GetHash(), e.GetNumber(), plan.Day(e.GetDate()), each(e.GetDecisions(), decisionOf))
		}
	}
	command := es.Command{
		Key: id.Derive(time.Time{}, "planning", "follow", m.Source, m.ID), HappenedAt: m.HappenedAt,
		Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
	result, err := d.plans.Execute(ctx, planID, command, func(p *plan.Plan, _ int64) ([]any, error) { return decide(p), nil })
	return result.Position, err
}

// named says which plan, or which amendment of one, a dossier is of; no plan when it is of another document.
func (d *dossierDesk) named(ctx context.Context, of document) (planID string, amendment plan.AmendmentID, err error) {
	switch of.GetDocumentType() {
	case "plan":
		return of.GetDocument(), "", nil
	case "amendment":
		amendment = plan.AmendmentID(of.GetDocument())
		planID, err = d.model.PlanOf(ctx, amendment)
		if err != nil || planID != "" {
			return planID, amendment, err
		}
		// It is in the log and not in the lists yet; or the log lost it, and then it stays unknown.
		head, err := d.log.Head(ctx)
		if err != nil {
			return "", "", err
		}
		if err := d.log.WaitFor(ctx, readmodel.PlansName, head); err != nil {
			return "", "", err
		}
		planID, err = d.model.PlanOf(ctx, amendment)
		return planID, amendment, err
	default:
		return "", "", nil
	}
}
