package kafka

import (
	"context"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
)

// Scan gives f the records of a partition in order, from the first one written at a moment or later (zero: from the beginning) to the
// one that is last when it begins. It belongs to no group and leaves no trace. It ends with f's error, or when ctx ends.
func (c *Client) Scan(ctx context.Context, topic string, partition int, from time.Time, f func(Record) error) error {
	first, end, err := c.bounds(ctx, topic, partition, from)
	if err != nil {
		return err
	}
	return c.scan(ctx, topic, partition, first, end, f)
}

// LastRecord gives the last record of a partition; false when it has none.
func (c *Client) LastRecord(ctx context.Context, topic string, partition int) (last Record, ok bool, err error) {
	first, end, err := c.bounds(ctx, topic, partition, time.Time{})
	if err != nil || first >= end {
		return last, false, err
	}
	err = c.scan(ctx, topic, partition, end-1, end, func(r Record) error {
		last, ok = r, true
		return nil
	})
	return last, ok, err
}

// bounds are the first offset of a moment or later, and the one after the last record.
func (c *Client) bounds(ctx context.Context, topic string, partition int, from time.Time) (first, end int64, err error) {
	requests := []kafkago.OffsetRequest{kafkago.FirstOffsetOf(partition), kafkago.LastOffsetOf(partition)}
	r, err := c.api.ListOffsets(ctx, &kafkago.ListOffsetsRequest{Topics: map[string][]kafkago.OffsetRequest{topic: requests}})
	if err != nil {
		return 0, 0, fmt.Errorf("kafka: offsets of %s/%d: %w", topic, partition, err)
	}
	for _, p := range r.Topics[topic] {
		if p.Error != nil {
			return 0, 0, fmt.Errorf("kafka: offsets of %s/%d: %w", topic, partition, p.Error)
		}
		if p.Partition == partition {
			first, end = p.FirstOffset, p.LastOffset
		}
	}
	if from.IsZero() || first >= end {
		return first, end, nil
	}
	conn, err := c.dialer.DialLeader(ctx, "tcp", c.brokers[0], topic, partition)
	if err != nil {
		return 0, 0, fmt.Errorf("kafka: the leader of %s/%d: %w", topic, partition, err)
	}
	defer func() { _ = conn.Close() }()
	at, err := conn.ReadOffset(from)
	if err != nil {
		return 0, 0, fmt.Errorf("kafka: the offset of %s in %s/%d: %w", from.Format(time.RFC3339), topic, partition, err)
	}
	if at < 0 { // nothing was written since
		at = end
	}
	return max(first, at), end, nil
}

func (c *Client) scan(ctx context.Context, topic string, partition int, first, end int64, f func(Record) error) error {
	if first >= end {
		return nil
	}
	reader := kafkago.NewReader(kafkago.ReaderConfig{
		Brokers: c.brokers, Topic: topic, Partition: partition, Dialer: c.dialer, MaxWait: 100 * time.Millisecond, MaxBytes: MaxMessageBytes,
		OffsetOutOfRangeError: true, // else it waits for ever for what was cut off meanwhile
	})
	defer func() { _ = reader.Close() }()
	if err := reader.SetOffset(first); err != nil {
		return err
	}
	for offset := first; offset < end; {
		m, err := reader.ReadMessage(ctx)
		if err != nil {
			return fmt.Errorf("kafka: reading %s/%d at %d: %w", topic, partition, offset, err)
		}
		if offset = m.Offset + 1; offset > end {
			break
		}
		r := Record{Topic: topic, Partition: partition, Offset: m.Offset, Time: m.Time, Key: m.Key, Value: m.Value}
		for _, h := range m.Headers {
			r.Headers = append(r.Headers, Header(h))
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}
