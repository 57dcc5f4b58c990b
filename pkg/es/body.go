package es

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/loa-vn/loa/pkg/id"
)

// body is the stored form of an event. Its fields keep their names for ever.
type body struct {
	ID          string          `json:"id"`
	Aggregate   string          `json:"aggregate"`
	HappenedAt  time.Time       `json:"happenedAt"`
	Actor       string          `json:"actor,omitempty"`
	Agency      string          `json:"agency,omitempty"`
	Correlation string          `json:"correlation,omitempty"`
	Causation   string          `json:"causation,omitempty"`
	Traceparent string          `json:"traceparent,omitempty"`
	Tracestate  string          `json:"tracestate,omitempty"`
	Data        json.RawMessage `json:"data"`
}

func encodeBody(m Meta, data json.RawMessage) ([]byte, error) {
	return marshal(body{
		m.ID.String(), m.Aggregate, m.HappenedAt, m.Actor, m.Agency, m.Correlation, m.Causation, m.Traceparent, m.Tracestate, data,
	})
}

// open reads e.Body into e.Meta and e.Data.
func (c *Catalogue) open(e *Event) error {
	var b body
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return fmt.Errorf("the event at position %d: %w", e.Position, err)
	}
	n, err := hex.Decode(e.ID[:], []byte(strings.ReplaceAll(b.ID, "-", "")))
	if err != nil || n != len(e.ID) {
		return fmt.Errorf("the event at position %d has the id %q", e.Position, b.ID)
	}
	e.Meta = Meta{e.ID, b.Aggregate, b.HappenedAt, b.Actor, b.Agency, b.Correlation, b.Causation, b.Traceparent, b.Tracestate}
	if e.Data, err = c.Decode(e.Type, b.Data); err != nil {
		return fmt.Errorf("the event at position %d: %w", e.Position, err)
	}
	return nil
}

// eventID is the id of a command's n-th event (from 1): the same whenever the command is tried again.
func eventID(key id.UUID, n int) id.UUID {
	return id.Derive(time.Time{}, "event", key.String(), fmt.Sprint(n))
}
