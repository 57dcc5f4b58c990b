package e2e

import (
	"fmt"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/system"
)

// The walk of the README passes on the loaded example, and passes again; and what it wrote is proven.
func TestWalk(t *testing.T) {
	const steps = 19
	s := system.Start(t, system.Options{Shape: system.One, Example: true, Environment: []string{"LOA_CHECKPOINT_EVERY=1s"}})
	for turn := range 2 {
		out, complaint, code := system.Run(t.Context(), t, "examples/plan-38/walk.sh", []string{"LOA_DATA=" + s.Data, "LOA_URL=" + s.API})
		if code != 0 {
			t.Fatalf("walk %d ended with %d:\n%s%s", turn+1, code, out, complaint)
		}
		lines := strings.Split(strings.TrimSpace(out), "\n")
		if len(lines) != 2*steps {
			t.Fatalf("walk %d says %d lines:\n%s", turn+1, len(lines), out)
		}
		for i, line := range lines {
			// In Vietnamese with the step's number, and below it in English.
			start := fmt.Sprintf("%d ", i/2+1)
			if i%2 == 1 {
				start = "  "
			}
			if !strings.HasPrefix(line, start) {
				t.Errorf("walk %d says of step %d: %s", turn+1, i/2+1, line)
			}
		}
	}
	t.Run("proof", func(t *testing.T) { proofs(t, s) })
}
