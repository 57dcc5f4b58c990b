package app

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// A process is not ready while one of its modules waits for something, and when it ends meanwhile the reason is what ended it.
func TestReadyWhenEveryModuleIs(t *testing.T) {
	var asked, there atomic.Int64
	p := &part{host: &Host{}}
	p.host.part = p
	p.host.Ready(func() string {
		asked.Add(1)
		if there.Load() == 0 {
			return "pages"
		}
		return ""
	})
	r := &runner{Options: Options{Logger: slog.New(slog.DiscardHandler)}, parts: []*part{{}, p}}
	ended := errors.New("what it stands on has ended")
	ctx, end := context.WithCancelCause(t.Context())
	settled := make(chan error, 1)
	go func() { settled <- r.settled(ctx) }()
	for deadline := time.Now().Add(10 * time.Second); asked.Load() < 5; {
		select {
		case err := <-settled:
			t.Fatalf("ready while it waits: %v", err)
		case <-time.After(time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatal("nobody asks")
		}
	}
	if got := p.waiting(p.waits); !slices.Equal(got, []string{"pages"}) {
		t.Errorf("waits for %v", got)
	}
	there.Store(1)
	if err := <-settled; err != nil {
		t.Error(err)
	}
	there.Store(0)
	end(ended)
	if err := r.settled(ctx); !errors.Is(err, ended) {
		t.Errorf("got %v", err)
	}
}
