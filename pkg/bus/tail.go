package bus

import (
	"context"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

// tail is what a source said of its partitions: the last positions that the broker acknowledged.
type tail struct {
	epoch     int
	positions map[int]int64
	asked     time.Time
}

// tails keeps answers for a moment, since all partitions of a source ask at once.
type tails struct {
	mu    sync.Mutex
	known map[string]tail
}

const (
	tailFresh = time.Second
	tailLimit = 2 * time.Second
)

func (c *consumption) heads(ctx context.Context, source string) (tail, error) {
	c.tails.mu.Lock()
	defer c.tails.mu.Unlock()
	if t, ok := c.tails.known[source]; ok && time.Since(t.asked) < tailFresh {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tailLimit)
	defer cancel()
	asked := time.Now()
	r, err := c.deps.Source(source).GetHeads(ctx, &busv1.GetHeadsRequest{Source: source})
	if err != nil {
		return tail{}, err
	}
	t := tail{epoch: int(r.GetEpoch()), positions: map[int]int64{}, asked: asked}
	for _, h := range r.GetHeads() {
		t.positions[int(h.GetPartition())] = h.GetPosition()
	}
	c.tails.known[source] = t
	return t, nil
}

// checkTail heals what the broker acknowledged and no longer has. The caller has read to the partition's end after asking for the tail.
func (c *consumption) checkTail(ctx context.Context, p place, t tail) error {
	var at mark
	err := c.retrying(ctx, p, func(ctx context.Context) (err error) {
		at.epoch, at.position, err = Mark(ctx, c.deps.Pool, c.consumer.Name, p.source, p.partition)
		return err
	})
	if err != nil {
		return err
	}
	behind := max(0, t.positions[p.partition]-at.position)
	c.measure.lag.Record(ctx, behind, metric.WithAttributes(attribute.String("consumer", c.consumer.Name),
		attribute.String("source", p.source), attribute.Int("partition", p.partition)))
	if behind == 0 {
		return nil
	}
	return c.heal(ctx, p, &hole{epoch: t.epoch, after: at.position, until: t.positions[p.partition]}, "kafka does not have what it acknowledged")
}
