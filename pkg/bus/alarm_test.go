package bus_test

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
)

// alarms keeps what is logged as an error, with its attributes.
type alarms struct {
	slog.Handler
	with []slog.Attr
	mu   *sync.Mutex
	all  *[]map[string]string
}

func newAlarms(t *testing.T) *alarms {
	return &alarms{Handler: logger(t).Handler(), mu: &sync.Mutex{}, all: &[]map[string]string{}}
}

func (a *alarms) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &alarms{a.Handler.WithAttrs(attrs), append(slices.Clone(a.with), attrs...), a.mu, a.all}
}

func (a *alarms) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelError {
		alarm := map[string]string{"msg": r.Message}
		note := func(at slog.Attr) bool {
			alarm[at.Key] = at.Value.String()
			return true
		}
		for _, at := range a.with {
			note(at)
		}
		r.Attrs(note)
		a.mu.Lock()
		*a.all = append(*a.all, alarm)
		a.mu.Unlock()
	}
	return a.Handler.Handle(ctx, r)
}

// TestPoisonRaisesAnAlarmOfAStableName: an operator's alert names the message of the log, its attributes and the metrics.
func TestPoisonRaisesAnAlarmOfAStableName(t *testing.T) {
	t.Parallel()
	metrics()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	raised := newAlarms(t)
	k.deps.Logger = slog.New(raised)
	var mended atomic.Bool
	key := keyIn(2)
	k.consumer.Handle = func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		if !mended.Load() {
			return errPoison
		}
		return record(ctx, tx, messages)
	}
	s.relay()
	k.run()
	s.revise(key, key)
	k.caughtUp()
	parked, err := bus.ListParked(t.Context(), k.pool, "")
	if err != nil || len(parked) != 2 {
		t.Fatalf("parked: %s, %v", asJSON(parked), err)
	}
	raised.mu.Lock()
	all := slices.Clone(*raised.all)
	raised.mu.Unlock()
	if len(all) != 1 {
		t.Fatalf("alarms: %s", asJSON(all))
	}
	for name, want := range map[string]string{
		"msg": "message parked", "consumer": k.consumer.Name, "source": service, "event": parked[0].ID, "type": revisedV1, "key": key, "attempts": "5",
		"error": errPoison.Error(), "position": "2",
	} {
		if all[0][name] != want {
			t.Errorf("the alarm's %s is %q and not %q", name, all[0][name], want)
		}
	}
	if n := typed(t, k.consumer.Name, revisedV1); n != 2 {
		t.Errorf("loa.bus.parked counts %d of the type", n)
	}
	eventually(t, "the gauge tells what is parked", func() bool { return counted(t, k.consumer.Name)["loa.bus.parked.now"] == 2 })
	mended.Store(true)
	tried, err := bus.ReplayAndWait(t.Context(), k.pool, k.consumer.Name, "")
	if err != nil || len(tried) != 2 || tried[0].Outcome != bus.Replayed || tried[1].Outcome != bus.Replayed {
		t.Errorf("replayed: %s, %v", asJSON(tried), err)
	}
	eventually(t, "the gauge tells that nothing is parked", func() bool { return counted(t, k.consumer.Name)["loa.bus.parked.now"] == 0 })
	got := counted(t, k.consumer.Name)
	if got["loa.bus.replays"] != 2 || got["loa.bus.rebalances"] < 1 || got["loa.bus.lag"] != 0 {
		t.Errorf("counted %v", got)
	}
	k.exact()
}

// typed is what loa.bus.parked counts of a consumer and a type.
func typed(t *testing.T, consumer, of string) (n int64) {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := metrics().Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			sum, ok := m.Data.(metricdata.Sum[int64])
			if !ok || m.Name != "loa.bus.parked" {
				continue
			}
			for _, p := range sum.DataPoints {
				who, _ := p.Attributes.Value("consumer")
				what, _ := p.Attributes.Value("type")
				if who.AsString() == consumer && what.AsString() == of {
					n += p.Value
				}
			}
		}
	}
	return n
}

// TestLagIsToldWhileTheSourceIsAhead: a partition that lags does not come to its end, where the tail is compared.
func TestLagIsToldWhileTheSourceIsAhead(t *testing.T) {
	t.Parallel()
	metrics()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	k.deps.OrphanAfter = time.Second // the lag is looked at five times in it
	gate := make(chan struct{})
	k.consumer.Handle = func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		select {
		case <-gate:
		case <-ctx.Done():
			return ctx.Err()
		}
		return record(ctx, tx, messages)
	}
	s.relay()
	k.run()
	key := keyIn(1)
	s.revise(key, key, key)
	s.acknowledged()
	eventually(t, "the lag is told while a handler takes its time", func() bool { return counted(t, k.consumer.Name)["loa.bus.lag"] == 6 })
	close(gate)
	k.exact()
	eventually(t, "there is no lag", func() bool { return counted(t, k.consumer.Name)["loa.bus.lag"] == 0 })
}
