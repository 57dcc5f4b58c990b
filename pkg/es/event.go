package es

import (
	"time"

	"github.com/loa-vn/loa/pkg/id"
)

// StreamID names a stream: the UUID of the aggregate whose events it holds.
type StreamID = id.UUID

// Event is a recorded event.
type Event struct {
	// Epoch is the lineage of the log it was recorded in; Position its place in the log, from 1 without gaps.
	Epoch    int
	Position int64
	// Stream is the aggregate's stream; Version its place in that stream, from 1 without gaps.
	Stream  StreamID
	Version int64
	// Command is the key of the command that recorded it.
	Command id.UUID
	// Type is the name it was stored under, such as "content.item_revised.v1": an older one than its Data's when it was upcast.
	Type string
	// RecordedAt is the log's clock, in microseconds. It never decreases along the log.
	RecordedAt time.Time
	Meta
	// Data is the value of the Go type that the catalogue names, after upcasts.
	Data any
	// Body is the exact stored bytes.
	Body []byte
}

// Meta travels inside an event's body.
type Meta struct {
	// ID is derived from the command's key and the event's place in it.
	ID id.UUID
	// Aggregate is the typed id, such as "content_01j…".
	Aggregate string
	// HappenedAt is the command's word for when it happened, in UTC.
	HappenedAt time.Time
	// Actor and Agency say who did it; Correlation and Causation what it belongs to and what led to it. References only.
	Actor, Agency, Correlation, Causation string
	// Traceparent and Tracestate are the W3C trace context of the span that recorded it.
	Traceparent, Tracestate string
}
