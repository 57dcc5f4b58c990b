package relay

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/sync/errgroup"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/bus/order"
	"github.com/loa-vn/loa/pkg/es"
)

// pass is one following of the log by a leader.
type pass struct {
	*relay
	// chains end, per partition, at the last published position: acknowledged, or on its way in this pass. It is the next one's
	// predecessor and follows from the log alone, so every relay says the same of an event.
	chains  [bus.Partitions]order.Chain
	scanned int64 // noted in relay.scan
}

// resume begins at the durable marks.
func (r *relay) resume(ctx context.Context) (*pass, int64, error) {
	p := &pass{relay: r}
	if err := r.deps.Pool.QueryRow(ctx, "SELECT position FROM relay.scan").Scan(&p.scanned); err != nil {
		return nil, 0, fmt.Errorf("relay: %w", err)
	}
	marks, err := readMarks(ctx, r.deps.Pool)
	if err != nil {
		return nil, 0, err
	}
	for _, m := range marks {
		if m.partition < 0 || m.partition >= bus.Partitions {
			return nil, 0, fmt.Errorf("relay: a mark of partition %d, and there are %d", m.partition, bus.Partitions)
		}
		p.chains[m.partition] = order.NewChain(m.position)
	}
	return p, p.scanned, nil
}

// mapError says that an event has no published form though it should.
type mapError struct {
	error
	position int64
	stored   string
}

func (m mapError) Unwrap() error { return m.error }

// published makes an event's message; nil for a private one. Its predecessor is the caller's to set.
func published(service string, e es.Event, mapper Mapper) (*bus.Message, error) {
	payload, err := mapper(e)
	if err != nil {
		return nil, mapError{fmt.Errorf("relay: mapping %s at %d: %w", e.Type, e.Position, err), e.Position, e.Type}
	}
	if payload == nil {
		return nil, nil
	}
	return &bus.Message{
		ID: e.ID.String(), Source: service, Type: string(payload.ProtoReflect().Descriptor().FullName()),
		RecordedAt: e.RecordedAt, HappenedAt: e.HappenedAt, Key: e.Aggregate, Epoch: e.Epoch, Position: e.Position,
		Partition: bus.Partition(e.Aggregate), Traceparent: e.Traceparent, Tracestate: e.Tracestate,
		Actor: e.Actor, Agency: e.Agency, Correlation: e.Correlation, Payload: payload,
	}, nil
}

// outgoing is a batch of the log's events in the form in which they go to the broker.
type outgoing struct {
	records [bus.Partitions][]kafka.Record
	moved   [bus.Partitions]int64 // the last published position of each partition; 0 for none
	count   int
	first   int64 // the first position looked at, and when it was recorded
	oldest  time.Time
	scanned int64 // the last position looked at
	fault   error // why the event after it cannot be published
}

// encode makes the log's next events ready. What stands before an event that cannot be published is published.
func (p *pass) encode(events []es.Event) *outgoing {
	o := &outgoing{first: events[0].Position, oldest: events[0].RecordedAt}
	for _, e := range events {
		m, err := published(p.service, e, p.mapper)
		if err != nil {
			o.fault = err
			return o
		}
		if m != nil {
			if previous, news := p.chains[m.Partition].Link(m.Position); news { // else it was acknowledged before this pass
				m.Previous = previous
				record, err := m.Record()
				if err != nil {
					o.fault = mapError{err, e.Position, e.Type}
					return o
				}
				o.records[m.Partition] = append(o.records[m.Partition], record)
				o.moved[m.Partition] = m.Position
				o.count++
			}
		}
		o.scanned = e.Position
	}
	return o
}

// publish returns when the broker has acknowledged the whole batch and the marks are noted.
func (p *pass) publish(ctx context.Context, o *outgoing) error {
	if o.scanned > 0 {
		p.standing.begin(o.first, o.oldest)
		var writes errgroup.Group
		for partition, records := range o.records {
			writes.Go(func() error { return p.produce(ctx, partition, records) })
		}
		if err := writes.Wait(); err != nil {
			return err
		}
		if err := p.note(ctx, o.count > 0, o.moved, o.scanned); err != nil {
			return err
		}
		p.standing.finish(o.scanned)
		if o.count > 0 {
			p.relay.published.Add(ctx, int64(o.count), metric.WithAttributes(attribute.String("service", p.service)))
		}
	}
	if o.fault != nil {
		p.standing.begin(max(o.first, o.scanned+1), o.oldest) // the lag goes on
	}
	return o.fault
}

// produce writes a partition's records in order, one request in flight, and tries the same request until it is acknowledged.
func (p *pass) produce(ctx context.Context, partition int, records []kafka.Record) error {
	topic := bus.Topic(p.service)
	for len(records) > 0 {
		n := order.Fit(records, batchBytes, func(r kafka.Record) int { return len(r.Value) })
		backoff := firstBackoff
		var complained time.Time
		for {
			err := p.client.TryProduce(ctx, topic, partition, records[:n])
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if time.Since(complained) > complainEvery {
				complained = time.Now()
				p.logger.WarnContext(ctx, "the relay waits for the broker", "topic", topic, "partition", partition, "error", err)
			}
			select {
			case <-ctx.Done():
				return context.Cause(ctx)
			case <-time.After(backoff):
			}
			backoff = min(2*backoff, lastBackoff)
			if err := p.ensureTopic(ctx); err != nil { // the broker may have come back without it
				return err
			}
		}
		records = records[n:]
	}
	return nil
}

// note moves the marks. A mark never moves back: another relay may be ahead. Nobody waits for the disk: a crash of the server may put
// the marks back by the last moment, and then a moment's events are published again, as after any crash between produce and mark.
func (p *pass) note(ctx context.Context, published bool, moved [bus.Partitions]int64, scanned int64) error {
	if !published && scanned < p.scanned+scanEvery {
		return nil
	}
	var b pgx.Batch
	b.Queue("SELECT set_config('synchronous_commit', 'off', true)")
	for partition, position := range moved { // in this order everywhere, so that two relays do not block each other
		if position == 0 {
			continue
		}
		b.Queue(`INSERT INTO relay.mark (partition, position, acknowledged_at) VALUES ($1, $2, now())
			ON CONFLICT (partition) DO UPDATE SET position = $2, acknowledged_at = now() WHERE mark.position < $2`, partition, position)
	}
	b.Queue("UPDATE relay.scan SET position = $1 WHERE position < $1", scanned)
	if err := p.deps.Pool.SendBatch(ctx, &b).Close(); err != nil { // one implicit transaction
		return fmt.Errorf("relay: noting the marks: %w", err)
	}
	p.scanned = scanned
	return nil
}
