package engines

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Clock is the time that a server sees, which a test can set.
type Clock struct{ file, library string }

// NewClock makes a clock that is right. It needs the library of Debian's package libfaketime.
func NewClock(t testing.TB) *Clock {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/*/faketime/libfaketime.so.1")
	if len(found) == 0 {
		t.Fatal("a clock cannot be set back without libfaketime: install the package faketime")
	}
	folder, err := public("loa-clock-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	c := &Clock{file: filepath.Join(folder, "clock"), library: found[0]}
	c.Set(t, 0)
	return c
}

// Environment is for the Server that is to see this clock. Its timers run by the machine's monotonic clock.
func (c *Clock) Environment() []string {
	return []string{
		"LD_PRELOAD=" + c.library, "FAKETIME_TIMESTAMP_FILE=" + c.file, "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1",
	}
}

// Set steps the clock so far from the machine's.
func (c *Clock) Set(t testing.TB, offset time.Duration) {
	t.Helper()
	next := c.file + ".next"
	if err := os.WriteFile(next, fmt.Appendf(nil, "%+ds\n", int(offset.Seconds())), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, c.file); err != nil { // never half written
		t.Fatal(err)
	}
}
