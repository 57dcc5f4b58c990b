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
	"github.com/loa-vn/loa/pkg/es"
)

// pass is one following of the log by a leader.
type pass struct {
	*relay
	// last is, per partition, the last published position: acknowledged, or on its way in this pass. It is the next one's predecessor
	// and follows from the log alone, so every relay says the same of an event.
	last    [bus.Partitions]int64
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
		p.last[m.partition] = m.position
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

// publish takes the log's next events. It returns when the broker has acknowledged them all and the marks are durable.
func (p *pass) publish(ctx context.Context, events []es.Event) error {
	p.oldest.Store(events[0].RecordedAt.UnixMicro())
	var outgoing [bus.Partitions][]kafka.Record
	var moved [bus.Partitions]int64
	count := 0
	for _, e := range events {
		m, err := published(p.service, e, p.mapper)
		if err != nil {
			return err
		}
		if m == nil || m.Position <= p.last[m.Partition] {
			continue // private, or acknowledged before this pass
		}
		m.Previous, p.last[m.Partition] = p.last[m.Partition], m.Position
		record, err := m.Record()
		if err != nil {
			return mapError{err, e.Position, e.Type}
		}
		outgoing[m.Partition] = append(outgoing[m.Partition], record)
		moved[m.Partition] = m.Position
		count++
	}
	var writes errgroup.Group
	for partition, records := range outgoing {
		writes.Go(func() error { return p.produce(ctx, partition, records) })
	}
	if err := writes.Wait(); err != nil {
		return err
	}
	if err := p.note(ctx, count > 0, moved, events[len(events)-1].Position); err != nil {
		return err
	}
	p.oldest.Store(0)
	if count > 0 {
		p.relay.published.Add(ctx, int64(count), metric.WithAttributes(attribute.String("service", p.service)))
	}
	return nil
}

// produce writes a partition's records in order, one request in flight, and tries the same request until it is acknowledged.
func (p *pass) produce(ctx context.Context, partition int, records []kafka.Record) error {
	topic := bus.Topic(p.service)
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) && (n == 0 || size+len(records[n].Value) <= batchBytes) {
			size += len(records[n].Value)
			n++
		}
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

// note makes the marks durable. A mark never moves back: another relay may be ahead.
func (p *pass) note(ctx context.Context, published bool, moved [bus.Partitions]int64, scanned int64) error {
	if !published && scanned < p.scanned+scanEvery {
		return nil
	}
	var b pgx.Batch
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
