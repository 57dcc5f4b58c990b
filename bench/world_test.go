package bench

import (
	"context"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/engines/measure"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/relay"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

var (
	rounds    = flag.Int("rounds", 5, "rounds of a benchmark, whose median counts")
	roundFor  = flag.Duration("round", 3*time.Second, "how long a variant runs in a round, where time and not work bounds it")
	busyShare = flag.Float64("busy", 0.2, "a round is discarded when other programs use a greater part of the CPUs during it")
	backlog   = flag.Int("events", 200_000, "events that a follower catches up with")
)

func run() measure.Run { return measure.Run{Rounds: *rounds, Busy: *busyShare} }

// revised is the event of these logs: a revision of a content item, as content publishes it.
type revised struct {
	Hash     string `json:"hash"`
	Author   string `json:"author"`
	Revision int32  `json:"revision"`
}

type item struct{}

func (*item) Apply(es.Event) {}

func catalogue() *es.Catalogue {
	return es.NewCatalogue(es.EventType[revised]("content.item_revised.v1"))
}

func published(e es.Event) (proto.Message, error) {
	r, ok := e.Data.(revised)
	if !ok {
		return nil, fmt.Errorf("an event of type %s", e.Type)
	}
	return &contentv1.ContentRevised{Content: e.Aggregate, Hash: r.Hash, Author: r.Author, Revision: r.Revision}, nil
}

// database makes a migrated database of a service on a server with fsync on.
func database(b *testing.B, cluster *engines.Cluster, projections ...es.Projection) *pgxpool.Pool {
	b.Helper()
	address, err := cluster.Database(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		b.Fatal(err)
	}
	config.MaxConns = 64
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	owner, err := pool.Acquire(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	defer owner.Release()
	if err := errors.Join(es.Migrate(b.Context(), owner.Conn(), "postgres", projections), relay.Migrate(b.Context(), owner.Conn(), "postgres"),
		bus.Migrate(b.Context(), owner.Conn(), "postgres")); err != nil {
		b.Fatal(err)
	}
	return pool
}

// open opens the log of a database on a pool of its own, as large as a service has.
func open(b *testing.B, on *pgxpool.Pool, c *es.Catalogue) *es.Log {
	b.Helper()
	config := on.Config()
	config.MaxConns = 16
	pool, err := pgxpool.NewWithConfig(b.Context(), config)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(pool.Close)
	l, err := es.Open(b.Context(), pool, c, es.Options{Service: "content", Logger: quietLogger()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(l.Close)
	return l
}

func quietLogger() *slog.Logger { return slog.New(slog.DiscardHandler) }

// broker starts the local broker as a process of its own, built in the product's workspace and not with this module's versions.
func broker(b *testing.B) *kafka.Client {
	b.Helper()
	workspace, err := filepath.Abs("../go.work")
	if err != nil {
		b.Fatal(err)
	}
	b.Setenv("GOWORK", workspace)
	client, err := kafka.NewClient(engines.Kafka(b), nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(client.Close)
	return client
}

// fill appends events, each the first of a new stream, through es.append in large batches: the log is as if as many commands had made
// it. The body of event n is data(n) in the log's envelope.
func fill(b *testing.B, pool *pgxpool.Pool, n int, name string, data func(n int, aggregate string) string) {
	b.Helper()
	const atOnce = 1000
	for done := 0; done < n; done += atOnce {
		var keys, streams [][16]byte
		var digests, bodies [][]byte
		var expected []int64
		var ones, commands []int32
		var names []string
		for i := done; i < min(done+atOnce, n); i++ {
			stream, key := id.NewUUID(time.Now()), id.NewUUID(time.Now())
			aggregate := id.Format("content", stream)
			body := fmt.Appendf(nil, `{"id":"%s","aggregate":"%s","happenedAt":"%s","actor":"cv.stttt","agency":"H38.17","correlation":"%s","traceparent":"00-%032x-%016x-01","data":%s}`,
				id.Derive(time.Time{}, "event", key.String(), "1"), aggregate, time.Now().UTC().Truncate(time.Microsecond).Format(time.RFC3339Nano), key, i+1, i+1,
				data(i, aggregate))
			digest := sha256.Sum256(body)
			keys, streams, digests, bodies = append(keys, key), append(streams, stream), append(digests, digest[:]), append(bodies, body)
			expected, ones, commands, names = append(expected, 0), append(ones, 1), append(commands, int32(len(commands)+1)), append(names, name)
		}
		if _, err := pool.Exec(b.Context(), `SELECT es.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
			keys, digests, streams, expected, ones, commands, ones, names, digests, bodies); err != nil {
			b.Fatal(err)
		}
	}
	// As after a while: what a follower reads first is not the pages' hint bits or a missing statistic.
	if _, err := pool.Exec(b.Context(), "VACUUM ANALYZE"); err != nil {
		b.Fatal(err)
	}
}

func fillRevised(b *testing.B, pool *pgxpool.Pool, n int) {
	b.Helper()
	fill(b, pool, n, "content.item_revised.v1", func(n int, _ string) string {
		return fmt.Sprintf(`{"hash":"%064x","author":"cv.stttt","revision":%d}`, n, n%9+1)
	})
}

// background runs f until the function it gives is called, which waits for its end.
func background(b *testing.B, f func(ctx context.Context) error) (stop func()) {
	b.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(b.Context()))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			b.Errorf("it ended with: %v", err)
		}
	}
}

// until polls a condition once a millisecond.
func until(b *testing.B, what string, f func() bool) {
	b.Helper()
	deadline := time.After(5 * time.Minute)
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			b.Fatalf("not within five minutes: %s", what)
		case <-tick.C:
		}
	}
}

func execute(b *testing.B, pool *pgxpool.Pool, sql string, args ...any) {
	b.Helper()
	if _, err := pool.Exec(b.Context(), sql, args...); err != nil {
		b.Fatal(err)
	}
}

func number(b *testing.B, pool *pgxpool.Pool, sql string, args ...any) (n int64) {
	b.Helper()
	if err := pool.QueryRow(b.Context(), sql, args...).Scan(&n); err != nil {
		b.Fatal(err)
	}
	return n
}

// scan reads the whole log as a follower must: every column, in order, in batches; into Go values and no further.
func scan(b *testing.B, pool *pgxpool.Pool, events int) measure.Figures {
	b.Helper()
	start, after := time.Now(), int64(0)
	for n := 0; n < events; {
		rows, err := pool.Query(b.Context(), `SELECT position, stream, version, command, type, recorded_at, body FROM es.event
			WHERE position > $1 ORDER BY position LIMIT 1000`, after)
		if err != nil {
			b.Fatal(err)
		}
		var version int64
		var stream, command [16]byte
		var name string
		var at time.Time
		var body []byte
		tag, err := pgx.ForEachRow(rows, []any{&after, &stream, &version, &command, &name, &at, &body}, func() error { return nil })
		if err != nil || tag.RowsAffected() == 0 {
			b.Fatalf("%d rows at %d: %v", tag.RowsAffected(), n, err)
		}
		n += int(tag.RowsAffected())
	}
	return measure.Figures{Rate: float64(events) / time.Since(start).Seconds(), Count: events}
}
