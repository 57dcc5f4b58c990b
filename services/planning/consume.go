package planning

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

// counter counts towards the items of plans what is done under them. Each message is a command under a key of its own, so that one that
// comes again changes nothing.
type counter struct {
	log   *es.Log
	plans *es.Repo[plan.Plan, *plan.Plan]
	model readmodel.Model
}

func newCounter(h *app.Host) *counter {
	return &counter{log: h.Log, plans: es.NewRepo[plan.Plan](h.Log, plan.Prefix), model: readmodel.New(h.Pool)}
}

// deliveries counts what distribution publishes, and what it withdraws no more.
func deliveries(h *app.Host) bus.Consumer {
	return bus.Consumer{
		Name: "planning.distribution", Sources: []string{"distribution"}, Handle: newCounter(h).handle,
		Types: typesOf(&distributionv1.PublicationPublished{}, &distributionv1.PublicationCorrected{}, &distributionv1.PublicationWithdrawn{}),
	}
}

// outcomes counts results made outside Loa while they are confirmed. They are streams of this service's own log, and reach the plan as
// whatever comes from others does: in order, with a mark, again after a kill.
func outcomes(h *app.Host) bus.Consumer {
	return bus.Consumer{
		Name: "planning.results", Sources: []string{"planning"}, Handle: newCounter(h).handle,
		Types: typesOf(&planningv1.ResultConfirmed{}, &planningv1.ResultQuestioned{}, &planningv1.ResultRetracted{}),
	}
}

func (c *counter) handle(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		if err := c.handleOne(ctx, m); err != nil {
			return fmt.Errorf("counting %s of %s: %w", m.Type, m.Key, err)
		}
	}
	return nil
}

func (c *counter) handleOne(ctx context.Context, m bus.Message) error {
	switch e := m.Payload.(type) {
	case *distributionv1.PublicationPublished:
		return c.deliver(ctx, m, e.GetPublication(), e.GetContent(), e.GetPublishedAt().AsTime())
	case *distributionv1.PublicationCorrected:
		// A correction may put it under another plan.
		was, err := c.planOf(ctx, e.GetPublication())
		if err != nil {
			return err
		}
		if was != "" && was != e.GetContent().GetPlan() {
			if err := c.withdraw(ctx, m, was, e.GetPublication()); err != nil {
				return err
			}
		}
		return c.deliver(ctx, m, e.GetPublication(), e.GetContent(), e.GetPublishedAt().AsTime())
	case *distributionv1.PublicationWithdrawn:
		was, err := c.planOf(ctx, e.GetPublication())
		if err != nil || was == "" {
			return err
		}
		return c.withdraw(ctx, m, was, e.GetPublication())
	case *planningv1.ResultConfirmed:
		return c.result(ctx, m, e.GetResult(), e.GetResult().GetQuantity())
	case *planningv1.ResultQuestioned:
		return c.result(ctx, m, e.GetResult(), 0)
	case *planningv1.ResultRetracted:
		return c.result(ctx, m, e.GetResult(), 0)
	default:
		return nil
	}
}

func (c *counter) deliver(ctx context.Context, m bus.Message, publication string, of *contentv1.Content, at time.Time) error {
	return c.execute(ctx, m, "planning.record_delivery", of.GetPlan(), at, func(p *plan.Plan, day plan.Day) []any {
		return p.RecordDelivery(plan.ItemID(of.GetPlanItem()), publication, at, day)
	})
}

func (c *counter) withdraw(ctx context.Context, m bus.Message, planID, publication string) error {
	return c.execute(ctx, m, "planning.record_withdrawal", planID, m.HappenedAt, func(p *plan.Plan, day plan.Day) []any {
		return p.RecordWithdrawal(publication, day)
	})
}

func (c *counter) result(ctx context.Context, m bus.Message, r *planningv1.Result, quantity int64) error {
	revision, err := revisionOf(r)
	if err != nil {
		return err
	}
	outcome := plan.Outcome{ID: r.GetId(), Revision: revision, Quantity: quantity, Unit: r.GetUnit(), At: r.GetHappenedAt().AsTime()}
	return c.execute(ctx, m, "planning.record_result", r.GetPlan(), m.HappenedAt, func(p *plan.Plan, day plan.Day) []any {
		return p.RecordResult(plan.ItemID(r.GetPlanItem()), outcome, day)
	})
}

// execute runs the command that follows from a message. The day is that on which the message's event was recorded.
func (c *counter) execute(
	ctx context.Context, m bus.Message, name, planID string, at time.Time, decide func(*plan.Plan, plan.Day) []any,
) error {
	if planID == "" {
		return nil
	}
	cmd := es.Command{
		Key: id.Derive(time.Time{}, name, m.ID), HappenedAt: at,
		Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
	_, err := c.plans.Execute(ctx, planID, cmd, func(p *plan.Plan, _ int64) ([]any, error) { return decide(p, plan.DayOf(m.RecordedAt)), nil })
	return err
}

// planOf finds the plan that a publication was counted under; empty when it was under none. One that was counted a moment ago may not be
// in the lists yet, so they are brought up to the log first.
func (c *counter) planOf(ctx context.Context, publication string) (string, error) {
	head, err := c.log.Head(ctx)
	if err != nil {
		return "", err
	}
	if err := c.log.WaitFor(ctx, readmodel.PlansName, head); err != nil {
		return "", err
	}
	return c.model.PlanOfPublication(ctx, publication)
}

func typesOf(messages ...proto.Message) []string {
	var out []string
	for _, m := range messages {
		out = append(out, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return out
}
