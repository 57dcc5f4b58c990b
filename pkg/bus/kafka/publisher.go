package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"
)

// PublisherConfig of a Publisher.
type PublisherConfig struct {
	// Client is shared with others and is not closed by the publisher.
	Client *Client
	// Partitions is how many partitions topics have; a missing topic is made with as many.
	Partitions int
	// Marshaler turns messages into records; nil means DefaultMarshaler.
	Marshaler Marshaler
	// Timeout [30 s] is how long one Publish tries.
	Timeout time.Duration
}

// Publisher is Watermill's Publisher. A Publish with several messages keeps their order within each partition; it returns when all
// replicas in sync have them. When it fails some of the messages may be in Kafka all the same.
type Publisher struct {
	config PublisherConfig
	ctx    context.Context //nolint:containedctx // Watermill's Publish has none, and Close must end it.
	cancel context.CancelFunc

	mutex  sync.Mutex
	closed bool
	calls  sync.WaitGroup
	known  map[string]bool
}

// ErrClosed is returned by what is used after Close.
var ErrClosed = errors.New("kafka: closed")

// NewPublisher makes a publisher.
func NewPublisher(config PublisherConfig) (*Publisher, error) {
	if config.Client == nil || config.Partitions <= 0 {
		return nil, errors.New("kafka: a publisher needs a client and a number of partitions")
	}
	if config.Marshaler == nil {
		config.Marshaler = DefaultMarshaler{}
	}
	if config.Timeout == 0 {
		config.Timeout = 30 * time.Second
	}
	ctx, cancel := context.WithCancel(context.Background())
	return &Publisher{config: config, ctx: ctx, cancel: cancel, known: map[string]bool{}}, nil
}

// Publish writes messages to a topic.
func (p *Publisher) Publish(topic string, messages ...*message.Message) error {
	p.mutex.Lock()
	if p.closed {
		p.mutex.Unlock()
		return ErrClosed
	}
	p.calls.Add(1)
	known := p.known[topic]
	p.mutex.Unlock()
	defer p.calls.Done()

	ctx, cancel := context.WithTimeout(p.ctx, p.config.Timeout)
	defer cancel()
	ensure := func(ctx context.Context) error {
		_, err := p.config.Client.EnsureTopics(ctx, []string{topic}, p.config.Partitions)
		return err
	}
	if !known {
		if err := ensure(ctx); err != nil {
			return err
		}
		p.mutex.Lock()
		p.known[topic] = true
		p.mutex.Unlock()
	}
	partitions := map[int][]Record{}
	for _, m := range messages {
		r, err := p.config.Marshaler.Marshal(topic, m)
		if err != nil {
			return fmt.Errorf("kafka: marshalling message %s: %w", m.UUID, err)
		}
		n := PartitionOf(r.Key, p.config.Partitions)
		partitions[n] = append(partitions[n], r)
	}
	var writes errgroup.Group
	for partition, records := range partitions {
		writes.Go(func() error { return p.config.Client.produce(ctx, topic, partition, records, ensure) })
	}
	return writes.Wait()
}

// Close waits for the calls under way, as long as they may try, and refuses more.
func (p *Publisher) Close() error {
	p.mutex.Lock()
	p.closed = true
	p.mutex.Unlock()
	p.calls.Wait()
	p.cancel()
	return nil
}
