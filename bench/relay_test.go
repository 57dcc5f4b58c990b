package bench

import (
	"context"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/relay"
)

// BenchmarkRelay is how fast a relay catches up with a log after the broker was away: every event read, mapped, encoded, produced in
// order and acknowledged, and the marks noted.
func BenchmarkRelay(b *testing.B) {
	client := broker(b)
	pool := database(b, engines.Durable(b))
	fillRevised(b, pool, *backlog)
	log := open(b, pool, catalogue())
	run().Interleave(b, "events", 1,
		measure.Variant{Name: "raw SELECT", Measure: func(b *testing.B) measure.Figures { return scan(b, pool, *backlog) }},
		measure.Variant{Name: "relay", Measure: func(b *testing.B) measure.Figures {
			execute(b, pool, "DELETE FROM relay.mark")
			execute(b, pool, "UPDATE relay.scan SET position = 0")
			if _, err := client.EnsureTopics(b.Context(), []string{bus.Topic("content")}, bus.Partitions); err != nil {
				b.Fatal(err)
			}
			start := time.Now()
			stop := background(b, func(ctx context.Context) error {
				return relay.Run(ctx, relay.Deps{Log: log, Pool: pool, Client: client, Logger: quietLogger()}, published)
			})
			until(b, "the relay has caught up", func() bool { return number(b, pool, "SELECT position FROM relay.scan") == int64(*backlog) })
			took := time.Since(start)
			stop()
			return measure.Figures{Rate: float64(*backlog) / took.Seconds(), Count: *backlog}
		}},
	)
}
