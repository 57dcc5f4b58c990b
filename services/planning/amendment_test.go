package planning

import (
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/es"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

func TestAnIssuedPlanChangesByAnAmendmentOnly(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	p, items := s.drafted()
	id := p.GetId()
	_, err := service.AmendPlan(s.as("cv.stttt", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: "Thêm việc."})
	s.refused(err, errorsv1.Reason_PLAN_STATE)
	s.issued("plan", id, s.submitted(id, "").GetHash(), "41/KH-UBND", "2026-11-24")

	_, err = service.AmendPlan(s.as("cv.snv", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: "Thêm việc."})
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = service.AmendPlan(s.as("cv.stttt", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: " "})
	if wrong := s.places(err); wrong[0].Field != "reason" {
		t.Errorf("no reason: %v", wrong)
	}
	begun, err := service.AmendPlan(s.as("cv2.stttt", "a"), &planningv1.AmendPlanRequest{Plan: id, Reason: "Thêm việc."})
	s.must(err)
	again, err := service.AmendPlan(s.as("cv2.stttt", "a"), &planningv1.AmendPlanRequest{Plan: id, Reason: "Thêm việc."})
	s.must(err)
	amendment := begun.GetAmendments()[0].GetId()
	if !proto.Equal(begun, again) || begun.GetState() != "draft" || begun.GetNumber() != "41/KH-UBND" || !strings.HasPrefix(amendment, "amendment_") {
		t.Errorf("begun %v", begun)
	}
	_, err = service.AmendPlan(s.as("cv.stttt", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: "Nữa."})
	s.refused(err, errorsv1.Reason_PLAN_AMENDMENT_OPEN)
	_, err = service.ClosePlan(s.as("gd.stttt", ""), &planningv1.ClosePlanRequest{Plan: id, Reason: "Hết."})
	s.refused(err, errorsv1.Reason_PLAN_AMENDMENT_OPEN)
	_, err = service.SubmitPlan(s.as("cv.stttt", ""), &planningv1.SubmitPlanRequest{Plan: id, Amendment: amendment})
	s.refused(err, errorsv1.Reason_PLAN_UNCHANGED)

	ctx := s.as("cv2.stttt", "")
	_, err = service.UpdatePlan(matching(ctx, begun.GetEtag()), &planningv1.UpdatePlanRequest{
		Amendment: amendment, Plan: &planningv1.Plan{Id: id, To: "2028-03-31", Lead: "H24.03"}, UpdateMask: mask("to", "lead"),
	})
	s.must(err)
	_, err = service.UpdatePlanItem(matching(ctx, items[0].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: id, Amendment: amendment, Item: &planningv1.PlanItem{Id: items[0].GetId(), Deadline: "2028-01-31"}, UpdateMask: mask("deadline"),
	})
	s.must(err)
	_, err = service.DeletePlanItem(ctx, &planningv1.DeletePlanItemRequest{Plan: id, Amendment: amendment, Item: items[1].GetId()})
	s.must(err)
	added, err := service.CreatePlanItem(ctx, &planningv1.CreatePlanItemRequest{Plan: id, Amendment: amendment, Item: task("3")})
	s.must(err)

	// Until it is issued, the plan stands as it was, and others do not see what is coming.
	if now := s.plan("cv.snv", id, ""); now.GetLead() != "H24.02" || now.GetState() != "issued" || len(now.GetAmendments()) != 0 {
		t.Errorf("from outside %v", now)
	}
	_, err = service.GetPlan(s.as("cv.snv", ""), &planningv1.GetPlanRequest{Plan: id, Amendment: amendment})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
	up := s.submitted(id, amendment)
	sent := published[*planningv1.PlanSubmitted](s)
	var told []string
	for _, c := range sent.GetChanges() {
		told = append(told, strings.Join([]string{c.GetKind(), c.GetItemCode(), c.GetField(), c.GetBefore(), c.GetAfter()}, "|"))
	}
	want := []string{
		"changed||to|2027-12-31|2028-03-31", "changed||lead|H24.02|H24.03", "changed|1|deadline|2027-06-30|2028-01-31",
		"added|3|||3. Đăng tin về chuyển đổi số (H24.03; 2027-06-30; 2 tin, bài)", "removed|2||2. Đăng tin về chuyển đổi số (H24.02; 2027-06-30; 2 tin, bài)|",
	}
	if !slices.Equal(told, want) || sent.GetAmendment() != amendment || sent.GetAgency() != "H24.02" || sent.GetPlan().GetId() != id {
		t.Errorf("submitted %v\nchanges %q\nwant    %q", sent, told, want)
	}
	if len(up.GetAmendments()[0].GetChanges()) != 5 {
		t.Errorf("shown %v", up.GetAmendments())
	}
	s.issued("amendment", amendment, up.GetHash(), "52/QĐ-UBND", "2026-12-01")
	now := s.plan("cv.snv", id, "")
	if now.GetState() != "amended" || now.GetLead() != "H24.03" || now.GetNumber() != "41/KH-UBND" || now.GetItemCount() != 2 ||
		len(now.GetAmendments()) != 1 || now.GetAmendments()[0].GetNumber() != "52/QĐ-UBND" || len(now.GetAmendments()[0].GetChanges()) != 5 {
		t.Errorf("amended %v", now)
	}
	told2 := published[*planningv1.PlanAmended](s)
	if told2.GetNumber() != "52/QĐ-UBND" || told2.GetDate() != "2026-12-01" || len(told2.GetItems()) != 2 || told2.GetItems()[1].GetId() != added.GetId() {
		t.Errorf("published %v", told2)
	}
	// The new lead amends it from now on; then it is closed, for good.
	next, err := service.AmendPlan(s.as("cv.snv", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: "Lại."})
	s.must(err)
	_, err = service.DiscardPlan(s.as("cv.snv", ""), &planningv1.DiscardPlanRequest{Plan: id, Amendment: next.GetAmendments()[1].GetId()})
	s.must(err)
	_, err = service.ClosePlan(s.as("cv.snv", ""), &planningv1.ClosePlanRequest{Plan: id, Reason: "Hết năm."})
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	closed, err := service.ClosePlan(s.as("gd.snv", ""), &planningv1.ClosePlanRequest{Plan: id, Reason: "Hết năm."})
	s.must(err)
	if closed.GetState() != "closed" || closed.GetCloseReason() != "Hết năm." || published[*planningv1.PlanClosed](s).GetPlan() != id {
		t.Errorf("closed %v", closed)
	}
	_, err = service.AmendPlan(s.as("cv.snv", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: "Mở lại."})
	s.refused(err, errorsv1.Reason_PLAN_STATE)
	marked, err := service.MarkOverdue(s.as("service:worker", ""), &planningv1.MarkOverdueRequest{Plan: id, Day: "2030-01-01"})
	s.must(err)
	if len(marked.GetItems()) != 0 {
		t.Errorf("of a closed plan %v are called late", marked.GetItems())
	}
	s.sameInLists(id)
}

// sameInLists asserts that the list shows a plan as it is, live and built anew from the log.
func (s *service) sameInLists(id string) {
	s.Helper()
	is := s.plan("thanh.tra", id, "")
	is.Amendments = nil
	listed := func() *planningv1.Plan {
		page, err := s.planService().ListPlans(s.as("thanh.tra", ""), &planningv1.ListPlansRequest{})
		s.must(err)
		for _, p := range page.GetPlans() {
			if p.GetId() == id {
				return p
			}
		}
		return nil
	}
	s.until(func() bool { return proto.Equal(listed(), is) })
	s.must(es.Replay(s.Context(), s.Host.Pool, s.Host.Module.Catalogue, readmodel.Plans()))
	if anew := listed(); !proto.Equal(anew, is) {
		s.Errorf("built anew %v\nis %v", anew, is)
	}
}

func TestAgenciesFindTheirPart(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	p, err := service.ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: s.example("plan.yaml")})
	s.must(err)
	codes := func(r *planningv1.ListPlanItemsRequest, as string) string {
		r.Plan = p.GetId()
		var out []string
		for token := ""; ; {
			r.PageSize, r.PageToken = 2, token
			page, err := service.ListPlanItems(s.as(as, ""), r)
			s.must(err)
			for _, i := range page.GetItems() {
				out = append(out, i.GetCode())
			}
			if token = page.GetNextPageToken(); token == "" {
				return strings.Join(out, " ")
			}
		}
	}
	all := codes(&planningv1.ListPlanItemsRequest{}, "cv.snv")
	mine := codes(&planningv1.ListPlanItemsRequest{Agency: "me"}, "cv.snv")
	if all != "1 2 3 4 5 6 7 8 9" || mine == "" || mine == all || mine != codes(&planningv1.ListPlanItemsRequest{Agency: "H24.03"}, "cv.stttt") {
		t.Errorf("all %q, of H24.03 %q", all, mine)
	}
	if got := codes(&planningv1.ListPlanItemsRequest{DeadlineTo: "2022-06-14", OrderBy: "deadline desc"}, "cv.snv"); !strings.HasSuffix(got, "1") || strings.Contains(got, "2") {
		t.Errorf("due until June, the last first: %q", got)
	}
	if got := codes(&planningv1.ListPlanItemsRequest{Theme: "chi-tieu-2022", State: "planned"}, "cv.snv"); got != "3" {
		t.Errorf("of a theme: %q", got)
	}
	_, err = service.ListPlanItems(s.as("cv.snv", ""), &planningv1.ListPlanItemsRequest{Plan: p.GetId(), State: "x", DeadlineFrom: "y", OrderBy: "z"})
	if wrong := s.places(err); len(wrong) != 3 {
		t.Errorf("wrong %v", wrong)
	}
	_, err = service.ListPlans(s.as("cv.snv", ""), &planningv1.ListPlansRequest{State: "x", DeadlineTo: "y", OrderBy: "z"})
	if wrong := s.places(err); len(wrong) != 3 {
		t.Errorf("wrong %v", wrong)
	}
	s.listed(1)
	for _, c := range []struct {
		r    *planningv1.ListPlansRequest
		want int
	}{
		{&planningv1.ListPlansRequest{Agency: "me"}, 1},
		{&planningv1.ListPlansRequest{Agency: "H24.45"}, 0},
		{&planningv1.ListPlansRequest{Theme: "chi-tieu-2022", OrderBy: "title"}, 1},
		{&planningv1.ListPlansRequest{Theme: "khac"}, 0},
		{&planningv1.ListPlansRequest{DeadlineFrom: "2022-12-01"}, 1},
		{&planningv1.ListPlansRequest{DeadlineFrom: "2023-01-01"}, 0},
		{&planningv1.ListPlansRequest{DeadlineTo: "2022-03-10", OrderBy: "date"}, 1},
		{&planningv1.ListPlansRequest{State: "issued", OrderBy: "title desc"}, 1},
	} {
		page, err := service.ListPlans(s.as("cv.snv", ""), c.r)
		s.must(err)
		if len(page.GetPlans()) != c.want {
			t.Errorf("%v: %d plans", c.r, len(page.GetPlans()))
		}
	}
}
