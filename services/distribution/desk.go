package distribution

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/candidate"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// desk runs the commands on publications.
type desk struct {
	pool         *pgxpool.Pool
	log          *es.Log
	publications *es.Repo[publication.Publication, *publication.Publication]
	// scheduling admits one at a time: each holds a connection while the log needs another, and so they could take all of them.
	scheduling chan struct{}
}

func newDesk(pool *pgxpool.Pool, log *es.Log) *desk {
	return &desk{
		pool: pool, log: log, scheduling: make(chan struct{}, 1),
		publications: es.NewRepo[publication.Publication](log, publication.Prefix),
	}
}

type result = es.Result[publication.Publication]

// schedule sets the newest text of a content to be published at a moment, or now when it is zero, and gives the publication's id. An
// edit that arrives meanwhile waits until this is decided, and then cancels it.
func (d *desk) schedule(ctx context.Context, content string, publishAt time.Time, command es.Command) (id string, r result, err error) {
	select {
	case d.scheduling <- struct{}{}:
		defer func() { <-d.scheduling }()
	case <-ctx.Done():
		return "", r, ctx.Err()
	}
	now, err := d.log.Now(ctx)
	if err != nil {
		return "", r, err
	}
	hold, err := d.pool.Begin(ctx)
	if err != nil {
		return "", r, err
	}
	// It only reads: what is decided is in the log, whatever becomes of this connection.
	defer func() { _ = hold.Rollback(context.WithoutCancel(ctx)) }()
	known, err := candidate.Hold(ctx, hold, content)
	if err != nil {
		return "", r, err
	}
	if known == nil {
		return "", r, errs.New(errorsv1.Reason_NOT_FOUND, "what", content)
	}
	link(ctx, known.Traceparents)
	return d.scheduleKnown(ctx, content, known, publishAt, now, command)
}

func (d *desk) scheduleKnown(ctx context.Context, content string, known *candidate.Known, publishAt, now time.Time, command es.Command) (string, result, error) {
	newest := publication.ID(content, known.Newest.Hash, known.Newest.Revision)
	r, err := d.publications.Execute(ctx, newest, command, func(p *publication.Publication, _ int64) ([]any, error) {
		if err := d.unpublished(ctx, content, known); err != nil {
			return nil, err
		}
		approval := publication.Approval{State: known.State}
		if known.Approval != nil {
			approval.Approved, approval.Decisions = true, decisionsOf(known.Approval.GetDecisions())
		}
		return p.SchedulePublication(snapshotOf(known.Submission), approval, publishAt, now)
	})
	if errs.ReasonOf(err) != errorsv1.Reason_IDEMPOTENCY_KEY_REUSED {
		return newest, r, err
	}
	// A repeat after an edit: its first answer is that of an earlier text.
	for _, text := range known.Texts {
		earlier := publication.ID(content, text.Hash, text.Revision)
		r, again := d.publications.Execute(ctx, earlier, command, func(*publication.Publication, int64) ([]any, error) { return nil, err })
		if again == nil {
			return earlier, r, nil
		}
	}
	return newest, r, err
}

// unpublished refuses when an earlier text of the content is public: to change that takes a correction.
func (d *desk) unpublished(ctx context.Context, content string, known *candidate.Known) error {
	for _, text := range known.Texts {
		p, _, err := d.publications.Load(ctx, publication.ID(content, text.Hash, text.Revision))
		if err != nil {
			return err
		}
		if p.State == publication.Published {
			return errs.New(errorsv1.Reason_ALREADY_PUBLISHED)
		}
	}
	return nil
}

// release makes a publication public; refused before its time by the log's clock.
func (d *desk) release(ctx context.Context, id string, command es.Command) (result, error) {
	now, err := d.log.Now(ctx)
	if err != nil {
		return result{}, err
	}
	return d.publications.Execute(ctx, id, command, func(p *publication.Publication, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
		}
		return p.ReleasePublication(now)
	})
}

// receive keeps a channel's receipt.
func (d *desk) receive(ctx context.Context, id, channel, place string, command es.Command) (result, error) {
	return d.publications.Execute(ctx, id, command, func(p *publication.Publication, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
		}
		return p.RecordReceipt(channel, place, command.HappenedAt)
	})
}

// cancel stops what is scheduled of a content's other texts, and gives the log's position after that.
func (d *desk) cancel(ctx context.Context, tx pgx.Tx, content, editedTo string, command func(publication string) es.Command) (position int64, err error) {
	texts, err := candidate.Texts(ctx, tx, content)
	if err != nil {
		return 0, err
	}
	for _, text := range texts {
		id := publication.ID(content, text.Hash, text.Revision)
		r, err := d.publications.Execute(ctx, id, command(id), func(p *publication.Publication, _ int64) ([]any, error) {
			return p.CancelPublication(editedTo), nil
		})
		if err != nil {
			return 0, fmt.Errorf("cancelling %s: %w", id, err)
		}
		position = max(position, r.Position)
	}
	return position, nil
}

// link ties the current span to the traces that made it possible.
func link(ctx context.Context, traceparents []string) {
	span := trace.SpanFromContext(ctx)
	for _, t := range traceparents {
		before := propagation.TraceContext{}.Extract(trace.ContextWithSpanContext(ctx, trace.SpanContext{}), propagation.MapCarrier{"traceparent": t})
		if c := trace.SpanContextFromContext(before); c.IsValid() {
			span.AddLink(trace.Link{SpanContext: c})
		}
	}
}
