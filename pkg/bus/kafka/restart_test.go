package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill"
	"github.com/ThreeDotsLabs/watermill/message"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
)

const patience = 60 * time.Second

func newClient(t *testing.T, broker *engines.Broker) *kafka.Client {
	t.Helper()
	client, err := kafka.NewClient([]string{broker.Address()}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// TestRestart publishes and consumes while the broker is restarted and killed: what was acknowledged to the publisher arrives.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := newSuite(t, nil)
	publisher, subscriber := s.group(t, "restart")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	messages, err := subscriber.Subscribe(ctx, "restarted")
	if err != nil {
		t.Fatal(err)
	}
	const publishers, each = 10, 100
	var mu sync.Mutex
	waited := map[string]bool{}
	var group sync.WaitGroup
	for p := range publishers {
		group.Go(func() {
			for n := range each {
				m := message.NewMessage(watermill.NewUUID(), fmt.Appendf(nil, "%d/%d", p, n))
				mu.Lock()
				waited[m.UUID] = true
				mu.Unlock()
				if err := publisher.Publish("restarted", m); err != nil {
					t.Errorf("publishing: %v", err)
				}
			}
		})
	}
	received := 0
	var restarted, killed bool
	for received < publishers*each {
		select {
		case m := <-messages:
			mu.Lock()
			if waited[m.UUID] {
				delete(waited, m.UUID)
				received++
			}
			mu.Unlock()
			m.Ack()
		case <-ctx.Done():
			t.Fatalf("%d of %d arrived", received, publishers*each)
		}
		switch { // once each, though repeats come between
		case received == 200 && !restarted:
			restarted = true
			command := s.broker.RestartCommand()
			group.Go(func() {
				if out, err := exec.CommandContext(ctx, command[0], command[1:]...).CombinedOutput(); err != nil {
					t.Errorf("restarting: %v: %s", err, out)
				}
			})
		case received == 600 && !killed:
			killed = true
			s.broker.Kill()
			if err := s.broker.Start(); err != nil {
				t.Error(err)
			}
		}
	}
	group.Wait()
	if err := errors.Join(publisher.Close(), subscriber.Close(), publisher.Close(), subscriber.Close()); err != nil {
		t.Error(err)
	}
	if err := publisher.Publish("restarted", message.NewMessage("x", nil)); !errors.Is(err, kafka.ErrClosed) {
		t.Errorf("publishing after Close: %v", err)
	}
	if _, err := subscriber.Subscribe(ctx, "restarted"); !errors.Is(err, kafka.ErrClosed) {
		t.Errorf("subscribing after Close: %v", err)
	}
	if _, open := <-messages; open {
		t.Error("the channel is open after Close")
	}
}

// TestOffsetBeyondTheEnd: the partition was begun anew, shorter than what the group had committed. It is read from its beginning.
func TestOffsetBeyondTheEnd(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	group := kafka.Group{Name: "beyond", Topics: []string{"cut"}, Partitions: 1, Heartbeat: 100 * time.Millisecond}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	read := func(commit int64) (offsets []int64) {
		t.Helper()
		one, done := context.WithCancel(ctx)
		defer done()
		err := client.Consume(one, group, func(ctx context.Context, claim *kafka.Claim) {
			for {
				batch, err := claim.Next(ctx, 0)
				if err != nil {
					return
				}
				for _, r := range batch.Records {
					offsets = append(offsets, r.Offset)
				}
				if len(offsets) > 0 && batch.AtEnd {
					if err := claim.Commit(commit); err != nil {
						t.Error(err)
					}
					done()
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		return offsets
	}
	if _, err := client.EnsureTopics(ctx, group.Topics, 1); err != nil {
		t.Fatal(err)
	}
	if err := client.Produce(ctx, "cut", 0, []kafka.Record{{Value: []byte("a")}, {Value: []byte("b")}}); err != nil {
		t.Fatal(err)
	}
	if got := read(1000); len(got) != 2 {
		t.Fatalf("read %v", got)
	}
	if got := read(1); len(got) != 2 {
		t.Errorf("from a committed offset beyond the end: read %v", got)
	}
	if got := read(2); len(got) != 1 || got[0] != 1 {
		t.Errorf("from the committed offset 1: read %v", got)
	}
}

// TestClusterIsAnother: a broker that lost its data has another identifier, and its topics are made again.
func TestClusterIsAnother(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	before, err := kafka.ClusterID(t.Context(), []string{broker.Address()})
	if err != nil || before == "" {
		t.Fatalf("%q, %v", before, err)
	}
	if err := kafka.EnsureTopics(t.Context(), []string{broker.Address()}, []string{"a", "b"}, 3); err != nil {
		t.Fatal(err)
	}
	if err := kafka.EnsureTopics(t.Context(), []string{broker.Address()}, []string{"a"}, 4); !errors.Is(err, kafka.ErrPartitions) {
		t.Errorf("another number of partitions: %v", err)
	}
	if n, err := newClient(t, broker).EnsureTopics(t.Context(), nil, 4); n != 0 || err != nil {
		t.Errorf("no topics: made %d, %v", n, err)
	}
	broker.Kill()
	if err := broker.Start(); err != nil {
		t.Fatal(err)
	}
	if same, err := kafka.ClusterID(t.Context(), []string{broker.Address()}); same != before || err != nil {
		t.Errorf("after kill -9: %q, %v, was %q", same, err, before)
	}
	broker.Kill()
	if err := errors.Join(broker.Wipe(), broker.Start()); err != nil {
		t.Fatal(err)
	}
	if now, err := kafka.ClusterID(t.Context(), []string{broker.Address()}); now == before || err != nil {
		t.Errorf("after the loss of the data: %q, %v", now, err)
	}
	client := newClient(t, broker)
	if n, err := client.EnsureTopics(t.Context(), []string{"a", "b"}, 3); n != 2 || err != nil {
		t.Errorf("made %d topics, %v", n, err)
	}
}

// TestPublisherMakesTheTopicAgain: a broker that lost everything gets the topic from who publishes, not from who reads alone.
func TestPublisherMakesTheTopicAgain(t *testing.T) {
	t.Parallel()
	s := newSuite(t, nil)
	publisher, _ := s.group(t, "again")
	if err := publisher.Publish("lost", message.NewMessage("1", []byte("a"))); err != nil {
		t.Fatal(err)
	}
	s.broker.Kill()
	if err := errors.Join(s.broker.Wipe(), s.broker.Start()); err != nil {
		t.Fatal(err)
	}
	if err := publisher.Publish("lost", message.NewMessage("2", []byte("b"))); err != nil {
		t.Errorf("after the loss: %v", err)
	}
	if n, err := s.client.EnsureTopics(t.Context(), []string{"lost"}, suitePartitions); n != 0 || err != nil {
		t.Errorf("made %d topics, %v", n, err)
	}
}

// TestProduceRefusedForGood: what no retry mends is an error at once.
func TestProduceRefusedForGood(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, err := client.EnsureTopics(ctx, []string{"large"}, 1); err != nil {
		t.Fatal(err)
	}
	if err := client.Produce(ctx, "large", 0, []kafka.Record{{Value: make([]byte, kafka.MaxMessageBytes-1000)}}); err != nil {
		t.Errorf("the largest record: %v", err)
	}
	err := client.Produce(ctx, "large", 0, []kafka.Record{{Value: make([]byte, kafka.MaxMessageBytes+1000)}})
	if err == nil || ctx.Err() != nil {
		t.Errorf("a record that is too large: %v", err)
	}
}
