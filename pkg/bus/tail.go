package bus

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/loa-vn/loa/pkg/bus/order"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

// tail is what a source said of its log's lineage and of its partitions: the last positions that the broker acknowledged.
type tail struct {
	lineage   order.Lineage
	closed    bool // restored and not adopted yet: the lineage does not tell what is lost
	positions map[int]int64
	asked     time.Time
}

// tails keeps answers for a moment, since all partitions of a source ask at once.
type tails struct {
	asking     sync.Mutex
	mu         sync.Mutex
	known      map[string]tail
	complained map[string]time.Time // that a source is waited for
}

// complain says whether it is time to say again that a source is waited for.
func (t *tails) complain(source string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Since(t.complained[source]) < complainEvery {
		return false
	}
	if t.complained == nil {
		t.complained = map[string]time.Time{}
	}
	t.complained[source] = time.Now()
	return true
}

func (t *tails) last(source string) (tail, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, ok := t.known[source]
	return last, ok
}

func (t *tails) note(source string, said tail) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[source] = said
}

const (
	tailFresh = time.Second
	tailLimit = 2 * time.Second
)

// heads asks a source, unless it has answered after a moment, or within the last second.
func (c *consumption) heads(ctx context.Context, source string, after time.Time) (tail, error) {
	c.tails.asking.Lock()
	defer c.tails.asking.Unlock()
	if after.IsZero() {
		after = time.Now().Add(-tailFresh)
	}
	if t, ok := c.tails.last(source); ok && t.asked.After(after) {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, tailLimit)
	defer cancel()
	asked := time.Now()
	r, err := c.deps.Source(source).GetHeads(ctx, &busv1.GetHeadsRequest{Source: source})
	if err != nil {
		return tail{}, err
	}
	t := tail{positions: map[int]int64{}, asked: asked, closed: r.GetClosed()}
	for _, e := range r.GetLineage() {
		t.lineage = append(t.lineage, order.Epoch{Epoch: int(e.GetEpoch()), After: e.GetAfter()})
	}
	for _, h := range r.GetHeads() {
		t.positions[int(h.GetPartition())] = h.GetPosition()
	}
	c.tails.note(source, t)
	return t, nil
}

// lineage is what the source said last; nothing when it has not yet.
func (c *consumption) lineage(source string) order.Lineage {
	t, _ := c.tails.last(source)
	return t.lineage
}

var errLogClosed = errors.New("its log was restored or promoted and is closed until it is adopted")

// learnLineage asks the source, as long as it is away or its log is closed.
func (c *consumption) learnLineage(ctx context.Context, p place) (order.Lineage, error) {
	var t tail
	err := c.asking(ctx, p, func(ctx context.Context) (err error) {
		if t, err = c.heads(ctx, p.source, time.Now()); err == nil && t.closed {
			err = errLogClosed
		}
		return err
	})
	return t.lineage, err
}

// knowSource waits until this process has heard from the source once, and its log is open. Kafka still holds what a log lost in a
// restore, and only the source tells it from what the log has.
func (c *consumption) knowSource(ctx context.Context, p place) error {
	for backoff := firstBackoff; ; backoff = min(2*backoff, tailRetry) {
		t, known := c.tails.last(p.source)
		if known && !t.closed {
			return nil
		}
		// One answer serves every partition that waits.
		t, err := c.heads(ctx, p.source, time.Now().Add(-backoff))
		if err == nil && t.closed {
			err = errLogClosed
		}
		if err == nil {
			return nil
		}
		if c.tails.complain(p.source) {
			c.logger.WarnContext(ctx, "a consumer waits until its source tells what its log holds", "source", p.source, "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backoff):
		}
	}
}

// checkTail heals what the broker acknowledged and no longer has. The caller has read to the partition's end after asking for the tail.
func (c *consumption) checkTail(ctx context.Context, p place, t tail) error {
	at, err := c.at(ctx, p)
	if err != nil {
		return err
	}
	head := t.positions[p.partition]
	c.noteLag(ctx, p, head-at.Position)
	past, missing := at.Tail(t.lineage, head)
	if past {
		return beyond(p, at, t.lineage)
	}
	if !missing {
		return nil
	}
	return c.heal(ctx, p, &hole{mark: at, span: order.Span{After: at.Position, Until: head}}, t.lineage, "kafka does not have what it acknowledged")
}

func (c *consumption) noteLag(ctx context.Context, p place, behind int64) {
	c.measure.lag.Record(ctx, max(0, behind), metric.WithAttributes(attribute.String("consumer", c.consumer.Name),
		attribute.String("source", p.source), attribute.Int("partition", p.partition)))
}
