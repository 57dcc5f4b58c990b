package es

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

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
	if b, ok := readBody(e.Body); ok && c.fill(e, b) == nil {
		return nil
	}
	// What is unusual, or wrong, is read again at leisure, and an error says what is wrong.
	var b body
	if err := json.Unmarshal(e.Body, &b); err != nil {
		return fmt.Errorf("the event at position %d: %w", e.Position, err)
	}
	return c.fill(e, b)
}

func (c *Catalogue) fill(e *Event, b body) (err error) {
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

// readBody reads a body of the form that encodeBody writes: the members in its order, no white space, and plain ASCII outside of data. Whoever follows a log reads millions of these, and encoding/json would go over each three times. Data is not looked into.
func readBody(raw []byte) (b body, ok bool) {
	rest, ok := bytes.CutPrefix(raw, []byte(`{"id":"`))
	if !ok || rest[len(rest)-1] != '}' {
		return b, false
	}
	text := func() string {
		end := bytes.IndexByte(rest, '"')
		for _, c := range rest[:max(end, 0)] {
			ok = ok && c >= ' ' && c < utf8.RuneSelf && c != '\\'
		}
		if end < 0 || !ok {
			ok = false
			return ""
		}
		s := string(rest[:end])
		rest = rest[end+1:]
		return s
	}
	member := func(name string) string {
		if after, found := bytes.CutPrefix(rest, []byte(name)); found {
			rest = after
			return text()
		}
		return ""
	}
	b.ID = text()
	b.Aggregate = member(`,"aggregate":"`)
	happened := member(`,"happenedAt":"`)
	b.Actor, b.Agency = member(`,"actor":"`), member(`,"agency":"`)
	b.Correlation, b.Causation = member(`,"correlation":"`), member(`,"causation":"`)
	b.Traceparent, b.Tracestate = member(`,"traceparent":"`), member(`,"tracestate":"`)
	data, found := bytes.CutPrefix(rest, []byte(`,"data":`))
	if !ok || !found || len(data) < 2 {
		return b, false
	}
	b.Data = data[:len(data)-1]
	var err error
	b.HappenedAt, err = time.Parse(time.RFC3339Nano, happened)
	return b, err == nil
}

// eventID is the id of a command's n-th event (from 1): the same whenever the command is tried again.
func eventID(key id.UUID, n int) id.UUID {
	return id.Derive(time.Time{}, "event", key.String(), fmt.Sprint(n))
}
