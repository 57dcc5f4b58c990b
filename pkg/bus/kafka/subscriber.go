package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// SubscriberConfig of a Subscriber.
type SubscriberConfig struct {
	// Client is shared with others and is not closed by the subscriber.
	Client *Client
	// Group is the consumer group; each topic is consumed as group "<Group>.<topic>", so that the members of one topic do not make
	// those of another rebalance.
	Group string
	// Partitions is how many partitions topics have; a missing topic is made with as many.
	Partitions int
	// Marshaler turns records into messages; nil means DefaultMarshaler.
	Marshaler Marshaler
	// Tune [see Group] sets the durations and sizes of the group; its Name, Topics and Partitions are ignored.
	Tune Group
	// NackDelay [10 ms] is the pause before a message that was not acknowledged is delivered again.
	NackDelay time.Duration
	// StartTimeout [30 s] is how long Subscribe waits for the topic to be there.
	StartTimeout time.Duration
}

// Subscriber is Watermill's Subscriber. Each partition has one message under way: the next comes when it was acknowledged, a message
// that was not is delivered again in its place. Offsets are committed after acknowledgement, so a crash repeats and never loses.
type Subscriber struct {
	config SubscriberConfig
	ctx    context.Context //nolint:containedctx // Close must end what Subscribe started.
	cancel context.CancelFunc

	mutex   sync.Mutex
	closed  bool
	running sync.WaitGroup
}

// NewSubscriber makes a subscriber.
func NewSubscriber(config SubscriberConfig) (*Subscriber, error) {
	if config.Client == nil || config.Partitions <= 0 || config.Group == "" {
		return nil, errors.New("kafka: a subscriber needs a client, a group and a number of partitions")
	}
	if config.Marshaler == nil {
		config.Marshaler = DefaultMarshaler{}
	}
	if config.NackDelay == 0 {
		config.NackDelay = 10 * time.Millisecond
	}
	if config.StartTimeout == 0 {
		config.StartTimeout = 30 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Subscriber{config: config, ctx: ctx, cancel: cancel}, nil
}

// SubscribeInitialize makes the topic.
func (s *Subscriber) SubscribeInitialize(topic string) error { return s.initialize(s.ctx, topic) }

func (s *Subscriber) initialize(ctx context.Context, topic string) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.StartTimeout)
	defer cancel()
	_, err := s.config.Client.EnsureTopics(ctx, []string{topic}, s.config.Partitions)
	return err
}

// Subscribe delivers a topic's messages until ctx ends or the subscriber is closed; then it closes the channel.
func (s *Subscriber) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	s.mutex.Lock()
	if s.closed {
		s.mutex.Unlock()
		return nil, ErrClosed
	}
	s.running.Add(1)
	s.mutex.Unlock()

	group := s.config.Tune
	group.Name, group.Topics, group.Partitions = s.config.Group+"."+topic, []string{topic}, s.config.Partitions
	out := make(chan *message.Message)
	run, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel) //nolint:contextcheck // Close must end it too.
	if err := s.initialize(run, topic); err != nil {
		stop()
		cancel()
		s.running.Done()
		return nil, fmt.Errorf("kafka: subscribing to %s: %w", topic, err)
	}
	go func() {
		defer s.running.Done()
		defer close(out)
		defer cancel()
		defer stop()
		err := s.config.Client.Consume(run, group, func(ctx context.Context, claim *Claim) { s.deliver(ctx, claim, out) })
		if err != nil {
			s.config.Client.logger.ErrorContext(ctx, "kafka subscription stopped", "group", group.Name, "error", err)
		}
	}()
	return out, nil
}

// commitEvery bounds what a crash repeats while messages come one by one.
const commitEvery = 100 * time.Millisecond

func (s *Subscriber) deliver(ctx context.Context, claim *Claim, out chan<- *message.Message) {
	var done, committed int64 = -1, -1
	commit := func() {
		if done == committed {
			return
		}
		if err := claim.Commit(done); err != nil {
			s.config.Client.logger.DebugContext(ctx, "kafka offset is not committed", "topic", claim.Topic, "partition", claim.Partition, "error", err)
			return
		}
		committed = done
	}
	defer commit()
	for {
		batch, err := claim.Next(ctx, 0)
		if err != nil {
			return
		}
		last := time.Now()
		for _, record := range batch.Records {
			if !s.one(ctx, record, out) {
				return
			}
			done = record.Offset + 1
			if time.Since(last) > commitEvery {
				commit()
				last = time.Now()
			}
		}
		commit()
	}
}

// one delivers a record until it is acknowledged; false means that ctx ended before.
func (s *Subscriber) one(ctx context.Context, record Record, out chan<- *message.Message) bool {
	for {
		m, err := s.config.Marshaler.Unmarshal(record)
		if err != nil {
			// It can never be delivered, and stopping here would stop the partition for good.
			s.config.Client.logger.ErrorContext(ctx, "kafka record cannot be read and is passed over", "topic", record.Topic,
				"partition", record.Partition, "offset", record.Offset, "error", err)
			return true
		}
		acked, ended := s.once(ctx, m, out)
		if acked || ended {
			return acked
		}
		select {
		case <-ctx.Done():
			return false
		case <-time.After(s.config.NackDelay):
		}
	}
}

func (s *Subscriber) once(ctx context.Context, m *message.Message, out chan<- *message.Message) (acked, ended bool) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // a message's context ends with its acknowledgement
	m.SetContext(ctx)
	select {
	case out <- m:
	case <-ctx.Done():
		return false, true
	}
	select {
	case <-m.Acked():
		return true, false
	case <-m.Nacked():
		return false, false
	case <-ctx.Done():
		return false, true
	}
}

// Close ends all subscriptions, waits until their channels are closed, and refuses more.
func (s *Subscriber) Close() error {
	s.mutex.Lock()
	s.closed = true
	s.mutex.Unlock()
	s.cancel()
	s.running.Wait()
	return nil
}
