package proof

import (
	"testing"
	"time"
)

// eventually polls until something is so.
func eventually(t testing.TB, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !so(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not come to be so")
		}
		<-time.After(10 * time.Millisecond)
	}
}
