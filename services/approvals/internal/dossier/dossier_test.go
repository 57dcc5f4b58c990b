package dossier_test

import (
	"slices"
	"testing"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

const (
	agency = "H24.02"
	unit   = "Phòng Thông tin - Báo chí - Xuất bản"
)

var noon = time.Date(2022, 3, 1, 5, 0, 0, 0, time.UTC)

func levels() []route.Level {
	return []route.Level{
		{Name: "Trưởng phòng", Roles: []string{"head", "deputy_head"}, Scope: route.ScopeUnit, Quorum: route.One},
		{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: route.ScopeAgency, Quorum: route.One},
		{Name: "Thẩm tra", Roles: []string{"officer"}, Scope: "H24.01", Quorum: route.One},
	}
}

func actor(person, role, agency, unit string) dossier.Actor {
	return dossier.Actor{Position: route.Position{Person: person, Role: role, Agency: agency, Unit: unit}, Name: "Tên " + person, Title: "Chức vụ " + role, Example: true}
}

// office is a Tuesday noon with everyone in the directory.
func office() dossier.Office {
	staff := []route.Position{}
	for _, a := range []dossier.Actor{head(), deputyHead(), deputy(), leader(), vetter(), actor("cv.stttt", "officer", agency, unit)} {
		staff = append(staff, a.Position)
	}
	return dossier.Office{At: noon, Terms: route.Terms{Levels: []int{1, 1, 2, 3}, Opinion: 2, Review: 3}, Staff: staff}
}

func on(hash string) dossier.Ask { return dossier.Ask{Hash: hash} }

func head() dossier.Actor       { return actor("tp.stttt", "head", agency, unit) }
func deputyHead() dossier.Actor { return actor("ptp.stttt", "deputy_head", agency, unit) }
func deputy() dossier.Actor     { return actor("pgd.stttt", "deputy", agency, "Lãnh đạo Sở") }
func leader() dossier.Actor     { return actor("gd.stttt", "leader", agency, "Lãnh đạo Sở") }
func vetter() dossier.Actor     { return actor("cv.vp", "officer", "H24.01", "Phòng Văn xã") }

// walk is a dossier with the events it has had.
type walk struct {
	dossier.Dossier
	events []any
}

func (w *walk) record(events []any, err error) error {
	if err != nil {
		return err
	}
	for _, e := range events {
		w.Apply(es.Event{Version: w.Version + 1, RecordedAt: noon, Data: e, Meta: es.Meta{Aggregate: "dossier_x"}})
		w.events = append(w.events, e)
	}
	return nil
}

func (w *walk) submit(t *testing.T, hash string, authors ...string) {
	t.Helper()
	w.submitRevision(t, hash, 0, authors...)
}

func (w *walk) submitRevision(t *testing.T, hash string, revision int32, authors ...string) {
	t.Helper()
	s := dossier.Submission{
		DocumentType: route.Content, Document: "content_1", Title: "Tin", Agency: agency, Unit: unit, Authors: authors, Hash: hash, Revision: revision,
	}
	if err := w.record(w.Submit(s, &route.Route{DocumentType: route.Content, Levels: levels(), Version: 1}, office())); err != nil {
		t.Fatal(err)
	}
}

func (w *walk) approve(t *testing.T, a dossier.Actor, hash string) {
	t.Helper()
	if err := w.record(w.Approve(a, on(hash), office())); err != nil {
		t.Fatalf("%s at level %d: %v", a.Person, w.Current(), err)
	}
}

func (w *walk) back(t *testing.T, a dossier.Actor, to int) {
	t.Helper()
	if err := w.record(w.Return(a, dossier.Ask{Hash: w.Hash, Comment: "Sửa lại."}, to, office())); err != nil {
		t.Fatal(err)
	}
}

func (w *walk) revise(t *testing.T, hash string) {
	t.Helper()
	if err := w.record(w.Void(hash)); err != nil {
		t.Fatal(err)
	}
}

func opened(t *testing.T) *walk {
	w := &walk{}
	w.submit(t, "a", "cv.stttt")
	return w
}

func wantAt(t *testing.T, w *walk, state dossier.State, level int) {
	t.Helper()
	if w.State != state || w.Current() != level {
		t.Fatalf("the dossier is %s at level %d, want %s at level %d", w.State, w.Current(), state, level)
	}
}

func wantReason(t *testing.T, err error, reason errs.Reason) {
	t.Helper()
	if got := errs.ReasonOf(err); err == nil || got != reason {
		t.Fatalf("answered %v (%v), want %v", got, err, reason)
	}
}

func TestADossierWalksItsRouteAndIsApproved(t *testing.T) {
	w := opened(t)
	wantAt(t, w, dossier.InApproval, 1)
	w.approve(t, head(), "a")
	wantAt(t, w, dossier.InApproval, 2)
	w.approve(t, deputy(), "a")
	w.approve(t, vetter(), "a")
	wantAt(t, w, dossier.Approved, 0)
	completed, ok := w.events[len(w.events)-1].(dossier.Completed)
	if !ok || completed.Hash != "a" || len(completed.Decisions) != 3 {
		t.Fatalf("the last event is %#v", w.events[len(w.events)-1])
	}
	if d := completed.Decisions[0]; d.Person != "tp.stttt" || d.PersonName != "Tên tp.stttt" || d.Position != "Chức vụ head" || !d.PersonExample || !d.At.Equal(noon) {
		t.Errorf("the first decision is %+v", d)
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		do     func(t *testing.T, w *walk) error
		reason errs.Reason
	}{
		{"another hash", func(_ *testing.T, w *walk) error { _, err := w.Approve(head(), on("b"), office()); return err }, errorsv1.Reason_HASH_MOVED},
		{"after an edit", func(t *testing.T, w *walk) error {
			w.revise(t, "b")
			_, err := w.Approve(head(), on("a"), office())
			return err
		}, errorsv1.Reason_HASH_MOVED},
		{"after an edit, not submitted again", func(t *testing.T, w *walk) error {
			w.revise(t, "b")
			_, err := w.Approve(head(), on("b"), office())
			return err
		}, errorsv1.Reason_DOSSIER_STATE},
		{"a later level", func(_ *testing.T, w *walk) error { _, err := w.Approve(deputy(), on("a"), office()); return err }, errorsv1.Reason_NOT_YOUR_LEVEL},
		{"an officer", func(_ *testing.T, w *walk) error {
			_, err := w.Approve(actor("cv2.stttt", "officer", agency, unit), on("a"), office())
			return err
		}, errorsv1.Reason_NOT_YOUR_LEVEL},
		{"the head of another unit", func(_ *testing.T, w *walk) error {
			_, err := w.Approve(actor("x", "head", agency, "Trung tâm Thông tin"), on("a"), office())
			return err
		}, errorsv1.Reason_NOT_YOUR_LEVEL},
		{"the head of the unit of that name elsewhere", func(_ *testing.T, w *walk) error {
			_, err := w.Approve(actor("x", "head", "H24.03", unit), on("a"), office())
			return err
		}, errorsv1.Reason_NOT_YOUR_LEVEL},
		{"the leader of another agency", func(t *testing.T, w *walk) error {
			w.approve(t, head(), "a")
			_, err := w.Approve(actor("gd.snv", "leader", "H24.03", "Lãnh đạo Sở"), on("a"), office())
			return err
		}, errorsv1.Reason_NOT_YOUR_LEVEL},
		{"the same decision twice", func(t *testing.T, w *walk) error {
			w.approve(t, head(), "a")
			_, err := w.Approve(head(), on("a"), office())
			return err
		}, errorsv1.Reason_ALREADY_DECIDED},
		{"an author", func(t *testing.T, w *walk) error {
			w.revise(t, "b")
			w.submit(t, "b", "cv.stttt", "tp.stttt")
			_, err := w.Approve(head(), on("b"), office())
			return err
		}, errorsv1.Reason_FOUR_EYES},
		{"an author may not return it either", func(t *testing.T, w *walk) error {
			w.revise(t, "b")
			w.submit(t, "b", "cv.stttt", "tp.stttt")
			_, err := w.Return(head(), dossier.Ask{Hash: "b", Comment: "x"}, 0, office())
			return err
		}, errorsv1.Reason_FOUR_EYES},
		{"a promotion between two levels", func(t *testing.T, w *walk) error {
			w.approve(t, head(), "a")
			_, err := w.Approve(actor("tp.stttt", "deputy", agency, "Lãnh đạo Sở"), on("a"), office())
			return err
		}, errorsv1.Reason_TWO_LEVELS},
		{"a second level after an edit", func(t *testing.T, w *walk) error {
			w.approve(t, head(), "a")
			w.revise(t, "b")
			w.submit(t, "b", "cv.stttt")
			w.approve(t, deputyHead(), "b")
			_, err := w.Approve(actor("tp.stttt", "deputy", agency, "Lãnh đạo Sở"), on("b"), office())
			return err
		}, errorsv1.Reason_TWO_LEVELS},
		{"a return without a comment", func(_ *testing.T, w *walk) error {
			_, err := w.Return(head(), dossier.Ask{Hash: "a", Comment: ""}, 0, office())
			return err
		}, errorsv1.Reason_COMMENT_REQUIRED},
		{"a return to its own level", func(_ *testing.T, w *walk) error {
			_, err := w.Return(head(), dossier.Ask{Hash: "a", Comment: "x"}, 1, office())
			return err
		}, errorsv1.Reason_UNKNOWN_LEVEL},
		{"a return below the author", func(_ *testing.T, w *walk) error {
			_, err := w.Return(head(), dossier.Ask{Hash: "a", Comment: "x"}, -1, office())
			return err
		}, errorsv1.Reason_UNKNOWN_LEVEL},
		{"a return of what waits with the author", func(t *testing.T, w *walk) error {
			w.back(t, head(), 0)
			_, err := w.Return(head(), dossier.Ask{Hash: "a", Comment: "x"}, 0, office())
			return err
		}, errorsv1.Reason_DOSSIER_STATE},
		{"a decision on what is approved", func(t *testing.T, w *walk) error {
			w.approve(t, head(), "a")
			w.approve(t, deputy(), "a")
			w.approve(t, vetter(), "a")
			_, err := w.Approve(vetter(), on("a"), office())
			return err
		}, errorsv1.Reason_DOSSIER_STATE},
	} {
		t.Run(c.name, func(t *testing.T) { wantReason(t, c.do(t, opened(t)), c.reason) })
	}
}

func TestWithoutARouteNothingIsOpened(t *testing.T) {
	var d dossier.Dossier
	_, err := d.Submit(dossier.Submission{DocumentType: route.Report, Document: "report_1", Hash: "a"}, &route.Route{}, office())
	wantReason(t, err, errorsv1.Reason_ROUTE_MISSING)
}

func TestAReturnGoesToTheAuthorAndThenToWhoReturnedIt(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.back(t, deputy(), 0)
	wantAt(t, w, dossier.Returned, 0)
	w.submit(t, "a", "cv.stttt")
	wantAt(t, w, dossier.InApproval, 2) // unchanged: what level 1 approved still stands
	w.approve(t, leader(), "a")
	wantAt(t, w, dossier.InApproval, 3)
}

func TestWhatWasMendedAfterAReturnIsApprovedAnewAtEveryLevel(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.back(t, deputy(), 0)
	w.revise(t, "b")
	wantAt(t, w, dossier.Returned, 0)
	w.submit(t, "b", "cv.stttt")
	wantAt(t, w, dossier.InApproval, 2)
	w.approve(t, deputy(), "b")
	wantAt(t, w, dossier.InApproval, 1)
	w.approve(t, head(), "b")
	wantAt(t, w, dossier.InApproval, 3)
	w.approve(t, vetter(), "b")
	wantAt(t, w, dossier.Approved, 0)
}

func TestAReturnToAnEarlierLevelComesBack(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.approve(t, deputy(), "a")
	w.back(t, vetter(), 1)
	wantAt(t, w, dossier.InApproval, 1)
	if _, ok := w.Standing(1); ok {
		t.Error("the approval that was asked to be looked at again still stands")
	}
	w.approve(t, head(), "a")
	wantAt(t, w, dossier.InApproval, 3)
	w.approve(t, vetter(), "a")
	wantAt(t, w, dossier.Approved, 0)
}

func TestReturnsWithinReturnsComeBackInTurn(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.approve(t, deputy(), "a")
	w.back(t, vetter(), 2)
	w.back(t, deputy(), 0)
	w.revise(t, "b")
	w.submit(t, "b", "cv.stttt")
	wantAt(t, w, dossier.InApproval, 2)
	w.approve(t, deputy(), "b")
	wantAt(t, w, dossier.InApproval, 3)
	w.approve(t, vetter(), "b")
	wantAt(t, w, dossier.InApproval, 1)
	w.approve(t, head(), "b")
	wantAt(t, w, dossier.Approved, 0)
}

func TestAnEditVoidsAndASecondEditBackToTheOldTextRevivesNothing(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.revise(t, "b")
	wantAt(t, w, dossier.Voided, 0)
	w.revise(t, "a")
	w.submit(t, "a", "cv.stttt")
	wantAt(t, w, dossier.InApproval, 1)
	if !w.Decisions[0].Voided {
		t.Error("the approval of the first text stands again")
	}
}

// last gives the newest event of a kind.
func last[E any](t *testing.T, w *walk) E {
	t.Helper()
	for _, e := range slices.Backward(w.events) {
		if e, ok := e.(E); ok {
			return e
		}
	}
	var none E
	t.Fatalf("no %T among %#v", none, w.events)
	return none
}

func TestADecisionSaysWhichRevisionItWasOn(t *testing.T) {
	w := &walk{}
	w.submitRevision(t, "a", 1, "cv.stttt")
	w.back(t, head(), 0)
	if e := last[dossier.SentBack](t, w); e.Revision != 1 {
		t.Errorf("returned: %+v", e)
	}
	w.revise(t, "b")
	w.revise(t, "a")
	w.submitRevision(t, "a", 3, "cv.stttt")
	if e := last[dossier.Resubmitted](t, w); e.Revision != 3 {
		t.Errorf("resubmitted: %+v", e)
	}
	w.approve(t, head(), "a")
	w.approve(t, deputy(), "a")
	w.approve(t, vetter(), "a")
	if e := last[dossier.Completed](t, w); e.Revision != 3 || e.Hash != "a" {
		t.Errorf("approved: %+v", e)
	}
}

// The edits between two submissions of one hash are heard of only by the second one's revision.
func TestTheSameTextOfAnotherRevisionIsApprovedAnew(t *testing.T) {
	for name, approvers := range map[string][]dossier.Actor{"on its way up": {head()}, "approved": {head(), deputy(), vetter()}} {
		t.Run(name, func(t *testing.T) {
			w := &walk{}
			w.submitRevision(t, "a", 1, "cv.stttt")
			for _, a := range approvers {
				w.approve(t, a, "a")
			}
			w.submitRevision(t, "a", 3, "cv.stttt")
			wantAt(t, w, dossier.InApproval, 1)
			if _, stands := w.Standing(1); stands {
				t.Error("an approval of revision 1 stands for revision 3")
			}
			before := len(w.events)
			w.submitRevision(t, "a", 3, "cv.stttt")
			if len(w.events) != before {
				t.Errorf("the same submission again: %#v", w.events[before:])
			}
		})
	}
}

// What version 1 of an event did not record is not known, and not made up: the hash alone tells, as it did then.
func TestEventsOfVersion1AreOfAnUnknownRevision(t *testing.T) {
	c := es.NewCatalogue(dossier.Types()...)
	e, err := c.Decode("approvals.dossier_opened.v1", []byte(`{"documentType":"content","document":"content_1","title":"Tin","agency":"H24.02",
		"authors":["cv.stttt"],"hash":"a","levels":[{"name":"Trưởng phòng","roles":["head"],"scope":"unit"}],"routeVersion":1}`))
	if err != nil {
		t.Fatal(err)
	}
	w := &walk{}
	if err := w.record([]any{e}, nil); err != nil {
		t.Fatal(err)
	}
	if w.Revision != 0 || w.Hash != "a" || w.Document != "content_1" {
		t.Errorf("%+v", w.Dossier)
	}
	before := len(w.events)
	w.submitRevision(t, "a", 1, "cv.stttt")
	if len(w.events) != before {
		t.Errorf("the text it has was taken for another: %#v", w.events[before:])
	}
	if err := w.record(w.Approve(actor("tp.stttt", "head", agency, ""), on("a"), office())); err != nil {
		t.Fatal(err)
	}
	if e := last[dossier.Completed](t, w); e.Revision != 0 {
		t.Errorf("approved: %+v", e)
	}
}

func TestAnEditAfterTheLastApprovalVoidsToo(t *testing.T) {
	w := opened(t)
	w.approve(t, head(), "a")
	w.approve(t, deputy(), "a")
	w.approve(t, vetter(), "a")
	w.revise(t, "b")
	wantAt(t, w, dossier.Voided, 0)
}

func TestTheSameSubmissionAgainChangesNothing(t *testing.T) {
	w := opened(t)
	before := len(w.events)
	w.submit(t, "a", "cv.stttt")
	if len(w.events) != before {
		t.Errorf("recorded %#v", w.events[before:])
	}
}

func TestWhoItWaitsFor(t *testing.T) {
	w := opened(t)
	if !w.WaitsFor(head(), noon) || !w.WaitsFor(deputyHead(), noon) || w.WaitsFor(deputy(), noon) {
		t.Error("at level 1 it waits for the unit's heads alone")
	}
	w.approve(t, head(), "a")
	if w.WaitsFor(head(), noon) || !w.WaitsFor(deputy(), noon) || !w.WaitsFor(leader(), noon) {
		t.Error("at level 2 it waits for the leadership alone")
	}
	if w.WaitsFor(actor("tp.stttt", "leader", agency, ""), noon) {
		t.Error("it waits for one who decided at another level")
	}
	if !w.ActsBy(vetter().Position) || w.ActsBy(route.Position{Person: "cv.snv", Role: "officer", Agency: "H24.03"}) {
		t.Error("who acts at some level is not told")
	}
}

func TestComments(t *testing.T) {
	if c, fields := dossier.Comment("  Sửa tiêu đề.\n"); c != "Sửa tiêu đề." || fields != nil {
		t.Errorf("%q, %v", c, fields)
	}
	if _, fields := dossier.Comment("TÀI LIỆU TUYỆT MẬT"); len(fields) != 1 || fields[0].Reason != errorsv1.Reason_SECRECY_MARK {
		t.Errorf("%v", fields)
	}
	if _, fields := dossier.Comment(string(slices.Repeat([]rune{'a'}, 2001))); len(fields) != 1 || fields[0].Reason != errorsv1.Reason_TOO_LONG {
		t.Errorf("%v", fields)
	}
}
