// Package relay publishes a service's log: it follows it in position order, maps stored events to their published form and writes them
// to the service's topic. It also serves the log's published events to consumers that miss some.
package relay

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.opentelemetry.io/otel/metric"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/leader"
)

// Mapper gives the published form of a stored event; nil, nil means that the event is private. It must answer the same for an event
// every time. An error stops the relay, with an alarm: what cannot be published must not be passed over.
type Mapper func(e es.Event) (proto.Message, error)

// Log is what the relay needs of an es.Log: events in position order, each position before the ones above it.
type Log interface {
	Service() string
	Epoch() int
	Read(ctx context.Context, after int64, limit int) ([]es.Event, error)
	Follow(ctx context.Context, name string, after int64, batch int, f func(ctx context.Context, events []es.Event) error) error
}

// Deps is what a relay runs on.
type Deps struct {
	// Log is the service's.
	Log Log
	// Pool is the database of the log, with the schema relay.
	Pool *pgxpool.Pool
	// Brokers are Kafka addresses, host:port. Not needed when Client is set.
	Brokers []string
	// Client is the process's connection to Kafka; nil makes one of Brokers.
	Client *kafka.Client
	// Logger is told what the relay waits for; nil discards.
	Logger *slog.Logger
}

const (
	// leaderLock is the advisory lock, in the log's database, of the relay that publishes.
	leaderLock = 1163084102
	// batchEvents bounds, together with es.Follow's bound of bytes, what the relay holds in memory, however long the broker is away:
	// three batches, one being read, one being encoded and one on its way.
	batchEvents = 2000
	// batchBytes bounds one produce; a single event may be larger.
	batchBytes = 512 << 10
	// scanEvery is how many private events may be read again after a restart.
	scanEvery     = 1000
	firstBackoff  = 50 * time.Millisecond
	lastBackoff   = 5 * time.Second
	complainEvery = time.Minute
)

// Run publishes until ctx ends, and then returns nil. One relay of a service publishes at a time, which is for thrift only: two that
// both believe they lead repeat events and lose none, because each has one produce in flight per partition and begins from the last
// acknowledged mark. What is away is waited for. It returns an error only for wrong Deps or a topic with another number of partitions.
func Run(ctx context.Context, deps Deps, mapper Mapper) error {
	if deps.Log == nil || deps.Pool == nil || mapper == nil {
		return errors.New("relay: a log, its pool and a mapper are needed")
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	client := deps.Client
	if client == nil {
		var err error
		if client, err = kafka.NewClient(deps.Brokers, deps.Logger); err != nil {
			return err
		}
		defer client.Close()
	}
	r := &relay{deps: deps, mapper: mapper, client: client, service: deps.Log.Service(), logger: deps.Logger.With("relay", deps.Log.Service())}
	if err := r.instruments(); err != nil {
		return err
	}
	defer func() { _ = r.observed.Unregister() }() // its error says that it is gone
	return r.run(ctx)
}

type relay struct {
	deps    Deps
	mapper  Mapper
	client  *kafka.Client
	service string
	logger  *slog.Logger

	published metric.Int64Counter
	observed  metric.Registration
	standing  standing
}

func (r *relay) ensureTopic(ctx context.Context) error {
	_, err := r.client.EnsureTopics(ctx, []string{bus.Topic(r.service)}, bus.Partitions)
	if ctx.Err() != nil {
		return nil //nolint:nilerr // The end of the context is the wanted end.
	}
	return err
}

func (r *relay) run(ctx context.Context) error {
	backoff := firstBackoff
	var complained time.Time
	for {
		began := time.Now()
		err := leader.Lead(ctx, r.deps.Pool.Config().ConnConfig.Copy(), leaderLock, r.lead)
		if time.Since(began) > lastBackoff {
			backoff = firstBackoff
		}
		var unmapped mapError
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // The end of the context is the wanted end.
		case errors.Is(err, kafka.ErrPartitions):
			return err
		case errors.As(err, &unmapped):
			r.logger.ErrorContext(ctx, "relay stopped", "position", unmapped.position, "type", unmapped.stored, "error", err)
		case time.Since(complained) > complainEvery:
			complained = time.Now()
			r.logger.WarnContext(ctx, "the relay begins again from its marks", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(backoff):
		}
		backoff = min(2*backoff, lastBackoff)
	}
}

// lead publishes until ctx ends, and tells meanwhile of what is still to do.
func (r *relay) lead(ctx context.Context) error {
	r.standing.leads.Store(true)
	defer r.standing.leads.Store(false)
	var watching sync.WaitGroup
	defer watching.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watching.Go(func() { r.watch(ctx) })
	return r.follow(ctx)
}

func (r *relay) follow(ctx context.Context) error {
	if err := r.ensureTopic(ctx); err != nil {
		return err
	}
	p, scanned, err := r.resume(ctx)
	if err != nil {
		return err
	}
	// Three stages at once, each with one batch: what is read and encoded meanwhile waits for the one before it to be acknowledged.
	work, ctx := errgroup.WithContext(ctx)
	read, encoded := make(chan []es.Event), make(chan *outgoing)
	work.Go(func() error {
		defer close(read)
		return r.deps.Log.Follow(ctx, "relay", scanned, batchEvents, func(ctx context.Context, events []es.Event) error {
			return hand(ctx, read, events)
		})
	})
	work.Go(func() error {
		defer close(encoded)
		for events := range read {
			batch := p.encode(events)
			if err := hand(ctx, encoded, batch); err != nil || batch.fault != nil {
				return err // the fault is the publisher's to say, when it is done with what stands before it
			}
		}
		return nil
	})
	work.Go(func() error {
		for batch := range encoded {
			if err := p.publish(ctx, batch); err != nil {
				return err
			}
		}
		return nil
	})
	return work.Wait()
}

func hand[T any](ctx context.Context, to chan<- T, what T) error {
	select {
	case to <- what:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
