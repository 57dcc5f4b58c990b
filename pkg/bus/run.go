package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/sync/errgroup"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/bus/order"
)

const (
	defaultBatch     = 100
	defaultTailCheck = 15 * time.Second
	// replayLook is how often a consumer looks for parked messages that somebody asked to replay.
	replayLook = 5 * time.Second
	// transactions is how many partitions of one consumer are handled at once: each holds a connection of the pool meanwhile.
	transactions = 2
	// handlerLimit ends a handler's context. What hangs longer is taken for something that is away, and tried again.
	handlerLimit = time.Minute
)

// consumption is one call of Run.
type consumption struct {
	deps     Deps
	consumer Consumer
	client   *kafka.Client
	logger   *slog.Logger
	wanted   map[string]bool
	sources  map[string]string // by topic
	chain    step
	replayed step
	slots    chan struct{}
	measure  instruments
	stop     context.CancelCauseFunc
	tails    tails

	mu      sync.Mutex
	cluster string
	mine    map[place]bool     // the partitions that this member reads
	leave   context.CancelFunc // ends the membership
}

func run(ctx context.Context, deps Deps, consumer Consumer) error {
	c, err := newConsumption(deps, consumer)
	if err != nil {
		return err
	}
	if deps.Client == nil {
		defer c.client.Close()
	}
	ctx, c.stop = context.WithCancelCause(ctx)
	defer c.stop(nil)
	topics := make([]string, 0, len(consumer.Sources))
	for _, s := range consumer.Sources {
		topics = append(topics, Topic(s))
	}
	work, inner := errgroup.WithContext(ctx)
	work.Go(func() error {
		return c.join(inner, func(ctx context.Context) error {
			return c.client.Consume(ctx, kafka.Group{
				Name: consumer.Name, Topics: topics, Partitions: Partitions, Session: deps.Session, Joined: c.joined,
			}, c.follow)
		})
	})
	work.Go(func() error { return c.orphanLoop(inner) })
	work.Go(func() error { return c.replayLoop(inner) })
	if err := work.Wait(); err != nil {
		return err
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(cause, context.Canceled) && !errors.Is(cause, context.DeadlineExceeded) {
		return cause
	}
	return nil
}

func newConsumption(deps Deps, consumer Consumer) (*consumption, error) {
	if consumer.Name == "" || len(consumer.Sources) == 0 || consumer.Handle == nil {
		return nil, errors.New("bus: a consumer needs a name, a source and a handler")
	}
	if consumer.BatchSize == 0 {
		consumer.BatchSize = defaultBatch
	}
	if deps.TailCheck == 0 {
		deps.TailCheck = defaultTailCheck
	}
	if deps.OrphanAfter == 0 {
		deps.OrphanAfter = defaultOrphanAfter
	}
	if deps.Logger == nil {
		deps.Logger = slog.New(slog.DiscardHandler)
	}
	c := &consumption{
		deps: deps, consumer: consumer, client: deps.Client, logger: deps.Logger.With("consumer", consumer.Name),
		wanted: map[string]bool{}, sources: map[string]string{}, slots: make(chan struct{}, transactions),
		tails: tails{known: map[string]tail{}}, mine: map[place]bool{}, leave: func() {},
	}
	for _, t := range consumer.Types {
		if _, err := protoregistry.GlobalTypes.FindMessageByName(protoreflect.FullName(t)); err != nil {
			return nil, fmt.Errorf("bus: %s wants %s, which this program does not know: %w", consumer.Name, t, err)
		}
		c.wanted[t] = true
	}
	for _, s := range consumer.Sources {
		c.sources[Topic(s)] = s
	}
	var err error
	if c.measure, err = newInstruments(); err != nil {
		return nil, err
	}
	if c.client == nil {
		if c.client, err = kafka.NewClient(deps.Brokers, c.logger); err != nil {
			return nil, err
		}
	}
	c.chain = compose(c.links())
	c.replayed = compose([]link{{"recover", recoverStep}, {"trace", c.traceStep}, {"handler", c.handlerStep}})
	return c, nil
}

func (c *consumption) wants(m *Message) bool { return c.wanted[m.Type] }

// batch goes down the chain: messages of one partition in order, without a gap between them.
type batch struct {
	place    place
	messages []Message
	allowed  order.Entry // by which the mark may go on in a later epoch
	tx       transaction // set by mark
}

type place struct {
	source    string
	partition int
}

func (p place) String() string { return p.source + "/" + partitionText(p.partition) }

func partitionText(p int) string { return strconv.Itoa(p) }

type step func(ctx context.Context, b *batch) error

// link is one named step of the chain, which calls the one it is given.
type link struct {
	name string
	wrap func(next step) step
}

// links is the chain, outermost first. Poison stands outside retry, so that what it parks has been tried; recover inside retry, so
// that a panic is tried again like any failure; mark inside retry, so that each try has a transaction of its own; trace outside mark,
// so that the span covers the commit.
func (c *consumption) links() []link {
	return []link{
		{"poison", c.poisonStep},
		{"retry", c.retryStep},
		{"recover", recoverStep},
		{"trace", c.traceStep},
		{"mark", c.markStep},
		{"handler", c.handlerStep},
	}
}

func compose(links []link) step {
	var s step
	for _, l := range slices.Backward(links) {
		s = l.wrap(s)
	}
	return s
}

// handlerStep is the innermost: it decodes and calls the consumer's handler.
func (c *consumption) handlerStep(step) step {
	return func(ctx context.Context, b *batch) error {
		for i := range b.messages {
			if err := b.messages[i].decode(); err != nil {
				return err
			}
		}
		ctx, cancel := context.WithTimeout(ctx, handlerLimit)
		defer cancel()
		defer c.handlerTook(ctx, time.Now())
		return c.consumer.Handle(ctx, b.tx, b.messages)
	}
}

// noteBroker remembers which cluster the consumer reads from, and says when it is another one than before.
func (c *consumption) noteBroker(ctx context.Context) {
	id, err := c.client.ClusterID(ctx)
	if err != nil || id == "" {
		return
	}
	c.mu.Lock()
	known := c.cluster == id
	c.cluster = id
	c.mu.Unlock()
	if known {
		return
	}
	before, err := swapBroker(ctx, c.deps.Pool, c.consumer.Name, id)
	switch {
	case err != nil:
		c.logger.DebugContext(ctx, "the broker's identity is not noted", "error", err)
	case before != "" && before != id:
		c.logger.WarnContext(ctx, "kafka is another cluster than before; what was not read from the old one is read from its sources",
			"before", before, "now", id)
	}
}

func swapBroker(ctx context.Context, pool *pgxpool.Pool, consumer, id string) (before string, err error) {
	// The second SELECT sees the row as it was when the statement began.
	err = pool.QueryRow(ctx, `
		WITH now AS (
		  INSERT INTO bus.broker (consumer, cluster) VALUES ($1, $2)
		  ON CONFLICT (consumer) DO UPDATE SET cluster = $2, seen_at = now() WHERE broker.cluster <> $2)
		SELECT coalesce((SELECT cluster FROM bus.broker WHERE consumer = $1), '')`, consumer, id).Scan(&before)
	return before, err
}
