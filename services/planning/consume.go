package planning

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// deliveries counts what distribution publishes towards the items of plans.
func deliveries(plans *es.Repo[plan.Plan, *plan.Plan]) bus.Consumer {
	const name = "planning.distribution"
	published := (&distributionv1.PublicationPublished{}).ProtoReflect().Descriptor().FullName()
	return bus.Consumer{
		Name: name, Sources: []string{"distribution"}, Types: []string{string(published)},
		Handle: func(ctx context.Context, _ pgx.Tx, messages []bus.Message) error {
			for _, m := range messages {
				p, ok := m.Payload.(*distributionv1.PublicationPublished)
				if !ok {
					continue
				}
				if err := recordDelivery(ctx, plans, m, p); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// recordDelivery runs the command under a key of the message, so that a message that comes again changes nothing.
func recordDelivery(ctx context.Context, plans *es.Repo[plan.Plan, *plan.Plan], m bus.Message, p *distributionv1.PublicationPublished) error {
	cmd := es.Command{
		Key:        id.Derive(time.Time{}, "planning.record_delivery", m.ID),
		HappenedAt: p.GetPublishedAt().AsTime(),
		Actor:      m.Actor, Agency: m.Agency, Correlation: m.Correlation, Causation: m.ID,
	}
	_, err := plans.Execute(ctx, p.GetContent().GetPlan(), cmd, func(state *plan.Plan, _ int64) ([]any, error) {
		return state.RecordDelivery(plan.ItemID(p.GetContent().GetPlanItem()), p.GetPublication()), nil
	})
	return err
}
