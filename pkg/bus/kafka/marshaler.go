package kafka

import "github.com/ThreeDotsLabs/watermill/message"

// Marshaler turns Watermill's messages into records and back. Marshal sets key, value and headers; messages of one key keep their order.
type Marshaler interface {
	Marshal(topic string, m *message.Message) (Record, error)
	Unmarshal(r Record) (*message.Message, error)
}

// HeaderUUID carries the message's UUID.
const HeaderUUID = "message_uuid"

// DefaultMarshaler writes metadata as headers and the UUID as header message_uuid.
type DefaultMarshaler struct {
	// Key gives a message's key; nil means its UUID, which spreads messages and keeps no order between them.
	Key func(topic string, m *message.Message) string
}

// Marshal implements Marshaler.
func (d DefaultMarshaler) Marshal(topic string, m *message.Message) (Record, error) {
	key := m.UUID
	if d.Key != nil {
		key = d.Key(topic, m)
	}
	r := Record{Key: []byte(key), Value: m.Payload, Headers: []Header{{Key: HeaderUUID, Value: []byte(m.UUID)}}}
	for k, v := range m.Metadata {
		r.Headers = append(r.Headers, Header{Key: k, Value: []byte(v)})
	}
	return r, nil
}

// Unmarshal implements Marshaler. A record that another program wrote without a UUID gets an empty one.
func (d DefaultMarshaler) Unmarshal(r Record) (*message.Message, error) {
	m := message.NewMessage("", r.Value)
	for _, h := range r.Headers {
		if h.Key == HeaderUUID {
			m.UUID = string(h.Value)
			continue
		}
		m.Metadata.Set(h.Key, string(h.Value))
	}
	return m, nil
}
