package dossier_test

import (
	"slices"
	"testing"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func leaders(name string, q route.Quorum, parallel bool) route.Level {
	return route.Level{Name: name, Roles: []string{"leader", "deputy"}, Scope: route.ScopeAgency, Quorum: q, Parallel: parallel}
}

func deputyNo(n string) dossier.Actor { return actor("pgd"+n, "deputy", agency, "Lãnh đạo Sở") }

// onRoute opens a dossier on a route, among a staff.
func onRoute(t *testing.T, staff []dossier.Actor, levels ...route.Level) (*walk, dossier.Office) {
	t.Helper()
	o := office()
	o.Staff = nil
	for _, a := range staff {
		o.Staff = append(o.Staff, a.Position)
	}
	w := &walk{}
	s := dossier.Submission{DocumentType: route.Content, Document: "content_1", Title: "Tin", Agency: agency, Unit: unit, Authors: []string{"cv.stttt"}, Hash: "a"}
	if err := w.record(w.Submit(s, &route.Route{Levels: levels, Version: 1}, o)); err != nil {
		t.Fatal(err)
	}
	return w, o
}

func (w *walk) take(t *testing.T, a dossier.Actor, level int, o dossier.Office) {
	t.Helper()
	if err := w.record(w.Approve(a, dossier.Ask{Hash: "a", Level: level}, o)); err != nil {
		t.Fatalf("%s: %v", a.Person, err)
	}
}

func wantOpen(t *testing.T, w *walk, levels ...int) {
	t.Helper()
	if !slices.Equal(w.Open, levels) {
		t.Fatalf("it waits at %v, want %v", w.Open, levels)
	}
}

// forDelegator is somebody in another's place, by a delegation that holds.
func forDelegator(a, from dossier.Actor) dossier.Actor {
	a.For = &dossier.Delegator{Position: from.Position, Name: from.Name, Title: from.Title, Delegation: delegation.Delegation{
		ID: "delegation_1", Delegator: from.Person, Delegate: a.Person, From: noon.Add(-time.Hour), To: noon.Add(time.Hour), Version: 1,
	}}
	return a
}

// All are those who might act when the level was entered: who came later may approve, and stands in for nobody.
func TestAllIsEverybodyWhoMightActThen(t *testing.T) {
	w, o := onRoute(t, []dossier.Actor{leader(), deputyNo("1")}, leaders("Lãnh đạo", route.All, false))
	w.take(t, deputyNo("2"), 0, o)
	w.take(t, leader(), 0, o)
	wantOpen(t, w, 1)
	w.take(t, deputyNo("1"), 0, o)
	wantAt(t, w, dossier.Approved, 0)
	if c := last[dossier.Completed](t, w); len(c.Decisions) != 3 {
		t.Errorf("what stands: %+v", c.Decisions)
	}
}

func TestAMajorityIsMoreThanHalf(t *testing.T) {
	w, o := onRoute(t, []dossier.Actor{leader(), deputyNo("1"), deputyNo("2"), deputyNo("3")}, leaders("Lãnh đạo", route.Majority, false))
	w.take(t, leader(), 0, o)
	w.take(t, deputyNo("1"), 0, o)
	wantOpen(t, w, 1)
	w.take(t, deputyNo("2"), 0, o)
	wantAt(t, w, dossier.Approved, 0)
}

// Where one of those who may act decides in the place of another, the two are one.
func TestADelegateCountsOnce(t *testing.T) {
	w, o := onRoute(t, []dossier.Actor{leader(), deputyNo("1"), deputyNo("2")}, leaders("Lãnh đạo", route.All, false))
	w.take(t, forDelegator(deputyNo("1"), leader()), 0, o)
	wantOpen(t, w, 1)
	if needed, given := w.Needed(1); needed != 2 || given != 1 {
		t.Errorf("%d of %d", given, needed)
	}
	for _, a := range []dossier.Actor{deputyNo("1"), leader()} {
		if _, err := w.Approve(a, on("a"), o); err == nil {
			t.Errorf("%s decided twice", a.Person)
		}
	}
	_, err := w.Approve(forDelegator(deputyNo("2"), leader()), on("a"), o)
	wantReason(t, err, errorsv1.Reason_DELEGATOR_INVOLVED)
	w.take(t, deputyNo("2"), 0, o)
	wantAt(t, w, dossier.Approved, 0)
}

// Who decides at one of two parallel levels is no longer waited for at the other, which may be done by that.
func TestParallelLevelsShareTheirPeople(t *testing.T) {
	w, o := onRoute(t, []dossier.Actor{leader(), deputyNo("1")}, leaders("Một", route.All, false), leaders("Hai", route.All, true))
	wantOpen(t, w, 1, 2)
	w.take(t, leader(), 1, o)
	_, err := w.Approve(leader(), dossier.Ask{Hash: "a", Level: 2}, o)
	wantReason(t, err, errorsv1.Reason_TWO_LEVELS)
	wantOpen(t, w, 1, 2)
	w.take(t, deputyNo("1"), 2, o)
	wantAt(t, w, dossier.Approved, 0)
}

// A return from one of two parallel levels comes back to both, and what stands at the other stands.
func TestAReturnFromAParallelLevelComesBackToIt(t *testing.T) {
	first := route.Level{Name: "Phòng", Roles: []string{"head", "deputy_head"}, Scope: route.ScopeUnit, Quorum: route.One}
	vet := route.Level{Name: "Thẩm tra", Roles: []string{"officer"}, Scope: "H24.01", Quorum: route.One, Parallel: true}
	w, o := onRoute(t, []dossier.Actor{head(), leader(), vetter()}, first, leaders("Lãnh đạo", route.One, false), vet)
	w.take(t, head(), 0, o)
	wantOpen(t, w, 2, 3)
	w.take(t, vetter(), 0, o)
	wantOpen(t, w, 2)
	_, err := w.Return(leader(), dossier.Ask{Hash: "a", Comment: "x"}, 2, o)
	wantReason(t, err, errorsv1.Reason_UNKNOWN_LEVEL)
	if err := w.record(w.Return(leader(), dossier.Ask{Hash: "a", Comment: "x"}, 0, o)); err != nil {
		t.Fatal(err)
	}
	w.submit(t, "a", "cv.stttt")
	wantOpen(t, w, 2)
	w.back(t, leader(), 0)
	w.revise(t, "b")
	w.submit(t, "b", "cv.stttt")
	wantOpen(t, w, 2, 3)
	w.approve(t, leader(), "b")
	w.approve(t, vetter(), "b")
	wantOpen(t, w, 1)
	w.approve(t, head(), "b")
	wantAt(t, w, dossier.Approved, 0)
}

// The same text by more hands is approved anew: who approved it may have written it by now.
func TestTheSameTextByMoreHandsIsApprovedAnew(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.back(t, deputy(), 0)
	w.submit(t, "a", "cv.stttt", "tp.stttt")
	wantOpen(t, w, 2)
	if _, stands := w.Standing(1); stands {
		t.Error("an approval by an author stands")
	}
}

// A term that begins on the last working day before Tết ends on the first after it; reminders wait as long.
func TestATermAcrossTet(t *testing.T) {
	o := office()
	o.At = time.Date(2022, 1, 28, 7, 0, 0, 0, time.UTC) // Friday, 14:00 in Vietnam
	o.Calendar = vn.Calendar{Off: map[string]bool{"2022-01-31": true, "2022-02-01": true, "2022-02-02": true, "2022-02-03": true, "2022-02-04": true}}
	w := &walk{}
	s := dossier.Submission{DocumentType: route.Content, Document: "content_1", Agency: agency, Unit: unit, Authors: []string{"cv.stttt"}, Hash: "a"}
	if err := w.record(w.Submit(s, &route.Route{Levels: levels(), Version: 1}, o)); err != nil {
		t.Fatal(err)
	}
	at := func(day, hour, minute int) time.Time {
		return vn.Day(2022, 2, day).Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute)
	}
	e, _ := w.Running(1)
	if !e.Due.Equal(at(7, 17, 0)) || !e.Half.Equal(at(7, 11, 0)) || !e.FourFifths.Equal(at(7, 14, 36)) {
		t.Fatalf("%+v", e)
	}
	o.At = at(6, 12, 0)
	_, err := w.Remind(1, 50, o)
	wantReason(t, err, errorsv1.Reason_TERM_EARLY)
	_, err = w.Escalate(1, o)
	wantReason(t, err, errorsv1.Reason_TERM_EARLY)
	o.At = at(7, 17, 0)
	if err := w.record(w.Remind(1, 80, o)); err != nil {
		t.Fatal(err)
	}
	if err := w.record(w.Escalate(1, o)); err != nil {
		t.Fatal(err)
	}
	if people := w.Escalations[0].People; !slices.Equal(people, []string{"gd.stttt", "pgd.stttt"}) {
		t.Errorf("one level up are %v", people)
	}
	// That Monday is declared a holiday after all, when the term has been told of already: it is counted anew and not told twice.
	o.Calendar.Off["2022-02-07"] = true
	if err := w.record(w.Recount(o), nil); err != nil {
		t.Fatal(err)
	}
	if e, _ := w.Running(1); !e.Due.Equal(at(8, 17, 0)) {
		t.Errorf("%+v", e)
	}
	o.At = at(9, 0, 0)
	if again, err := w.Escalate(1, o); err != nil || len(again) > 0 {
		t.Errorf("%v, %v", again, err)
	}
	if _, err := w.Remind(1, 30, o); err == nil {
		t.Error("30% is no reminder")
	}
}
