package drill

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/relay"

	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

const (
	service  = "content"
	revised  = "loa.content.v1.ContentRevised"
	database = "drill"
)

// noted is the one event of the drill's log; all are published.
type noted struct{ Revision int32 }

type page struct{ version int64 }

func (p *page) Apply(e es.Event) { p.version = e.Version }

func publish(e es.Event) (proto.Message, error) {
	return &contentv1.ContentRevised{Content: e.Aggregate, Revision: e.Data.(noted).Revision}, nil
}

// source is a service whose log lives on a cluster that has a standby: its connections go to whichever of them takes writes.
type source struct {
	t    testing.TB
	pool *pgxpool.Pool
	log  *es.Log
	repo *es.Repo[page, *page]
	deps relay.Deps

	mu    sync.Mutex
	acked map[id.UUID]acknowledged // by command
}

// acknowledged is what a caller was told.
type acknowledged struct {
	aggregate string
	position  int64
	event     string
}

// found makes the log's database on a cluster.
func found(t testing.TB, c *engines.Cluster) {
	t.Helper()
	admin, err := pgx.Connect(t.Context(), c.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, err = admin.Exec(t.Context(), "CREATE DATABASE "+database)
	if err := errors.Join(err, admin.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	owner, err := pgx.Connect(t.Context(), c.At(database))
	if err != nil {
		t.Fatal(err)
	}
	err = errors.Join(es.Migrate(t.Context(), owner, "postgres", nil), relay.Migrate(t.Context(), owner, "postgres"), owner.Close(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
}

func ownerOf(t testing.TB, c *engines.Cluster) *pgx.Conn {
	t.Helper()
	owner, err := pgx.Connect(t.Context(), c.At(database))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = owner.Close(context.WithoutCancel(t.Context())) })
	return owner
}

// either is the address of the log on whichever of two clusters takes writes, as docs/recovery.md has it.
func either(t testing.TB, a, b *engines.Cluster) string {
	t.Helper()
	first, err1 := url.Parse(a.At(database))
	second, err2 := url.Parse(b.At(database))
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	return strings.Replace(first.String(), first.Host, first.Host+","+second.Host, 1) + "&target_session_attrs=read-write&connect_timeout=2"
}

func open(t testing.TB, dsn string, client *kafka.Client) *source {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	s := &source{t: t, pool: pool, acked: map[id.UUID]acknowledged{}}
	s.log, err = es.Open(t.Context(), pool, es.NewCatalogue(es.EventType[noted]("content.drill_noted.v1")), es.Options{Service: service, Logger: logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.log.Close)
	s.repo = es.NewRepo[page](s.log, "content")
	s.deps = relay.Deps{Log: s.log, Pool: pool, Client: client, Logger: logger(t)}
	background(t, func(ctx context.Context) error { return relay.Run(ctx, s.deps, publish) })
	return s
}

// direct calls a service's server without a network between.
type direct struct{ server busv1.PublishedServiceServer }

func (d direct) ReadPublished(ctx context.Context, in *busv1.ReadPublishedRequest, _ ...grpc.CallOption) (*busv1.ReadPublishedResponse, error) {
	return d.server.ReadPublished(ctx, in)
}

func (d direct) GetHeads(ctx context.Context, in *busv1.GetHeadsRequest, _ ...grpc.CallOption) (*busv1.GetHeadsResponse, error) {
	return d.server.GetHeads(ctx, in)
}

func (s *source) client() busv1.PublishedServiceClient {
	return direct{relay.Server(s.deps, service, publish)}
}

func newKey() (key id.UUID) {
	_, _ = rand.Read(key[:])
	return key
}

// write appends one event under a key and keeps what the caller is told.
func (s *source) write(ctx context.Context, aggregate string, key id.UUID) (es.Result[page], error) {
	result, err := s.repo.Execute(ctx, aggregate, es.Command{Key: key}, func(_ *page, version int64) ([]any, error) {
		return []any{noted{int32(version + 1)}}, nil
	})
	if err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.acked[key] = acknowledged{aggregate, result.Recorded[0].Position, result.Recorded[0].ID.String()}
	}
	return result, err
}

func (s *source) acknowledged() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.acked)
}

// writers write side by side, each to an aggregate of its own, until the returned function is called. A command that is not answered is
// sent again under its key until it is.
func (s *source) writers(n int) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	var group sync.WaitGroup
	for range n {
		aggregate := id.Format("content", id.NewUUID(time.Now()))
		group.Go(func() {
			for ctx.Err() == nil {
				for key, done := newKey(), false; !done && ctx.Err() == nil; {
					trying, end := context.WithTimeout(ctx, 2*time.Second)
					_, err := s.write(trying, aggregate, key)
					end()
					if done = err == nil; !done && !errs.Transient(err) && ctx.Err() == nil {
						s.t.Errorf("a writer was told %v", err)
						return
					}
				}
			}
		})
	}
	stop = sync.OnceFunc(func() {
		cancel()
		group.Wait()
	})
	s.t.Cleanup(stop)
	return stop
}

// consumer follows the source into a database of another cluster; its effects are rows.
type consumer struct {
	t    testing.TB
	pool *pgxpool.Pool
	deps bus.Deps
	name string
}

func newConsumer(t testing.TB, s *source, client *kafka.Client, name string) *consumer {
	t.Helper()
	pool, _ := engines.Clone(t, "consumer", func(ctx context.Context, owner *pgx.Conn) error {
		if err := bus.Migrate(ctx, owner, "postgres"); err != nil {
			return err
		}
		_, err := owner.Exec(ctx, `CREATE TABLE effect (n bigserial PRIMARY KEY, event text NOT NULL, epoch int NOT NULL, position bigint NOT NULL)`)
		return err
	})
	return &consumer{t: t, pool: pool, name: name, deps: bus.Deps{
		Client: client, Pool: pool, Logger: logger(t), TailCheck: 100 * time.Millisecond,
		Source: func(string) busv1.PublishedServiceClient { return s.client() },
	}}
}

func (c *consumer) run(ctx context.Context) error {
	return bus.Run(ctx, c.deps, bus.Consumer{
		Name: c.name, Sources: []string{service}, Types: []string{revised},
		Handle: func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
			for _, m := range messages {
				if _, err := tx.Exec(ctx, `INSERT INTO effect (event, epoch, position) VALUES ($1, $2, $3)`, m.ID, m.Epoch, m.Position); err != nil {
					return err
				}
			}
			return nil
		},
	})
}

// effects are the events that had one, with how often.
func (c *consumer) effects() map[string]int {
	c.t.Helper()
	rows, err := c.pool.Query(c.t.Context(), `SELECT event, count(*)::int FROM effect GROUP BY event`)
	if err != nil {
		c.t.Fatal(err)
	}
	effects := map[string]int{}
	var event string
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&event, &n}, func() error { effects[event] = n; return nil }); err != nil {
		c.t.Fatal(err)
	}
	return effects
}

// exact waits until the effects are those of the log and of the events that are given beside it, each once.
func (c *consumer) exact(s *source, beside ...string) {
	c.t.Helper()
	eventually(c.t, c.name+" has the effects of the log, each once", func() (bool, string) {
		want := map[string]int{}
		for _, event := range beside {
			want[event] = 1
		}
		for event := range s.events() {
			want[event] = 1
		}
		got := c.effects()
		for event, n := range got {
			if n != 1 || want[event] != 1 {
				c.t.Fatalf("%s: the event %s had its effect %d times, wanted %d", c.name, event, n, want[event])
			}
		}
		return len(got) == len(want), fmt.Sprintf("%d of %d", len(got), len(want))
	})
}

// events are what the log holds: position by event.
func (s *source) events() map[string]int64 {
	s.t.Helper()
	events := map[string]int64{}
	for after := int64(0); ; {
		page, err := s.log.Read(s.t.Context(), after, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(page) == 0 {
			return events
		}
		for _, e := range page {
			events[e.ID.String()], after = e.Position, e.Position
		}
	}
}

const patience = 60 * time.Second

func eventually(t testing.TB, what string, f func() (ok bool, last string)) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, last := f()
		if ok {
			return
		}
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s: %s", patience, what, last)
		case <-tick.C:
		}
	}
}

func background(t testing.TB, f func(ctx context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("it ended with: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func brokerClient(t testing.TB) *kafka.Client {
	t.Helper()
	client, err := kafka.NewClient([]string{engines.StartBroker(t).Address()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// logger writes warnings to the test's log, and drops what comes after the test.
func logger(t testing.TB) *slog.Logger {
	w := &testWriter{t: t}
	t.Cleanup(w.end)
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type testWriter struct {
	mu    sync.Mutex
	t     testing.TB
	ended bool
}

func (w *testWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

func (w *testWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}
