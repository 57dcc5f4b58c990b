package bench

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/relay"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// effect writes one row a revised item, in one statement for them all.
func effect(ctx context.Context, tx pgx.Tx, revisions []*contentv1.ContentRevised) error {
	n := len(revisions)
	contents, hashes, numbers := make([]string, 0, n), make([]string, 0, n), make([]int32, 0, n)
	for _, r := range revisions {
		contents, hashes, numbers = append(contents, r.GetContent()), append(hashes, r.GetHash()), append(numbers, r.GetRevision())
	}
	_, err := tx.Exec(ctx, `INSERT INTO effect SELECT * FROM unnest($1::text[], $2::text[], $3::int[])
		ON CONFLICT (content) DO UPDATE SET hash = excluded.hash, revision = excluded.revision`, contents, hashes, numbers)
	return err
}

// BenchmarkConsumer is how fast a consumer has its effects on a topic's backlog: with its mark, in batches and one message to a
// transaction, and beside it the same batches and effects without mark, repeats, holes or parking: nothing but offsets in the group.
func BenchmarkConsumer(b *testing.B) {
	client := broker(b)
	cluster := engines.Durable(b)
	source := database(b, cluster)
	fillRevised(b, source, *backlog)
	log := open(b, source, catalogue())
	deps := relay.Deps{Log: log, Pool: source, Client: client, Logger: quietLogger()}
	stop := background(b, func(ctx context.Context) error { return relay.Run(ctx, deps, published) })
	until(b, "the topic is full", func() bool { return number(b, source, "SELECT position FROM relay.scan") == int64(*backlog) })
	stop()
	pool := database(b, cluster)
	execute(b, pool, "CREATE TABLE effect (content text PRIMARY KEY, hash text NOT NULL, revision int NOT NULL)")
	marked := func(size int) func(b *testing.B) measure.Figures {
		return func(b *testing.B) measure.Figures {
			return consume(b, pool, func(ctx context.Context, group string, handled func(int)) error {
				return bus.Run(ctx, bus.Deps{
					Client: client, Pool: pool, Logger: quietLogger(),
					Source: func(string) busv1.PublishedServiceClient { return direct{relay.Server(deps, "content", published)} },
				}, bus.Consumer{
					Name: group, Sources: []string{"content"}, Types: []string{"loa.content.v1.ContentRevised"}, BatchSize: size,
					Handle: func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
						revisions := make([]*contentv1.ContentRevised, 0, len(messages))
						for _, m := range messages {
							revisions = append(revisions, m.Payload.(*contentv1.ContentRevised))
						}
						defer handled(len(messages))
						return effect(ctx, tx, revisions)
					},
				})
			})
		}
	}
	bare := func(size int) func(b *testing.B) measure.Figures {
		return func(b *testing.B) measure.Figures {
			return consume(b, pool, func(ctx context.Context, group string, handled func(int)) error {
				return unmarked(ctx, client, pool, group, size, handled)
			})
		}
	}
	run().Interleave(b, "messages", 3,
		measure.Variant{Name: "one transaction a message", Measure: marked(1)},
		measure.Variant{Name: "batches of 100 without mark", Measure: bare(100)},
		measure.Variant{Name: "batches of 1,000 without mark", Measure: bare(1000)},
		measure.Variant{Name: "batches of 100 with mark", Measure: marked(100)},
		measure.Variant{Name: "batches of 1,000 with mark", Measure: marked(1000)},
	)
}

// consume runs a consumer from the topic's beginning for a round's time, or until the backlog is done, and counts from the first effect.
func consume(b *testing.B, pool *pgxpool.Pool, f func(ctx context.Context, group string, handled func(int)) error) measure.Figures {
	b.Helper()
	execute(b, pool, "TRUNCATE effect")
	var began, n atomic.Int64
	done := make(chan struct{})
	stop := background(b, func(ctx context.Context) error {
		return f(ctx, fmt.Sprintf("bench.%d", time.Now().UnixNano()), func(more int) {
			began.CompareAndSwap(0, time.Now().UnixNano())
			if now := n.Add(int64(more)); now >= int64(*backlog) && now-int64(more) < int64(*backlog) {
				close(done)
			}
		})
	})
	until(b, "the first effect", func() bool { return began.Load() > 0 })
	select {
	case <-done:
	case <-time.After(time.Until(time.Unix(0, began.Load()).Add(*roundFor))):
	}
	rows := func() int64 { return number(b, pool, "SELECT count(*) FROM effect") }
	if n.Load() >= int64(*backlog) {
		until(b, "the last effect is committed", func() bool { return rows() == int64(*backlog) })
	}
	had, took := rows(), time.Since(time.Unix(0, began.Load()))
	stop()
	return measure.Figures{Rate: float64(had) / took.Seconds(), Count: int(had)}
}

// unmarked is the consumer that most write: read, decode, write, commit the database, commit the offset. A repeat has its effect twice.
func unmarked(ctx context.Context, client *kafka.Client, pool *pgxpool.Pool, group string, size int, handled func(int)) error {
	slots := make(chan struct{}, 2) // as many transactions at once as a bus consumer has
	return client.Consume(ctx, kafka.Group{Name: group, Topics: []string{bus.Topic("content")}, Partitions: bus.Partitions}, func(ctx context.Context, claim *kafka.Claim) {
		for {
			fetched, err := claim.Next(ctx, 0)
			if err != nil {
				return
			}
			for rest := fetched.Records; len(rest) > 0; {
				n := min(size, len(rest))
				revisions := make([]*contentv1.ContentRevised, 0, n)
				for _, r := range rest[:n] {
					m, err := bus.Decode(r)
					if err != nil {
						return
					}
					revisions = append(revisions, m.Payload.(*contentv1.ContentRevised))
				}
				slots <- struct{}{}
				err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return effect(ctx, tx, revisions) })
				<-slots
				if err != nil {
					return
				}
				handled(n)
				rest = rest[n:]
			}
			if n := len(fetched.Records); n > 0 && claim.Commit(fetched.Records[n-1].Offset+1) != nil {
				return
			}
		}
	})
}

// direct calls a server without a network between.
type direct struct{ busv1.PublishedServiceServer }

func (d direct) ReadPublished(ctx context.Context, r *busv1.ReadPublishedRequest, _ ...grpc.CallOption) (*busv1.ReadPublishedResponse, error) {
	return d.PublishedServiceServer.ReadPublished(ctx, r)
}

func (d direct) GetHeads(ctx context.Context, r *busv1.GetHeadsRequest, _ ...grpc.CallOption) (*busv1.GetHeadsResponse, error) {
	return d.PublishedServiceServer.GetHeads(ctx, r)
}
