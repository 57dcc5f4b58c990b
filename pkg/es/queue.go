package es

import (
	"context"
	"sync"
)

// queues lets the commands of one stream pass one at a time within this process: those that would only conflict with each other
// wait here instead of starving. Commands of other processes still conflict, and are tried again.
type queues struct {
	mu     sync.Mutex
	queues map[StreamID]*queue
}

type queue struct {
	turn  chan struct{} // holds one token while a command of the stream runs
	users int
}

// enter waits for the stream's turn. The returned function ends it.
func (q *queues) enter(ctx context.Context, s StreamID) (leave func(), err error) {
	q.mu.Lock()
	if q.queues == nil {
		q.queues = map[StreamID]*queue{}
	}
	one, ok := q.queues[s]
	if !ok {
		one = &queue{turn: make(chan struct{}, 1)}
		q.queues[s] = one
	}
	one.users++
	q.mu.Unlock()
	forget := func() {
		q.mu.Lock()
		defer q.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(q.queues, s)
		}
	}
	select {
	case one.turn <- struct{}{}:
		return func() { <-one.turn; forget() }, nil
	case <-ctx.Done():
		forget()
		return nil, ctx.Err()
	}
}
