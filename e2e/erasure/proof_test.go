package erasure

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/proof"
)

// seals are what was signed about the diary's log, kept outside its database, and the segment that was exported with it.
type seals struct {
	*house
	verifier *proof.Verifier
	place    *proof.Place
	segment  string
	size     int64
}

// seal waits until the running sealer has signed the log and kept that outside, and exports the log as `loa export` does.
func (h *house) seal(t *testing.T, events int64) seals {
	t.Helper()
	verifier, err := app.CheckpointVerifier(h.config)
	if err != nil {
		t.Fatal(err)
	}
	place, err := app.OpenCheckpoints(t.Context(), h.config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = place.Close() })
	system.Eventually(t, system.Patience, func() (bool, string) {
		c, ok, err := place.Checkpoint(t.Context(), verifier, "diary", h.host.Log.Epoch())
		return err == nil && ok && c.Size == events, fmt.Sprintf("the log is sealed up to %d: %v", c.Size, err)
	})
	s := seals{h, verifier, place, filepath.Join(h.places["exports"], "diary.segment"), events}
	out, err := os.Create(s.segment)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := proof.Export(t.Context(), h.host.Pool, "diary", verifier, 1, 0, out); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	s.proves(t)
	return s
}

// proves holds the log, and the segment exported before the erasure, against what was signed before it.
func (s seals) proves(t *testing.T) {
	t.Helper()
	report, err := proof.Verify(t.Context(), s.host.Pool, "diary", s.verifier, s.place, nil)
	if err != nil || report.Last != s.size || report.Covered.Size != s.size {
		t.Errorf("the log: %+v, %v", report, err)
	}
	segment, err := os.Open(s.segment)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = segment.Close() }()
	if report, err := proof.VerifySegment(t.Context(), segment, s.verifier, s.place); err != nil || report.Last != s.size {
		t.Errorf("the exported segment: %+v, %v", report, err)
	}
}
