package bus_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
)

func TestUndisturbedEffectsComeFromKafkaOnce(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	k.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3), newKey(), newKey()}
	for range 20 {
		s.revise(keys...)
	}
	s.append(t.Context(), keys[0], func(int64) []any { return []any{imported{1}} }) // published, not wanted
	k.exact()
	// Longer than several looks at the tail.
	eventually(t, "the tail was looked at", func() bool { return time.Since(lastMoved(t, k)) > time.Second })
	if n := k.healed(); n != 0 {
		t.Errorf("%d events were healed in an undisturbed run", n)
	}
}

func lastMoved(t *testing.T, k *sink) (at time.Time) {
	t.Helper()
	if err := k.pool.QueryRow(t.Context(), "SELECT max(moved_at) FROM bus.mark").Scan(&at); err != nil {
		t.Fatal(err)
	}
	return at
}

// published gives the records that a relay would write.
func published(t *testing.T, s *source, partition int) []bus.Message {
	t.Helper()
	r, err := s.client.ReadPublished(t.Context(), &busv1.ReadPublishedRequest{Source: service, Partition: int32(partition)})
	if err != nil {
		t.Fatal(err)
	}
	var out []bus.Message
	for _, e := range r.GetEvents() {
		out = append(out, bus.FromPublished(e))
	}
	return out
}

func produce(t *testing.T, k *sink, messages ...bus.Message) {
	t.Helper()
	if _, err := k.deps.Client.EnsureTopics(t.Context(), []string{bus.Topic(service)}, bus.Partitions); err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		r, err := m.Record()
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err = k.deps.Client.Produce(ctx, r.Topic, r.Partition, []kafka.Record{r})
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestHoleIsReadFromTheSource(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	key := keyIn(2)
	for range 6 {
		s.revise(key)
	}
	all := published(t, s, 2)
	// Kafka has the first, repeats, and lacks the third and fourth.
	produce(t, k, all[0], all[1], all[0], all[1], all[4], all[5], all[2])
	k.run()
	k.exact()
	if n := k.healed(); n != 2 {
		t.Errorf("%d events were healed, and 2 were missing", n)
	}
}

func TestNothingCrossesWithoutBrokerAndSource(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	k.run()
	key := newKey()
	s.revise(key)
	k.exact()
	broker.Kill()
	s.refuse.Store(true)
	s.revise(key, key)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	err := bus.WaitForMark(ctx, k.pool, k.consumer.Name, service, bus.Partition(key), 1, s.lastPublished()[bus.Partition(key)].position)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("something crossed: %v", err)
	}
	if n := len(k.effects()); n != 1 {
		t.Errorf("%d effects, want the one from before", n)
	}
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	s.refuse.Store(false)
	k.exact()
	if n := k.healed(); n != 0 {
		t.Errorf("%d events were healed, and the broker lost none", n)
	}
}

func TestBrokerLosesEverythingWhileStopped(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	stopRelay, stopConsumer := s.relay(), k.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
	s.revise(keys...)
	k.exact()
	stopConsumer()
	s.revise(keys...)
	s.revise(keys...)
	s.acknowledged() // by a broker that is about to lose it
	stopRelay()
	broker.Kill()
	if err := broker.Wipe(); err != nil {
		t.Fatal(err)
	}
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	s.relay()
	k.run()
	late := newSink(t, s, client)
	late.run()
	k.exact()
	late.exact()
	if n := k.healed(); n != 8 {
		t.Errorf("%d events were healed, and 8 were lost", n)
	}
	if n := late.healed(); n != 12 {
		t.Errorf("the consumer that starts late healed %d events, and 12 were lost", n)
	}
	s.revise(keys...)
	k.exact()
	late.exact()
	if n := k.healed(); n != 8 {
		t.Errorf("events that kafka brought are counted as healed: %d", n)
	}
}

func TestBrokerIsReplacedUnderLoad(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	k.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3), newKey()}
	load, cancel := context.WithCancel(t.Context())
	loaded := make(chan struct{})
	go func() {
		defer close(loaded)
		for load.Err() == nil {
			for _, key := range keys {
				s.append(context.WithoutCancel(load), key, func(version int64) []any { return []any{revised{int32(version + 1)}} })
			}
		}
	}()
	for range 3 {
		before := len(k.effects())
		eventually(t, "effects go on", func() bool { return len(k.effects()) > before+50 })
		broker.Kill()
		if err := broker.Wipe(); err != nil {
			t.Fatal(err)
		}
		if err := broker.Start(); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	<-loaded
	k.exact()
}

func TestMembersComeAndGo(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	first := k.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
	s.revise(keys...)
	k.caughtUp()
	second := k.run()
	for range 10 {
		s.revise(keys...)
	}
	k.caughtUp()
	first()
	for range 10 {
		s.revise(keys...)
	}
	third := k.run()
	k.caughtUp()
	second()
	s.revise(keys...)
	k.exact()
	third()
	if n := k.healed(); n != 0 {
		t.Errorf("%d events were healed", n)
	}
}

func TestAnotherNumberOfPartitionsIsRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	if _, err := client.EnsureTopics(t.Context(), []string{bus.Topic(service)}, bus.Partitions+1); err != nil {
		t.Fatal(err)
	}
	if err := bus.Run(t.Context(), k.deps, k.consumer); !errors.Is(err, kafka.ErrPartitions) {
		t.Errorf("got %v", err)
	}
	k.consumer.Types = []string{"loa.content.v1.Nothing"}
	if err := bus.Run(t.Context(), k.deps, k.consumer); err == nil {
		t.Error("a type that nobody knows is accepted")
	}
}

func TestConsumerBeyondItsLogStops(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	stop := k.run()
	key := newKey()
	s.revise(key, key)
	k.exact()
	// The log goes on under a new epoch with all that the consumer saw: the consumer goes on too.
	adopt(t, s)
	s.revise(key)
	k.exact()
	if epoch, _, _ := bus.Mark(t.Context(), k.pool, k.consumer.Name, service, bus.Partition(key)); epoch != 2 {
		t.Errorf("the mark is in epoch %d", epoch)
	}
	stop()
	// The consumer saw a position that the log lost and used again in the next epoch.
	if _, err := k.pool.Exec(t.Context(), "UPDATE bus.mark SET position = position + 2"); err != nil {
		t.Fatal(err)
	}
	adopt(t, s)
	s.revise(key)
	if err := bus.Run(t.Context(), k.deps, k.consumer); !errors.Is(err, bus.ErrBeyondLog) {
		t.Errorf("got %v", err)
	}
}

func adopt(t *testing.T, s *source) {
	t.Helper()
	err := s.pool.AcquireFunc(t.Context(), func(conn *pgxpool.Conn) error {
		_, err := es.Adopt(t.Context(), conn.Conn(), "a test's restore")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
