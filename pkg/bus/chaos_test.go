package bus_test

import (
	"context"
	"flag"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	kafkago "github.com/segmentio/kafka-go"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
)

var (
	churn = flag.Duration("bus.churn", 5*time.Second, "how long members come and go")
	late  = flag.Int("bus.late", 4000, "how many events a consumer that starts late has missed")
	wrong = flag.Duration("bus.wrong", 3*time.Second, "how long a broker loses what it was given")
)

// Invariant of all: every consumer has the effects of the log, each once, each key's in order.

// load revises keys again and again until the returned function is called.
func (s *source) load(pause time.Duration, keys ...string) (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				key := keys[rand.IntN(len(keys))]
				s.append(context.WithoutCancel(ctx), key, func(version int64) []any { return []any{revised{int32(version + 1)}} })
			}
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	s.t.Cleanup(stop)
	return stop
}

func someKeys(n int) (keys []string) {
	for range n {
		keys = append(keys, newKey())
	}
	return keys
}

// TestMembersComeGoAndAreKilled: every half second a member joins, leaves or is killed with -9 in the middle of its transactions.
func TestMembersComeGoAndAreKilled(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	k.deps.Session, k.deps.OrphanAfter = 2*time.Second, 4*time.Second
	k.consumer.Handle = slowly(5 * time.Millisecond)
	s.relay()
	stop := s.load(4*time.Millisecond, someKeys(40)...)
	var polite []func()
	var doomed []*member
	end := time.After(*churn)
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	for going := true; going; {
		switch n := rand.IntN(4); {
		case n == 0 && len(doomed) > 0:
			doomed[0].kill()
			doomed = doomed[1:]
		case n == 1 && len(polite) > 0:
			polite[0]()
			polite = polite[1:]
		case n == 2 && len(polite) < 3 || len(doomed) > 2:
			polite = append(polite, k.run())
		default:
			doomed = append(doomed, k.process(broker.Address(), 20*time.Millisecond))
		}
		select {
		case <-end:
			going = false
		case <-tick.C:
		}
	}
	for _, m := range doomed {
		m.kill()
	}
	stop()
	k.run()
	k.exact()
	t.Logf("%d effects, %d healed", len(k.effects()), k.healed())
}

// TestSlowHandlerKeepsItsPartition: longer than the session, and with another member that would take over.
func TestSlowHandlerKeepsItsPartition(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	k.deps.Session = 6 * time.Second // a busy machine may keep a member from speaking for a while
	slow := keyIn(0)
	others := []string{keyIn(1), keyIn(2), keyIn(3)}
	begun, others10 := make(chan struct{}), make(chan struct{})
	var calls atomic.Int32
	k.consumer.Handle = func(ctx context.Context, tx pgx.Tx, messages []bus.Message) error {
		if slices.ContainsFunc(messages, func(m bus.Message) bool { return m.Key == slow }) {
			if calls.Add(1) == 1 {
				close(begun)
			}
			select {
			case <-others10: // the others have been handled meanwhile
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return record(ctx, tx, messages)
	}
	s.relay()
	k.run()
	k.run()
	eventually(t, "both have partitions", func() bool { return shared(t, broker, k.consumer.Name) })
	s.revise(others...)
	k.caughtUp()
	s.revise(slow)
	<-begun
	began := time.Now()
	for time.Since(began) < 2*k.deps.Session {
		s.revise(others...)
		want := len(s.facts()) - 1 // all but the slow one
		eventually(t, "the others are handled", func() bool { return len(k.effects()) == want })
	}
	close(others10)
	k.exact()
	if n := calls.Load(); n != 1 {
		t.Errorf("the slow handler was called %d times", n)
	}
}

func (s *source) facts() []fact {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recorded)
}

// TestBrokerLosesWhatItWasGiven: under load it acknowledges produces without storing them, loses the beginning of partitions, all but the
// last record of each key, and the whole topic, which begins at offset 0 again.
func TestBrokerLosesWhatItWasGiven(t *testing.T) {
	t.Parallel()
	broker := engines.StartFaultyBroker(t)
	client := newClient(t, broker.Broker)
	s := newSource(t, client)
	k, second := newSink(t, s, client), newSink(t, s, client)
	api := &kafkago.Client{Addr: kafkago.TCP(broker.Address()), Timeout: 10 * time.Second}
	topic := bus.Topic(service)
	s.relay()
	k.run()
	keys := append(someKeys(20), keyIn(0), keyIn(1), keyIn(2), keyIn(3))
	s.revise(keys...)
	k.exact()
	stop := s.load(2*time.Millisecond, keys...)
	broker.Misbehave(t, engines.Faults{Swallow: 4, AnswerLost: 10, Seed: rand.Uint64()})
	end := time.After(*wrong)
	tick := time.NewTicker(300 * time.Millisecond)
	defer tick.Stop()
	stopSecond := func() {}
	for n, going := 0, true; going; n++ {
		switch n % 4 {
		case 0:
			eventually(t, "the topic is cut", func() bool { return broker.Cut(t.Context(), topic, rand.IntN(bus.Partitions), -1) == nil })
		case 1: // a topic is compacted segment by segment, the last one never, so it is given many
			compact(t, api, topic)
			broker.Compact(t)
		case 2:
			stopSecond()
			stopSecond = second.run()
		case 3:
			if _, err := api.DeleteTopics(t.Context(), &kafkago.DeleteTopicsRequest{Topics: []string{topic}}); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case <-end:
			going = false
		case <-tick.C:
		}
	}
	stop()
	stopSecond()
	broker.Misbehave(t, engines.Faults{})
	second.run()
	third := newSink(t, s, client) // begins when all is over
	third.run()
	k.exact()
	second.exact()
	third.exact()
	t.Logf("%d events; healed: %d by the one that was there, %d by the one that came and went, %d by the one that came late",
		len(s.facts()), k.healed(), second.healed(), third.healed())
	if k.healed() == 0 || third.healed() == 0 {
		t.Error("nothing was healed: the broker lost nothing")
	}
}

func compact(t *testing.T, api *kafkago.Client, topic string) {
	t.Helper()
	_, err := api.IncrementalAlterConfigs(t.Context(), &kafkago.IncrementalAlterConfigsRequest{
		Resources: []kafkago.IncrementalAlterConfigsRequestResource{{
			ResourceType: kafkago.ResourceTypeTopic, ResourceName: topic,
			Configs: []kafkago.IncrementalAlterConfigsRequestConfig{
				{Name: "cleanup.policy", Value: "compact", ConfigOperation: kafkago.ConfigOperationSet},
				{Name: "segment.bytes", Value: "4096", ConfigOperation: kafkago.ConfigOperationSet},
			},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestConsumerStartsAYearLate: the broker has nothing of what was written, for it kept nothing that long.
func TestConsumerStartsAYearLate(t *testing.T) {
	t.Parallel()
	const each, heldBytes = 50, 24 << 20 // events of one command
	broker := engines.StartFaultyBroker(t)
	client := newClient(t, broker.Broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range *late / each / 4 {
				s.append(t.Context(), newKey(), func(int64) []any {
					var events []any
					for n := range each {
						events = append(events, revised{int32(n + 1)})
					}
					return events
				})
			}
		})
	}
	writers.Wait()
	s.acknowledged()
	for partition := range bus.Partitions {
		if err := broker.Cut(t.Context(), bus.Topic(service), partition, -1); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	m := k.process(broker.Address(), 0)
	before := m.heap()
	k.patience = patience + time.Duration(*late)*time.Millisecond
	peak := before
	watched := make(chan struct{})
	caughtUp := make(chan struct{})
	go func() {
		defer close(watched)
		for tick := time.NewTicker(100 * time.Millisecond); ; {
			select {
			case <-tick.C:
				peak = max(peak, m.heap())
			case <-caughtUp:
				tick.Stop()
				return
			}
		}
	}()
	k.caughtUp()
	close(caughtUp)
	<-watched
	took := time.Since(began)
	k.exact()
	if n := int(k.healed()); n < *late {
		t.Errorf("%d events were healed of %d", n, *late)
	}
	if peak-before > heldBytes {
		t.Errorf("the consumer's heap grew by %d KiB", (peak-before)>>10)
	}
	t.Logf("%d events in %s, %.0f a second; the heap grew by %d KiB", *late, took.Round(time.Millisecond), float64(*late)/took.Seconds(), (peak-before)>>10)
}

// TestBrokersDiskIsFull: produces are refused, nothing is lost, and all comes when there is room.
func TestBrokersDiskIsFull(t *testing.T) {
	t.Parallel()
	broker := engines.StartFaultyBroker(t)
	client := newClient(t, broker.Broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	k.run()
	keys := someKeys(8)
	s.revise(keys...)
	k.exact()
	for _, relief := range []func(){
		func() { broker.Misbehave(t, engines.Faults{}) }, // there is room
		func() { // there is room after a crash
			broker.Kill()
			if err := broker.Start(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		broker.Misbehave(t, engines.Faults{FileLimit: 4096})
		for range 20 {
			s.revise(keys...)
		}
		if !k.behind(time.Second) {
			t.Error("everything has come: the disk was not full")
		}
		relief()
		k.exact()
	}
	second := newSink(t, s, client)
	second.run()
	second.exact()
}

// behind tells whether the consumer has not reached the end of the log after a while.
func (k *sink) behind(wait time.Duration) bool {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(k.t.Context(), wait)
	defer cancel()
	for partition, last := range k.source.lastPublished() {
		if last.position > 0 && bus.WaitForMark(ctx, k.pool, k.consumer.Name, service, partition, last.epoch, last.position) != nil {
			return true
		}
	}
	return false
}
