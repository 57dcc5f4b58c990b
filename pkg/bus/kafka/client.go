// Package kafka is a Watermill Publisher and Subscriber on segmentio/kafka-go, and the two cores under them that others may use
// directly: Produce, one ordered batch at a time to one partition, and Consume, ordered batches per partition of a consumer group.
// It knows kafka-go's traps, so that its callers need not: see README.md.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

const (
	// kafka-go never asks for metadata because of an error, so a moved leader is noticed only after this time.
	metadataTTL = 500 * time.Millisecond
	// The broker's own limit for a produce is half of it; what times out may still be applied, so it is long.
	requestTimeout = 60 * time.Second
	dialTimeout    = 3 * time.Second
	// MaxMessageBytes is what a topic made by EnsureTopics takes as one request's batch.
	MaxMessageBytes = 8 << 20
)

// Client is a process's connection to a cluster. Publishers, subscribers and consumers should share one: each asks the cluster for
// metadata a few times a second.
type Client struct {
	brokers   []string
	logger    *slog.Logger
	transport *kafkago.Transport
	api       *kafkago.Client
	dialer    *kafkago.Dialer
	cancel    context.CancelFunc
}

// NewClient makes a client of broker addresses, host:port. It connects when it is used. A nil logger discards.
func NewClient(brokers []string, logger *slog.Logger) (*Client, error) {
	if len(brokers) == 0 {
		return nil, errors.New("kafka: no broker address")
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	dialer := &net.Dialer{Timeout: dialTimeout}
	transport := &kafkago.Transport{Dial: dialer.DialContext, DialTimeout: dialTimeout, MetadataTTL: metadataTTL, Context: ctx}
	return &Client{
		brokers:   brokers,
		logger:    logger,
		transport: transport,
		api:       &kafkago.Client{Addr: kafkago.TCP(brokers...), Timeout: requestTimeout, Transport: transport},
		dialer:    &kafkago.Dialer{Timeout: dialTimeout},
		cancel:    cancel,
	}, nil
}

// Close closes what is idle now and the rest when it becomes so. Calls that are under way should be ended by their contexts first.
func (c *Client) Close() {
	c.transport.CloseIdleConnections()
	c.cancel()
}

// ClusterID tells which cluster answers. A cluster that lost its data has another identifier.
func (c *Client) ClusterID(ctx context.Context) (string, error) {
	m, err := c.api.Metadata(ctx, &kafkago.MetadataRequest{Topics: []string{}})
	if err != nil {
		return "", fmt.Errorf("kafka: reading the cluster's identifier: %w", err)
	}
	return m.ClusterID, nil
}

// ErrPartitions says that a topic exists with another number of partitions than this program works with.
var ErrPartitions = errors.New("kafka: the topic has another number of partitions")

// EnsureTopics creates the topics that are missing and checks the partitions of those that are there (ErrPartitions). It waits while
// the cluster is away, until ctx ends. It tells how many it made.
func (c *Client) EnsureTopics(ctx context.Context, topics []string, partitions int) (created int, err error) {
	for wait := newBackoff(); ; {
		missing, err := c.missing(ctx, topics, partitions)
		if errors.Is(err, ErrPartitions) {
			return created, err
		}
		if err == nil && len(missing) == 0 {
			return created, nil
		}
		if err == nil {
			var n int
			n, err = c.create(ctx, missing, partitions)
			created += n
		}
		if err != nil {
			c.logger.DebugContext(ctx, "kafka topics are not there yet", "topics", topics, "error", err)
		}
		if !wait.sleep(ctx) {
			return created, errors.Join(ctx.Err(), err)
		}
	}
}

func (c *Client) missing(ctx context.Context, topics []string, partitions int) ([]string, error) {
	if len(topics) == 0 {
		return nil, nil // kafka-go would ask for all there are, the broker's own among them
	}
	m, err := c.api.Metadata(ctx, &kafkago.MetadataRequest{Topics: topics})
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, t := range m.Topics {
		switch {
		case errors.Is(t.Error, kafkago.UnknownTopicOrPartition):
			missing = append(missing, t.Name)
		case t.Error != nil:
			return nil, fmt.Errorf("topic %s: %w", t.Name, t.Error)
		case len(t.Partitions) != partitions:
			return nil, fmt.Errorf("%w: %s has %d and not %d", ErrPartitions, t.Name, len(t.Partitions), partitions)
		}
	}
	return missing, nil
}

func (c *Client) create(ctx context.Context, topics []string, partitions int) (created int, err error) {
	request := &kafkago.CreateTopicsRequest{}
	for _, t := range topics {
		request.Topics = append(request.Topics, kafkago.TopicConfig{
			Topic: t, NumPartitions: partitions, ReplicationFactor: -1, // the cluster's default
			ConfigEntries: []kafkago.ConfigEntry{{ConfigName: "max.message.bytes", ConfigValue: fmt.Sprint(MaxMessageBytes)}},
		})
	}
	// kafka-go waits for its own metadata to know the new topics, as long as the context lives.
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	r, err := c.api.CreateTopics(ctx, request)
	if err != nil {
		return 0, err
	}
	for topic, e := range r.Errors {
		switch {
		case e == nil:
			created++
		case !errors.Is(e, kafkago.TopicAlreadyExists):
			err = errors.Join(err, fmt.Errorf("creating topic %s: %w", topic, e))
		}
	}
	return created, err
}

// EnsureTopics is Client.EnsureTopics for a program that does nothing else with the cluster.
func EnsureTopics(ctx context.Context, brokers, topics []string, partitions int) error {
	c, err := NewClient(brokers, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.EnsureTopics(ctx, topics, partitions)
	return err
}

// ClusterID is Client.ClusterID for a program that does nothing else with the cluster.
func ClusterID(ctx context.Context, brokers []string) (string, error) {
	c, err := NewClient(brokers, nil)
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.ClusterID(ctx)
}

// backoff waits 50 ms, then twice as long each time, 2 s at most.
type backoff struct{ next time.Duration }

func newBackoff() *backoff { return &backoff{50 * time.Millisecond} }

// sleep returns false when ctx ends first.
func (b *backoff) sleep(ctx context.Context) bool {
	timer := time.NewTimer(b.next)
	defer timer.Stop()
	b.next = min(2*b.next, 2*time.Second)
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// permanent tells the errors of a produce that trying again does not mend.
func permanent(err error) bool {
	for _, e := range []error{
		kafkago.MessageSizeTooLarge, kafkago.RecordListTooLarge, kafkago.InvalidMessage, kafkago.InvalidTopic, kafkago.InvalidRequiredAcks,
		kafkago.TopicAuthorizationFailed, kafkago.ClusterAuthorizationFailed, kafkago.UnsupportedForMessageFormat,
		kafkago.PolicyViolation, kafkago.InvalidTimestamp,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// quiet tells errors that only say that a connection ended.
func quiet(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "connection reset")
}
