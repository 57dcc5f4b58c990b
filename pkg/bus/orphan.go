package bus

import (
	"context"
	"time"
)

const (
	defaultOrphanAfter = 15 * time.Second
	// longestOrphanWait is how long a consumer holds still, at most, after joining its group anew has not helped.
	longestOrphanWait = 5 * time.Minute
)

// orphans watches for partitions that nobody reads although the broker has more of them: the group has given them to a member that is
// no more. A broker notices that by the member's silence; kfake does not when the member was killed before its first join was answered,
// and keeps it for ever. When somebody joins anew every member has to prove itself.
type orphans struct {
	since map[place]standstill
	quiet time.Duration
	until time.Time
}

// standstill is a mark below its partition's head, and since when it has been there.
type standstill struct {
	position int64
	begun    time.Time
}

func (c *consumption) orphanLoop(ctx context.Context) error {
	o := orphans{since: map[place]standstill{}}
	ticker := time.NewTicker(c.deps.OrphanAfter / 5)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-ticker.C:
			c.lookForOrphans(ctx, &o, now)
		}
	}
}

func (c *consumption) lookForOrphans(ctx context.Context, o *orphans, now time.Time) {
	orphaned := false
	for _, source := range c.consumer.Sources {
		head, err := c.heads(ctx, source, time.Time{})
		if err != nil {
			continue // its partitions cannot be judged, and the source is most likely away
		}
		for partition, position := range head.positions {
			p := place{source: source, partition: partition}
			_, at, err := Mark(ctx, c.deps.Pool, c.consumer.Name, source, partition)
			if err == nil { // here too, since a partition that lags does not come to its end
				c.noteLag(ctx, p, position-at)
			}
			switch before, known := o.since[p]; {
			case err != nil:
			case c.reads(p) || at >= position:
				delete(o.since, p)
			case !known || before.position != at:
				o.since[p] = standstill{position: at, begun: now}
			case now.Sub(before.begun) >= c.deps.OrphanAfter && now.After(o.until):
				orphaned = true
				c.logger.WarnContext(ctx, "nobody reads a partition; the group is joined anew", "partition", p.String(), "mark", at, "head", position)
			}
		}
	}
	switch {
	case len(o.since) == 0:
		o.quiet = 0
	case orphaned:
		// Another member may have it and wait for something that is away; then joining anew helps nobody.
		o.quiet = min(max(2*o.quiet, c.deps.OrphanAfter), longestOrphanWait)
		o.until = now.Add(o.quiet)
		clear(o.since)
		c.leaveGroup()
	}
}

// join is a member of the consumer's group until ctx ends, again and again when it is told to leave.
func (c *consumption) join(ctx context.Context, consume func(ctx context.Context) error) error {
	for ctx.Err() == nil {
		joined, leave := context.WithCancel(ctx)
		c.mu.Lock()
		c.leave = leave
		c.mu.Unlock()
		err := consume(joined)
		leave()
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *consumption) leaveGroup() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.leave()
}

// reading notes that this member reads a partition, until the returned function is called.
func (c *consumption) reading(p place) (ended func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mine[p] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.mine, p)
	}
}

func (c *consumption) reads(p place) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mine[p]
}
