package dirlock

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestOneHolderAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "lock")
	if Held(path) {
		t.Error("a lock that was never taken is held")
	}
	lock, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Take(path)
	if !errors.Is(err, ErrHeld) || !strings.Contains(err.Error(), strconv.Itoa(os.Getpid())) || !Held(path) {
		t.Errorf("a second holder: %v; held %v", err, Held(path))
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
	if Held(path) {
		t.Error("a released lock is held")
	}
	again, err := Take(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Release(); err != nil {
		t.Error(err)
	}
}
