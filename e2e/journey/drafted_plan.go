package journey

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// draftedPlan: an officer of the department drafts a plan that the city is to issue. It walks the long route, gets its number, is open to
// the agencies that carry it out, changes by an amendment that walks the route too, and is closed.
func (j *Journey) draftedPlan() {
	t := j.t
	t.Helper()
	today := time.Now().In(vn.Location())
	day := func(days int) string { return today.AddDate(0, 0, days).Format(time.DateOnly) }
	p := &planningv1.Plan{}
	made := j.post("cv.stttt", "/v1/plans", &planningv1.Plan{
		Issuer: "H24", Title: "Kế hoạch truyền thông dịch vụ công trực tuyến", From: day(0), To: day(300), Example: true,
		Purposes:  []string{"Người dân biết và dùng dịch vụ công trực tuyến."},
		Themes:    []*planningv1.Theme{{Code: "truc-tuyen", Name: "Dịch vụ công trực tuyến"}},
		Audiences: []*planningv1.Audience{{Code: "nguoi-dan", Name: "Người dân"}},
		Channels:  []*planningv1.Channel{{Code: "portal", Name: "Cổng Thông tin điện tử thành phố"}},
	}, "plan-drafted", p)
	id := p.GetId()
	check(t, "where the plan is", made.Header.Get("Location"), "/v1/plans/"+id)
	items := map[string]*planningv1.PlanItem{}
	for n, lead := range []string{"H24.02", "H24.31"} {
		code := strconv.Itoa(n + 1)
		items[code] = &planningv1.PlanItem{}
		j.post("cv.stttt", "/v1/plans/"+id+"/items", &planningv1.PlanItem{
			Code: code, Title: "Tin về dịch vụ công trực tuyến, phần " + code, Theme: "truc-tuyen", Audiences: []string{"nguoi-dan"},
			Channels: []string{"portal"}, Lead: lead, Deadline: day(100), Target: &planningv1.Target{Quantity: 1, Unit: "tin, bài", CountsPublications: true},
		}, "plan-drafted/"+code, items[code])
	}
	hidden := system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/plans/" + id}
	j.Client.Refused(hidden, http.StatusNotFound, "NOT_FOUND")

	j.untilKnown("vt.ubnd")
	j.post("vt.ubnd", "/v1/registers", &approvalsv1.OpenRegisterRequest{
		Issuer: "H24", Year: int32(today.Year()), First: 91,
		Types: []*approvalsv1.RegisterType{{DocumentType: "plan", Abbreviation: "KH"}, {DocumentType: "amendment", Abbreviation: "KH"}},
	}, "plan-register", &approvalsv1.Register{})
	j.issue(id, "", "plan", "91/KH-UBND")
	j.Client.Until("cv.hongbang", "/v1/plans/"+id, p, func() bool { return p.GetState() == "issued" })
	if p.GetNumber() != "91/KH-UBND" || p.GetDate() != day(0) || p.GetImported() || p.GetLead() != "H24.02" || len(p.GetHash()) != 64 {
		t.Fatalf("the plan is issued as %v", p)
	}
	j.Drafted = p
	page := &planningv1.ListPlanItemsResponse{}
	j.get("cv.hongbang", "/v1/plans/"+id+"/items?agency=me", page)
	if got := page.GetItems(); len(got) != 1 || got[0].GetCode() != "2" {
		t.Fatalf("the part of H24.31 is %v", got)
	}
	paper := j.Client.Must(system.Request{As: "cv.hongbang", Method: http.MethodGet, Path: "/v1/plans/" + id + "/document?format=pdf"}, nil)
	check(t, "the document's type", paper.Header.Get("Content-Type"), "application/pdf")
	if !bytes.HasPrefix(paper.Body, []byte("%PDF-")) || !strings.Contains(paper.Header.Get("Content-Disposition"), "ke-hoach-91-kh-ubnd.pdf") {
		t.Fatalf("the document is %q, %v", paper.Body[:min(8, len(paper.Body))], paper.Header)
	}
	// Those who carry it out write under it.
	content := &contentv1.Content{}
	j.Client.Patiently(system.Request{
		As: "cv.hongbang", Method: http.MethodPost, Path: "/v1/contents", Key: "journey/plan-drafted/content",
		Body: &contentv1.Content{PlanItem: items["2"].GetId(), Title: "Nộp hồ sơ tại nhà", Example: true},
	}, content)
	check(t, "what is written under it", content.GetPlan(), id)
	j.Client.Refused(system.Request{
		As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/plans/" + id + "?updateMask=title", Body: map[string]string{"title": "Khác"}, IfMatch: p.GetEtag(),
	}, http.StatusConflict, "PLAN_ISSUED")

	j.amendedPlan(p, items["1"], day(200))
	closed := &planningv1.Plan{}
	j.post("gd.stttt", "/v1/plans/"+id+":close", &planningv1.ClosePlanRequest{Reason: "Đã thực hiện xong."}, "plan-closed", closed)
	check(t, "state of what was closed", closed.GetState(), "closed")
}

// amendedPlan: one deadline is moved, which nobody outside sees before it has a number of its own.
func (j *Journey) amendedPlan(p *planningv1.Plan, item *planningv1.PlanItem, deadline string) {
	t, id := j.t, p.GetId()
	t.Helper()
	begun := &planningv1.Plan{}
	j.post("cv2.stttt", "/v1/plans/"+id+":amend", &planningv1.AmendPlanRequest{Reason: "Thêm thời gian."}, "plan-amended", begun)
	amendment := begun.GetAmendments()[0].GetId()
	j.Client.Must(system.Request{
		As: "cv2.stttt", Method: http.MethodPatch, Path: "/v1/plans/" + id + "/items/" + item.GetId() + "?updateMask=deadline&amendment=" + amendment,
		Body: map[string]string{"deadline": deadline}, IfMatch: item.GetEtag(), Key: "journey/plan-amended/item",
	}, &planningv1.PlanItem{})
	j.Client.Refused(system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/plans/" + id + "?amendment=" + amendment}, http.StatusNotFound, "NOT_FOUND")
	j.issue(id, amendment, "amendment", "92/KH-UBND")
	amended := &planningv1.Plan{}
	j.Client.Until("cv.snv", "/v1/plans/"+id, amended, func() bool { return amended.GetState() == "amended" })
	a := amended.GetAmendments()
	if len(a) != 1 || a[0].GetNumber() != "92/KH-UBND" || len(a[0].GetChanges()) != 1 || a[0].GetChanges()[0].GetAfter() != deadline || amended.GetNumber() != "91/KH-UBND" {
		t.Fatalf("the plan is amended as %v", amended)
	}
}

// issue submits a plan, or an amendment of it, has every level approve it, and the clerk of the city's office give it the next number of
// the city's register.
func (j *Journey) issue(plan, amendment, kind, number string) {
	t := j.t
	t.Helper()
	document := plan
	if amendment != "" {
		document = amendment
	}
	submitted := &planningv1.Plan{}
	j.post("cv.stttt", "/v1/plans/"+plan+":submit", &planningv1.SubmitPlanRequest{Amendment: amendment}, kind+"-submitted", submitted)
	check(t, "state of the "+kind, submitted.GetState(), "in_approval")
	if amendment == "" {
		j.planOpinion(plan)
	}
	for _, level := range []string{"tp.stttt", "pgd.stttt", "chanh.vp", "pho.chu.tich"} {
		j.untilKnown(level)
		j.approve(level, document, kind+"/"+level)
	}
	waiting := &approvalsv1.ListDossiersResponse{}
	j.Client.Until("vt.ubnd", "/v1/dossiers?waitingFor=number&document="+document, waiting, func() bool { return len(waiting.GetDossiers()) == 1 })
	issued := &approvalsv1.Dossier{}
	j.post("vt.ubnd", "/v1/dossiers/"+waiting.GetDossiers()[0].GetId()+":issue", &approvalsv1.IssueRequest{}, kind+"-issued", issued)
	check(t, "number of the "+kind, issued.GetNumber(), number)
}

// planOpinion: an agency that is asked for its opinion reads the draft that it is to speak of.
func (j *Journey) planOpinion(plan string) {
	j.t.Helper()
	read := system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/plans/" + plan}
	j.Client.Refused(read, http.StatusNotFound, "NOT_FOUND")
	d := j.Dossier("tp.stttt", plan)
	j.post("cv.stttt", "/v1/dossiers/"+d.GetId()+":consult", &approvalsv1.ConsultRequest{
		Question: "Chỉ tiêu đã đúng chưa?", Targets: []*approvalsv1.ConsultTarget{{Agency: "H24.03"}},
	}, "plan-consult", &approvalsv1.Dossier{})
	p := &planningv1.Plan{}
	j.Client.Until("cv.snv", read.Path, p, func() bool { return p.GetState() == "in_approval" })
	j.post("cv.snv", "/v1/dossiers/"+d.GetId()+":giveOpinion", &approvalsv1.GiveOpinionRequest{Outcome: "agree"}, "plan-opinion", &approvalsv1.Dossier{})
}
