package es

import (
	"slices"
	"strings"
	"testing"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
)

func TestAppendsAreTracedAndMeasured(t *testing.T) {
	spans, reader := tracetest.NewSpanRecorder(), metric.NewManualReader()
	tracers, meters := otel.GetTracerProvider(), otel.GetMeterProvider()
	otel.SetTracerProvider(trace.NewTracerProvider(trace.WithSpanProcessor(spans)))
	otel.SetMeterProvider(metric.NewMeterProvider(metric.WithReader(reader)))
	t.Cleanup(func() { otel.SetTracerProvider(tracers); otel.SetMeterProvider(meters) })
	w := database(t)
	l, repo := w.repo(t)
	running(t, l, lines())
	ctx, outer := otel.Tracer("test").Start(t.Context(), "request")
	n := newNote()
	r := must[Result[note]](t)(repo.Execute(ctx, n, command(), write("lời riêng")))
	_, err := repo.Execute(ctx, n, Command{Key: r.Recorded[0].Command, Digest: []byte("x")}, write("lời riêng"))
	refused(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	outer.End()
	if err := l.WaitFor(t.Context(), "lines", r.Position); err != nil {
		t.Fatal(err)
	}

	ended := spans.Ended()
	if len(ended) != 3 || ended[0].Name() != "es.append" {
		t.Fatalf("%d spans", len(ended))
	}
	span := ended[0]
	if span.Parent().SpanID() != outer.SpanContext().SpanID() {
		t.Error("the span is not below the caller's")
	}
	if want := "00-" + span.SpanContext().TraceID().String() + "-" + span.SpanContext().SpanID().String() + "-01"; r.Recorded[0].Traceparent != want {
		t.Errorf("stored %q, the span is %q", r.Recorded[0].Traceparent, want)
	}
	allowed := []string{"loa.service", "loa.aggregate", "loa.outcome", "loa.version", "loa.position", "loa.events", "loa.conflicts"}
	for _, s := range ended[:2] {
		for _, a := range s.Attributes() {
			if !slices.Contains(allowed, string(a.Key)) || strings.Contains(a.Value.String(), "riêng") {
				t.Errorf("%s = %s", a.Key, a.Value.String())
			}
		}
		if s.Status().Code == codes.Error {
			t.Error("a refusal is not the system's error")
		}
	}

	eventually(t, "every instrument has a value", func() bool {
		var all metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &all); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, s := range all.ScopeMetrics {
			for _, m := range s.Metrics {
				found[m.Name] = true
			}
		}
		return found["loa.es.append"] && found["loa.es.batch"] && found["loa.es.projection.lag"] &&
			found["loa.es.projection.stopped"]
	})
}
