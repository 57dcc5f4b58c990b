package portal

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/services/portal/internal/site"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// consume keeps what the site shows, and wakes every process of the portal when the transaction commits.
func consume(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	// Partitions are handled side by side; the lock makes the order of `seq` the order of commit, so that no reader misses a row.
	if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock(hashtext('portal.seen'))"); err != nil {
		return err
	}
	for _, m := range messages {
		if err := keep(ctx, tx, m); err != nil {
			return fmt.Errorf("%s at %d: %w", m.Type, m.Position, err)
		}
	}
	_, err := tx.Exec(ctx, "SELECT pg_notify($1, '')", site.Channel)
	return err
}

func keep(ctx context.Context, tx pgx.Tx, m bus.Message) error {
	payload, err := proto.Marshal(m.Payload)
	if err != nil {
		return err
	}
	switch e := m.Payload.(type) {
	case *distributionv1.PublicationPublished:
		_, err = tx.Exec(ctx, `
			INSERT INTO portal.publication (id, slug, published_at, recorded_at, payload, traceparent, seq)
			VALUES ($1, $2, $3, $4, $5, $6, nextval('portal.seen'))
			ON CONFLICT (id) DO NOTHING`,
			e.GetPublication(), e.GetSlug(), e.GetPublishedAt().AsTime(), m.RecordedAt, payload, traceparent(ctx))
	case *reportingv1.ReportApproved:
		_, err = tx.Exec(ctx, `
			INSERT INTO portal.report (id, path, payload, traceparent, seq) VALUES ($1, $2, $3, $4, nextval('portal.seen'))
			ON CONFLICT (id) DO NOTHING`,
			e.GetReport().GetId(), e.GetReport().GetPath(), payload, traceparent(ctx))
	case *planningv1.PlanIssued:
		_, err = tx.Exec(ctx, `INSERT INTO portal.plan (id, payload) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET payload = excluded.payload`,
			e.GetPlan().GetId(), payload)
		if err == nil {
			err = renderAgain(ctx, tx)
		}
	case *planningv1.AgenciesImported:
		err = renderAgain(ctx, tx)
	}
	return err
}

// renderAgain makes every page be rendered anew, since names on it may have changed.
func renderAgain(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `
		WITH p AS (UPDATE portal.publication SET seq = nextval('portal.seen'))
		UPDATE portal.report SET seq = nextval('portal.seen')`)
	return err
}

func traceparent(ctx context.Context) string {
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier.Get("traceparent")
}
