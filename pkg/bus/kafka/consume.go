package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Group says what Consume consumes and how it keeps its place in the group. Zero durations mean the defaults in brackets.
type Group struct {
	// Name is the consumer group.
	Name string
	// Topics are made with Partitions partitions when they are missing.
	Topics     []string
	Partitions int
	// Session [10 s] is how long a member may be silent, Heartbeat [1 s, or a quarter of Session] how often it speaks and so learns of a
	// rebalance, Rebalance [3 s] how long the others wait for it to rejoin: a member that was killed stands in the way that long.
	Session, Heartbeat, Rebalance time.Duration
	// Joined is told of every generation that this member is in, with the number of its partitions; nil for nobody.
	Joined func(ctx context.Context, partitions int)
	// MaxWait [5 s] is how long a fetch waits at the broker when there is nothing to read.
	MaxWait time.Duration
	// MaxBytes [1 MiB] is what a fetch brings, or one batch when that is larger.
	MaxBytes int64
}

func (g Group) withDefaults() Group {
	or := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	or(&g.Session, 10*time.Second)
	or(&g.Heartbeat, min(time.Second, g.Session/4))
	or(&g.Rebalance, 3*time.Second)
	or(&g.MaxWait, 5*time.Second)
	if g.MaxBytes == 0 {
		g.MaxBytes = 1 << 20
	}
	return g
}

const (
	// kafka-go's default, 5 s, would delay the first join on a fresh broker by as much.
	joinBackoff        = 100 * time.Millisecond
	coordinatorTimeout = 5 * time.Second
	topicWatch         = time.Second
	// fetchGrace is how long a fetch may take beyond its wait at the broker.
	fetchGrace = 10 * time.Second
	// hungAfter is how many failures to join in a row make a member ask another broker first: kafka-go asks the first that accepts its
	// connection for the group's coordinator, and one that hangs accepts and never answers.
	hungAfter = 2
)

// Consume is a member of a consumer group until ctx ends; then it leaves the group and returns nil. For each partition that the group
// gives it, it calls handle in a goroutine with a context that ends with the generation; the next generation begins when all handlers
// have returned, so a partition is never read under a stale one. A handler that returns early gives all of this member's partitions up
// for a new generation. Broker trouble is waited for; the error is ErrPartitions or a wrong Group.
func (c *Client) Consume(ctx context.Context, g Group, handle func(ctx context.Context, claim *Claim)) error {
	g = g.withDefaults()
	if _, err := c.EnsureTopics(ctx, g.Topics, g.Partitions); err != nil {
		return endedOr(ctx, err)
	}
	for first := 0; ; first++ {
		err := c.member(ctx, g, append(slices.Clone(c.brokers[first%len(c.brokers):]), c.brokers[:first%len(c.brokers)]...), handle)
		if !errors.Is(err, errElsewhere) {
			return err
		}
	}
}

// errElsewhere says that another broker should be asked.
var errElsewhere = errors.New("kafka: no broker tells who coordinates the group")

// member is a member of the group by way of brokers, the first that accepts a connection.
func (c *Client) member(ctx context.Context, g Group, brokers []string, handle func(ctx context.Context, claim *Claim)) error {
	group, err := kafkago.NewConsumerGroup(kafkago.ConsumerGroupConfig{
		ID: g.Name, Brokers: brokers, Dialer: c.dialer, Topics: g.Topics, StartOffset: kafkago.FirstOffset,
		HeartbeatInterval: g.Heartbeat, SessionTimeout: g.Session, RebalanceTimeout: g.Rebalance,
		JoinGroupBackoff: joinBackoff, Timeout: coordinatorTimeout,
	})
	if err != nil {
		return fmt.Errorf("kafka: group %s: %w", g.Name, err)
	}
	defer group.Close()
	for hung := 0; ; {
		generation, err := group.Next(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			c.logger.DebugContext(ctx, "kafka group has no generation yet", "group", g.Name, "error", err)
			// The broker may have come back without its topics, and a group on missing topics is assigned nothing.
			if _, err := c.EnsureTopics(ctx, g.Topics, g.Partitions); err != nil {
				return endedOr(ctx, err)
			}
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() && len(brokers) > 1 {
				if hung++; hung == hungAfter {
					return errElsewhere
				}
			}
		default:
			hung = 0
			c.start(ctx, g, generation, handle)
		}
	}
}

func (c *Client) start(ctx context.Context, g Group, generation *kafkago.Generation, handle func(ctx context.Context, claim *Claim)) {
	if g.Joined != nil {
		partitions := 0
		for _, assignments := range generation.Assignments {
			partitions += len(assignments)
		}
		g.Joined(ctx, partitions)
	}
	within := func(f func(ctx context.Context)) func(context.Context) {
		return func(generationCtx context.Context) {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			defer context.AfterFunc(generationCtx, cancel)()
			f(ctx)
		}
	}
	for topic, assignments := range generation.Assignments {
		for _, a := range assignments {
			claim := &Claim{client: c, group: g, generation: generation, Topic: topic, Partition: a.ID, offset: a.Offset}
			generation.Start(within(func(ctx context.Context) { handle(ctx, claim) }))
		}
	}
	generation.Start(within(func(ctx context.Context) { c.watchTopics(ctx, g, generation.Assignments) }))
}

// watchTopics returns, and so ends the generation, when a topic is gone and had to be made again, and when there is a topic of which no
// member reads all: the group was formed while the topic was not there, which kafka-go takes for a topic without partitions.
func (c *Client) watchTopics(ctx context.Context, g Group, mine map[string][]kafkago.PartitionAssignment) {
	ticker := time.NewTicker(topicWatch)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		missing, err := c.missing(ctx, g.Topics, g.Partitions)
		switch {
		case err != nil:
			continue
		case len(missing) > 0:
			c.logger.WarnContext(ctx, "kafka topics are gone and are made again", "group", g.Name, "topics", missing)
			if _, err := c.EnsureTopics(ctx, g.Topics, g.Partitions); err == nil {
				return
			}
		case c.unread(ctx, g, mine):
			c.logger.InfoContext(ctx, "kafka group was formed without a topic and is formed again", "group", g.Name)
			return
		}
	}
}

// unread tells whether a topic has partitions that no member of the group was given. Only a member that has none of a topic asks.
func (c *Client) unread(ctx context.Context, g Group, mine map[string][]kafkago.PartitionAssignment) bool {
	var without []string
	for _, t := range g.Topics {
		if len(mine[t]) == 0 {
			without = append(without, t)
		}
	}
	if len(without) == 0 {
		return false
	}
	r, err := c.api.DescribeGroups(ctx, &kafkago.DescribeGroupsRequest{GroupIDs: []string{g.Name}})
	if err != nil || len(r.Groups) != 1 || r.Groups[0].Error != nil || r.Groups[0].GroupState != "Stable" {
		return false
	}
	given := map[string]int{}
	for _, m := range r.Groups[0].Members {
		for _, t := range m.MemberAssignments.Topics {
			given[t.Topic] += len(t.Partitions)
		}
	}
	for _, t := range without {
		if given[t] < g.Partitions {
			return true
		}
	}
	return false
}

func endedOr(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil //nolint:nilerr // The end of the context is the wanted end.
	}
	return err
}

// Claim is one partition under one generation of the group. It is used by one goroutine.
type Claim struct {
	Topic     string
	Partition int

	client     *Client
	group      Group
	generation *kafkago.Generation
	offset     int64
	absolute   bool
}

// Batch is what one fetch brought.
type Batch struct {
	Records []Record
	// AtEnd says that there was nothing in the partition that the claim has not returned when the broker answered.
	AtEnd bool
}

// Next returns the records that follow, or an empty batch when there were none for maxWait (0: the group's MaxWait). It retries broker
// errors itself; its error is ctx's.
func (c *Claim) Next(ctx context.Context, maxWait time.Duration) (Batch, error) {
	if maxWait == 0 {
		maxWait = c.group.MaxWait
	}
	for wait := newBackoff(); ; {
		batch, err := c.fetch(ctx, maxWait)
		if ctx.Err() != nil {
			return Batch{}, ctx.Err()
		}
		if err == nil {
			return batch, nil
		}
		if errors.Is(err, kafkago.OffsetOutOfRange) {
			// The partition was cut or begun anew. From its beginning nothing is lost; what was seen comes again.
			c.client.logger.WarnContext(ctx, "kafka partition does not hold the committed offset; reading it from its beginning",
				"group", c.group.Name, "topic", c.Topic, "partition", c.Partition, "offset", c.offset)
			c.offset, c.absolute = kafkago.FirstOffset, false
		} else if !quiet(err) {
			c.client.logger.DebugContext(ctx, "kafka fetch is tried again",
				"group", c.group.Name, "topic", c.Topic, "partition", c.Partition, "error", err)
		}
		if !wait.sleep(ctx) {
			return Batch{}, ctx.Err()
		}
	}
}

var errNoProgress = errors.New("kafka: a fetch below the end of the partition brought nothing")

func (c *Claim) fetch(ctx context.Context, maxWait time.Duration) (Batch, error) {
	if !c.absolute {
		if err := c.resolve(ctx); err != nil {
			return Batch{}, err
		}
	}
	// A broker that hangs is asked no longer than this; meanwhile another may have come to lead.
	limited, cancel := context.WithTimeout(ctx, maxWait+fetchGrace)
	defer cancel()
	r, err := c.client.api.Fetch(limited, &kafkago.FetchRequest{
		Topic: c.Topic, Partition: c.Partition, Offset: c.offset, MinBytes: 1, MaxBytes: c.group.MaxBytes, MaxWait: maxWait,
	})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return Batch{}, err
	}
	records, err := recordsOf(c.Topic, c.Partition, c.offset, r.Records)
	if len(records) == 0 && err != nil {
		return Batch{}, err
	}
	if len(records) == 0 && r.HighWatermark > c.offset {
		return Batch{}, errNoProgress
	}
	if n := len(records); n > 0 {
		c.offset = records[n-1].Offset + 1
	}
	return Batch{Records: records, AtEnd: err == nil && c.offset >= r.HighWatermark}, nil
}

// resolve turns "from the beginning" into an offset.
func (c *Claim) resolve(ctx context.Context) error {
	if c.offset >= 0 {
		c.absolute = true
		return nil
	}
	r, err := c.client.api.ListOffsets(ctx, &kafkago.ListOffsetsRequest{
		Topics: map[string][]kafkago.OffsetRequest{c.Topic: {kafkago.FirstOffsetOf(c.Partition)}},
	})
	if err != nil {
		return err
	}
	for _, p := range r.Topics[c.Topic] {
		if p.Partition != c.Partition {
			continue
		}
		if p.Error != nil {
			return p.Error
		}
		c.offset, c.absolute = p.FirstOffset, true
		return nil
	}
	return kafkago.UnknownTopicOrPartition
}

// Commit tells the group that everything below the offset is done. Its failure is no loss: what is not committed comes again.
func (c *Claim) Commit(offset int64) error {
	return c.generation.CommitOffsets(map[string]map[int]int64{c.Topic: {c.Partition: offset}})
}
