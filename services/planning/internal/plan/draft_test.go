package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

const thePlan = "plan_1"

// unnumbered is the document as it is drafted.
func unnumbered() plan.Document {
	d := document()
	d.Number, d.Date = "", ""
	return d
}

func hashOf(t testing.TB, d plan.Document, reason string) string {
	t.Helper()
	hash, err := d.Hash(thePlan, reason)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func draftPlan(d plan.Document) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) { return p.DraftPlan(thePlan, "H24.02", "Phòng", "a", d) }
}

func revise(amendment plan.AmendmentID, author string, change func(d *plan.Document)) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) {
		return p.Revise(thePlan, amendment, author, func(d plan.Document) (plan.Document, error) {
			change(&d)
			return d, nil
		})
	}
}

func submit(amendment plan.AmendmentID) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) {
		return p.Submit(amendment, func(plan.Document) error { return nil })
	}
}

func issue(amendment plan.AmendmentID, hash string) func(*plan.Plan, int64) ([]any, error) {
	return func(p *plan.Plan, _ int64) ([]any, error) {
		return p.Issue(amendment, hash, "41/KH-UBND", "2022-02-24", nil), nil
	}
}

func amend(p *plan.Plan, _ int64) ([]any, error) {
	return p.Amend(thePlan, "amendment_1", "Thêm.", "H24.02", "Phòng", "b")
}

func rename(d *plan.Document) { d.Title = "Tên khác" }

// draft is a plan on its way, as its author left it.
func draft(t *testing.T) *planCase {
	t.Helper()
	return given(t, "2022-02-01").When(draftPlan(unnumbered())).And()
}

func TestAnEditVoidsWhatWasApproved(t *testing.T) {
	up := draft(t).When(submit("")).And()
	hash := up.State().Draft("").Hash
	approve := func(p *plan.Plan, _ int64) ([]any, error) { return p.RecordApproval("", hash, 1), nil }
	approved := up.When(approve).Then(plan.Approved{Hash: hash})
	for name, past := range map[string]*planCase{"in approval": up, "approved": approved} {
		t.Run(name, func(t *testing.T) {
			edited := past.When(revise("", "b", rename)).And()
			if d := edited.State().Draft(""); d.Stage != plan.StageDraft || d.Hash == hash || d.Revision != 2 || !slices.Equal(d.Authors, []string{"a", "b"}) {
				t.Errorf("edited %+v", d)
			}
			edited.When(approve).Then()
		})
	}
	// The same text written again is another revision: what was approved before does not come back.
	again := approved.When(revise("", "b", rename)).And().When(revise("", "b", func(d *plan.Document) { d.Title = document().Title })).And().When(submit("")).And()
	if d := again.State().Draft(""); d.Hash != hash || d.Revision != 3 {
		t.Errorf("again %+v", d)
	}
	again.When(approve).Then()
}

func TestAnEditThatChangesNothingWritesNothing(t *testing.T) {
	draft(t).When(revise("", "b", func(*plan.Document) {})).Then()
	draft(t).When(revise("", "b", func(d *plan.Document) { d.Coordinators = []plan.Code{} })).Then()
}

func TestAReturnedPlanIsMendedAndGoesUpAgain(t *testing.T) {
	up := draft(t).When(submit("")).And()
	hash := up.State().Draft("").Hash
	returned := up.When(func(p *plan.Plan, _ int64) ([]any, error) { return p.RecordReturn("", hash, 0, "Sửa."), nil }).
		Then(plan.Returned{Hash: hash, Comment: "Sửa."})
	mended := returned.When(revise("", "a", rename)).And()
	if d := mended.State().Draft(""); d.Stage != plan.StageReturned || d.Comment != "Sửa." {
		t.Errorf("mended %+v", d)
	}
	second := mended.When(submit("")).And()
	if d := second.State().Draft(""); d.Stage != plan.StageInApproval || d.Comment != "" {
		t.Errorf("second %+v", d)
	}
	second.When(func(p *plan.Plan, _ int64) ([]any, error) { return p.RecordReturn("", hash, 0, "Muộn."), nil }).Then()
}

// A number is given to what was approved; an edit that came meanwhile is not issued with it.
func TestWhatIsIssuedIsWhatWasApproved(t *testing.T) {
	up := draft(t).When(submit("")).And()
	hash := up.State().Draft("").Hash
	raced := up.When(revise("", "b", rename)).And()
	want := unnumbered()
	want.Number, want.Date = "41/KH-UBND", "2022-02-24"
	issued := raced.When(issue("", hash)).Then(plan.Issued{Document: want, Hash: hash})
	if p := issued.State(); p.Stage() != plan.StageIssued || p.Document.Title != document().Title || p.Imported {
		t.Errorf("issued %+v", p)
	}
	issued.When(issue("", hash)).Then()
	raced.When(issue("", strings.Repeat("0", 64))).Then()
	issued.When(revise("", "a", rename)).ThenRefused(errorsv1.Reason_PLAN_ISSUED, "number", "41/KH-UBND")
	issued.When(submit("")).ThenRefused(errorsv1.Reason_PLAN_ISSUED)
	given(t, "2022-03-01", plan.Imported{Document: document()}).When(revise("", "a", rename)).ThenRefused(errorsv1.Reason_PLAN_ISSUED)
}

func TestAnAmendmentTakesEffectWhenItIsIssued(t *testing.T) {
	imported := given(t, "2022-03-01", plan.Imported{Document: document()},
		delivered("item_1", "a", 1, plan.Planned), delivered("item_1", "b", 2, plan.Done), plan.ItemMarkedOverdue{Item: "item_2", Deadline: "2022-04-10"})
	begun := imported.When(amend).Then(plan.AmendmentDrafted{
		Amendment: "amendment_1", Reason: "Thêm.", Agency: "H24.02", Unit: "Phòng", Author: "b", Hash: hashOf(t, document(), "Thêm."),
	})
	begun.When(amend).ThenRefused(errorsv1.Reason_PLAN_AMENDMENT_OPEN, "amendment", "amendment_1")
	begun.When(submit("amendment_1")).ThenRefused(errorsv1.Reason_PLAN_UNCHANGED)
	begun.When(revise("amendment_2", "b", rename)).ThenRefused(errorsv1.Reason_NOT_FOUND)
	edited := begun.When(revise("amendment_1", "b", func(d *plan.Document) {
		d.Items[0].Target.Quantity, d.Items[1].Deadline = 3, "2022-05-10"
	})).And()
	if p := edited.State(); p.Document.Items[0].Target.Quantity != 2 || p.Stage() != plan.StageIssued {
		t.Errorf("before it is issued the plan stands: %+v", p.Document)
	}
	up := edited.When(submit("amendment_1")).And()
	amended := up.When(issue("amendment_1", up.State().Draft("amendment_1").Hash)).And()
	p := amended.State()
	first, n := p.ItemState("item_1")
	second, _ := p.ItemState("item_2")
	// Two of three are not enough, and what has a new last day is not late yet.
	if p.Stage() != plan.StageAmended || first != plan.Planned || n != 2 || second != plan.Planned || p.First.Items[0].Target.Quantity != 2 {
		t.Errorf("amended %s: %s %d, %s", p.Stage(), first, n, second)
	}
	if a := p.Amendment("amendment_1"); a.Number != "41/KH-UBND" || len(a.Changes) != 2 {
		t.Errorf("amendment %+v", a)
	}
	amended.When(revise("amendment_1", "b", rename)).ThenRefused(errorsv1.Reason_PLAN_STATE, "state", "issued")
	amended.When(markOverdue("2022-05-11")).Then(
		plan.ItemMarkedOverdue{Item: "item_1", Deadline: "2022-03-10"}, plan.ItemMarkedOverdue{Item: "item_2", Deadline: "2022-05-10"})
}

func TestADroppedDraftIsGoneAndADroppedAmendmentFrees(t *testing.T) {
	discard := func(amendment plan.AmendmentID) func(*plan.Plan, int64) ([]any, error) {
		return func(p *plan.Plan, _ int64) ([]any, error) { return p.Discard(amendment) }
	}
	gone := draft(t).When(discard("")).Then(plan.Discarded{})
	if gone.State().Begun() {
		t.Error("a dropped draft is still there")
	}
	gone.When(revise("", "a", rename)).ThenRefused(errorsv1.Reason_NOT_FOUND)
	imported := given(t, "2022-03-01", plan.Imported{Document: document()})
	imported.When(discard("")).ThenRefused(errorsv1.Reason_PLAN_ISSUED)
	imported.When(amend).And().When(discard("amendment_1")).And().When(amend).And()
}

func TestAClosedPlanStaysClosed(t *testing.T) {
	closing := func(p *plan.Plan, _ int64) ([]any, error) { return p.Close("  Hết.  ") }
	draft(t).When(closing).ThenRefused(errorsv1.Reason_PLAN_STATE, "state", "draft", "allowed", "issued, amended")
	imported := given(t, "2022-03-01", plan.Imported{Document: document()})
	imported.When(func(p *plan.Plan, _ int64) ([]any, error) { return p.Close(" ") }).ThenRefused(errorsv1.Reason_INVALID)
	closed := imported.When(closing).Then(plan.Closed{Reason: "Hết."})
	closed.When(closing).ThenRefused(errorsv1.Reason_PLAN_STATE, "state", "closed")
	closed.When(amend).ThenRefused(errorsv1.Reason_PLAN_STATE)
	closed.When(markOverdue("2023-01-01")).Then()
	closed.When(recordDelivery("item_1", "a")).Then(delivered("item_1", "a", 1, plan.Planned))
}

func TestDocumentsAreStoredOnceAndOnlyOfWhatWasIssuedHere(t *testing.T) {
	files := []plan.File{{Format: "pdf", SHA256: "x", Size: 1}}
	store := func(p *plan.Plan, _ int64) ([]any, error) { return p.StoreDocuments("", files), nil }
	up := draft(t).When(submit("")).And()
	up.When(store).Then()
	issued := up.When(issue("", up.State().Draft("").Hash)).And()
	issued.When(store).Then(plan.DocumentsStored{Files: files}).When(store).Then()
	given(t, "2022-03-01", plan.Imported{Document: document()}).When(store).Then()
}

func TestADraftMayLackWhatAPlanMustHave(t *testing.T) {
	known := func(c plan.Code) bool { return c == "H24.02" }
	bare := plan.Document{Title: "Kế hoạch", Lead: "H24.02", Items: []plan.Item{{Code: "1", Title: "Việc"}}}
	if wrong := bare.CheckDraft(known); len(wrong) != 0 {
		t.Errorf("a bare draft: %+v", wrong)
	}
	if wrong := plan.Paths(bare.CheckComplete(known)); len(wrong) < 12 || !slices.ContainsFunc(wrong, func(f errs.Field) bool { return f.Field == "items[0].target.quantity" }) {
		t.Errorf("complete: %+v", wrong)
	}
	bare.ReportPeriods, bare.Items = []string{"month", "month"}, append(bare.Items, plan.Item{Target: plan.Target{Quantity: -1}})
	var paths []string
	for _, w := range plan.Paths(bare.CheckDraft(known)) {
		paths = append(paths, w.Field)
	}
	if want := []string{"reportPeriods[1]", "items[1].code", "items[1].title", "items[1].target.quantity"}; !slices.Equal(paths, want) {
		t.Errorf("paths %v, want %v", paths, want)
	}
}

func TestTheHashIsOfCanonicalJSON(t *testing.T) {
	d := unnumbered()
	// Computed by another program from the JSON with sorted members: if it changed, no approval ever given could be checked again.
	const want = "7219b6fface4e876b0f57f92c2833d2e53be7fe2ad3fb97e5d6c9af53a797fdc"
	if got := hashOf(t, d, ""); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	other := d
	other.Title = "Kê\u0301 hoa\u0323ch tuyên truyền" // the same in NFC
	if hashOf(t, other, "") != hashOf(t, d, "") || hashOf(t, d, "x") == hashOf(t, d, "") {
		t.Error("the hash is of the normalised text and of the reason")
	}
}

// Whatever is edited, in whatever order: the difference of two documents is empty only when nothing differs, what the events say of a
// draft is what was written, and an issued plan is one that was submitted.
func TestDraftsAreWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &plan.Plan{}
		version := int64(0)
		apply := func(events []any, err error) {
			var refusal *errs.Error
			if err != nil && !errors.As(err, &refusal) {
				t.Fatal(err)
			}
			for _, e := range events {
				version++
				p.Apply(es.Event{Version: version, Data: e})
			}
		}
		apply(p.DraftPlan(thePlan, "H24.02", "", "a", unnumbered()))
		want := unnumbered()
		var up []string
		for n := range rapid.IntRange(1, 25).Draw(t, "steps") {
			fresh := plan.ItemID(fmt.Sprintf("item_new_%d", n)) // two items never have one identifier
			switch rapid.IntRange(0, 4).Draw(t, "step") {
			case 0, 1, 2:
				next := want
				next.Items = slices.Clone(want.Items)
				switch n := len(next.Items); {
				case rapid.Bool().Draw(t, "add") || n == 0:
					next.Items = append(next.Items, plan.Item{ID: fresh, Title: "t"})
				case rapid.Bool().Draw(t, "remove"):
					next.Items = slices.Delete(next.Items, n-1, n)
				default:
					next.Items[0].Title += "x"
				}
				open := p.Stage() != plan.StageIssued
				apply(p.Revise(thePlan, "", "b", func(plan.Document) (plan.Document, error) { return next, nil }))
				if open {
					want = next
				}
			case 3:
				if d := p.Draft(""); d.Stage == plan.StageDraft {
					up = append(up, d.Hash)
				}
				apply(p.Submit("", func(plan.Document) error { return nil }))
			case 4:
				if len(up) > 0 {
					apply(p.Issue("", rapid.SampledFrom(up).Draw(t, "hash"), "1/KH-UBND", "2022-01-01", nil), nil)
				}
			}
			if p.Stage() == plan.StageIssued {
				issued := p.Document
				issued.Number, issued.Date = "", ""
				hash, err := issued.Hash(thePlan, "")
				if err != nil || !slices.Contains(up, hash) {
					t.Fatalf("issued what was never submitted")
				}
				return
			}
			if changes := plan.Difference(p.Draft("").Document, want); len(changes) != 0 {
				t.Fatalf("the draft differs from what was written: %+v", changes)
			}
		}
	})
}
