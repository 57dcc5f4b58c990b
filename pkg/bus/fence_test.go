package bus

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/engines"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// TestStaleGenerationHasNoEffect: a consumer that lost its partition without knowing handles the same messages as the one that has it.
func TestStaleGenerationHasNoEffect(t *testing.T) {
	t.Parallel()
	pool, _ := engines.Clone(t, "bus", func(ctx context.Context, owner *pgx.Conn) error {
		if err := Migrate(ctx, owner, "postgres"); err != nil {
			return err
		}
		return Migrate(ctx, owner, "postgres") // may be repeated
	})
	var effects atomic.Int32
	both := make(chan struct{})
	var arrived atomic.Int32
	handle := func(ctx context.Context, _ pgx.Tx, messages []Message) error {
		effects.Add(int32(len(messages)))
		select {
		case <-both: // the other has begun too, and waits for the mark
		case <-ctx.Done():
			return ctx.Err()
		}
		return nil
	}
	client, err := kafka.NewClient([]string{"127.0.0.1:1"}, nil) // never asked
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const wanted = "loa.content.v1.ContentRevised"
	var messages []Message
	for n := range int64(3) {
		messages = append(messages, Message{
			ID: "e", Source: "content", Type: wanted, Key: "k", Epoch: 1, Position: n + 1, Previous: n, Payload: &contentv1.ContentRevised{},
		})
	}
	var group sync.WaitGroup
	for range 2 {
		group.Go(func() {
			c, err := newConsumption(Deps{Client: client, Pool: pool},
				Consumer{Name: "same", Sources: []string{"content"}, Types: []string{wanted}, Handle: handle})
			if err != nil {
				t.Error(err)
				return
			}
			if arrived.Add(1) == 2 {
				close(both)
			}
			if err := c.process(t.Context(), place{"content", 0}, messages); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := effects.Load(); n != 3 {
		t.Errorf("%d effects of 3 messages", n)
	}
	if _, position, err := Mark(t.Context(), pool, "same", "content", 0); position != 3 || err != nil {
		t.Errorf("the mark is at %d, %v", position, err)
	}
}
