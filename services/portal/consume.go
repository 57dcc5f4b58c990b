package portal

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/services/portal/internal/facts"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// followed are the events that the portal makes pages from.
func followed() []string {
	var names []string
	for _, m := range []proto.Message{
		&planningv1.AgenciesImported{}, &planningv1.PlanIssued{}, &planningv1.PlanAmended{}, &planningv1.PlanClosed{},
		&planningv1.PlanItemDelivered{}, &planningv1.PlanItemOverdue{},
		&planningv1.ResultRecorded{}, &planningv1.ResultConfirmed{}, &planningv1.ResultQuestioned{}, &planningv1.ResultRetracted{},
		&distributionv1.PublicationPublished{}, &distributionv1.PublicationCorrected{}, &distributionv1.PublicationWithdrawn{},
		&distributionv1.PublicationExpired{}, &distributionv1.PublicationReviewed{}, &distributionv1.ReceiptRecorded{}, &reportingv1.ReportApproved{}, &reportingv1.ReportIssued{},
	} {
		names = append(names, string(m.ProtoReflect().Descriptor().FullName()))
	}
	return names
}

// consume keeps what the site shows, and wakes every process of the portal when the transaction commits.
func consume(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	// Partitions are handled side by side.
	if err := facts.Lock(ctx, tx); err != nil {
		return err
	}
	for _, m := range messages {
		if err := keep(ctx, tx, m); err != nil {
			return fmt.Errorf("%s at %d: %w", m.Type, m.Position, err)
		}
	}
	return facts.Tell(ctx, tx)
}

func keep(ctx context.Context, tx pgx.Tx, m bus.Message) error {
	switch e := m.Payload.(type) {
	case *distributionv1.PublicationPublished:
		return facts.Publish(ctx, tx, e, m.RecordedAt, traceparent(ctx))
	case *distributionv1.PublicationCorrected:
		return facts.Correct(ctx, tx, e, traceparent(ctx))
	case *distributionv1.PublicationWithdrawn:
		return facts.Withdraw(ctx, tx, e, traceparent(ctx))
	case *distributionv1.PublicationExpired:
		return facts.Expire(ctx, tx, e, traceparent(ctx))
	case *distributionv1.PublicationReviewed:
		return facts.Review(ctx, tx, e)
	case *distributionv1.ReceiptRecorded:
		return facts.KeepReached(ctx, tx, e, m.RecordedAt)
	case *reportingv1.ReportApproved:
		return facts.KeepReport(ctx, tx, e.GetReport(), traceparent(ctx))
	case *reportingv1.ReportIssued:
		return facts.KeepReport(ctx, tx, e.GetReport(), traceparent(ctx))
	case *planningv1.PlanIssued:
		return facts.KeepPlan(ctx, tx, e)
	case *planningv1.PlanAmended:
		return facts.Amend(ctx, tx, e)
	case *planningv1.PlanClosed:
		return facts.ClosePlan(ctx, tx, e)
	case *planningv1.PlanItemDelivered:
		return facts.Deliver(ctx, tx, e)
	case *planningv1.PlanItemOverdue:
		return facts.Overdue(ctx, tx, e)
	case *planningv1.ResultRecorded:
		return facts.KeepResult(ctx, tx, e.GetResult())
	case *planningv1.ResultConfirmed:
		return facts.KeepResult(ctx, tx, e.GetResult())
	case *planningv1.ResultQuestioned:
		return facts.KeepResult(ctx, tx, e.GetResult())
	case *planningv1.ResultRetracted:
		return facts.KeepResult(ctx, tx, e.GetResult())
	case *planningv1.AgenciesImported:
		// Its rows are the directory's; the processes are woken to read them.
	}
	return nil
}

func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}
