package bus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/bus/order"
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
	if err := c.knowSource(ctx, p); err != nil {
		return
	}
	var (
		head    *tail // what the source said, not yet compared
		ask     time.Time
		reached bool // the end of the partition, by the last fetch
	)
	for {
		due := !time.Now().Before(ask)
		if due && reached && head == nil {
			if known, err := c.heads(ctx, p.source, time.Time{}); err == nil && !known.closed {
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
	var allowed order.Entry
	for len(messages) > 0 {
		// Only those that may come next: there can be thousands behind them, and this is asked before each batch.
		window := min(len(messages), c.consumer.BatchSize)
		if held := c.held(ctx, p, messages[:window]); len(held) < window {
			messages = slices.Concat(held, messages[window:])
			continue
		}
		n := order.Contiguous(messages, c.consumer.BatchSize, Message.place)
		err := c.chain(ctx, &batch{place: p, messages: messages[:n], allowed: allowed})
		switch {
		case err == nil:
			messages = messages[n:]
		case isControl(err):
			if messages, allowed, err = c.mend(ctx, p, messages, err); err != nil {
				return err
			}
		default:
			return err
		}
	}
	return nil
}

// mend does what a mark asks for before it takes the first of the messages, and gives those that are left to do, and by what the mark may
// go on in a later epoch. It learns the log's lineage first: what shows a hole may itself be in Kafka only, since the log was restored to
// a moment before it.
func (c *consumption) mend(ctx context.Context, p place, messages []Message, why error) (left []Message, allowed order.Entry, err error) {
	lineage, err := c.learnLineage(ctx, p)
	if err != nil {
		return nil, allowed, err
	}
	if held := c.held(ctx, p, messages); len(held) < len(messages) {
		return held, allowed, nil
	}
	h, isHole := errors.AsType[*hole](why)
	t, isTurn := errors.AsType[*turn](why)
	switch {
	case isHole && h.mark.Beyond(lineage):
		return nil, allowed, beyond(p, h.mark, lineage)
	case isHole:
		return messages, allowed, c.heal(ctx, p, h, lineage, "kafka brought a later one first")
	case isTurn && (t.mark.Beyond(lineage) || !lineage.Enters(t.epoch)):
		return nil, allowed, beyond(p, t.mark, lineage)
	case isTurn:
		return messages, order.Entry{From: t.mark, Epoch: t.epoch}, nil
	}
	return nil, allowed, why
}

// held leaves out, with a word, what the log of the source has lost.
func (c *consumption) held(ctx context.Context, p place, messages []Message) []Message {
	held := order.Held(messages, c.lineage(p.source), Message.place)
	if len(held) < len(messages) {
		c.logger.WarnContext(ctx, "events are passed over that the log of their source has lost", "partition", p.String(),
			"position", messages[0].Position, "epoch", messages[0].Epoch, "events", len(messages)-len(held))
	}
	return held
}

// heal reads the span of a hole from its source, as often as it takes. When the log turns out to be of another lineage than it was when
// the hole was judged, it returns early, and the hole is judged again.
func (c *consumption) heal(ctx context.Context, p place, h *hole, lineage order.Lineage, why string) error {
	c.logger.WarnContext(ctx, "events are read from their source", "partition", p.String(), "after", h.span.After, "until", h.span.Until, "why", why)
	chain := order.NewChain(h.span.After) // from page to page, which may end between events
	for span := h.span; !span.Done(); {
		var page *busv1.ReadPublishedResponse
		err := c.asking(ctx, p, func(ctx context.Context) (err error) {
			page, err = c.page(ctx, p, span)
			return err
		})
		if err != nil {
			return err
		}
		// Asked after each page: the page is of the lineage that is the same before and after it.
		if now, err := c.learnLineage(ctx, p); err != nil || !slices.Equal(now, lineage) {
			return err
		}
		messages := make([]Message, 0, len(page.GetEvents()))
		for _, e := range page.GetEvents() {
			m := fromPublished(e)
			m.Previous, _ = chain.Link(m.Position)
			messages = append(messages, m)
		}
		if err := c.process(ctx, p, messages); err != nil {
			return err
		}
		left, ended := span.Read(page.GetReadUntil())
		if ended {
			return fmt.Errorf("%w: %s ends at %d and %s was seen at %d", ErrBeyondLog, p.source, span.After, p, span.Until)
		}
		span = left
	}
	return c.skip(ctx, p, h.span.Until, lineage)
}

// skip moves the mark over what is left of a hole that was read to its end: the source publishes nothing there any more.
func (c *consumption) skip(ctx context.Context, p place, until int64, read order.Lineage) error {
	at, err := c.at(ctx, p)
	if err != nil || at.Position >= until {
		return err
	}
	now, err := c.learnLineage(ctx, p)
	if err != nil {
		return err
	}
	return c.retrying(ctx, p, func(ctx context.Context) error {
		return c.inTransaction(ctx, p, func(tx pgx.Tx, at locked) error {
			to, moves := at.mark.Skipped(read, now, until)
			if !moves {
				return nil
			}
			return c.setMark(ctx, tx, p, to)
		})
	})
}

// at is the place's mark.
func (c *consumption) at(ctx context.Context, p place) (at order.Mark, err error) {
	err = c.retrying(ctx, p, func(ctx context.Context) (err error) {
		at.Epoch, at.Position, err = Mark(ctx, c.deps.Pool, c.consumer.Name, p.source, p.partition)
		return err
	})
	return at, err
}

// asking repeats a question to the source until it is answered or ctx ends.
func (c *consumption) asking(ctx context.Context, p place, f func(ctx context.Context) error) error {
	var complained time.Time
	for backoff := firstBackoff; ; backoff = min(2*backoff, lastBackoff) {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if time.Since(complained) > complainEvery {
			complained = time.Now()
			c.logger.WarnContext(ctx, "the source of missing events is away", "partition", p.String(), "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(backoff):
		}
	}
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

func (c *consumption) page(ctx context.Context, p place, span order.Span) (*busv1.ReadPublishedResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, pageLimit)
	defer cancel()
	return c.deps.Source(p.source).ReadPublished(ctx, &busv1.ReadPublishedRequest{
		Source: p.source, Partition: int32(p.partition), After: span.After, Until: span.Until, Limit: pageSize,
	})
}

func beyond(p place, at order.Mark, lineage order.Lineage) error {
	return fmt.Errorf("%w: %s is at %d of epoch %d, which the log of epoch %d does not hold", ErrBeyondLog, p, at.Position, at.Epoch, lineage.Current())
}
