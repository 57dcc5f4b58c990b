package kafka_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ThreeDotsLabs/watermill/message"
)

// settled makes up for a flaw of Watermill's TestReconnect: it notes a message as sent in a goroutine of its own, some time after
// Publish has returned, and compares as soon as all were received, which here is often earlier. So the last message is held back until
// those goroutines have nothing left to note. Nothing else is changed.
type settled struct {
	message.Subscriber
	t *testing.T
	// starts are the words by which a stack names the goroutine that runs this test as its creator.
	starts string
}

// newSettled is called by the goroutine that runs the test.
func newSettled(t *testing.T, s message.Subscriber) settled {
	stack := make([]byte, 64)
	stack = stack[:runtime.Stack(stack, false)]
	number := strings.Fields(string(stack))[1] // "goroutine 7 [running]:"
	return settled{s, t, " in goroutine " + number + "\n"}
}

// reconnectMessages is the number of messages of TestReconnect.
const reconnectMessages = 10_000

func (s settled) SubscribeInitialize(topic string) error {
	return s.Subscriber.(message.SubscribeInitializer).SubscribeInitialize(topic)
}

func (s settled) Subscribe(ctx context.Context, topic string) (<-chan *message.Message, error) {
	in, err := s.Subscriber.Subscribe(ctx, topic)
	if err != nil {
		return nil, err
	}
	out := make(chan *message.Message)
	go func() {
		defer close(out)
		seen := map[string]bool{}
		for m := range in {
			if !seen[m.UUID] && len(seen) == reconnectMessages-1 {
				s.wait()
			}
			seen[m.UUID] = true
			out <- m
		}
	}()
	return out, nil
}

func (s settled) wait() {
	deadline := time.After(patience)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !s.noted() {
		select {
		case <-deadline:
			s.t.Error("TestReconnect does not finish noting what it sent")
			return
		case <-tick.C:
		}
	}
}

// noted looks at this test's goroutines: those that publish (func3) have ended, and the one that notes (func2) waits for more.
func (s settled) noted() bool {
	stacks := make([]byte, 64<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	waits := false
	for g := range strings.SplitSeq(string(stacks), "\n\n") {
		head, _, _ := strings.Cut(g, "\n")
		switch {
		case !strings.Contains(g, s.starts):
		case strings.Contains(g, "tests.TestReconnect.func3("):
			return false
		case strings.Contains(g, "tests.TestReconnect.func2("):
			waits = strings.Contains(head, "[chan receive")
		}
	}
	return waits
}
