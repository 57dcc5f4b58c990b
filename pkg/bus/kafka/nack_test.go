package kafka_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// TestNackRedelivers: a message that is not acknowledged comes again in its place, before what follows it, and also to the subscriber
// that takes over.
func TestNackRedelivers(t *testing.T) {
	t.Parallel()
	s := newSuite(t, func(string, *message.Message) string { return "one partition" })
	publisher, subscriber := s.group(t, "nack")
	for _, id := range []string{"a", "b", "c"} {
		if err := publisher.Publish("nacked", message.NewMessage(id, nil)); err != nil {
			t.Fatal(err)
		}
	}
	// take reads until the given messages have come, and answers the n-th as it is told.
	take := func(subscriber message.Subscriber, want []string, ack func(n int) bool) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		messages, err := subscriber.Subscribe(ctx, "nacked")
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for len(got) < len(want) {
			select {
			case m := <-messages:
				if m == nil {
					t.Fatalf("it ended after %v", got)
				}
				got = append(got, m.UUID)
				if ack(len(got)) {
					m.Ack()
				} else {
					m.Nack()
				}
			case <-time.After(patience):
				t.Fatalf("came %v, want %v", got, want)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("came %v, want %v", got, want)
		}
	}
	take(subscriber, []string{"a", "a", "a", "b"}, func(n int) bool { return n == 3 })
	if err := subscriber.Close(); err != nil {
		t.Fatal(err)
	}
	_, next := s.group(t, "nack")
	take(next, []string{"b", "c"}, func(int) bool { return true })
}
