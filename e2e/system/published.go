package system

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Published is an event as the bus carries it.
type Published struct {
	Source, Type, Key string
	Epoch             int
	Position          int64
	Payload           proto.Message
}

// Published reads every event of a service that the broker holds, in the order of each partition.
func (s *System) Published(t testing.TB, service string) []Published {
	t.Helper()
	broker := s.Engines().KafkaBrokers[0]
	topic := "loa." + service + ".events.v1"
	// A broker that has just started has no leader for some partitions yet.
	var ends []int64
	Eventually(t, Patience, func() (bool, string) {
		var err error
		if ends, err = lastOffsets(t.Context(), broker, topic); err != nil {
			return false, err.Error()
		}
		return true, ""
	})
	var all []Published
	for partition, end := range ends {
		all = append(all, readPartition(t, broker, topic, partition, end)...)
	}
	return all
}

// lastOffsets gives, for each partition, the offset after its last record.
func lastOffsets(ctx context.Context, broker, topic string) ([]int64, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	conn, err := kafka.DialContext(ctx, "tcp", broker)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	list, err := conn.ReadPartitions(topic)
	if err != nil {
		return nil, err
	}
	ends := make([]int64, len(list))
	for _, p := range list {
		leader, err := kafka.DialLeader(ctx, "tcp", broker, topic, p.ID)
		if err != nil {
			return nil, err
		}
		ends[p.ID], err = leader.ReadLastOffset()
		if err := errors.Join(err, leader.Close()); err != nil {
			return nil, err
		}
	}
	return ends, nil
}

func readPartition(t testing.TB, broker, topic string, partition int, end int64) []Published {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	reader := kafka.NewReader(kafka.ReaderConfig{Brokers: []string{broker}, Topic: topic, Partition: partition, MaxWait: 100 * time.Millisecond})
	defer func() { _ = reader.Close() }()
	var list []Published
	for offset := int64(0); offset < end; {
		m, err := reader.ReadMessage(ctx)
		if err != nil {
			t.Fatalf("%s/%d at %d of %d: %v", topic, partition, offset, end, err)
		}
		offset = m.Offset + 1
		list = append(list, decode(t, m))
	}
	return list
}

func decode(t testing.TB, m kafka.Message) Published {
	t.Helper()
	p := Published{Key: string(m.Key)}
	var failed error
	for _, h := range m.Headers {
		value := string(h.Value)
		var err error
		switch h.Key {
		case "ce_type":
			p.Type = value
		case "ce_source":
			p.Source = value
		case "loa_epoch":
			p.Epoch, err = strconv.Atoi(value)
		case "loa_position":
			p.Position, err = strconv.ParseInt(value, 10, 64)
		}
		failed = errors.Join(failed, err)
	}
	kind, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(p.Type))
	if err = errors.Join(failed, err); err != nil {
		t.Fatalf("a record of %s: %v", m.Topic, err)
	}
	p.Payload = kind.New().Interface()
	if err := proto.Unmarshal(m.Value, p.Payload); err != nil {
		t.Fatal(err)
	}
	return p
}

// Listening says whether something listens on an address.
func Listening(ctx context.Context, address string) bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err == nil {
		_ = conn.Close()
	}
	return err == nil
}
