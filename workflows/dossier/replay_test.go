package dossier

import (
	"log/slog"
	"path/filepath"
	"testing"

	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

// Every recorded history replays: a workflow that runs since an earlier release goes on under this one.
func TestRecordedHistoriesReplay(t *testing.T) {
	histories, err := filepath.Glob("testdata/*.json")
	if err != nil || len(histories) == 0 {
		t.Fatalf("no histories: %v", err)
	}
	quiet := log.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for _, history := range histories {
		t.Run(filepath.Base(history), func(t *testing.T) {
			replayer := worker.NewWorkflowReplayer()
			replayer.RegisterWorkflowWithOptions(Workflow, workflow.RegisterOptions{Name: Type})
			if err := replayer.ReplayWorkflowHistoryFromJSONFile(quiet, history); err != nil {
				t.Error(err)
			}
		})
	}
}
