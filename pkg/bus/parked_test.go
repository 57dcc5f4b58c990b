package bus_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

var errPoison = errors.New("the handler cannot take this one\x00")

func TestPoisonIsParkedWithItsLaterSiblings(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	poisoned, neighbour := keyIn(1), keyIn(1)
	var mended atomic.Bool
	var mu sync.Mutex
	tries := map[int32]int{}
	k.consumer.Handle = func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		for _, m := range messages {
			revision := m.Payload.(*contentv1.ContentRevised).GetRevision()
			if m.Key == poisoned && revision == 4 && !mended.Load() {
				mu.Lock()
				tries[int32(len(messages))]++
				mu.Unlock()
				return errPoison
			}
		}
		return record(ctx, tx, messages)
	}
	for range 3 {
		s.revise(poisoned, neighbour)
	}
	s.relay()
	k.run()
	k.caughtUp()
	s.revise(poisoned, neighbour)
	k.caughtUp()

	if got := effectsOf(k, poisoned); !slices.Equal(got, []int32{2}) {
		t.Errorf("effects of the poisoned key: %v", got)
	}
	if got := effectsOf(k, neighbour); !slices.Equal(got, []int32{2, 4, 6, 8}) {
		t.Errorf("effects of its neighbour in the partition: %v", got)
	}
	mu.Lock()
	if tries[1] != 5 {
		t.Errorf("the message alone was tried %d times", tries[1])
	}
	mu.Unlock()
	parked, err := bus.ListParked(t.Context(), k.pool, k.consumer.Name)
	if err != nil || len(parked) != 3 {
		t.Fatalf("parked: %s, %v", asJSON(parked), err)
	}
	for i, p := range parked {
		first := i == 0
		if p.Key != poisoned || (p.Error != "") != first || (p.Attempts == 5) != first {
			t.Errorf("parked %d: key %s, error %q, %d attempts", i, p.Key, p.Error, p.Attempts)
		}
	}
	shown, err := bus.ShowParked(t.Context(), k.pool, k.consumer.Name, parked[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := shown.JSON(); err != nil || !strings.Contains(text, poisoned) {
		t.Errorf("shown as %s, %v", text, err)
	}
	if _, err := bus.ShowParked(t.Context(), k.pool, k.consumer.Name, "nothing"); !errors.Is(err, bus.ErrNotParked) {
		t.Errorf("an unknown message: %v", err)
	}

	// Asked for too early, it fails again and stays.
	if n, err := bus.Replay(t.Context(), k.pool, k.consumer.Name, poisoned); n != 3 || err != nil {
		t.Errorf("%d asked for, %v", n, err)
	}
	eventually(t, "the replay was tried", func() bool {
		parked, err = bus.ListParked(t.Context(), k.pool, "")
		return err == nil && len(parked) == 3 && parked[0].Attempts == 6 && !parked[1].Replay
	})
	mended.Store(true)
	if _, err := bus.Replay(t.Context(), k.pool, k.consumer.Name, ""); err != nil {
		t.Error(err)
	}
	s.revise(poisoned)
	eventually(t, "nothing is parked", func() bool {
		parked, err = bus.ListParked(t.Context(), k.pool, k.consumer.Name)
		return err == nil && len(parked) == 0
	})
	s.revise(poisoned)
	k.exact()
}

func effectsOf(k *sink, key string) (revisions []int32) {
	for _, f := range k.effects() {
		if f.Key == key {
			revisions = append(revisions, f.Revision)
		}
	}
	return revisions
}

func TestPanicIsParked(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	k.consumer.Handle = func(context.Context, pgx.Tx, []bus.Message) error { panic("no such state") }
	s.revise(newKey())
	s.relay()
	k.run()
	k.caughtUp()
	parked, err := bus.ListParked(t.Context(), k.pool, k.consumer.Name)
	if err != nil || len(parked) != 1 || !strings.Contains(parked[0].Error, "no such state") {
		t.Errorf("parked: %s, %v", asJSON(parked), err)
	}
}

func TestTransientFailureIsWaitedFor(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	var tries atomic.Int32
	k.consumer.Handle = func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		switch n := tries.Add(1); {
		case n <= 3:
			return errs.New(errorsv1.Reason_UNAVAILABLE, "what", "x")
		case n <= 6: // the server ends the connection under the handler
			_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid())")
			return err
		default:
			return record(ctx, tx, messages)
		}
	}
	s.revise(newKey())
	s.relay()
	k.run()
	k.exact()
	if n := tries.Load(); n != 7 {
		t.Errorf("%d tries", n)
	}
	if parked, err := bus.ListParked(t.Context(), k.pool, ""); err != nil || len(parked) != 0 {
		t.Errorf("parked: %s, %v", asJSON(parked), err)
	}
}
