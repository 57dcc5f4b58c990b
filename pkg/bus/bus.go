// Package bus carries published events between services: the log of the source is the truth, Kafka is transport. A consumer keeps a
// mark per source and partition in its own database and moves it with the effect, so that a repeat is dropped and a hole is healed
// from the source.
package bus

import (
	"context"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	kafkago "github.com/segmentio/kafka-go"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

// Partitions is the number of partitions of every topic. It is fixed: another number would move keys, and is refused at start.
const Partitions = 4

// Topic is where a service's published events go.
func Topic(service string) string { return "loa." + service + ".events.v1" }

// Partition is the partition of a key: Murmur2, as Java's default partitioner has it.
func Partition(key string) int {
	return kafkago.Murmur2Balancer{Consistent: true}.Balance(kafkago.Message{Key: []byte(key)}, 0, 1, 2, 3)
}

// Message is one published event as a handler gets it.
type Message struct {
	// ID is the event's, the same on every delivery.
	ID string
	// Source is the service whose log holds the event: "planning".
	Source string
	// Type is the payload's full protobuf name: "loa.planning.v1.PlanIssued".
	Type string
	// RecordedAt is the log's clock, HappenedAt the command's word.
	RecordedAt, HappenedAt time.Time
	// Key is the aggregate's identifier: "plan_01j…".
	Key string
	// Epoch and Position are the event's place in the log of its source. Previous is the position of the published event before it
	// in its partition, 0 for the first.
	Epoch              int
	Position, Previous int64
	Partition          int
	// Traceparent and Tracestate are the W3C trace context of the command that caused the event.
	Traceparent, Tracestate string
	// Actor, Agency and Correlation say on whose behalf it happened.
	Actor, Agency, Correlation string
	// Payload is decoded by Type.
	Payload proto.Message
	// Healed says that the message was read from its source and not from Kafka.
	Healed bool

	data []byte
}

// Handler gets messages of one partition in the order of the log. What it writes through tx, a transaction on the consumer's own
// database, commits together with the mark, so it takes effect exactly once. What it does elsewhere may happen again and needs a key
// derived from the message's ID. It must return when ctx ends.
//
// An error of this kind is retried for ever: one of errs.Transient, of the database or of a gRPC peer being away, of a context that
// ended. Any other error is retried a few times and then the message is parked with everything later of its key.
type Handler func(ctx context.Context, tx pgx.Tx, messages []Message) error

// Consumer follows other services.
type Consumer struct {
	// Name is the consumer group and the key of its marks: "approvals.content". Another name consumes everything again.
	Name string
	// Sources are the services followed.
	Sources []string
	// Types are the full protobuf names wanted; others only move the mark.
	Types []string
	// Handle is called with the wanted messages.
	Handle Handler
	// BatchSize is how many messages of a partition share a transaction at most; 0 means 100.
	BatchSize int
}

// Deps is what a consumer runs on.
type Deps struct {
	// Brokers are Kafka addresses, host:port. Not needed when Client is set.
	Brokers []string
	// Client is the process's connection to Kafka; consumers and relays of a process should share one. Nil makes one of Brokers.
	Client *kafka.Client
	// Pool is the consumer's own database. Each consumer holds up to two connections while handlers run, and what a handler does
	// beside its transaction needs more.
	Pool *pgxpool.Pool
	// Source gives the reader of a service's published events, for healing.
	Source func(service string) busv1.PublishedServiceClient
	// Logger is told of holes, parked messages and failures; nil discards.
	Logger *slog.Logger
	// TailCheck is how often an idle partition asks its source whether something is missing; 0 means 15 s.
	TailCheck time.Duration
	// Session is how long a member of the group may be silent before its partitions are given to others; 0 means 10 s. A handler that
	// takes longer keeps its partition: the member goes on speaking.
	Session time.Duration
	// OrphanAfter is how long a partition may stand still that this consumer's group has given to somebody else, while there is more to
	// read; 0 means 15 s, which is longer than a broker takes to notice that a member is no more.
	OrphanAfter time.Duration
}

// Run consumes until ctx ends, and then returns nil. Broker, database and source being away is waited for. It returns an error for
// what waiting does not mend: a consumer without a name or a wanted type that this program does not know, a topic with another number
// of partitions, a mark beyond the source's log (ErrBeyondLog).
func Run(ctx context.Context, deps Deps, c Consumer) error {
	return run(ctx, deps, c)
}
