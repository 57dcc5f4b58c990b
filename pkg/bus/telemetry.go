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
	return i, err
}

// traceStep gives a single message's handling the message's span as parent, and a batch a span that is linked to every message's.
func (c *consumption) traceStep(next step) step {
	tracer := otel.Tracer(scope)
	return func(ctx context.Context, b *batch) error {
		var causes []trace.SpanContext
		wanted := 0
		for _, m := range b.messages {
			if !c.wants(m) {
				continue
			}
			wanted++
			if cause := spanOf(ctx, m); cause.IsValid() {
				causes = append(causes, cause)
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
			ctx = trace.ContextWithRemoteSpanContext(ctx, causes[0])
		} else {
			options = append(options, trace.WithNewRoot())
			for _, cause := range causes {
				options = append(options, trace.WithLinks(trace.Link{SpanContext: cause}))
			}
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

func spanOf(ctx context.Context, m Message) trace.SpanContext {
	carrier := propagation.MapCarrier{"traceparent": m.Traceparent, "tracestate": m.Tracestate}
	return trace.SpanContextFromContext(propagation.TraceContext{}.Extract(ctx, carrier))
}

func (c *consumption) sourceAttributes(source string) metric.MeasurementOption {
	return metric.WithAttributes(attribute.String("consumer", c.consumer.Name), attribute.String("source", source))
}

func (c *consumption) handlerTook(ctx context.Context, since time.Time) {
	c.measure.handler.Record(ctx, time.Since(since).Seconds(), metric.WithAttributes(attribute.String("consumer", c.consumer.Name)))
}
