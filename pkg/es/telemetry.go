package es

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

const scope = "github.com/loa-vn/loa/pkg/es"

// instruments of one log. They go to the global providers, whenever those are set.
type instruments struct {
	service attribute.KeyValue
	tracer  trace.Tracer
	seconds metric.Float64Histogram
	batch   metric.Int64Histogram
	lag     metric.Int64Gauge
	stopped metric.Int64Gauge
	alarms  metric.Int64Counter
}

func newInstruments(service string) (*instruments, error) {
	m := otel.Meter(scope)
	i := &instruments{service: attribute.String("loa.service", service), tracer: otel.Tracer(scope)}
	var faults [5]error
	i.seconds, faults[0] = m.Float64Histogram("loa.es.append", metric.WithUnit("s"),
		metric.WithDescription("From handing a command to the committer to its answer."),
		metric.WithExplicitBucketBoundaries(.0002, .0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10))
	i.batch, faults[1] = m.Int64Histogram("loa.es.batch", metric.WithUnit("{command}"),
		metric.WithDescription("Commands in one call of es.append."),
		metric.WithExplicitBucketBoundaries(1, 2, 4, 8, 16, 32, 64, 128, 256, 512))
	i.lag, faults[2] = m.Int64Gauge("loa.es.projection.lag", metric.WithUnit("{event}"),
		metric.WithDescription("Events of the log that a projection has not applied yet."))
	i.stopped, faults[3] = m.Int64Gauge("loa.es.projection.stopped",
		metric.WithDescription("1 when a projection stopped because an event could not be applied."))
	i.alarms, faults[4] = m.Int64Counter("loa.es.alarms",
		metric.WithDescription("Calls of es.append that failed in a way that must not happen."))
	return i, errors.Join(faults[:]...)
}

// appended records one command's way through the committer.
func (i *instruments) appended(ctx context.Context, since time.Time, outcome string) {
	i.seconds.Record(ctx, time.Since(since).Seconds(), metric.WithAttributes(i.service, attribute.String("loa.outcome", outcome)))
}

func (i *instruments) projected(ctx context.Context, projection string, lag int64, stopped bool) {
	with := metric.WithAttributes(i.service, attribute.String("loa.projection", projection))
	i.lag.Record(ctx, lag, with)
	var flag int64
	if stopped {
		flag = 1
	}
	i.stopped.Record(ctx, flag, with)
}

// traceContext is the W3C trace context of the current span.
func traceContext(ctx context.Context) (parent, state string) {
	c := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, c)
	return c["traceparent"], c["tracestate"]
}

// The attributes a span of this package may carry: references and counts, nothing of a person or a text.
func attributes(r refs) []attribute.KeyValue {
	return []attribute.KeyValue{
		attribute.String("loa.aggregate", r.aggregate),
		attribute.String("loa.outcome", r.outcome),
		attribute.Int64("loa.version", r.version),
		attribute.Int64("loa.position", r.position),
		attribute.Int("loa.events", r.events),
		attribute.Int("loa.conflicts", r.conflicts),
	}
}

type refs struct {
	aggregate, outcome string
	version, position  int64
	events, conflicts  int
}

// describe says on a span what came of a command. It never records an error's text: it may quote what someone wrote.
func describe(span trace.Span, r refs, err error) {
	if err != nil {
		reason := errs.ReasonOf(err)
		r.outcome = reason.String()
		if errs.Status(reason) >= 500 {
			span.SetStatus(codes.Error, fmt.Sprintf("%s (%T)", reason, err))
		}
	}
	span.SetAttributes(attributes(r)...)
}
