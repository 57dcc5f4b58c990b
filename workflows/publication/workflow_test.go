package publication

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// shelf is a publication as distribution would have it, by a clock of its own that differs from the engine's by ahead.
type shelf struct {
	env      *testsuite.TestWorkflowEnvironment
	standing Standing
	ahead    time.Duration
	released []time.Time // by distribution's clock
	expired  []time.Time
}

func (s *shelf) now() time.Time { return s.env.Now().Add(s.ahead) }

// on does something at a moment as the activity does: it waits the last moments out, and else says how far the moment is.
func (s *shelf) on(at time.Time, do func(now time.Time)) (Left, error) {
	left := at.Sub(s.now())
	if left > 2*Lead {
		return Left{Left: left}, nil
	}
	do(s.now().Add(max(left, 0)))
	return Left{}, nil
}

func start() time.Time { return time.Date(2026, 11, 24, 8, 0, 0, 0, time.UTC) }

func environment(standing Standing) *shelf {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start())
	env.SetTestTimeout(30 * time.Second)
	s := &shelf{env: env, standing: standing}
	var acts *Activities
	env.OnActivity(acts.ReadPublication, mock.Anything, "publication_1").
		Return(func(context.Context, string) (Standing, error) { return s.standing, nil })
	env.OnActivity(acts.MakePublic, mock.Anything, mock.Anything).Return(func(context.Context, Act) (Left, error) {
		if s.standing.DueAt.IsZero() {
			return Left{}, temporal.NewNonRetryableApplicationError("nothing waits", "PUBLICATION_STATE", nil)
		}
		return s.on(s.standing.DueAt, func(now time.Time) {
			s.released = append(s.released, now)
			s.standing.State, s.standing.DueAt, s.standing.Verified = "published", time.Time{}, false
		})
	})
	env.OnActivity(acts.Expire, mock.Anything, mock.Anything).Return(func(context.Context, Act) (Left, error) {
		return s.on(s.standing.ExpiresAt, func(now time.Time) {
			s.expired = append(s.expired, now)
			s.standing.State, s.standing.ExpiresAt, s.standing.Verified = "expired", time.Time{}, false
		})
	})
	return s
}

func scheduled(at time.Time) Standing {
	return Standing{Title: "Tin", State: "scheduled", PublishAt: at, DueAt: at, Waiting: true}
}

// later changes the publication after a while, and tells the workflow of it.
func (s *shelf) later(d time.Duration, change func(standing *Standing)) {
	s.env.RegisterDelayedCallback(func() {
		change(&s.standing)
		s.env.SignalWorkflow(LookSignal, nil)
	}, d)
}

func (s *shelf) receipt(d time.Duration) {
	s.later(d, func(standing *Standing) { standing.Verified, standing.Waiting = true, !standing.ExpiresAt.IsZero() })
}

func (s *shelf) run(t *testing.T) State {
	t.Helper()
	s.env.ExecuteWorkflow(Workflow, Input{Publication: "publication_1"})
	var state State
	if err := s.env.GetWorkflowResult(&state); err != nil {
		t.Fatal(err)
	}
	return state
}

// releasedAt checks that it was made public once, at the moment.
func (s *shelf) releasedAt(t *testing.T, at time.Time) {
	t.Helper()
	if len(s.released) != 1 || s.released[0].Before(at) || s.released[0].Sub(at) > time.Second {
		t.Errorf("released at %v, set for %v", s.released, at)
	}
}

// It waits for the time, releases once, and ends with the receipt.
func TestReleasesAtTheSetTime(t *testing.T) {
	at := start().Add(50 * time.Hour)
	s := environment(scheduled(at))
	s.receipt(50*time.Hour + 2*time.Second)
	if state := s.run(t); state.Phase != "verified" {
		t.Errorf("state %+v", state)
	}
	s.releasedAt(t, at)
}

// What was published by the command itself is waited for until its receipt is there, and nothing is released.
func TestPublishedAtOnceWaitsForItsReceipt(t *testing.T) {
	s := environment(Standing{State: "published", PublishAt: start(), Waiting: true})
	s.receipt(2 * time.Second)
	if state := s.run(t); state.Phase != "verified" || len(s.released) > 0 {
		t.Errorf("state %+v, released %v", state, s.released)
	}
}

// The engine's time is an hour ahead of the log's: distribution's word counts, and is waited for without asking again and again.
func TestTheEngineIsAhead(t *testing.T) {
	at := start().Add(10 * time.Hour)
	s := environment(scheduled(at))
	s.ahead = -time.Hour
	s.receipt(11*time.Hour + time.Minute)
	if state := s.run(t); state.Phase != "verified" {
		t.Errorf("state %+v", state)
	}
	s.releasedAt(t, at)
}

// An edit cancels it before its time.
func TestCancelledBeforeItsTime(t *testing.T) {
	s := environment(scheduled(start().Add(50 * time.Hour)))
	s.later(time.Hour, func(standing *Standing) { *standing = Standing{State: "cancelled"} })
	if state := s.run(t); state.Phase != "cancelled" || len(s.released) != 0 {
		t.Errorf("state %+v, released %v", state, s.released)
	}
}

// Set to another time, earlier or later, it is released at that one.
func TestRescheduled(t *testing.T) {
	for _, at := range []time.Time{start().Add(5 * time.Hour), start().Add(90 * time.Hour)} {
		s := environment(scheduled(start().Add(50 * time.Hour)))
		s.later(2*time.Hour, func(standing *Standing) { standing.PublishAt, standing.DueAt = at, at })
		s.receipt(at.Sub(start()) + time.Minute)
		if state := s.run(t); state.Phase != "verified" {
			t.Errorf("state %+v", state)
		}
		s.releasedAt(t, at)
	}
}

// Between the read and the release it was called off and set anew for later: it is read again, and released at the new time.
func TestCalledOffWhileItIsReleased(t *testing.T) {
	at := start().Add(time.Hour)
	s := environment(Standing{State: "published", DueAt: start(), Waiting: true, Verified: true})
	s.env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		if info.ActivityType.Name == "MakePublic" && s.standing.DueAt.Equal(start()) {
			s.standing.DueAt = time.Time{}
			s.later(2*time.Second, func(standing *Standing) { standing.DueAt = at })
		}
	})
	s.receipt(time.Hour + time.Minute)
	if state := s.run(t); state.Phase != "verified" {
		t.Errorf("state %+v", state)
	}
	s.releasedAt(t, at)
}

// A correction that waits is released at its time by the workflow of the publication, after which its receipt is waited for.
func TestCorrectionAtItsTime(t *testing.T) {
	at := start().Add(30 * time.Hour)
	s := environment(Standing{State: "published", Verified: true, DueAt: at, Waiting: true})
	s.receipt(30*time.Hour + 3*time.Second)
	if state := s.run(t); state.Phase != "verified" {
		t.Errorf("state %+v", state)
	}
	s.releasedAt(t, at)
}

// Shown until a time, it ends then, and is over with the receipt of that.
func TestExpires(t *testing.T) {
	at, until := start().Add(time.Hour), start().Add(200*time.Hour)
	s := environment(Standing{State: "scheduled", PublishAt: at, DueAt: at, ExpiresAt: time.Time{}, Waiting: true})
	s.later(time.Hour+time.Minute, func(standing *Standing) { standing.Verified, standing.ExpiresAt = true, until })
	s.receipt(200*time.Hour + time.Minute)
	if state := s.run(t); state.Phase != "expired" {
		t.Errorf("state %+v", state)
	}
	s.releasedAt(t, at)
	if len(s.expired) != 1 || s.expired[0].Before(until) || s.expired[0].Sub(until) > time.Second {
		t.Errorf("expired at %v, set for %v", s.expired, until)
	}
}

// Withdrawn while it is shown, it waits for the receipt of that.
func TestWithdrawn(t *testing.T) {
	s := environment(Standing{State: "published", Verified: true, ExpiresAt: start().Add(500 * time.Hour), Waiting: true})
	s.later(time.Hour, func(standing *Standing) { *standing = Standing{State: "withdrawn", Waiting: true} })
	s.receipt(2 * time.Hour)
	if state := s.run(t); state.Phase != "withdrawn" || len(s.expired) > 0 {
		t.Errorf("state %+v, expired %v", state, s.expired)
	}
}

// A lost signal costs a minute, not the publication.
func TestFindsTheReceiptWithoutASignal(t *testing.T) {
	s := environment(scheduled(start()))
	s.env.RegisterDelayedCallback(func() { s.standing.Verified, s.standing.Waiting = true, false }, 10*time.Second)
	if state := s.run(t); state.Phase != "verified" {
		t.Errorf("state %+v", state)
	}
	s.releasedAt(t, start())
	if waited := s.env.Now().Sub(start()); waited > 3*time.Minute {
		t.Errorf("waited %v", waited)
	}
}
