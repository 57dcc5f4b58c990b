package bus

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

// Record writes the message as a CloudEvent in binary mode (CloudEvents 1.0, Kafka protocol binding).
func (m Message) Record() (kafka.Record, error) {
	data, err := m.encoded()
	if err != nil {
		return kafka.Record{}, err
	}
	r := kafka.Record{Topic: Topic(m.Source), Partition: m.Partition, Time: m.RecordedAt, Key: []byte(m.Key), Value: data}
	r.Headers = make([]kafka.Header, 0, 16)
	text := make([]byte, 0, 384) // of all values: a relay that catches up makes a hundred thousand records a second
	h := func(k string, text []byte, from int) []byte {
		r.Headers = append(r.Headers, kafka.Header{Key: k, Value: text[from:len(text):len(text)]})
		return text
	}
	said := func(k, v string) { text = h(k, append(text, v...), len(text)) }
	counted := func(k string, v int64) { text = h(k, strconv.AppendInt(text, v, 10), len(text)) }
	at := func(k string, v time.Time) { text = h(k, v.UTC().AppendFormat(text, time.RFC3339Nano), len(text)) }
	said("ce_specversion", "1.0")
	said("ce_id", m.ID)
	said("ce_source", m.Source)
	said("ce_type", m.Type)
	at("ce_time", m.RecordedAt)
	said("content-type", "application/protobuf")
	counted("loa_epoch", int64(m.Epoch))
	counted("loa_position", m.Position)
	counted("loa_previous", m.Previous)
	counted("loa_partition", int64(m.Partition))
	at("loa_happened_at", m.HappenedAt)
	for _, x := range [...][2]string{
		{"traceparent", m.Traceparent},
		{"tracestate", m.Tracestate},
		{"loa_actor", m.Actor},
		{"loa_agency", m.Agency},
		{"loa_correlation", m.Correlation},
	} {
		if x[1] != "" {
			said(x[0], x[1])
		}
	}
	return r, nil
}

// Published writes the message as PublishedService gives it.
func (m Message) Published() (*busv1.PublishedEvent, error) {
	data, err := m.encoded()
	if err != nil {
		return nil, err
	}
	return &busv1.PublishedEvent{
		Id: m.ID, Source: m.Source, Type: m.Type, RecordedAt: timestamppb.New(m.RecordedAt), HappenedAt: timestamppb.New(m.HappenedAt),
		Key: m.Key, Epoch: int32(m.Epoch), Position: m.Position, Previous: m.Previous, Partition: int32(m.Partition),
		Traceparent: m.Traceparent, Tracestate: m.Tracestate, Actor: m.Actor, Agency: m.Agency, Correlation: m.Correlation, Data: data,
	}, nil
}

func (m Message) encoded() ([]byte, error) {
	if m.Payload == nil {
		return m.data, nil
	}
	data, err := proto.MarshalOptions{Deterministic: true}.Marshal(m.Payload)
	if err != nil {
		return nil, fmt.Errorf("bus: encoding %s at %d: %w", m.Type, m.Position, err)
	}
	return data, nil
}

func fromPublished(e *busv1.PublishedEvent) Message {
	return Message{
		ID: e.GetId(), Source: e.GetSource(), Type: e.GetType(), RecordedAt: e.GetRecordedAt().AsTime(), HappenedAt: e.GetHappenedAt().AsTime(),
		Key: e.GetKey(), Epoch: int(e.GetEpoch()), Position: e.GetPosition(), Previous: e.GetPrevious(), Partition: int(e.GetPartition()),
		Traceparent: e.GetTraceparent(), Tracestate: e.GetTracestate(), Actor: e.GetActor(), Agency: e.GetAgency(), Correlation: e.GetCorrelation(),
		Healed: true, data: e.GetData(),
	}
}

// Decode reads a record that a relay wrote, its payload included.
func Decode(r kafka.Record) (Message, error) {
	m, err := fromRecord(r)
	if err == nil {
		err = m.decode()
	}
	return m, err
}

// fromRecord reads what Record wrote. The payload is decoded later, by those who want it.
func fromRecord(r kafka.Record) (Message, error) {
	m := Message{Key: string(r.Key), Partition: r.Partition, data: r.Value}
	var failures []error
	number := func(s []byte) int64 {
		n, err := strconv.ParseInt(string(s), 10, 64)
		if err != nil {
			failures = append(failures, err)
		}
		return n
	}
	at := func(s []byte) time.Time {
		t, err := time.Parse(time.RFC3339Nano, string(s))
		if err != nil {
			failures = append(failures, err)
		}
		return t
	}
	for _, h := range r.Headers {
		switch h.Key {
		case "ce_id":
			m.ID = string(h.Value)
		case "ce_source":
			m.Source = string(h.Value)
		case "ce_type":
			m.Type = string(h.Value)
		case "ce_time":
			m.RecordedAt = at(h.Value)
		case "loa_happened_at":
			m.HappenedAt = at(h.Value)
		case "loa_epoch":
			m.Epoch = int(number(h.Value))
		case "loa_position":
			m.Position = number(h.Value)
		case "loa_previous":
			m.Previous = number(h.Value)
		case "loa_partition":
			if number(h.Value) != int64(r.Partition) {
				failures = append(failures, errors.New("it stands in another partition than it was written for"))
			}
		case "traceparent":
			m.Traceparent = string(h.Value)
		case "tracestate":
			m.Tracestate = string(h.Value)
		case "loa_actor":
			m.Actor = string(h.Value)
		case "loa_agency":
			m.Agency = string(h.Value)
		case "loa_correlation":
			m.Correlation = string(h.Value)
		}
	}
	if m.ID == "" || m.Type == "" || m.Position <= 0 || m.Epoch <= 0 || m.Previous < 0 || m.Previous >= m.Position {
		failures = append(failures, errors.New("it has no place in a log"))
	}
	if err := errors.Join(failures...); err != nil {
		return Message{}, fmt.Errorf("bus: the record %s/%d at offset %d: %w", r.Topic, r.Partition, r.Offset, err)
	}
	return m, nil
}

// decode fills the payload by the type's name.
func (m *Message) decode() error {
	t, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(m.Type))
	if err != nil {
		return fmt.Errorf("bus: the type %s: %w", m.Type, err)
	}
	payload := t.New().Interface()
	if err := proto.Unmarshal(m.data, payload); err != nil {
		return fmt.Errorf("bus: decoding %s at %d: %w", m.Type, m.Position, err)
	}
	m.Payload = payload
	return nil
}
