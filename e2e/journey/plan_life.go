package journey

import (
	"net/http"
	"slices"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// planLife is what a plan refuses on its way: what is incomplete, what somebody else changed meanwhile, what would leave out its route, and
// any change of what is issued but by the one amendment that is open.
func (j *Journey) planLife() {
	t := j.t
	act := func(as, plan, verb string, body any, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/plans/" + plan + verb, Body: body, Key: "journey/plan-life/" + key}
	}
	p := &planningv1.Plan{}
	j.post("cv.stttt", "/v1/plans", &planningv1.Plan{Issuer: "H24", Title: "Kế hoạch còn thiếu", Example: true}, "plan-life", p)
	incomplete := j.Client.Refused(act("cv.stttt", p.GetId(), ":submit", struct{}{}, "submit/early"), http.StatusUnprocessableEntity, "INVALID")
	var missing []string
	for _, e := range incomplete.Errors {
		missing = append(missing, e.Field)
	}
	for _, field := range []string{"from", "to", "purposes", "themes", "audiences", "channels", "items"} {
		check(t, "what is missing is named: "+field, slices.Contains(missing, field), true)
	}
	item := system.Request{
		As: "cv.stttt", Method: http.MethodPost, Path: "/v1/plans/" + p.GetId() + "/items", Key: "journey/plan-life/item/wrong",
		Body: &planningv1.PlanItem{Code: "1", Title: "Tin", Lead: "H24.99", Deadline: "2022-02-30", Target: &planningv1.Target{Quantity: -1}},
	}
	wrong := j.Client.Refused(item, http.StatusUnprocessableEntity, "INVALID")
	var fields []string
	for _, e := range wrong.Errors {
		fields = append(fields, e.Field+" "+e.Reason)
	}
	for _, place := range []string{"lead UNKNOWN_AGENCY", "deadline BAD_DATE"} {
		check(t, "what is wrong in the item is named: "+place, slices.Contains(fields, place), true)
	}
	edit := system.Request{
		As: "cv2.stttt", Method: http.MethodPatch, Path: "/v1/plans/" + p.GetId() + "?updateMask=title", Body: map[string]string{"title": "Kế hoạch bỏ dở"}, Key: "journey/plan-life/edit",
	}
	j.Client.Refused(edit, http.StatusPreconditionRequired, "ETAG_REQUIRED")
	edit.IfMatch = p.GetEtag()
	j.Client.Must(edit, &planningv1.Plan{})
	stale := edit
	stale.As, stale.Key = "cv.stttt", edit.Key+"/stale"
	j.Client.Refused(stale, http.StatusPreconditionFailed, "ETAG_STALE")
	j.Client.Refused(act("cv.snv", p.GetId(), ":discard", struct{}{}, "discard/stranger"), http.StatusNotFound, "NOT_FOUND")
	j.Client.Must(act("cv.stttt", p.GetId(), ":discard", struct{}{}, "discard"), nil)
	j.Client.Refused(system.Request{As: "cv.stttt", Method: http.MethodGet, Path: "/v1/plans/" + p.GetId()}, http.StatusNotFound, "NOT_FOUND")

	// The current plan is issued: it changes by an amendment alone, which is one at a time and has to change something.
	current := j.Current.GetId()
	j.Client.Refused(act("cv.stttt", current, ":discard", struct{}{}, "discard/issued"), http.StatusConflict, "PLAN_ISSUED")
	j.Client.Refused(act("cv.hongbang", current, ":amend", &planningv1.AmendPlanRequest{Reason: "Thêm."}, "amend/stranger"), http.StatusForbidden, "FORBIDDEN")
	j.Client.Refused(act("cv.stttt", current, ":close", &planningv1.ClosePlanRequest{Reason: "Xong."}, "close/officer"), http.StatusForbidden, "FORBIDDEN")
	j.Client.Refused(act("gd.stttt", current, ":close", &planningv1.ClosePlanRequest{}, "close/why"), http.StatusUnprocessableEntity, "INVALID")
	begun := &planningv1.Plan{}
	j.Client.Must(act("cv.stttt", current, ":amend", &planningv1.AmendPlanRequest{Reason: "Thêm thời gian."}, "amend"), begun)
	amendment := begun.GetAmendments()[len(begun.GetAmendments())-1].GetId()
	j.Client.Refused(act("cv2.stttt", current, ":amend", &planningv1.AmendPlanRequest{Reason: "Nữa."}, "amend/again"), http.StatusConflict, "PLAN_AMENDMENT_OPEN")
	submit := act("cv.stttt", current, ":submit", &planningv1.SubmitPlanRequest{Amendment: amendment}, "amend/unchanged")
	j.Client.Refused(submit, http.StatusUnprocessableEntity, "PLAN_UNCHANGED")
	items := &planningv1.ListPlanItemsResponse{}
	j.get("cv.stttt", "/v1/plans/"+current+"/items?amendment="+amendment, items)
	move := system.Request{
		As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/plans/" + current + "/items/" + items.GetItems()[3].GetId() + "?updateMask=title&amendment=" + amendment,
		Body: map[string]string{"title": "Tin tổng kết năm"}, IfMatch: items.GetItems()[3].GetEtag(), Key: "journey/plan-life/amend/item",
	}
	moved := &planningv1.PlanItem{}
	j.Client.Must(move, moved)
	submit.Key += "/changed"
	j.Client.Must(submit, nil)
	d := j.Dossier("tp.stttt", amendment)
	j.Client.Refused(onDossier("pgd.stttt", d.GetId(), ":bypass", &approvalsv1.BypassRequest{Hash: d.GetHash(), Reason: "Gấp."}, "plan-life/bypass"), http.StatusForbidden, "BYPASS_TYPE")
	first := j.approve("tp.stttt", amendment, "plan-life/approve")

	// An edit voids what was approved, and nobody decides on what was before it.
	move.Body, move.IfMatch, move.Key = map[string]string{"title": "Tin tổng kết cả năm"}, moved.GetEtag(), move.Key+"/again"
	j.Client.Must(move, nil)
	void := &approvalsv1.Dossier{}
	j.Client.Until("pgd.stttt", "/v1/dossiers/"+first.GetId(), void, func() bool { return void.GetState() == "voided" })
	j.Client.Refused(onDossier("pgd.stttt", first.GetId(), ":approve", &approvalsv1.ApproveRequest{Hash: first.GetHash()}, "plan-life/late"), http.StatusConflict, "HASH_MOVED")
	dropped := &planningv1.Plan{}
	j.Client.Must(act("cv.stttt", current, ":discard", map[string]string{"amendment": amendment}, "amend/drop"), dropped)
	now := &planningv1.Plan{}
	j.get("cv.snv", "/v1/plans/"+current, now)
	if now.GetState() != "issued" || len(now.GetAmendments()) != 0 {
		t.Fatalf("after the amendment was dropped the plan is %v", now)
	}
}
