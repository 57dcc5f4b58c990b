package distribution

import (
	"context"
	"fmt"
	"strconv"
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
	pool *pgxpool.Pool
	log  *es.Log
	// now is the clock that decides: the log's.
	now          func(ctx context.Context) (time.Time, error)
	publications *es.Repo[publication.Publication, *publication.Publication]
	// scheduling admits one at a time: each holds a connection while the log needs another, and so they could take all of them.
	scheduling chan struct{}
}

func newDesk(pool *pgxpool.Pool, log *es.Log) *desk {
	return &desk{
		pool: pool, log: log, now: log.Now, scheduling: make(chan struct{}, 1),
		publications: es.NewRepo[publication.Publication](log, publication.Prefix),
	}
}

type result = es.Result[publication.Publication]

// schedule sets the newest text of a content to be published at a moment, or publishes it at once when it is zero, and gives the
// publication's id. An edit that arrives meanwhile waits until this is decided, and then cancels what waits.
func (d *desk) schedule(ctx context.Context, content string, publishAt, expiresAt time.Time, command es.Command) (id string, r result, err error) {
	err = d.holding(ctx, content, func(known *candidate.Known, now time.Time) error {
		id, r, err = d.scheduleKnown(ctx, content, known, publishAt, expiresAt, now, command)
		return err
	})
	return id, r, err
}

// holding decides something about a content by what is known of it and by the log's clock, while it cannot be edited here.
func (d *desk) holding(ctx context.Context, content string, decide func(known *candidate.Known, now time.Time) error) error {
	select {
	case d.scheduling <- struct{}{}:
		defer func() { <-d.scheduling }()
	case <-ctx.Done():
		return ctx.Err()
	}
	now, err := d.now(ctx)
	if err != nil {
		return err
	}
	hold, err := d.pool.Begin(ctx)
	if err != nil {
		return err
	}
	// It only reads: what is decided is in the log, whatever becomes of this connection.
	defer func() { _ = hold.Rollback(context.WithoutCancel(ctx)) }()
	known, err := candidate.Hold(ctx, hold, content)
	if err != nil {
		return err
	}
	if known == nil {
		return errs.New(errorsv1.Reason_NOT_FOUND, "what", content)
	}
	link(ctx, known.Traceparents)
	return decide(known, now)
}

func (d *desk) scheduleKnown(ctx context.Context, content string, known *candidate.Known, publishAt, expiresAt, now time.Time, command es.Command) (string, result, error) {
	newest := publication.ID(content, known.Newest.Hash, known.Newest.Revision)
	r, err := d.publications.Execute(ctx, newest, command, func(p *publication.Publication, _ int64) ([]any, error) {
		taken, err := d.unpublished(ctx, content, newest, known)
		if err != nil {
			return nil, err
		}
		plan := planOf(known, publishAt)
		plan.Taken, plan.ExpiresAt = taken, expiresAt
		return p.SchedulePublication(plan, now)
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

// planOf is what may be published of a content, by what is known of it.
func planOf(known *candidate.Known, publishAt time.Time) publication.Plan {
	content := known.Submission.GetContent()
	plan := publication.Plan{
		Snapshot: snapshotOf(known.Submission), PublishAt: publishAt, Tail: publication.Tail(known.Content, known.SharedTail),
		Approval: publication.Approval{State: known.State, Blockers: len(known.Submission.GetBlockers())},
	}
	// A text for the first time is approved as content, and one after it as correction, by other people perhaps.
	if known.Approval != nil && known.Approval.GetDocumentType() == typeOf(content.GetEdition()) {
		plan.Approval.Approved, plan.Approval.Decisions = true, decisionsOf(known.Approval.GetDecisions())
		plan.Approval.Review = reviewOf(known.Review)
	} else if known.Approval != nil {
		plan.Approval.State = inApproval
	}
	return plan
}

// unpublished refuses when a text of the content is public, for to change that takes a correction, and when the newest one was public and
// is no more. It gives the slugs of the content's other publications.
func (d *desk) unpublished(ctx context.Context, content, newest string, known *candidate.Known) (taken []string, err error) {
	for _, text := range known.Texts {
		id := publication.ID(content, text.Hash, text.Revision)
		p, _, err := d.publications.Load(ctx, id)
		switch {
		case err != nil:
			return nil, err
		case p.State == publication.Published:
			return nil, errs.New(errorsv1.Reason_ALREADY_PUBLISHED)
		case p.Showed(known.Newest.Hash, known.Newest.Revision):
			return nil, errs.New(errorsv1.Reason_WITHDRAWN_TEXT)
		case id != newest && p.State.WasPublic():
			taken = append(taken, p.Slugs()...)
		}
	}
	return taken, nil
}

// correct sets the newest text of a publication's content to take the place of the public one at a moment, or at once when it is zero.
func (d *desk) correct(ctx context.Context, id string, publishAt time.Time, may may, command es.Command) (r result, err error) {
	p, version, err := d.publications.Load(ctx, id)
	if err != nil {
		return r, err
	}
	if version == 0 {
		return r, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	}
	content := p.Snapshot.Content
	err = d.holding(ctx, content, func(known *candidate.Known, now time.Time) error {
		r, err = d.publications.Execute(ctx, id, command, func(p *publication.Publication, version int64) ([]any, error) {
			if err := may(version); err != nil {
				return nil, err
			}
			plan := planOf(known, publishAt)
			if p.State == publication.Published && plan.Approval.Approved && known.Submission.GetContent().GetEdition() == 0 {
				return nil, errs.New(errorsv1.Reason_NOTHING_TO_CORRECT) // approved before it was public
			}
			if plan.Taken, err = d.others(ctx, content, id, known); err != nil {
				return nil, err
			}
			notice := known.Submission.GetContent().GetCorrection()
			return p.CorrectPublication(plan, publication.Notice{Kind: notice.GetKind(), Reason: notice.GetReason()}, now)
		})
		return err
	})
	return r, err
}

// others are the slugs of a content's other publications.
func (d *desk) others(ctx context.Context, content, id string, known *candidate.Known) (taken []string, err error) {
	for _, text := range known.Texts {
		other := publication.ID(content, text.Hash, text.Revision)
		if other == id {
			continue
		}
		p, _, err := d.publications.Load(ctx, other)
		if err != nil {
			return nil, err
		}
		if p.State.WasPublic() {
			taken = append(taken, p.Slugs()...)
		}
	}
	return taken, nil
}

// may refuses a command on a version that is not the one its caller saw.
type may func(version int64) error

// decide runs a command on a publication that is there, by the log's clock.
func (d *desk) decide(ctx context.Context, id string, command es.Command, decide func(p *publication.Publication, version int64, now time.Time) ([]any, error)) (result, error) {
	now, err := d.now(ctx)
	if err != nil {
		return result{}, err
	}
	return d.publications.Execute(ctx, id, command, func(p *publication.Publication, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
		}
		return decide(p, version, now)
	})
}

// release makes public what waits; refused before its time by the log's clock.
func (d *desk) release(ctx context.Context, id string, command es.Command) (result, error) {
	return d.decide(ctx, id, command, func(p *publication.Publication, _ int64, now time.Time) ([]any, error) {
		return p.ReleasePublication(now)
	})
}

// expire ends what was to be shown until now; refused before its time by the log's clock.
func (d *desk) expire(ctx context.Context, id string, command es.Command) (result, error) {
	return d.decide(ctx, id, command, func(p *publication.Publication, _ int64, now time.Time) ([]any, error) {
		return p.ExpirePublication(now)
	})
}

// reschedule changes a publication's times.
func (d *desk) reschedule(ctx context.Context, id string, times publication.Times, may may, command es.Command) (result, error) {
	return d.decide(ctx, id, command, func(p *publication.Publication, version int64, now time.Time) ([]any, error) {
		if err := may(version); err != nil {
			return nil, err
		}
		return p.ReschedulePublication(times, now)
	})
}

// callOff cancels what waits, because an editor says so.
func (d *desk) callOff(ctx context.Context, id string, may may, command es.Command) (result, error) {
	return d.decide(ctx, id, command, func(p *publication.Publication, version int64, _ time.Time) ([]any, error) {
		if err := may(version); err != nil {
			return nil, err
		}
		return p.CancelPublication()
	})
}

// receive keeps a channel's receipt.
func (d *desk) receive(ctx context.Context, id string, receipt publication.Receipt, command es.Command) (result, error) {
	receipt.At = command.HappenedAt
	return d.publications.Execute(ctx, id, command, func(p *publication.Publication, version int64) ([]any, error) {
		if version == 0 {
			return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
		}
		return p.RecordReceipt(receipt)
	})
}

// cancel stops what waits of a content's other texts, and gives the log's position after that.
func (d *desk) cancel(ctx context.Context, tx pgx.Tx, content string, editedTo candidate.Text, command func(of ...string) es.Command) (position int64, err error) {
	texts, err := candidate.Texts(ctx, tx, content)
	if err != nil {
		return 0, err
	}
	for _, text := range texts {
		id := publication.ID(content, text.Hash, text.Revision)
		r, err := d.cancelText(ctx, id, editedTo, command)
		if err != nil {
			return 0, fmt.Errorf("cancelling %s: %w", id, err)
		}
		position = max(position, r.Position)
	}
	return position, nil
}

// cancelText stops what waits of one text. A message that comes again, since the transaction that was to keep it was lost, may find that an
// editor set the text anew in between: then that is stopped too, by a command of the version that is there.
func (d *desk) cancelText(ctx context.Context, id string, editedTo candidate.Text, command func(of ...string) es.Command) (result, error) {
	stop := func(p *publication.Publication, _ int64) ([]any, error) {
		return p.CancelEdited(editedTo.Hash, editedTo.Revision), nil
	}
	r, err := d.publications.Execute(ctx, id, command(id), stop)
	for err == nil && r.Repeated {
		p, version, loading := d.publications.Load(ctx, id)
		if loading != nil {
			return r, loading
		}
		if len(p.CancelEdited(editedTo.Hash, editedTo.Revision)) == 0 {
			break
		}
		r, err = d.publications.Execute(ctx, id, command(id, strconv.FormatInt(version, 10)), stop)
	}
	return r, err
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
