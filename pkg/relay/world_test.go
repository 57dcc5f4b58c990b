package relay

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

const patience = 30 * time.Second

type (
	revised struct{ Text string }
	noted   struct{ Text string }
	item    struct{}
)

func (*item) Apply(es.Event) {}

func mapped(e es.Event) (proto.Message, error) {
	if r, ok := e.Data.(revised); ok {
		return &contentv1.ContentRevised{Content: e.Aggregate, Hash: r.Text, Revision: int32(e.Version)}, nil
	}
	return nil, nil
}

type world struct {
	t       *testing.T
	broker  *engines.Broker
	address string // of the database
	service string
	client  *kafka.Client
	pool    *pgxpool.Pool
	log     *es.Log
	repo    *es.Repo[item, *item]
	deps    Deps
	keys    []string
	writes  int
	page    int32 // of ReadPublished
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return newWorldOn(t, engines.StartBroker(t), "content")
}

func testCatalogue() *es.Catalogue {
	return es.NewCatalogue(es.EventType[revised]("content.item_revised.v1"), es.EventType[noted]("content.item_noted.v1"))
}

func newWorldOn(t *testing.T, broker *engines.Broker, service string) *world {
	t.Helper()
	w := &world{t: t, broker: broker, service: service, page: 7}
	var err error
	if w.client, err = kafka.NewClient([]string{w.broker.Address()}, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	w.pool, w.address = engines.Clone(t, "relay", func(ctx context.Context, owner *pgx.Conn) error {
		return errors.Join(es.Migrate(ctx, owner, "postgres", nil), Migrate(ctx, owner, "postgres"), Migrate(ctx, owner, "postgres"))
	})
	if w.log, err = es.Open(t.Context(), w.pool, testCatalogue(), es.Options{Service: service, Logger: slog.New(slog.DiscardHandler)}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.log.Close)
	w.repo = es.NewRepo[item](w.log, "content")
	w.deps = Deps{Log: w.log, Pool: w.pool, Client: w.client}
	for partition := range bus.Partitions {
		for {
			k := id.Format("content", id.NewUUID(time.Now()))
			if bus.Partition(k) == partition {
				w.keys = append(w.keys, k)
				break
			}
		}
	}
	return w
}

// write appends n commands, each with a private and a published event, over keys of all partitions.
func (w *world) write(n int, text string) {
	w.t.Helper()
	for range n {
		key := w.keys[w.writes%len(w.keys)]
		if w.writes >= 10*len(w.keys) { // a stream is read for each command, so none is made long
			key = newItem()
		}
		w.append(key, text)
		w.writes++
	}
}

func newItem() string { return id.Format("content", id.NewUUID(time.Now())) }

func (w *world) append(key, text string) {
	w.t.Helper()
	var command es.Command
	rand.Read(command.Key[:])
	_, err := w.repo.Execute(w.t.Context(), key, command, func(*item, int64) ([]any, error) {
		return []any{noted{"private"}, revised{text}}, nil
	})
	if err != nil {
		w.t.Error(err)
	}
}

func (w *world) run() (stop func()) {
	w.t.Helper()
	return background(w.t, func(ctx context.Context) error { return Run(ctx, w.deps, mapped) })
}

func background(t *testing.T, f func(ctx context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- f(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("it ended with: %v", err)
		}
	})
	t.Cleanup(stop)
	return stop
}

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

// want is what the log publishes in each partition, read through the server in small pages.
func (w *world) want() (events [bus.Partitions][]string) {
	w.t.Helper()
	server := Server(w.deps, w.service, mapped)
	for partition := range bus.Partitions {
		for after, last := int64(0), int64(0); ; {
			page, err := server.ReadPublished(w.t.Context(), &busv1.ReadPublishedRequest{
				Source: w.service, Partition: int32(partition), After: after, Limit: w.page,
			})
			if err != nil {
				w.t.Fatal(err)
			}
			for _, e := range page.GetEvents() {
				if e.GetPrevious() != last && e.GetPrevious() != after {
					w.t.Errorf("%d is read as after %d, and stands after %d; it was asked for after %d", e.GetPosition(), e.GetPrevious(), last, after)
				}
				events[partition] = append(events[partition], fmt.Sprintf("%d after %d: %s", e.GetPosition(), last, e.GetId()))
				last = e.GetPosition()
			}
			if page.GetReadUntil() == after {
				break
			}
			after = page.GetReadUntil()
		}
	}
	return events
}

// inKafka is what the topic holds, each partition in its order, repeats and all.
func (w *world) inKafka() (events [bus.Partitions][]string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	var mu sync.Mutex
	left := bus.Partitions
	group := kafka.Group{Name: "look-" + rand.Text(), Topics: []string{bus.Topic(w.service)}, Partitions: bus.Partitions, Heartbeat: 100 * time.Millisecond}
	err := w.client.Consume(ctx, group, func(ctx context.Context, claim *kafka.Claim) {
		for ended := false; ; {
			batch, err := claim.Next(ctx, 50*time.Millisecond)
			if err != nil {
				return
			}
			mu.Lock()
			for _, r := range batch.Records {
				h := headers(r)
				events[r.Partition] = append(events[r.Partition], fmt.Sprintf("%s after %s: %s", h["loa_position"], h["loa_previous"], h["ce_id"]))
			}
			if batch.AtEnd && !ended {
				ended = true
				if left--; left == 0 {
					cancel()
				}
			}
			mu.Unlock()
		}
	})
	if err != nil || left > 0 {
		w.t.Fatalf("the topic is not read to its end: %v", err)
	}
	return events
}

func headers(r kafka.Record) map[string]string {
	h := map[string]string{}
	for _, x := range r.Headers {
		h[x.Key] = string(x.Value)
	}
	return h
}

// published waits until the marks stand at the log's end.
func (w *world) published() {
	w.t.Helper()
	want := w.want()
	eventually(w.t, "everything is acknowledged", func() bool {
		heads, err := Server(w.deps, w.service, mapped).GetHeads(w.t.Context(), &busv1.GetHeadsRequest{Source: w.service})
		if err != nil {
			return false
		}
		for p, events := range want {
			if len(events) > 0 && !strings.HasPrefix(events[len(events)-1], fmt.Sprintf("%d ", heads.GetHeads()[p].GetPosition())) {
				return false
			}
		}
		return true
	})
}

// check compares Kafka with the log as a consumer's mark sees it: without repeats the same events in the same order, with the same
// predecessors. It gives the number of repeats.
func (w *world) check() (repeats int) {
	w.t.Helper()
	want, got := w.want(), w.inKafka()
	for p := range want {
		next := 0
		for _, e := range got[p] {
			switch {
			case next < len(want[p]) && e == want[p][next]:
				next++
			case slices.Contains(want[p][:next], e):
				repeats++
			default:
				w.t.Fatalf("partition %d has %q where the log has %q", p, e, want[p][next:min(next+1, len(want[p]))])
			}
		}
		if next < len(want[p]) {
			w.t.Errorf("partition %d lacks %q", p, want[p][next:])
		}
	}
	return repeats
}
