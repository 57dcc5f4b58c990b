package bus_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/relay"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

const (
	service    = "content"
	revisedV1  = "loa.content.v1.ContentRevised"
	importedV1 = "loa.content.v1.ContentImported"
)

// The events of the test's source: revised and imported are published, noted is private.
type (
	revised  struct{ Revision int32 }
	imported struct{ Revision int32 }
	noted    struct{ Text string }
	item     struct{ version int64 }
)

func (i *item) Apply(e es.Event) { i.version = e.Version }

func publish(e es.Event) (proto.Message, error) {
	switch d := e.Data.(type) {
	case revised:
		return &contentv1.ContentRevised{Content: e.Aggregate, Revision: d.Revision}, nil
	case imported:
		return &contentv1.ContentImported{BodyHtml: e.Aggregate}, nil
	}
	return nil, nil
}

// source is a service with a log that others follow.
type source struct {
	t      *testing.T
	pool   *pgxpool.Pool
	log    *es.Log
	repo   *es.Repo[item, *item]
	deps   relay.Deps
	client busv1.PublishedServiceClient
	// address serves the same to other processes.
	address string
	// refuse makes ReadPublished and GetHeads answer as a source that is away.
	refuse atomic.Bool

	mu       sync.Mutex
	recorded []fact // of the wanted type, in the order of the log
}

// fact is one effect that a consumer should have.
type fact struct {
	Key      string
	Revision int32
}

func newSource(t *testing.T, client *kafka.Client) *source {
	t.Helper()
	pool, _ := engines.Clone(t, "source", func(ctx context.Context, owner *pgx.Conn) error {
		if err := es.Migrate(ctx, owner, "postgres", nil); err != nil {
			return err
		}
		return relay.Migrate(ctx, owner, "postgres")
	})
	s := &source{t: t, pool: pool}
	s.open()
	s.deps = relay.Deps{Log: s.log, Pool: pool, Client: client, Logger: logger(t)}
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.UnaryInterceptor(func(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		if s.refuse.Load() {
			return nil, status.Error(codes.Unavailable, "refused by the test")
		}
		return handler(ctx, req)
	}))
	busv1.RegisterPublishedServiceServer(server, relay.Server(s.deps, service, publish))
	go func() { _ = server.Serve(listener) }()
	tcp, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = tcp.Addr().String()
	go func() { _ = server.Serve(tcp) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///source", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	s.client = busv1.NewPublishedServiceClient(conn)
	return s
}

func (s *source) open() {
	s.t.Helper()
	catalogue := es.NewCatalogue(es.EventType[revised]("content.item_revised.v1"), es.EventType[imported]("content.item_imported.v1"),
		es.EventType[noted]("content.item_noted.v1"))
	var err error
	if s.log, err = es.Open(s.t.Context(), s.pool, catalogue, es.Options{Service: service, Logger: logger(s.t)}); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(s.log.Close)
	s.repo = es.NewRepo[item](s.log, "content")
}

// relay publishes until the returned function is called.
func (s *source) relay() (stop func()) {
	return background(s.t, func(ctx context.Context) error { return relay.Run(ctx, s.deps, publish) })
}

func newKey() string { return id.Format("content", id.NewUUID(time.Now())) }

// keyIn makes a key of one partition.
func keyIn(partition int) string {
	for {
		if k := newKey(); bus.Partition(k) == partition {
			return k
		}
	}
}

// revise appends one event a key, with a private one before it.
func (s *source) revise(keys ...string) {
	s.t.Helper()
	for _, k := range keys {
		s.append(s.t.Context(), k, func(version int64) []any { return []any{noted{"private"}, revised{int32(version + 2)}} })
	}
}

func (s *source) append(ctx context.Context, key string, events func(version int64) []any) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	var command es.Command
	rand.Read(command.Key[:])
	result, err := s.repo.Execute(ctx, key, command, func(_ *item, version int64) ([]any, error) { return events(version), nil })
	if err != nil {
		s.t.Error(err)
		return
	}
	for _, e := range result.Recorded {
		if r, ok := e.Data.(revised); ok {
			s.recorded = append(s.recorded, fact{key, r.Revision})
		}
	}
}

// acknowledged waits until the broker has acknowledged everything that was appended.
func (s *source) acknowledged() {
	s.t.Helper()
	want := s.lastPublished()
	eventually(s.t, "the relay has published everything", func() bool {
		heads, err := s.client.GetHeads(s.t.Context(), &busv1.GetHeadsRequest{Source: service})
		if err != nil {
			return false
		}
		for _, h := range heads.GetHeads() {
			if h.GetPosition() < want[h.GetPartition()].position {
				return false
			}
		}
		return true
	})
}

// at is a place in a log.
type at struct {
	epoch    int
	position int64
}

func (s *source) lastPublished() (last [bus.Partitions]at) {
	s.t.Helper()
	for after := int64(0); ; {
		events, err := s.log.Read(s.t.Context(), after, 1000)
		if err != nil {
			s.t.Fatal(err)
		}
		if len(events) == 0 {
			return last
		}
		for _, e := range events {
			if m, _ := publish(e); m != nil {
				last[bus.Partition(e.Aggregate)] = at{e.Epoch, e.Position}
			}
			after = e.Position
		}
	}
}

// sink is a consumer with a database of its own.
type sink struct {
	t        *testing.T
	source   *source
	pool     *pgxpool.Pool
	address  string // of the database
	deps     bus.Deps
	consumer bus.Consumer
	patience time.Duration
}

func newSink(t *testing.T, s *source, client *kafka.Client) *sink {
	t.Helper()
	pool, address := engines.Clone(t, "sink", func(ctx context.Context, owner *pgx.Conn) error {
		if err := bus.Migrate(ctx, owner, "postgres"); err != nil {
			return err
		}
		_, err := owner.Exec(ctx, `CREATE TABLE effect (n bigserial PRIMARY KEY, key text NOT NULL, revision int NOT NULL, healed boolean NOT NULL)`)
		return err
	})
	k := &sink{t: t, source: s, pool: pool, address: address, patience: patience}
	k.deps = bus.Deps{
		Client: client, Pool: pool, Logger: logger(t), TailCheck: 200 * time.Millisecond,
		Source: func(string) busv1.PublishedServiceClient { return s.client },
	}
	k.consumer = bus.Consumer{Name: "test." + strings.ToLower(rand.Text()), Sources: []string{service}, Types: []string{revisedV1}, Handle: record}
	return k
}

// record is a handler whose effect is a row.
func record(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
	for _, m := range messages {
		revision := m.Payload.(*contentv1.ContentRevised).GetRevision()
		if _, err := tx.Exec(ctx, "INSERT INTO effect (key, revision, healed) VALUES ($1, $2, $3)", m.Key, revision, m.Healed); err != nil {
			return err
		}
	}
	return nil
}

func (k *sink) run() (stop func()) {
	return background(k.t, func(ctx context.Context) error { return bus.Run(ctx, k.deps, k.consumer) })
}

func (k *sink) effects() []fact {
	k.t.Helper()
	rows, err := k.pool.Query(k.t.Context(), "SELECT key, revision FROM effect ORDER BY n")
	if err != nil {
		k.t.Fatal(err)
	}
	facts, err := pgx.CollectRows(rows, pgx.RowToStructByPos[fact])
	if err != nil {
		k.t.Fatal(err)
	}
	return facts
}

// caughtUp waits until the marks have reached the end of the log.
func (k *sink) caughtUp() {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), k.patience)
	defer cancel()
	for partition, last := range k.source.lastPublished() {
		if last.position == 0 {
			continue
		}
		if err := bus.WaitForMark(ctx, k.pool, k.consumer.Name, service, partition, last.epoch, last.position); err != nil {
			_, now, _ := bus.Mark(k.t.Context(), k.pool, k.consumer.Name, service, partition)
			k.t.Fatalf("partition %d did not reach %d: it is at %d: %v", partition, last.position, now, err)
		}
	}
}

// exact checks that the effects are those of the log, each once, each key's in order.
func (k *sink) exact() {
	k.t.Helper()
	k.caughtUp()
	byKey := func(facts []fact) map[string][]int32 {
		m := map[string][]int32{}
		for _, f := range facts {
			m[f.Key] = append(m[f.Key], f.Revision)
		}
		return m
	}
	k.source.mu.Lock()
	want := byKey(k.source.recorded)
	k.source.mu.Unlock()
	got := byKey(k.effects())
	for key, revisions := range want {
		if !slices.Equal(got[key], revisions) {
			k.t.Errorf("the effects of %s are %v, and its events %v", key, got[key], revisions)
		}
	}
	if len(got) != len(want) {
		k.t.Errorf("effects of %d keys, events of %d", len(got), len(want))
	}
}

func (k *sink) healed() int64 {
	k.t.Helper()
	n, err := bus.Healed(k.t.Context(), k.pool, k.consumer.Name, service)
	if err != nil {
		k.t.Fatal(err)
	}
	return n
}

const patience = 30 * time.Second

// eventually polls with a deadline.
func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	deadline := time.After(patience)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !f() {
		select {
		case <-deadline:
			t.Fatalf("not within %s: %s", patience, what)
		case <-tick.C:
		}
	}
}

// background runs f until the returned function is called, or the test ends, and fails the test when f does.
func background(t *testing.T, f func(ctx context.Context) error) (stop func()) {
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

func newClient(t *testing.T, b *engines.Broker) *kafka.Client {
	t.Helper()
	client, err := kafka.NewClient([]string{b.Address()}, logger(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// logger writes to the test's log, and drops what comes after the test.
func logger(t *testing.T) *slog.Logger {
	w := &testWriter{t: t}
	t.Cleanup(func() { w.ended.Store(true) })
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelInfo}))
}

type testWriter struct {
	t     *testing.T
	ended atomic.Bool
}

func (w *testWriter) Write(p []byte) (int, error) {
	if !w.ended.Load() {
		w.t.Log(strings.TrimSpace(string(p)))
	}
	return len(p), nil
}

func asJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(b)
}
