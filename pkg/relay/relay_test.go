package relay

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func TestUndisturbedRelayPublishesOnceInOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	stop := w.run()
	w.write(40, "x")
	w.published()
	stop()
	w.write(10, "x")
	w.run()
	w.published()
	if n := w.check(); n != 0 {
		t.Errorf("%d repeats in an undisturbed run", n)
	}
}

func TestRelayKilledBetweenProduceAndMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	// Whatever is produced, the mark is refused every other time: the relay begins again as after a crash at that point.
	if _, err := w.pool.Exec(t.Context(), `
		CREATE SEQUENCE crash;
		CREATE FUNCTION crash() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN IF nextval('crash') % 2 = 1 THEN RAISE EXCEPTION 'crash between produce and mark'; END IF; RETURN NEW; END $$;
		CREATE TRIGGER crash BEFORE UPDATE ON relay.scan FOR EACH ROW EXECUTE FUNCTION crash()`); err != nil {
		t.Fatal(err)
	}
	stop := w.run()
	for range 5 {
		w.write(8, "x")
		w.published()
	}
	stop()
	if n := w.check(); n == 0 {
		t.Error("no repeat: the relay was never ended between produce and mark")
	}
}

func TestRelaysThatBothBelieveTheyLead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.client.EnsureTopics(t.Context(), []string{bus.Topic("content")}, bus.Partitions); err != nil {
		t.Fatal(err)
	}
	var relays []*relay
	for range 3 {
		r := &relay{deps: w.deps, mapper: mapped, client: w.client, service: "content", logger: slog.New(slog.DiscardHandler)}
		if err := r.instruments(); err != nil {
			t.Fatal(err)
		}
		relays = append(relays, r)
	}
	stops := make([]func(), len(relays))
	for range 4 {
		for i, r := range relays {
			if stops[i] != nil && i > 0 { // begin again from the durable marks while the others go on
				stops[i]()
			}
			stops[i] = background(t, r.follow) // without the leader's lock
			w.write(12, "x")
		}
	}
	w.published()
	for _, stop := range stops {
		stop()
	}
	if n := w.check(); n == 0 {
		t.Error("no repeat: only one of them published")
	}
}

func TestBrokerAwayIsWaitedForInBoundedMemory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mappedNow atomic.Int64
	stop := background(t, func(ctx context.Context) error {
		return Run(ctx, w.deps, func(e es.Event) (proto.Message, error) {
			mappedNow.Store(max(mappedNow.Load(), e.Position))
			return mapped(e)
		})
	})
	w.write(4, "x")
	w.published()
	w.broker.Kill()
	w.write(150, strings.Repeat("a long text ", 200))
	eventually(t, "the relay took what it can hold", func() bool { return mappedNow.Load() > 8 })
	if n := mappedNow.Load(); n > 8+batchEvents {
		t.Errorf("with the broker away the relay looked at position %d", n)
	}
	if err := w.broker.Start(); err != nil {
		t.Fatal(err)
	}
	w.published()
	stop()
	w.check()
}

func TestAnotherRelayTakesOver(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.run()
	w.run()
	w.write(8, "x")
	w.published()
	leader := func() (pid int) {
		err := w.pool.QueryRow(t.Context(), `SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
			WHERE locktype = 'advisory' AND classid = $1 AND d.datname = current_database() AND granted`, leaderLock).Scan(&pid)
		if err != nil {
			return 0
		}
		return pid
	}
	before := leader()
	if _, err := w.pool.Exec(t.Context(), "SELECT pg_terminate_backend($1)", before); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another relay leads", func() bool { now := leader(); return now != 0 && now != before })
	w.write(8, "x")
	w.published()
	w.check()
}

func TestEventWithoutPublishedFormStopsTheRelay(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var mended atomic.Bool
	alarms := make(chan string, 100)
	w.deps.Logger = slog.New(alarm{slog.DiscardHandler, alarms})
	stop := background(t, func(ctx context.Context) error {
		return Run(ctx, w.deps, func(e es.Event) (proto.Message, error) {
			if e.Position == 4 && !mended.Load() {
				return nil, errors.New("no published form")
			}
			return mapped(e)
		})
	})
	w.write(3, "x")
	select {
	case a := <-alarms:
		if a != "relay stopped" {
			t.Errorf("the alarm is %q", a)
		}
	case <-time.After(patience):
		t.Error("no alarm")
	}
	mended.Store(true)
	w.published()
	stop()
	w.check()
}

// alarm passes the messages of errors on.
type alarm struct {
	slog.Handler
	to chan<- string
}

func (a alarm) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (a alarm) WithAttrs([]slog.Attr) slog.Handler           { return a }
func (a alarm) Handle(_ context.Context, r slog.Record) error {
	select {
	case a.to <- r.Message:
	default:
	}
	return nil
}

func TestReadPublishedRefusesWhatItDoesNotServe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	server := Server(w.deps, "content", mapped)
	_, err := server.ReadPublished(t.Context(), &busv1.ReadPublishedRequest{Source: "planning"})
	if errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("another service's events: %v", err)
	}
	_, err = server.ReadPublished(t.Context(), &busv1.ReadPublishedRequest{Source: "content", Partition: bus.Partitions, After: -1, Limit: -1})
	if refusal, ok := errors.AsType[*errs.Error](err); !ok || len(refusal.Fields) != 3 {
		t.Errorf("three wrong fields: %v", err)
	}
	w.write(3, strings.Repeat("a text of half a page ", 30_000))
	big, err := server.ReadPublished(t.Context(), &busv1.ReadPublishedRequest{Source: "content", Partition: 0, Until: 2})
	if err != nil || len(big.GetEvents()) != 1 || big.GetReadUntil() != 2 {
		t.Errorf("up to position 2: %d events, read until %d, %v", len(big.GetEvents()), big.GetReadUntil(), err)
	}
}
