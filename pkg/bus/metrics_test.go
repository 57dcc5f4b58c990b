package bus_test

import (
	"sync"
	"testing"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/loa-vn/loa/pkg/engines"
)

// metrics reads every metric of this test binary.
var metrics = sync.OnceValue(func() *sdkmetric.ManualReader {
	reader := sdkmetric.NewManualReader()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	return reader
})

// counted gives a consumer's counters and the number of its handler calls.
func counted(t *testing.T, consumer string) map[string]int64 {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := metrics().Collect(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	of := func(set attribute.Set) bool { v, _ := set.Value("consumer"); return v.AsString() == consumer }
	values := map[string]int64{}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				for _, p := range data.DataPoints {
					if of(p.Attributes) {
						values[m.Name] += p.Value
					}
				}
			case metricdata.Gauge[int64]:
				for _, p := range data.DataPoints {
					if of(p.Attributes) {
						values[m.Name] += p.Value
					}
				}
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					if of(p.Attributes) {
						values[m.Name] += int64(p.Count)
					}
				}
			}
		}
	}
	return values
}

func TestMetricsTellWhatWasHealed(t *testing.T) {
	t.Parallel()
	metrics()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	key := keyIn(3)
	s.revise(key, key, key, key)
	all := published(t, s, 3)
	produce(t, k, all[0], all[3])
	k.run()
	k.exact()
	got := counted(t, k.consumer.Name)
	if got["loa.bus.healed"] != 2 || got["loa.bus.handled"] != 4 || got["loa.bus.handler"] == 0 || got["loa.bus.parked"] != 0 {
		t.Errorf("counted %v", got)
	}
}
