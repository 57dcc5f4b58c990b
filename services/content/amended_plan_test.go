package content

import (
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/errs"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// What an amendment takes out of a plan, and what a closed plan had, takes no new drafts; what was begun under it goes on.
func TestAnAmendmentDecidesWhatIsDraftedUnder(t *testing.T) {
	s := newService(t)
	begun := s.draft("cv.stttt")
	create := func(person, item string) errs.Reason {
		t.Helper()
		_, err := s.CreateContent(s.As(person), &contentv1.CreateContentRequest{Content: &contentv1.Content{PlanItem: item, Title: "Tin"}})
		return errs.ReasonOf(err)
	}
	plan := issued()
	added, ok := proto.Clone(plan.GetItems()[1]).(*planningv1.PlanItem)
	if !ok {
		t.Fatal("a clone of another type")
	}
	added.Id, added.Lead = "item_3", "H24.02"
	s.Deliver(s.server.followPlanning, s.Message("planning", &planningv1.PlanAmended{
		Plan: plan.GetPlan(), Items: []*planningv1.PlanItem{plan.GetItems()[1], added},
	}))
	if got := create("cv.stttt", "item_1"); got != errorsv1.Reason_INVALID {
		t.Errorf("under what was taken out: %s", got)
	}
	if got := create("cv.stttt", "item_3"); got != 0 {
		t.Errorf("under what was added: %s", got)
	}
	if _, err := s.retitle("cv.stttt", begun.GetId(), begun.GetEtag(), "Tên khác"); err != nil {
		t.Errorf("what was begun before: %v", err)
	}
	s.Deliver(s.server.followPlanning, s.Message("planning", &planningv1.PlanClosed{Plan: plan.GetPlan().GetId()}))
	if got := create("cv.stttt", "item_3"); got != errorsv1.Reason_INVALID {
		t.Errorf("under a closed plan: %s", got)
	}
}
