package publication

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
)

// shelf is a publication as distribution would have it, in the test's time.
type shelf struct {
	standing Standing
	released []time.Time
}

func environment(s *shelf, start time.Time) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(30 * time.Second)
	var acts *Activities
	env.OnActivity(acts.ReadPublication, mock.Anything, "publication_1").
		Return(func(context.Context, string) (Standing, error) { return s.standing, nil })
	env.OnActivity(acts.Release, mock.Anything, "publication_1").Return(func(context.Context, string) error {
		s.released = append(s.released, env.Now())
		s.standing.State = "published"
		return nil
	})
	return env
}

func result(t *testing.T, env *testsuite.TestWorkflowEnvironment) State {
	t.Helper()
	var state State
	if err := env.GetWorkflowResult(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

// It waits for the time, releases once, and ends with the receipt.
func TestReleasesAtTheSetTime(t *testing.T) {
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	at := start.Add(50 * time.Hour)
	s := &shelf{standing: Standing{Title: "Tin", State: "scheduled", PublishAt: at}}
	env := environment(s, start)
	env.RegisterDelayedCallback(func() {
		s.standing.Verified = true
		env.SignalWorkflow(LookSignal, nil)
	}, 50*time.Hour+2*time.Second)
	env.ExecuteWorkflow(Workflow, Input{Publication: "publication_1"})
	if state := result(t, env); state.Phase != "verified" {
		t.Errorf("state %+v", state)
	}
	if len(s.released) != 1 || s.released[0].Before(at) {
		t.Errorf("released at %v, set for %v", s.released, at)
	}
}

// An edit cancels it before its time.
func TestCancelledBeforeItsTime(t *testing.T) {
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s := &shelf{standing: Standing{State: "scheduled", PublishAt: start.Add(50 * time.Hour)}}
	env := environment(s, start)
	env.RegisterDelayedCallback(func() {
		s.standing.State = "cancelled"
		env.SignalWorkflow(LookSignal, nil)
	}, time.Hour)
	env.ExecuteWorkflow(Workflow, Input{Publication: "publication_1"})
	if state := result(t, env); state.Phase != "cancelled" || len(s.released) != 0 {
		t.Errorf("state %+v, released %v", state, s.released)
	}
}

// A lost signal costs a minute, not the publication.
func TestFindsTheReceiptWithoutASignal(t *testing.T) {
	start := time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC)
	s := &shelf{standing: Standing{State: "scheduled", PublishAt: start}}
	env := environment(s, start)
	env.RegisterDelayedCallback(func() { s.standing.Verified = true }, 10*time.Second)
	env.ExecuteWorkflow(Workflow, Input{Publication: "publication_1"})
	if state := result(t, env); state.Phase != "verified" || !slices.ContainsFunc(s.released, func(time.Time) bool { return true }) {
		t.Errorf("state %+v, released %v", state, s.released)
	}
	if waited := env.Now().Sub(start); waited > 3*time.Minute {
		t.Errorf("waited %v", waited)
	}
}
