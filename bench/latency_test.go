package bench

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	watermillsql "github.com/ThreeDotsLabs/watermill-sql/v4/pkg/sql"
	"github.com/ThreeDotsLabs/watermill/components/forwarder"
	"github.com/ThreeDotsLabs/watermill/message"
	"golang.org/x/sync/errgroup"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/relay"
)

var perSecond = flag.Int("persecond", 1000, "events a second of the benchmark of commit to broker")

// BenchmarkCommitToBroker is how long after a commit was answered a reader that waits at the broker has the event, at a steady rate of
// commits: a little more than until the broker's acknowledgement, and the same for all variants. Loa's relay is woken in process; the
// second variant is the same but looks for news every 10 ms; the first is watermill-sql's forwarder at its defaults, a second.
func BenchmarkCommitToBroker(b *testing.B) {
	client := broker(b)
	cluster := engines.Durable(b)
	ours, polled := database(b, cluster), database(b, cluster)
	run().Interleave(b, "events", 2,
		measure.Variant{Name: "watermill-sql forwarder", Measure: forwarding(b, client, cluster)},
		measure.Variant{Name: "poll every 10 ms", Measure: func(b *testing.B) measure.Figures {
			log, after := open(b, polled, catalogue()), number(b, polled, "SELECT coalesce(max(position), 0) FROM es.event")
			w := watch(b, client, "polled", "ce_id")
			defer w.stop()
			defer background(b, func(ctx context.Context) error { return polling(ctx, log, client, after) })()
			return w.steadily(b, writer(b, log))
		}},
		measure.Variant{Name: "relay", Measure: func(b *testing.B) measure.Figures {
			log := open(b, ours, catalogue())
			w := watch(b, client, bus.Topic("content"), "ce_id")
			defer w.stop()
			defer background(b, func(ctx context.Context) error {
				return relay.Run(ctx, relay.Deps{Log: log, Pool: ours, Client: client, Logger: quietLogger()}, published)
			})()
			return w.steadily(b, writer(b, log))
		}},
	)
}

// writer records one event and gives its id when the commit is answered.
func writer(b *testing.B, log *es.Log) func(ctx context.Context) (string, error) {
	b.Helper()
	repo := es.NewRepo[item](log, "content")
	return func(ctx context.Context) (string, error) {
		var key id.UUID
		rand.Read(key[:])
		done, err := repo.Execute(ctx, id.Format("content", id.NewUUID(time.Now())), es.Command{Key: key, Actor: "cv.stttt", Agency: "H38.17"},
			func(*item, int64) ([]any, error) {
				return []any{revised{Hash: key.String(), Author: "cv.stttt", Revision: 1}}, nil
			})
		if err != nil {
			return "", err
		}
		return done.Recorded[0].ID.String(), nil
	}
}

// polling is a relay that looks for news every 10 ms, without marks.
func polling(ctx context.Context, log *es.Log, client *kafka.Client, after int64) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		events, err := log.Read(ctx, after, 1000)
		if err != nil {
			return err
		}
		var records [bus.Partitions][]kafka.Record
		for _, e := range events {
			p := bus.Partition(e.Aggregate)
			records[p] = append(records[p], kafka.Record{Key: []byte(e.Aggregate), Value: e.Body, Headers: []kafka.Header{{Key: "ce_id", Value: []byte(e.ID.String())}}})
			after = e.Position
		}
		var producing errgroup.Group
		for p, all := range records {
			producing.Go(func() error { return client.Produce(ctx, "polled", p, all) })
		}
		if err := producing.Wait(); err != nil {
			return err
		}
	}
}

// forwarding is watermill-sql's: the message is published to a table, and the forwarder, at its defaults, brings it to Kafka.
func forwarding(b *testing.B, client *kafka.Client, cluster *engines.Cluster) func(b *testing.B) measure.Figures {
	b.Helper()
	db := watermillsql.BeginnerFromPgx(database(b, cluster))
	table, err := watermillsql.NewPublisher(db, watermillsql.PublisherConfig{
		SchemaAdapter: watermillsql.DefaultPostgreSQLSchema{}, AutoInitializeSchema: true,
	}, watermill.NopLogger{})
	if err != nil {
		b.Fatal(err)
	}
	to := forwarder.NewPublisher(table, forwarder.PublisherConfig{})
	return func(b *testing.B) measure.Figures {
		w := watch(b, client, "forwarded", kafka.HeaderUUID)
		defer w.stop()
		from, err := watermillsql.NewSubscriber(db, watermillsql.SubscriberConfig{
			SchemaAdapter: watermillsql.DefaultPostgreSQLSchema{}, OffsetsAdapter: watermillsql.DefaultPostgreSQLOffsetsAdapter{}, InitializeSchema: true,
		}, watermill.NopLogger{})
		if err != nil {
			b.Fatal(err)
		}
		out, err := kafka.NewPublisher(kafka.PublisherConfig{Client: client, Partitions: bus.Partitions})
		if err != nil {
			b.Fatal(err)
		}
		f, err := forwarder.NewForwarder(from, out, watermill.NopLogger{}, forwarder.Config{})
		if err != nil {
			b.Fatal(err)
		}
		defer background(b, f.Run)()
		<-f.Running()
		defer f.Close()
		return w.steadily(b, func(context.Context) (string, error) {
			m := message.NewMessage(watermill.NewUUID(), fmt.Appendf(nil, `{"hash":"%036d","author":"cv.stttt","revision":1}`, 1))
			return m.UUID, to.Publish("forwarded", m)
		})
	}
}

// watched is a reader that waits at the broker and notes when it has each event.
type watched struct {
	stop func()
	mu   sync.Mutex
	at   map[string]time.Time
}

func watch(b *testing.B, client *kafka.Client, topic, header string) *watched {
	b.Helper()
	w := &watched{at: map[string]time.Time{}}
	var ready sync.WaitGroup
	ready.Add(bus.Partitions)
	w.stop = background(b, func(ctx context.Context) error {
		return client.Consume(ctx, kafka.Group{Name: "watch-" + rand.Text(), Topics: []string{topic}, Partitions: bus.Partitions}, func(ctx context.Context, claim *kafka.Claim) {
			for begun := false; ; {
				wait := time.Duration(0)
				if !begun {
					wait = 50 * time.Millisecond
				}
				batch, err := claim.Next(ctx, wait)
				if err != nil {
					return
				}
				now := time.Now()
				w.mu.Lock()
				for _, r := range batch.Records {
					for _, h := range r.Headers {
						if h.Key == header {
							w.at[string(h.Value)] = now
						}
					}
				}
				w.mu.Unlock()
				if batch.AtEnd && !begun {
					begun = true
					ready.Done()
				}
			}
		})
	})
	ready.Wait()
	return w
}

// steadily writes at a rate for a round and gives how long each event took from the answer of its commit to the reader.
func (w *watched) steadily(b *testing.B, write func(ctx context.Context) (string, error)) measure.Figures {
	b.Helper()
	// The first ones begin everything that begins with the first: statements, connections, the topic's metadata.
	first, err := write(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	w.wait(b, first)
	var mu sync.Mutex
	committed := map[string]time.Time{}
	var writing sync.WaitGroup
	tick := time.NewTicker(time.Second / time.Duration(*perSecond))
	defer tick.Stop()
	start := time.Now()
	for n := 0; time.Since(start) < *roundFor; <-tick.C {
		for ; n < int(time.Since(start).Seconds()*float64(*perSecond)); n++ { // a ticker drops what is late
			writing.Go(func() {
				id, err := write(b.Context())
				now := time.Now()
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				defer mu.Unlock()
				committed[id] = now
			})
		}
	}
	writing.Wait()
	took := time.Since(start)
	var all []time.Duration
	for id, at := range committed {
		all = append(all, max(0, w.wait(b, id).Sub(at)))
	}
	slices.Sort(all)
	return measure.Of(b, all, took)
}

func (w *watched) wait(b *testing.B, id string) (at time.Time) {
	b.Helper()
	until(b, "the event is at the broker", func() bool {
		w.mu.Lock()
		defer w.mu.Unlock()
		at = w.at[id]
		return !at.IsZero()
	})
	return at
}
