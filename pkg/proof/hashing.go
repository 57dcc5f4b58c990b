package proof

import (
	"context"
	"crypto/sha256"
	"runtime"

	"golang.org/x/mod/sumdb/tlog"
	"golang.org/x/sync/errgroup"

	"github.com/loa-vn/loa/pkg/es"
)

// batchSize is how many events are hashed together.
const batchSize = 1024

// hashed is an event with what its row gives when it is hashed again.
type hashed struct {
	es.Record
	digest [sha256.Size]byte
	leaf   tlog.Hash
	// broken is set where the event cannot be read at all.
	broken error
}

// batch is a run of events on their way through the workers. A batch is used again: bodies lie in one slice.
type batch struct {
	events []hashed
	bodies []byte
	done   chan struct{}
}

// add copies an event into the batch.
func (b *batch) add(r *es.Record) {
	b.events = append(b.events, hashed{Record: *r})
	from := len(b.bodies)
	b.bodies = append(b.bodies, r.Body...)
	b.events[len(b.events)-1].Body = b.bodies[from:len(b.bodies):len(b.bodies)]
}

func (h *hashed) hash() {
	h.digest = es.Digest(h.Type, h.Stream, h.Version, h.Command, h.Body)
	h.leaf = es.Leaf(h.Position, h.RecordedAt, h.digest)
}

// source gives events in order.
type source func(ctx context.Context, give func(*es.Record) error) error

// inOrder does work on what read gives, on every processor, and hands it to check in the order it was given. An error of read or of
// check ends it.
func inOrder(ctx context.Context, read source, work func(*hashed), check func(*hashed) error) error {
	group, ctx := errgroup.WithContext(ctx)
	workers := runtime.GOMAXPROCS(0)
	pending, queue, free := make(chan *batch, workers), make(chan *batch, 4*workers), make(chan *batch, 4*workers+2)
	for range cap(free) {
		free <- &batch{events: make([]hashed, 0, batchSize)}
	}
	for range workers {
		group.Go(func() error {
			for b := range pending {
				for i := range b.events {
					work(&b.events[i])
				}
				close(b.done)
			}
			return nil
		})
	}
	group.Go(func() error {
		defer close(queue)
		defer close(pending)
		take := func() (*batch, error) {
			select {
			case b := <-free:
				b.events, b.bodies, b.done = b.events[:0], b.bodies[:0], make(chan struct{})
				return b, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		send := func(b *batch) error {
			for _, to := range []chan *batch{pending, queue} {
				select {
				case to <- b:
				case <-ctx.Done():
					return ctx.Err()
				}
			}
			return nil
		}
		b, err := take()
		if err != nil {
			return err
		}
		err = read(ctx, func(r *es.Record) error {
			if b.add(r); len(b.events) < batchSize {
				return nil
			}
			if err := send(b); err != nil {
				return err
			}
			b, err = take()
			return err
		})
		if err != nil {
			return err
		}
		return send(b)
	})
	group.Go(func() error {
		for b := range queue {
			select {
			case <-b.done:
			case <-ctx.Done():
				return ctx.Err()
			}
			for i := range b.events {
				if err := check(&b.events[i]); err != nil {
					return err
				}
			}
			free <- b // there is room for all
		}
		return nil
	})
	return group.Wait()
}
