// Package telemetry sets up OpenTelemetry for a process: traces, metrics and logs over whatever the standard OTEL_ settings name,
// and W3C trace context everywhere. Without settings nothing is exported and spans still carry their ids from hop to hop.
package telemetry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/propagation"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	semconv "go.opentelemetry.io/otel/semconv/v1.37.0"
	"go.opentelemetry.io/otel/trace"
)

// Start sets the global providers and returns the process's logger, which writes to out and to the log exporter, and a stop that
// flushes what is pending.
func Start(ctx context.Context, version string, out io.Writer, level slog.Level, exports Exports) (*slog.Logger, func(context.Context) error, error) {
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}))
	res, err := resource.New(ctx,
		resource.WithAttributes(semconv.ServiceName("loa"), semconv.ServiceVersion(version)),
		resource.WithFromEnv(), resource.WithTelemetrySDK())
	if err != nil && !errors.Is(err, resource.ErrPartialResource) {
		return nil, nil, fmt.Errorf("telemetry resource: %w", err)
	}
	var stops []func(context.Context) error

	// The sampler and the batch sizes come from the standard OTEL_ settings.
	traceOptions := []sdktrace.TracerProviderOption{sdktrace.WithResource(res)}
	if exports.Traces {
		exporter, err := autoexport.NewSpanExporter(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("OTEL_TRACES_EXPORTER: %w", err)
		}
		traceOptions = append(traceOptions, sdktrace.WithBatcher(exporter))
	}
	traces := sdktrace.NewTracerProvider(traceOptions...)
	otel.SetTracerProvider(traces)
	stops = append(stops, traces.Shutdown)

	if exports.Metrics {
		reader, err := autoexport.NewMetricReader(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("OTEL_METRICS_EXPORTER: %w", err)
		}
		metrics := metric.NewMeterProvider(metric.WithResource(res), metric.WithReader(reader))
		otel.SetMeterProvider(metrics)
		stops = append(stops, metrics.Shutdown)
	}

	handlers := []slog.Handler{slog.NewTextHandler(out, &slog.HandlerOptions{Level: level})}
	if exports.Logs {
		exporter, err := autoexport.NewLogExporter(ctx)
		if err != nil {
			return nil, nil, fmt.Errorf("OTEL_LOGS_EXPORTER: %w", err)
		}
		logs := sdklog.NewLoggerProvider(sdklog.WithResource(res), sdklog.WithProcessor(sdklog.NewBatchProcessor(exporter)))
		otel.SetLoggerProvider(logs)
		stops = append(stops, logs.Shutdown)
		handlers = append(handlers, otelslog.NewHandler("loa", otelslog.WithLoggerProvider(logs)))
	}
	logger := slog.New(traced{slog.NewMultiHandler(handlers...)})
	stop := func(ctx context.Context) error {
		var all error
		for _, stop := range slices.Backward(stops) {
			all = errors.Join(all, stop(ctx))
		}
		return all
	}
	return logger, stop, nil
}

// Exports says which signals an exporter was set for; without one a signal costs nothing.
type Exports struct{ Traces, Metrics, Logs bool }

// traced adds the trace and span id of the context to each record, so that a log line leads to its trace.
type traced struct{ slog.Handler }

func (h traced) Handle(ctx context.Context, r slog.Record) error {
	if s := trace.SpanContextFromContext(ctx); s.IsValid() {
		r.AddAttrs(slog.String("trace_id", s.TraceID().String()), slog.String("span_id", s.SpanID().String()))
	}
	return h.Handler.Handle(ctx, r)
}

func (h traced) WithAttrs(attrs []slog.Attr) slog.Handler { return traced{h.Handler.WithAttrs(attrs)} }

func (h traced) WithGroup(name string) slog.Handler { return traced{h.Handler.WithGroup(name)} }
