package kafka

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// Header is a record's header.
type Header struct {
	Key   string
	Value []byte
}

// Record is what a partition holds.
type Record struct {
	Topic     string
	Partition int
	Offset    int64
	Time      time.Time
	Key       []byte
	Value     []byte
	Headers   []Header
}

// PartitionOf is the partition of a key among n: Murmur2, as Java's default partitioner has it.
func PartitionOf(key []byte, n int) int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return kafkago.Murmur2Balancer{Consistent: true}.Balance(kafkago.Message{Key: key}, all...)
}

// Produce writes records to one partition as one batch and returns when all replicas in sync have it. It tries until ctx ends or the
// broker refuses for good. A try whose answer was lost is made again, so readers may see the batch twice; a caller that keeps one
// call under way per partition keeps order.
func (c *Client) Produce(ctx context.Context, topic string, partition int, records []Record) error {
	return c.produce(ctx, topic, partition, records, nil)
}

// produce is Produce; gone is called, if it is not nil, before a try is made again because the topic is not there.
func (c *Client) produce(ctx context.Context, topic string, partition int, records []Record, gone func(ctx context.Context) error) error {
	if len(records) == 0 {
		return nil
	}
	for wait := newBackoff(); ; {
		err := c.TryProduce(ctx, topic, partition, records)
		if err == nil {
			return nil
		}
		if permanent(err) {
			return err
		}
		if !quiet(err) {
			c.logger.DebugContext(ctx, "kafka produce is tried again", "topic", topic, "partition", partition, "error", err)
		}
		if !wait.sleep(ctx) {
			return fmt.Errorf("%w (%w)", err, ctx.Err())
		}
		if gone != nil && topicGone(err) {
			if err := gone(ctx); err != nil {
				return err
			}
		}
	}
}

// topicGone says that the topic is not there: by the broker's word, or by the client's list of topics, when that was read after the loss.
func topicGone(err error) bool {
	return errors.Is(err, kafkago.UnknownTopicOrPartition) || errors.Is(err, protocol.ErrNoTopic)
}

// TryProduce is one try of Produce. When it fails the broker may have written the batch all the same.
func (c *Client) TryProduce(ctx context.Context, topic string, partition int, records []Record) error {
	r, err := c.api.Produce(ctx, &kafkago.ProduceRequest{
		Topic: topic, Partition: partition, RequiredAcks: kafkago.RequireAll, Records: recordsAnew(records),
	})
	if err == nil {
		err = r.Error
	}
	if err != nil {
		return fmt.Errorf("kafka: producing to %s/%d: %w", topic, partition, err)
	}
	return nil
}

// recordsAnew builds the request's records for one try: sending consumes them, and a second send of the same reader writes nothing
// and reports success.
func recordsAnew(records []Record) kafkago.RecordReader {
	out := make([]kafkago.Record, len(records))
	for i, r := range records {
		at := r.Time
		if at.IsZero() {
			at = time.Now()
		}
		out[i] = kafkago.Record{Time: at, Value: kafkago.NewBytes(r.Value)}
		if r.Key != nil {
			out[i].Key = kafkago.NewBytes(r.Key)
		}
		out[i].Headers = make([]kafkago.Header, len(r.Headers))
		for j, h := range r.Headers {
			out[i].Headers[j] = kafkago.Header{Key: h.Key, Value: h.Value}
		}
	}
	return kafkago.NewRecordReader(out...)
}

// recordsOf reads what a fetch brought, from an offset on: a batch may begin before the offset that was asked for.
func recordsOf(topic string, partition int, from int64, reader kafkago.RecordReader) ([]Record, error) {
	var out []Record
	for {
		r, err := reader.ReadRecord()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		record := Record{Topic: topic, Partition: partition, Offset: r.Offset, Time: r.Time}
		if record.Key, err = readAll(r.Key); err != nil {
			return out, err
		}
		if record.Value, err = readAll(r.Value); err != nil {
			return out, err
		}
		for _, h := range r.Headers {
			record.Headers = append(record.Headers, Header{Key: h.Key, Value: h.Value})
		}
		if r.Offset >= from {
			out = append(out, record)
		}
	}
}

func readAll(b kafkago.Bytes) ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	defer b.Close()
	return kafkago.ReadAll(b)
}
