package relay

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// standingLook is how often the leader looks at what it has still to do: it may be waiting for the broker, and the log grows meanwhile.
const standingLook = 2 * time.Second

// standing is what a relay tells of itself. Only the leader has something to tell.
type standing struct {
	leads atomic.Bool
	done  atomic.Int64 // everything up to here is acknowledged, or private
	head  atomic.Int64 // the log's last position, when it was last looked at
	next  atomic.Pointer[undone]
}

// undone is an event that was not done when it was looked at.
type undone struct {
	position int64
	recorded time.Time
}

// begin and finish bracket a batch.
func (s *standing) begin(position int64, recorded time.Time) {
	s.next.Store(&undone{position, recorded})
}

func (s *standing) finish(position int64) {
	s.done.Store(position)
	s.head.Store(max(s.head.Load(), position))
}

// lag is the age of the oldest event that is not done.
func (s *standing) lag() time.Duration {
	next := s.next.Load()
	if !s.leads.Load() || next == nil || next.position <= s.done.Load() {
		return 0
	}
	return max(0, time.Since(next.recorded))
}

func (s *standing) backlog() int64 {
	if !s.leads.Load() {
		return 0
	}
	return max(0, s.head.Load()-s.done.Load())
}

func (r *relay) instruments() error {
	meter := otel.Meter("github.com/loa-vn/loa/pkg/relay")
	service := metric.WithAttributes(attribute.String("service", r.service))
	var err1, err2, err3, err4 error
	r.published, err1 = meter.Int64Counter("loa.relay.published", metric.WithUnit("{event}"), metric.WithDescription("Events the broker acknowledged"))
	lag, err2 := meter.Float64ObservableGauge("loa.relay.lag", metric.WithUnit("s"),
		metric.WithDescription("Age of the oldest event that the broker has not acknowledged; 0 when there is none, and where another relay leads"))
	backlog, err3 := meter.Int64ObservableGauge("loa.relay.backlog", metric.WithUnit("{position}"),
		metric.WithDescription("Positions of the log above what the broker has acknowledged; 0 where another relay leads"))
	r.observed, err4 = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveFloat64(lag, r.standing.lag().Seconds(), service)
		o.ObserveInt64(backlog, r.standing.backlog(), service)
		return nil
	}, lag, backlog)
	return errors.Join(err1, err2, err3, err4)
}

// watch looks at what is to do, until ctx ends.
func (r *relay) watch(ctx context.Context) {
	ticker := time.NewTicker(standingLook)
	defer ticker.Stop()
	for {
		if err := r.look(ctx); err != nil && ctx.Err() == nil {
			r.logger.DebugContext(ctx, "the relay does not know its backlog", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func (r *relay) look(ctx context.Context) error {
	done, known := r.standing.done.Load(), r.standing.next.Load()
	var next undone
	err := r.deps.Pool.QueryRow(ctx, `SELECT position, recorded_at FROM es.event
		WHERE position > greatest($1, (SELECT position FROM relay.scan)) ORDER BY position LIMIT 1`, done).Scan(&next.position, &next.recorded)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	var head int64
	if err := r.deps.Pool.QueryRow(ctx, `SELECT coalesce(max(position), 0) FROM es.event`).Scan(&head); err != nil {
		return err
	}
	r.standing.done.CompareAndSwap(0, next.position-1) // a new leader has done what is noted
	r.standing.head.Store(head)
	if known == nil || known.position <= r.standing.done.Load() { // not when a batch has begun meanwhile
		r.standing.next.CompareAndSwap(known, &next)
	}
	return nil
}
