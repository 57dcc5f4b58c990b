package bus_test

import (
	"context"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"go.opentelemetry.io/otel/trace"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
)

// spans records every span of this test binary.
var spans = sync.OnceValue(func() *tracetest.InMemoryExporter {
	exporter := tracetest.NewInMemoryExporter()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSyncer(exporter)))
	return exporter
})

func TestTraceLeadsFromCommandToEffect(t *testing.T) {
	t.Parallel()
	exporter := spans()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	var mu sync.Mutex
	var inside []trace.SpanContext
	k.consumer.Handle = func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		mu.Lock()
		inside = append(inside, trace.SpanContextFromContext(ctx))
		mu.Unlock()
		return record(ctx, tx, messages)
	}
	command := func(key string) trace.TraceID {
		ctx, span := otel.Tracer("test").Start(t.Context(), "command")
		defer span.End()
		s.append(ctx, key, func(version int64) []any { return []any{revised{int32(version + 1)}} })
		return span.SpanContext().TraceID()
	}
	key := newKey()

	alone := command(key)
	s.relay()
	stop := k.run()
	k.caughtUp()
	stop()
	mu.Lock()
	if len(inside) != 1 || inside[0].TraceID() != alone {
		t.Errorf("one message is handled in its own trace: %v, want %s", inside, alone)
	}
	inside = nil
	mu.Unlock()

	caused := map[trace.TraceID]bool{command(key): true, command(key): true, command(key): true}
	s.acknowledged()
	k.run()
	k.caughtUp()
	mu.Lock()
	defer mu.Unlock()
	linked := map[trace.TraceID]bool{}
	for _, span := range exporter.GetSpans() {
		for _, in := range inside {
			if span.SpanContext.SpanID() == in.SpanID() {
				linked[in.TraceID()] = true
				for _, l := range span.Links {
					linked[l.SpanContext.TraceID()] = true
				}
			}
		}
	}
	for id := range caused {
		if !linked[id] {
			t.Errorf("no handling is linked to the trace %s", id)
		}
	}
}
