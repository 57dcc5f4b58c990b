package e2e

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/loa-vn/loa/e2e/system"
)

// A broker that there is none of, and Apache Kafka without Java, are mistakes in the configuration that say what is missing.
func TestBrokerThatCannotRun(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		says string
	}{
		"unknown":      {[]string{"LOA_KAFKA=rabbit"}, "embedded"},
		"without Java": {[]string{"LOA_KAFKA=apache", "JAVA_HOME=", "PATH=" + t.TempDir()}, "Java 17"},
	} {
		env := append([]string{"LOA_DATA=" + system.DataDir(t), "LOA_TEMPORAL_UI_ADDR=" + system.FreeAddress(t)}, c.env...)
		out, complaint, code := system.Run(t.Context(), t, "bin/loa-local", env)
		if code != 2 || !strings.Contains(complaint, c.says) || strings.Contains(out, "READY") {
			t.Errorf("%s: exit code %d: %s%s", name, code, out, complaint)
		}
	}
}

// Killed with -9, Loa and its broker leave nothing in the way of the next start, which goes on where they were.
func TestKilledWithItsBroker(t *testing.T) {
	s := system.Start(t, system.Options{Shape: system.One})
	c := s.Client(t)
	c.Must(system.Request{As: "quan.tri", Method: "POST", Path: "/v1/agencies:import", ContentType: "text/csv", Body: agencies(t, s)}, nil)
	published := func() (n int) {
		for _, service := range system.Services() {
			n += len(s.Published(t, service))
		}
		return n
	}
	var before int
	system.Eventually(t, system.Patience, func() (bool, string) { before = published(); return before > 0, "nothing is published" })
	pid := s.Pid("loa-local")
	s.Kill("loa-local")
	if err := syscall.Kill(pid, 0); err == nil {
		t.Errorf("process %d still runs", pid)
	}
	s.StartAll()
	if after := published(); after != before {
		t.Errorf("the topics hold %d events, before the kill %d", after, before)
	}
	for _, module := range system.Databases() {
		var healed int64
		if err := s.Owner(t, module).QueryRow(t.Context(), `SELECT coalesce(sum(healed), 0) FROM bus.mark`).Scan(&healed); err != nil {
			t.Fatal(err)
		}
		if healed != 0 {
			t.Errorf("%s: %d events came from their source and not from Kafka", module, healed)
		}
	}
}

func agencies(t *testing.T, s *system.System) string {
	t.Helper()
	text, err := os.ReadFile(system.Root(t) + "/examples/plan-38/agencies.csv")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
