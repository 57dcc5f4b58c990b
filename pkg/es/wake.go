package es

import "sync"

// wake tells everyone who waits that something has moved. A waiter takes the channel before it looks, so that a move between the
// look and the wait is not missed.
type wake struct {
	mu sync.Mutex
	ch chan struct{}
}

// next is closed at the next signal.
func (w *wake) next() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ch == nil {
		w.ch = make(chan struct{})
	}
	return w.ch
}

func (w *wake) signal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ch != nil {
		close(w.ch)
		w.ch = nil
	}
}
