package proof

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// instruments are what a sealer tells of itself.
type instruments struct {
	service attribute.KeyValue
	alarms  metric.Int64Counter
	watch   metric.Registration

	size atomic.Int64 // of the last checkpoint
	// waiting is when the first event after the last checkpoint was recorded, in microseconds; 0 when there is none.
	waiting atomic.Int64
}

func newInstruments(service string) (*instruments, error) {
	i := &instruments{service: attribute.String("service", service)}
	meter := otel.Meter("github.com/loa-vn/loa/pkg/proof")
	var err1, err2, err3, err4 error
	i.alarms, err1 = meter.Int64Counter("loa.proof.alarms", metric.WithUnit("{alarm}"),
		metric.WithDescription("Logs, or their checkpoints, that are not what was signed"))
	size, err2 := meter.Int64ObservableGauge("loa.proof.size", metric.WithUnit("{event}"), metric.WithDescription("Events that the last checkpoint covers"))
	age, err3 := meter.Float64ObservableGauge("loa.proof.age", metric.WithUnit("s"),
		metric.WithDescription("Age of the oldest event that no checkpoint covers; 0 when there is none"))
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	with := metric.WithAttributes(i.service)
	i.watch, err4 = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		o.ObserveInt64(size, i.size.Load(), with)
		old := 0.0
		if at := i.waiting.Load(); at != 0 {
			old = max(0, time.Since(time.UnixMicro(at)).Seconds())
		}
		o.ObserveFloat64(age, old, with)
		return nil
	}, size, age)
	return i, err4
}

func (i *instruments) alarm(ctx context.Context) {
	i.alarms.Add(ctx, 1, metric.WithAttributes(i.service))
}
