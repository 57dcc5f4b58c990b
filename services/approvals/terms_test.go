package approvals

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// worker is a call by the machine that runs the workflows.
func (s *service) worker() context.Context {
	s.Helper()
	return s.As("service:worker")
}

// submittedAgo opens the dossier of a document that came in some days ago.
func (s *service) submittedAgo(document, hash string, days int) string {
	s.Helper()
	r, err := s.server.routeOf(s.Context(), route.Content, "H24.02")
	if err != nil {
		s.Fatal(err)
	}
	at := time.Now().AddDate(0, 0, -days).Truncate(time.Microsecond)
	o, err := s.server.office(s.Context(), at, "H24.02", r.Levels)
	if err != nil {
		s.Fatal(err)
	}
	command := es.Command{Key: id.NewUUID(at), HappenedAt: at, Actor: "cv.stttt", Agency: "H24.02"}
	result, err := s.server.dossiers.Execute(s.Context(), dossier.ID(document), command, func(d *dossier.Dossier, _ int64) ([]any, error) {
		return d.Submit(dossier.Submission{
			DocumentType: route.Content, Document: document, Title: "Tin " + document, Agency: "H24.02", Unit: "Phòng Thông tin", Authors: []string{"cv.stttt"}, Hash: hash,
		}, r, o)
	})
	if err != nil {
		s.Fatal(err)
	}
	if err := s.Host.Log.WaitFor(s.Context(), readmodel.Name, result.Position); err != nil {
		s.Fatal(err)
	}
	return dossier.ID(document)
}

func (s *service) get(person, of string) *approvalsv1.Dossier {
	s.Helper()
	d, err := s.GetDossier(s.As(person), &approvalsv1.GetDossierRequest{Dossier: of})
	if err != nil {
		s.Fatal(err)
	}
	return d
}

func (s *service) documentsOf(person string, r *approvalsv1.ListDossiersRequest) []string {
	s.Helper()
	answer, err := s.ListDossiers(s.As(person), r)
	if err != nil {
		s.Fatal(err)
	}
	return documents(answer)
}

func TestALevelHasATerm(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	d := s.get("cv.stttt", dossier.ID("content_1"))
	term := d.GetLevels()[0].GetTerm()
	due := term.GetDueAt().AsTime()
	if term.GetDays() != 1 || vn.Clock(due) != "17:00" || len(term.GetRemindAt()) != 2 || !d.GetDueAt().AsTime().Equal(due) || d.GetOverdue() || term.GetDaysUsed() != 0 || term.GetDaysLeft() != 1 {
		t.Errorf("the term of the first level is %v, the dossier's %v", term, d.GetDueAt())
	}
	if got := d.GetLevels()[0].GetCandidates(); !slices.Equal(got, []string{"ptp.stttt", "tp.stttt"}) {
		t.Errorf("may act: %v", got)
	}
	if d.GetLevels()[1].GetTerm() != nil {
		t.Error("a level that is not entered has a term that runs")
	}
	if d := s.mustApprove("tp.stttt", d.GetId(), "a"); d.GetLevels()[0].GetTerm() != nil || d.GetLevels()[1].GetTerm().GetDays() != 1 {
		t.Errorf("after the first approval: %v", d.GetLevels())
	}
}

func TestRemindersAndEscalation(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_new", "a", "cv.stttt")
	late := s.submittedAgo("content_late", "a", 20)
	_, err := s.Remind(s.worker(), &approvalsv1.RemindRequest{Dossier: dossier.ID("content_new"), Level: 1, Percent: 50})
	reason(t, err, errorsv1.Reason_TERM_EARLY)
	_, err = s.Escalate(s.worker(), &approvalsv1.EscalateRequest{Dossier: dossier.ID("content_new"), Level: 1})
	reason(t, err, errorsv1.Reason_TERM_EARLY)
	_, err = s.Remind(s.worker(), &approvalsv1.RemindRequest{Dossier: late, Level: 2, Percent: 50})
	reason(t, err, errorsv1.Reason_TERM_CLOSED)
	_, err = s.Remind(s.As("tp.stttt"), &approvalsv1.RemindRequest{Dossier: late, Level: 1, Percent: 50})
	reason(t, err, errorsv1.Reason_FORBIDDEN)

	if got := s.documentsOf("tp.stttt", &approvalsv1.ListDossiersRequest{Overdue: true}); !slices.Equal(got, []string{"content_late"}) {
		t.Errorf("overdue are %v", got)
	}
	running, err := s.ListDossiers(s.worker(), &approvalsv1.ListDossiersRequest{TermRunning: true})
	if err != nil || len(running.GetDossiers()) != 2 {
		t.Errorf("the worker finds %v, %v", documents(running), err)
	}
	for range 2 {
		if _, err = s.Remind(s.worker(), &approvalsv1.RemindRequest{Dossier: late, Level: 1, Percent: 50}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := s.Escalate(s.worker(), &approvalsv1.EscalateRequest{Dossier: late, Level: 1})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.GetReminders()) != 1 || !slices.Equal(d.GetReminders()[0].GetPeople(), []string{"ptp.stttt", "tp.stttt"}) {
		t.Errorf("reminded: %v", d.GetReminders())
	}
	if len(d.GetEscalations()) != 1 || !slices.Equal(d.GetEscalations()[0].GetPeople(), []string{"gd.stttt", "pgd.stttt"}) {
		t.Errorf("escalated to: %v", d.GetEscalations())
	}
	if term := d.GetLevels()[0].GetTerm(); !term.GetOverdue() || term.GetDaysOver() == 0 || term.GetDaysLeft() != 0 || !d.GetOverdue() {
		t.Errorf("%v", term)
	}
	if running, err = s.ListDossiers(s.worker(), &approvalsv1.ListDossiersRequest{TermRunning: true}); err != nil {
		t.Fatal(err)
	}
	// The list is read as it is; the worker asks again when it is told.
	if got := documents(running); !slices.Contains(got, "content_new") {
		t.Errorf("still running: %v", got)
	}
	s.mustApprove("tp.stttt", late, "a")
	// The last level: one up is the head of the agency.
	if _, err := s.Escalate(s.worker(), &approvalsv1.EscalateRequest{Dossier: late, Level: 2}); err == nil {
		t.Error("the second term has only begun")
	}
}

func TestTheCalendarIsAdministered(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	of := dossier.ID("content_1")
	before := s.get("cv.stttt", of).GetLevels()[0].GetTerm().GetDueAt().AsTime()
	year := int32(before.In(vn.Location()).Year())

	is, err := s.GetCalendar(s.As("cv.stttt"), &approvalsv1.GetCalendarRequest{Year: 2022})
	if err != nil || is.GetOrigin() != "initial" || len(is.GetHolidays()) == 0 || !is.GetHolidays()[0].GetRecalled() || is.GetHolidays()[0].GetSource() == "" {
		t.Errorf("%v, %v", is, err)
	}
	if far, err := s.GetCalendar(s.As("cv.stttt"), &approvalsv1.GetCalendarRequest{Year: 2040}); err != nil || far.GetOrigin() != "fixed" {
		t.Errorf("%v, %v", far, err)
	}
	_, err = s.GetCalendar(s.As("cv.stttt"), &approvalsv1.GetCalendarRequest{Year: 1900})
	reason(t, err, errorsv1.Reason_INVALID)

	day := before.In(vn.Location()).Format(time.DateOnly)
	now, err := s.GetCalendar(s.As("quan.tri"), &approvalsv1.GetCalendarRequest{Year: year})
	if err != nil {
		t.Fatal(err)
	}
	now.Holidays = slices.DeleteFunc(now.Holidays, func(d *approvalsv1.CalendarDay) bool { return d.GetDate() == day })
	now.WorkingDays = slices.DeleteFunc(now.WorkingDays, func(d *approvalsv1.CalendarDay) bool { return d.GetDate() == day })
	now.Holidays = append(now.Holidays, &approvalsv1.CalendarDay{Date: day, Name: "Nghỉ đột xuất", Source: "Công điện"})
	put := &approvalsv1.PutCalendarRequest{Calendar: now}
	_, err = s.PutCalendar(s.As("gd.stttt"), put)
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	set, err := s.PutCalendar(s.As("quan.tri"), put)
	if err != nil || set.GetOrigin() != "set" {
		t.Fatalf("%v, %v", set, err)
	}
	_, err = s.PutCalendar(s.As("quan.tri"), put)
	reason(t, err, errorsv1.Reason_ETAG_REQUIRED)
	if again, err := s.PutCalendar(s.As("quan.tri", "if-match", set.GetEtag()), put); err != nil || again.GetEtag() != set.GetEtag() {
		t.Errorf("%v, %v", again, err)
	}
	// What the loop does when it is told.
	select {
	case <-s.server.recounts:
	default:
		t.Fatal("nobody is told that the calendar changed")
	}
	for range 2 {
		if err := s.server.recount(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if after := s.get("cv.stttt", of); !after.GetLevels()[0].GetTerm().GetDueAt().AsTime().After(before) {
		t.Errorf("the term still ends %s", before)
	} else if s.get("cv.stttt", of).GetUpdatedAt().AsTime() != after.GetUpdatedAt().AsTime() {
		t.Error("it was counted anew for nothing")
	}
	past, err := s.GetDossier(s.As("cv.stttt"), &approvalsv1.GetDossierRequest{Dossier: of, AsOf: timestamppb.New(time.Now().Add(time.Hour))})
	if err == nil {
		t.Errorf("asked about the future: %v", past)
	}
	wrong := &approvalsv1.Calendar{Year: year, Holidays: []*approvalsv1.CalendarDay{{Date: "2019-01-01", Name: "x", Source: "y"}, {Date: day}}}
	_, err = s.PutCalendar(s.As("quan.tri", "if-match", set.GetEtag()), &approvalsv1.PutCalendarRequest{Calendar: wrong})
	refused(t, err, errorsv1.Reason_INVALID, 422, "Có 3 chỗ chưa đúng; xem danh sách lỗi.", "3 places are wrong; see the list of errors.")
}

// A dossier that was opened before levels had terms gets them from then on.
func TestAnOldDossierEntersItsTerm(t *testing.T) {
	s := newService(t)
	old := dossier.Opened{
		DocumentType: route.Content, Document: "content_1", Title: "Tin", Agency: "H24.02", Unit: "Phòng Thông tin", Authors: []string{"cv.stttt"}, Hash: "a", Open: []int{1},
		Levels: []route.Level{{Name: "Trưởng phòng", Roles: []string{"head"}, Scope: "unit", Quorum: route.One}}, RouteVersion: 1,
	}
	of := dossier.ID("content_1")
	result, err := s.server.dossiers.Execute(t.Context(), of, es.Command{Key: id.NewUUID(time.Now())}, func(*dossier.Dossier, int64) ([]any, error) { return []any{old}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Host.Log.WaitFor(t.Context(), readmodel.Name, result.Position); err != nil {
		t.Fatal(err)
	}
	if s.get("cv.stttt", of).GetLevels()[0].GetTerm() != nil {
		t.Error("a term was made up")
	}
	if err := s.server.recount(t.Context()); err != nil {
		t.Fatal(err)
	}
	if term := s.get("cv.stttt", of).GetLevels()[0].GetTerm(); term.GetDays() != 1 {
		t.Errorf("%v", term)
	}
}

func TestRebuiltDelegationsAreTheLiveOnes(t *testing.T) {
	s := newService(t)
	given := s.delegated("tp.stttt", "cv.stttt", time.Hour)
	if _, err := s.RevokeDelegation(s.As("tp.stttt"), &approvalsv1.RevokeDelegationRequest{Delegation: given.GetId()}); err != nil {
		t.Fatal(err)
	}
	h := s.Host
	rows := func() (out string) {
		t.Helper()
		err := es.Query(t.Context(), h.Pool, readmodel.DelegationsName, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT string_agg(d::text, E'\n' ORDER BY id) FROM delegation d`).Scan(&out)
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	s.As("tp.stttt")
	if _, err := s.ListDelegations(s.As("tp.stttt"), &approvalsv1.ListDelegationsRequest{}); err != nil {
		t.Fatal(err)
	}
	before := rows()
	if err := es.Replay(t.Context(), h.Pool, h.Module.Catalogue, readmodel.Delegations()); err != nil {
		t.Fatal(err)
	}
	if after := rows(); after != before || before == "" {
		t.Errorf("rebuilt:\n%s\nlive:\n%s", after, before)
	}
}
