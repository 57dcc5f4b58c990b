package bus

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

const (
	// quickLook is how long a fetch waits when the partition's tail is to be checked after it.
	quickLook = 100 * time.Millisecond
	// tailRetry is how soon a source that did not tell its heads is asked again.
	tailRetry = 2 * time.Second
)

// follow handles one partition under one generation of the group.
//
// Beside reading it checks the tail: when its source has seen the broker acknowledge a position, and a fetch that began later reaches
// the end of the partition, and the mark is still below, then the broker has lost it.
func (c *consumption) follow(ctx context.Context, claim *kafka.Claim) {
	p := place{source: c.sources[claim.Topic], partition: claim.Partition}
	defer c.reading(p)()
	c.noteBroker(ctx)
	var (
		head    *tail // what the source said, not yet compared
		ask     time.Time
		reached bool // the end of the partition, by the last fetch
	)
	for {
		due := !time.Now().Before(ask)
		if due && reached && head == nil {
			if known, err := c.heads(ctx, p.source); err == nil {
				head = &known
			} else {
				c.logger.DebugContext(ctx, "the source does not tell its heads", "source", p.source, "error", err)
				ask, due = time.Now().Add(tailRetry), false
			}
		}
		var wait time.Duration
		if due {
			wait = quickLook
		}
		fetched, err := claim.Next(ctx, wait)
		if err != nil {
			return
		}
		if err := c.records(ctx, p, claim, fetched.Records); err != nil {
			c.end(ctx, p, err)
			return
		}
		reached = fetched.AtEnd
		if head != nil && reached {
			if err := c.checkTail(ctx, p, *head); err != nil {
				c.end(ctx, p, err)
				return
			}
			head, ask = nil, time.Now().Add(c.deps.TailCheck)
		}
	}
}

// end says why a partition is given up. Only what waiting does not mend ends the consumer.
func (c *consumption) end(ctx context.Context, p place, err error) {
	if ctx.Err() != nil {
		return
	}
	c.logger.ErrorContext(ctx, "bus consumer stopped", "partition", p.String(), "error", err)
	c.stop(err)
}

func (c *consumption) records(ctx context.Context, p place, claim *kafka.Claim, records []kafka.Record) error {
	if len(records) == 0 {
		return nil
	}
	messages := make([]Message, 0, len(records))
	for _, r := range records {
		m, err := fromRecord(r)
		if err == nil && m.Source != p.source {
			err = fmt.Errorf("it is of %s", m.Source)
		}
		if err != nil {
			// Nobody but the relay writes here. If this hides an event, the next one shows the hole.
			c.logger.ErrorContext(ctx, "a record in kafka is not an event and is passed over", "topic", r.Topic, "partition", r.Partition,
				"offset", r.Offset, "error", err)
			continue
		}
		messages = append(messages, m)
	}
	if err := c.process(ctx, p, messages); err != nil {
		return err
	}
	if err := claim.Commit(records[len(records)-1].Offset + 1); err != nil {
		c.logger.DebugContext(ctx, "the offset is not committed; the mark is what counts", "partition", p.String(), "error", err)
	}
	return nil
}

// process takes messages through the chain, and heals what they show to be missing.
func (c *consumption) process(ctx context.Context, p place, messages []Message) error {
	for len(messages) > 0 {
		n := contiguous(messages, c.consumer.BatchSize)
		err := c.chain(ctx, &batch{place: p, messages: messages[:n]})
		var h *hole
		var t *turn
		switch {
		case err == nil:
			messages = messages[n:]
		case errors.As(err, &h):
			err = c.heal(ctx, p, h, "kafka brought a later one first")
		case errors.As(err, &t):
			err = c.enterEpoch(ctx, p, t)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// contiguous is how many of the messages follow one another without a gap or a new epoch between them, at most limit.
func contiguous(messages []Message, limit int) int {
	last := messages[0]
	for i, m := range messages {
		if i == limit || m.Epoch != last.Epoch || m.Previous > last.Position {
			return i
		}
		if m.Position > last.Position {
			last = m
		}
	}
	return len(messages)
}

// heal reads the span of a hole from its source, as often as it takes.
func (c *consumption) heal(ctx context.Context, p place, h *hole, why string) error {
	c.logger.WarnContext(ctx, "events are read from their source", "partition", p.String(), "after", h.after, "until", h.until, "why", why)
	backoff := firstBackoff
	var complained time.Time
	for after := h.after; after < h.until; {
		page, err := c.page(ctx, p, after, h.until)
		if err != nil {
			if time.Since(complained) > complainEvery {
				complained = time.Now()
				c.logger.WarnContext(ctx, "the source of missing events is away", "partition", p.String(), "error", err)
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(backoff):
			}
			backoff = min(2*backoff, lastBackoff)
			continue
		}
		backoff = firstBackoff
		messages := make([]Message, 0, len(page.GetEvents()))
		for _, e := range page.GetEvents() {
			messages = append(messages, fromPublished(e))
		}
		if err := c.process(ctx, p, messages); err != nil {
			return err
		}
		if page.GetReadUntil() <= after {
			return fmt.Errorf("%w: %s ends at %d and %s was seen at %d", ErrBeyondLog, p.source, after, p, h.until)
		}
		after = page.GetReadUntil()
	}
	return c.retrying(ctx, p, func(ctx context.Context) error { return c.skipTo(ctx, p, h.epoch, h.until) })
}

// retrying runs a database step of the partition's own as the chain runs handlers: as long as the database is away.
func (c *consumption) retrying(ctx context.Context, p place, f func(ctx context.Context) error) error {
	retry := c.retryStep(func(ctx context.Context, _ *batch) error { return f(ctx) })
	return retry(ctx, &batch{place: p, messages: []Message{{Source: p.source, Partition: p.partition}}})
}

const (
	pageSize  = 500
	pageLimit = 30 * time.Second
)

func (c *consumption) page(ctx context.Context, p place, after, until int64) (*busv1.ReadPublishedResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, pageLimit)
	defer cancel()
	return c.deps.Source(p.source).ReadPublished(ctx, &busv1.ReadPublishedRequest{
		Source: p.source, Partition: int32(p.partition), After: after, Until: until, Limit: pageSize,
	})
}

// enterEpoch lets the mark go on in a later epoch of the log, when the log still holds what the mark saw last.
func (c *consumption) enterEpoch(ctx context.Context, p place, t *turn) error {
	err := c.retrying(ctx, p, func(ctx context.Context) error {
		page, err := c.page(ctx, p, t.mark.position-1, t.mark.position)
		if err != nil {
			return lost{err}
		}
		for _, e := range page.GetEvents() {
			if e.GetPosition() == t.mark.position && int(e.GetEpoch()) == t.mark.epoch {
				return nil
			}
		}
		return fmt.Errorf("%w: %s is at %d of epoch %d, which the log of epoch %d does not hold", ErrBeyondLog, p, t.mark.position, t.mark.epoch, t.epoch)
	})
	if err != nil {
		return err
	}
	return c.retrying(ctx, p, func(ctx context.Context) error {
		_, err := c.deps.Pool.Exec(ctx, `UPDATE bus.mark SET epoch = $4 WHERE consumer = $1 AND source = $2 AND partition = $3 AND epoch < $4`,
			c.consumer.Name, p.source, p.partition, t.epoch)
		return err
	})
}
