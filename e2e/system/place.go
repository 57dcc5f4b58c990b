package system

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// clean is the environment without Loa's and telemetry's own settings.
func clean(env []string) []string {
	var kept []string
	for _, entry := range env {
		if !strings.HasPrefix(entry, "LOA_") && !strings.HasPrefix(entry, "OTEL_") {
			kept = append(kept, entry)
		}
	}
	return kept
}

// Root is the repository.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != "/"; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.work")); err == nil {
			return dir
		}
	}
	t.Fatal("no go.work above the test")
	return ""
}

// DataDir is a directory that PostgreSQL's own user can reach, which t.TempDir below a closed home may not be.
func DataDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "loa-e2e-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// FreeAddress is an address on loopback that nobody listens on, below the range of outgoing connections.
func FreeAddress(t testing.TB) string {
	t.Helper()
	for range 100 {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 12000+randomPort()))
		if err != nil {
			continue
		}
		address := l.Addr().String()
		_ = l.Close()
		return address
	}
	t.Fatal("no free port")
	return ""
}
