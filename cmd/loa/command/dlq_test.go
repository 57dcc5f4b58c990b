package command

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/relay"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

const dlqConsumer = "approvals.content"

type (
	revised struct{ Revision int32 }
	item    struct{}
)

func (*item) Apply(es.Event) {}

// contentSource is a log that the test's consumer follows: it is published, and serves what it published.
type contentSource struct {
	t       *testing.T
	repo    *es.Repo[item, *item]
	address string
}

func newContentSource(t *testing.T, client *kafka.Client) *contentSource {
	t.Helper()
	pool, _ := engines.Clone(t, "source", func(ctx context.Context, owner *pgx.Conn) error {
		return errors.Join(es.Migrate(ctx, owner, "postgres", nil), relay.Migrate(ctx, owner, "postgres"))
	})
	log, err := es.Open(t.Context(), pool, es.NewCatalogue(es.EventType[revised]("content.item_revised.v1")), es.Options{Service: "content"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	publish := func(e es.Event) (proto.Message, error) {
		r, _ := e.Data.(revised)
		return &contentv1.ContentRevised{Content: e.Aggregate, Revision: r.Revision}, nil
	}
	deps := relay.Deps{Log: log, Pool: pool, Client: client}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- relay.Run(ctx, deps, publish) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	busv1.RegisterPublishedServiceServer(server, relay.Server(deps, "content", publish))
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	return &contentSource{t, es.NewRepo[item](log, "content"), listener.Addr().String()}
}

// revise appends revisions of an item.
func (s *contentSource) revise(key string, revisions ...int32) {
	s.t.Helper()
	for _, n := range revisions {
		var command es.Command
		rand.Read(command.Key[:])
		if _, err := s.repo.Execute(s.t.Context(), key, command, func(*item, int64) ([]any, error) { return []any{revised{n}}, nil }); err != nil {
			s.t.Fatal(err)
		}
	}
}

// TestParkedEventsAreListedShownAndReplayed is an operator's way through a poisoned event, with the command and a running consumer.
func TestParkedEventsAreListedShownAndReplayed(t *testing.T) {
	pool, url := engines.Clone(t, "bus", func(ctx context.Context, owner *pgx.Conn) error { return bus.Migrate(ctx, owner, "postgres") })
	t.Setenv("LOA_DATABASES", "approvals="+url)
	client, err := kafka.NewClient(engines.Kafka(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	source := newContentSource(t, client)
	conn, err := grpc.NewClient(source.address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	var poison atomic.Int64 // up to this revision the handler fails
	poison.Store(9)
	deps := bus.Deps{
		Client: client, Pool: pool, TailCheck: 200 * time.Millisecond,
		Source: func(string) busv1.PublishedServiceClient { return busv1.NewPublishedServiceClient(conn) },
	}
	consumer := bus.Consumer{
		Name: dlqConsumer, Sources: []string{"content"}, Types: []string{"loa.content.v1.ContentRevised"},
		Handle: func(_ context.Context, _ pgx.Tx, messages []bus.Message) error {
			for _, m := range messages {
				if r, ok := m.Payload.(*contentv1.ContentRevised); ok && int64(r.GetRevision()) <= poison.Load() {
					return errors.New("no such author")
				}
			}
			return nil
		},
	}
	consume := func() (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- bus.Run(ctx, deps, consumer) }()
		return func() {
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	stop := consume()
	key := id.Format("content", id.NewUUID(time.Now()))
	source.revise(key, 1, 2, 3)
	waitParked(t, pool, 3)

	_, out := run(t, "dlq", "list")
	found := regexp.MustCompile(`approvals +approvals\.content +(\S+) +loa\.content\.v1\.ContentRevised +` + key + ` .* no such author`).FindStringSubmatch(out)
	if found == nil || strings.Count(out, "waits behind another of its key") != 2 {
		t.Fatalf("the list is:\n%s", out)
	}
	if code, out := run(t, "dlq", "show", "approvals", dlqConsumer, found[1]); code != exitDone ||
		!strings.Contains(out, "tried 5 times: no such author") || !strings.Contains(out, key) {
		t.Errorf("%d, shown as:\n%s", code, out)
	}
	if code, out := run(t, "dlq", "show", "approvals", dlqConsumer, "nothing"); code != exitFailed {
		t.Errorf("an event that is not parked: %d\n%s", code, out)
	}
	if code, out := run(t, "dlq", "list", "nothing"); code != exitUsage {
		t.Errorf("of a module that is none: %d\n%s", code, out)
	}

	code, out := run(t, "dlq", "replay", "approvals", dlqConsumer, key)
	if code != exitFailed || strings.Count(out, "failed again: no such author") != 1 || strings.Count(out, "waits behind another of its key") != 2 {
		t.Errorf("before it is mended: %d\n%s", code, out)
	}
	poison.Store(0)
	if code, out := run(t, "dlq", "replay", "approvals", dlqConsumer); code != exitDone || strings.Count(out, "replayed") != 3 {
		t.Errorf("after it is mended: %d\n%s", code, out)
	}
	if code, out := run(t, "dlq", "replay", "approvals", dlqConsumer); code != exitDone || !strings.Contains(out, "nothing is parked there") {
		t.Errorf("when nothing is parked: %d\n%s", code, out)
	}

	poison.Store(9)
	source.revise(key, 4)
	waitParked(t, pool, 1)
	stop()
	if code, out := run(t, "dlq", "replay", "approvals", dlqConsumer, "--wait=300ms"); code != exitFailed || !strings.Contains(out, "not tried yet") {
		t.Errorf("while no consumer runs: %d\n%s", code, out)
	}
	poison.Store(0)
	defer consume()()
	waitParked(t, pool, 0) // the request stood
}

func waitParked(t *testing.T, pool interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}, want int,
) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for n := -1; n != want; {
		if err := pool.QueryRow(t.Context(), "SELECT count(*) FROM bus.parked").Scan(&n); err != nil {
			t.Fatal(err)
		}
		select {
		case <-deadline:
			t.Fatalf("%d are parked, and %d should be", n, want)
		case <-tick.C:
		}
	}
}

// run is the command line, with what it prints.
func run(t *testing.T, args ...string) (code int, out string) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read := make(chan string)
	go func() {
		text, _ := io.ReadAll(reader)
		read <- string(text)
	}()
	stdout := os.Stdout
	os.Stdout = writer
	code = Main(args, Program{Name: "loa", Modules: []app.Module{{Name: "approvals", Database: true}, {Name: "gateway"}}})
	os.Stdout = stdout
	_ = writer.Close()
	return code, <-read
}
