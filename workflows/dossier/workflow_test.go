package dossier

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/vn"
)

// desk is a dossier as approvals would have it, in the test's time: it refuses what comes too early and what no longer runs.
type desk struct {
	t        *testing.T
	env      *testsuite.TestWorkflowEnvironment
	calendar vn.Calendar
	dossier  *approvalsv1.Dossier
	// done is what was recorded, with the moment in Vietnam.
	done  []string
	early int
}

func newDesk(t *testing.T, start time.Time) *desk {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	env.SetTestTimeout(30 * time.Second)
	s := &desk{t: t, env: env, calendar: vn.Calendar{Off: map[string]bool{}, On: map[string]bool{}}, dossier: &approvalsv1.Dossier{Id: "dossier_1", Title: "Tin"}}
	var acts *Activities
	env.OnActivity(acts.ReadDossier, mock.Anything, "dossier_1").Return(func(context.Context, string) (Agenda, error) { return agendaOf(s.dossier), nil })
	env.OnActivity(acts.Remind, mock.Anything, "dossier_1", mock.Anything).Maybe().Return(func(_ context.Context, _ string, step Step) error {
		term := s.dossier.GetLevels()[step.Level-1].GetTerm()
		return s.record(step, slices.Contains(s.dossier.GetCurrentLevels(), step.Level), term.GetRemindAt()[step.Percent/80].AsTime(), func() {
			s.dossier.Reminders = append(s.dossier.Reminders, &approvalsv1.Reminder{Level: step.Level, Percent: step.Percent, At: timestamppb.New(env.Now())})
		})
	})
	env.OnActivity(acts.Escalate, mock.Anything, "dossier_1", mock.Anything).Maybe().Return(func(_ context.Context, _ string, step Step) error {
		runs := true
		var due time.Time
		if step.Level == 0 {
			due = s.dossier.GetBypasses()[0].GetReviewDueAt().AsTime()
		} else {
			runs, due = slices.Contains(s.dossier.GetCurrentLevels(), step.Level), s.dossier.GetLevels()[step.Level-1].GetTerm().GetDueAt().AsTime()
		}
		return s.record(step, runs, due, func() {
			s.dossier.Escalations = append(s.dossier.Escalations, &approvalsv1.Escalation{Level: step.Level, At: timestamppb.New(env.Now())})
		})
	})
	env.OnActivity(acts.RecordSilence, mock.Anything, "dossier_1", mock.Anything).Maybe().Return(func(_ context.Context, _ string, step Step) error {
		c := s.dossier.GetConsultations()[step.Consultation-1]
		return s.record(step, c.GetOpinions()[0].GetState() == "awaited", c.GetTerm().GetDueAt().AsTime(), func() { c.GetOpinions()[0].State = "silent" })
	})
	return s
}

func (s *desk) record(step Step, runs bool, moment time.Time, does func()) error {
	switch {
	case !runs:
		return temporal.NewNonRetryableApplicationError("over", "TERM_CLOSED", nil)
	case s.env.Now().Before(moment):
		s.early++
		return temporal.NewNonRetryableApplicationError("early", "TERM_EARLY", nil)
	}
	does()
	at := s.env.Now().In(vn.Location())
	if !s.calendar.Working(at) {
		s.t.Errorf("%s on %s, which is no working day", step.Kind, at)
	}
	s.done = append(s.done, at.Format("02/01 15:04")+" "+string(step.Kind)+percent(step))
	return nil
}

func percent(step Step) string {
	switch step.Percent {
	case 50:
		return " 50"
	case 80:
		return " 80"
	default:
		return ""
	}
}

// enter has the dossier wait at a level from now on, alone.
func (s *desk) enter(level int32, days int) {
	for len(s.dossier.GetLevels()) < int(level) {
		s.dossier.Levels = append(s.dossier.Levels, &approvalsv1.DossierLevel{})
	}
	s.dossier.CurrentLevels = []int32{level}
	s.dossier.Levels[level-1].Term = s.term(s.env.Now(), days)
}

func (s *desk) term(at time.Time, days int) *approvalsv1.Term {
	due := s.calendar.Due(at, days)
	all := s.calendar.Worked(at, due)
	return &approvalsv1.Term{
		Days: int32(days), EnteredAt: timestamppb.New(at), DueAt: timestamppb.New(due),
		RemindAt: []*timestamppb.Timestamp{timestamppb.New(s.calendar.After(at, all/2)), timestamppb.New(s.calendar.After(at, all*4/5))},
	}
}

// off makes days of 2022 holidays.
func (s *desk) off(days ...string) {
	for _, day := range days {
		s.calendar.Off["2022-"+day] = true
	}
}

func (s *desk) run() State {
	s.t.Helper()
	s.env.ExecuteWorkflow(Workflow, Input{Dossier: "dossier_1"})
	var state State
	if err := s.env.GetWorkflowResult(&state); err != nil {
		s.t.Fatal(err)
	}
	return state
}

func (s *desk) want(done ...string) {
	s.t.Helper()
	if !slices.Equal(s.done, done) {
		s.t.Errorf("recorded\n%q\nwant\n%q", s.done, done)
	}
}

func beforeTet() time.Time { return vn.Day(2022, 1, 27).Add(14 * time.Hour) }

func (s *desk) tet() { s.off("01-31", "02-01", "02-02", "02-03", "02-04") }

// A term of three days that begins on the Thursday before Tết ends on the Tuesday after it, and nobody is reminded in between.
func TestATermAcrossTet(t *testing.T) {
	s := newDesk(t, beforeTet())
	s.tet()
	s.enter(1, 3)
	state := s.run()
	// Three hours of Thursday, then Friday, the Monday and the Tuesday after Tết: half of thirty hours is three hours into that Monday.
	s.want("07/02 11:00 remind 50", "08/02 11:00 remind 80", "08/02 17:00 escalate")
	if state.Phase != "ended" || state.Done != 3 || len(state.Refused) != 0 {
		t.Errorf("%+v", state)
	}
	if s.early > 0 {
		t.Errorf("asked too early %d times", s.early)
	}
}

// A Saturday that is worked counts, and the day that was given for it does not.
func TestATermOverASwappedDay(t *testing.T) {
	s := newDesk(t, time.Date(2024, 4, 26, 9, 0, 0, 0, vn.Location()))
	for _, day := range []string{"2024-04-29", "2024-04-30", "2024-05-01"} {
		s.calendar.Off[day] = true
	}
	s.calendar.On["2024-05-04"] = true
	s.enter(1, 3) // Thursday, Friday, Saturday 4 May
	s.run()
	s.want("03/05 08:30 remind 50", "04/05 10:00 remind 80", "04/05 17:00 escalate")
}

// A decision in time means no further reminder at that level; the next level has its own term, told by a signal.
func TestTheNextLevelHasItsOwnTerm(t *testing.T) {
	s := newDesk(t, vn.Day(2022, 3, 1).Add(8*time.Hour))
	s.enter(1, 1)
	s.env.RegisterDelayedCallback(func() {
		s.enter(2, 2)
		s.env.SignalWorkflow(LookSignal, nil)
	}, 10*time.Hour) // 18:00, after half of the first term and before its four fifths
	s.env.RegisterDelayedCallback(func() {
		s.dossier.CurrentLevels = nil
		s.env.SignalWorkflow(LookSignal, nil)
	}, 34*time.Hour) // Wednesday 18:00, after half of the second term
	state := s.run()
	s.want("01/03 17:00 remind 50", "02/03 17:00 remind 50")
	if state.Phase != "ended" {
		t.Errorf("%+v", state)
	}
}

// A holiday that is announced while a term runs moves what is to come; the workflow is told and waits for the new moment.
func TestAnAnnouncedHolidayMovesTheTerm(t *testing.T) {
	s := newDesk(t, vn.Day(2022, 3, 1).Add(8*time.Hour))
	s.enter(1, 2)
	began := s.env.Now()
	s.env.RegisterDelayedCallback(func() {
		s.off("03-03")
		s.dossier.Levels[0].Term = s.term(began, 2)
		s.env.SignalWorkflow(LookSignal, nil)
	}, 25*time.Hour)
	s.run()
	// 1, 2 and (3 being off) 4 March.
	s.want("02/03 12:30 remind 50", "04/03 11:36 remind 80", "04/03 17:00 escalate")
}

// A signal that is lost costs nothing: the moment is read again before anything is done, and what approvals refuses is not tried for ever.
func TestWhatNoLongerRunsIsRefusedAndLeft(t *testing.T) {
	s := newDesk(t, vn.Day(2022, 3, 1).Add(8*time.Hour))
	s.enter(1, 1)
	began := s.env.Now()
	s.env.RegisterDelayedCallback(func() {
		s.off("03-02", "03-03")
		s.dossier.Levels[0].Term = s.term(began, 1)
	}, time.Hour)
	s.run()
	s.want("01/03 17:00 remind 50", "04/03 13:24 remind 80", "04/03 17:00 escalate")
}

// Silence is recorded at the end of a consultation's term, and a bypass that nobody has reviewed is told.
func TestSilenceAndReview(t *testing.T) {
	s := newDesk(t, vn.Day(2022, 3, 1).Add(8*time.Hour))
	s.dossier.Consultations = []*approvalsv1.Consultation{
		{Number: 1, Term: s.term(s.env.Now(), 2), Opinions: []*approvalsv1.Opinion{{State: "agree"}}},
		{Number: 2, Term: s.term(s.env.Now(), 2), Opinions: []*approvalsv1.Opinion{{State: "awaited"}}},
	}
	s.dossier.Bypasses = []*approvalsv1.BypassState{{
		Review: "pending", ReviewDueAt: timestamppb.New(s.calendar.Due(s.env.Now(), 3)), Decision: &approvalsv1.Decision{At: timestamppb.New(s.env.Now())},
	}}
	s.run()
	s.want("03/03 17:00 record_silence", "04/03 17:00 escalate")
}

func TestADossierWithoutTermsEndsAtOnce(t *testing.T) {
	s := newDesk(t, vn.Day(2022, 3, 1))
	if state := s.run(); state.Phase != "ended" || state.Title != "Tin" || len(s.done) != 0 {
		t.Errorf("%+v, %q", state, s.done)
	}
}

// The state tells an operator what the dossier waits for.
func TestStateQueryTellsWhatIsNext(t *testing.T) {
	s := newDesk(t, beforeTet())
	s.tet()
	s.enter(1, 1)
	s.env.RegisterDelayedCallback(func() {
		answer, err := s.env.QueryWorkflow(StateQuery)
		if err != nil {
			t.Error(err)
			return
		}
		var state State
		if err := answer.Get(&state); err != nil {
			t.Error(err)
		}
		if state.Phase != "waiting" || state.Next.Kind != Remind || state.Next.Percent != 50 {
			t.Errorf("%+v", state)
		}
	}, time.Hour)
	s.run()
}
