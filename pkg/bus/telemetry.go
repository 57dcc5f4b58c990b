package bus

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/loa-vn/loa/pkg/bus"

// instruments are what a consumer measures; all carry the attribute consumer.
type instruments struct {
	lag     metric.Int64Gauge
	handled metric.Int64Counter
	healed  metric.Int64Counter
	parked  metric.Int64Counter
	handler metric.Float64Histogram
	// rebalances, replays and waiting have no source.
	rebalances metric.Int64Counter
	replays    metric.Int64Counter
	waiting    metric.Int64Gauge
}

func newInstruments() (instruments, error) {
	meter := otel.Meter(scope)
	var i instruments
	var err error
	note := func(e error) {
		if err == nil {
			err = e
		}
	}
	var e error
	i.lag, e = meter.Int64Gauge("loa.bus.lag", metric.WithUnit("{position}"),
		metric.WithDescription("How far a consumer's mark is behind what its source has published, by source and partition"))
	note(e)
	i.handled, e = meter.Int64Counter("loa.bus.handled", metric.WithUnit("{event}"), metric.WithDescription("Published events that had their effect, by source"))
	note(e)
	i.healed, e = meter.Int64Counter("loa.bus.healed", metric.WithUnit("{event}"),
		metric.WithDescription("Published events read from their source because Kafka did not bring them, by source"))
	note(e)
	i.parked, e = meter.Int64Counter("loa.bus.parked", metric.WithUnit("{event}"), metric.WithDescription("Published events set aside for an operator, by source"))
	note(e)
	i.handler, e = meter.Float64Histogram("loa.bus.handler", metric.WithUnit("s"), metric.WithDescription("Time of one call of a handler"))
	note(e)
	i.rebalances, e = meter.Int64Counter("loa.bus.rebalances", metric.WithUnit("{generation}"),
		metric.WithDescription("Generations of its group that a consumer was in: every one after the first is a member that came, went or was lost"))
	note(e)
	i.replays, e = meter.Int64Counter("loa.bus.replays", metric.WithUnit("{event}"),
		metric.WithDescription("Parked events handled again because an operator asked; outcome is done, failed, or waits for what is away"))
	note(e)
	i.waiting, e = meter.Int64Gauge("loa.bus.parked.now", metric.WithUnit("{event}"),
		metric.WithDescription("Events that are parked and wait for an operator"))
	note(e)
	return i, err
}

// maxLinks is how many links a span keeps (OpenTelemetry's default); more would be made and thrown away.
const maxLinks = 128

// traceStep gives a single message's handling the message's span as parent, and a batch a span that is linked to every message's.
func (c *consumption) traceStep(next step) step {
	tracer := otel.Tracer(scope)
	return func(ctx context.Context, b *batch) error {
		var causes []trace.Link
		wanted := 0
		for i := range b.messages {
			if !c.wants(&b.messages[i]) {
				continue
			}
			wanted++
			if len(causes) == maxLinks {
				continue
			}
			if cause := spanOf(ctx, &b.messages[i]); cause.IsValid() {
				causes = append(causes, trace.Link{SpanContext: cause})
			}
		}
		if wanted == 0 {
			return next(ctx, b)
		}
		first := b.messages[0]
		options := []trace.SpanStartOption{
			trace.WithSpanKind(trace.SpanKindConsumer),
			trace.WithAttributes(
				attribute.String("messaging.system", "kafka"),
				attribute.String("messaging.operation.type", "process"),
				attribute.String("messaging.destination.name", Topic(first.Source)),
				attribute.String("messaging.destination.partition.id", partitionText(first.Partition)),
				attribute.String("messaging.consumer.group.name", c.consumer.Name),
				attribute.Int("messaging.batch.message_count", wanted),
				attribute.Int64("loa.position", first.Position),
				attribute.Bool("loa.healed", first.Healed),
			),
		}
		if wanted == 1 && len(causes) == 1 {
			ctx = trace.ContextWithRemoteSpanContext(ctx, causes[0].SpanContext)
		} else {
			options = append(options, trace.WithNewRoot(), trace.WithLinks(causes...))
		}
		ctx, span := tracer.Start(ctx, "process "+c.consumer.Name, options...)
		defer span.End()
		err := next(ctx, b)
		if err != nil && !isControl(err) {
			span.RecordError(err)
		}
		return err
	}
}

func spanOf(ctx context.Context, m *Message) trace.SpanContext {
	carrier := propagation.MapCarrier{"traceparent": m.Traceparent, "tracestate": m.Tracestate}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier))
}

// joined is told of each generation of the group.
func (c *consumption) joined(ctx context.Context, partitions int) {
	c.logger.DebugContext(ctx, "a generation of the group", "partitions", partitions)
	c.measure.rebalances.Add(ctx, 1, c.ownAttributes())
}

func (c *consumption) ownAttributes() metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("consumer", c.consumer.Name))
}

func (c *consumption) replayedAs(ctx context.Context, outcome string) {
	c.measure.replays.Add(ctx, 1, metric.WithAttributes(attribute.String("consumer", c.consumer.Name), attribute.String("outcome", outcome)))
}

func (c *consumption) sourceAttributes(source string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("consumer", c.consumer.Name), attribute.String("source", source))
}

func (c *consumption) handlerTook(ctx context.Context, since time.Time) {
	c.measure.handler.Record(ctx, time.Since(since).Seconds(), metric.WithAttributes(attribute.String("consumer", c.consumer.Name)))
}
