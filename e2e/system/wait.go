package system

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
)

func randomPort() int { return rand.IntN(8000) }

// Eventually asks until done is true, and fails with the last word when the patience ends.
func Eventually(t testing.TB, patience time.Duration, done func() (ok bool, last string)) {
	t.Helper()
	deadline := time.Now().Add(patience)
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		ok, last := done()
		if ok {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v still: %s", patience, last)
		}
		<-tick.C
	}
}

// Throughout asks again and again for as long as d, and fails when what must hold does not.
func Throughout(t testing.TB, d time.Duration, holds func() (ok bool, last string)) {
	t.Helper()
	end := time.NewTimer(d)
	defer end.Stop()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if ok, last := holds(); !ok {
			t.Fatal(last)
		}
		select {
		case <-end.C:
			return
		case <-tick.C:
		}
	}
}

// buffer keeps what a process writes; it may be read while it is written.
type buffer struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.Write(p)
}

func (b *buffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.text.String()
}

func (b *buffer) tail(n int) string {
	s := b.String()
	return s[max(0, len(s)-n):]
}

// settings are the lines NAME=value that the engines print.
func (b *buffer) settings() []string {
	var lines []string
	for line := range strings.Lines(b.String()) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "LOA_") {
			lines = append(lines, line)
		}
	}
	return lines
}
