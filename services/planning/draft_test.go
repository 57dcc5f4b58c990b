package planning

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// matching is a context with If-Match.
func matching(ctx context.Context, etag string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "if-match", etag)
}

func mask(paths ...string) *fieldmaskpb.FieldMask { return &fieldmaskpb.FieldMask{Paths: paths} }

// head is a plan as an officer of H24.02 begins it for the city.
func head() *planningv1.Plan {
	return &planningv1.Plan{
		Issuer: "H24", Title: "Tuyên truyền chuyển đổi số năm 2027", From: "2027-01-01", To: "2027-12-31",
		Purposes:  []string{"Nâng cao nhận thức."},
		Themes:    []*planningv1.Theme{{Code: "so", Name: "Chuyển đổi số"}},
		Audiences: []*planningv1.Audience{{Code: "nguoi-dan", Name: "Người dân"}},
		Channels:  []*planningv1.Channel{{Code: "portal", Name: "Cổng Thông tin điện tử"}},
	}
}

func task(code string) *planningv1.PlanItem {
	return &planningv1.PlanItem{
		Code: code, Title: "Đăng tin về chuyển đổi số", Theme: "so", Audiences: []string{"nguoi-dan"}, Channels: []string{"portal"},
		Coordinators: []string{"H24.31"}, Deadline: "2027-06-30",
		Target: &planningv1.Target{Quantity: 2, Unit: "tin, bài", CountsPublications: true},
	}
}

// drafted is a complete draft with two items.
func (s *service) drafted() (*planningv1.Plan, []*planningv1.PlanItem) {
	s.Helper()
	ctx := s.as("cv.stttt", "")
	p, err := s.planService().CreatePlan(ctx, &planningv1.CreatePlanRequest{Plan: head()})
	s.must(err)
	var items []*planningv1.PlanItem
	for _, code := range []string{"1", "2"} {
		i, err := s.planService().CreatePlanItem(ctx, &planningv1.CreatePlanItemRequest{Plan: p.GetId(), Item: task(code)})
		s.must(err)
		items = append(items, i)
	}
	return s.plan("cv.stttt", p.GetId(), ""), items
}

func (s *service) plan(as, id, amendment string) *planningv1.Plan {
	s.Helper()
	p, err := s.planService().GetPlan(s.as(as, ""), &planningv1.GetPlanRequest{Plan: id, Amendment: amendment})
	s.must(err)
	return p
}

func (s *service) submitted(id, amendment string) *planningv1.Plan {
	s.Helper()
	p, err := s.planService().SubmitPlan(s.as("cv.stttt", ""), &planningv1.SubmitPlanRequest{Plan: id, Amendment: amendment})
	s.must(err)
	return p
}

// tell hands planning what approvals published of a document's dossier.
func (s *service) tell(id string, m proto.Message) {
	s.Helper()
	message := bus.Message{ID: id, Source: "approvals", Type: string(m.ProtoReflect().Descriptor().FullName()), HappenedAt: time.Now(), Payload: m}
	s.must(dossiers(s.Host).Handle(s.Context(), nil, []bus.Message{message}))
}

// issued tells that the whole route approved a text and that it has its number.
func (s *service) issued(kind, document, hash, number, date string) {
	s.Helper()
	s.tell(document+"approved", &approvalsv1.DossierApproved{Dossier: "dossier_1", DocumentType: kind, Document: document, Hash: hash})
	s.tell(document+"issued", &approvalsv1.DossierIssued{
		Dossier: "dossier_1", DocumentType: kind, Document: document, Hash: hash, Number: number, Date: date, Issuer: "H24",
		Decisions: []*approvalsv1.Decision{{Outcome: "approved", Level: 1, Person: "chu.tich", PersonName: "Nguyễn Quang Minh", Position: "Chủ tịch", Capacity: "TM."}},
	})
}

// published is the last event of a type that the service published.
func published[T proto.Message](s *service) T {
	s.Helper()
	events, err := s.Host.Log.Read(s.Context(), 0, 1000)
	s.must(err)
	for _, e := range slices.Backward(events) {
		m, err := publish(e)
		s.must(err)
		if found, ok := m.(T); ok {
			return found
		}
	}
	s.Fatal("it was not published")
	var none T
	return none
}

func TestAPlanIsDraftedInTheAgencyThatLeadsIt(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	_, err := service.CreatePlan(s.as("bt.cong", ""), &planningv1.CreatePlanRequest{Plan: head()})
	s.refused(err, errorsv1.Reason_FORBIDDEN)

	bad := head()
	bad.Title, bad.Lead, bad.From, bad.Themes[0].Code = "", "H24.03", "2027-02-30", "Số"
	_, err = service.CreatePlan(s.as("cv.stttt", ""), &planningv1.CreatePlanRequest{Plan: bad})
	wrong := map[string]errs.Reason{}
	for _, f := range s.places(err) {
		wrong[f.Field] = f.Reason
	}
	if len(wrong) != 4 || wrong["title"] != errorsv1.Reason_REQUIRED || wrong["lead"] != errorsv1.Reason_PLAN_LEAD ||
		wrong["from"] != errorsv1.Reason_BAD_DATE || wrong["themes[0].code"] != errorsv1.Reason_BAD_FORMAT {
		t.Errorf("wrong %v", wrong)
	}

	first, err := service.CreatePlan(s.as("cv.stttt", "k"), &planningv1.CreatePlanRequest{Plan: &planningv1.Plan{Title: "  Kế hoạch\u0301 mới "}})
	s.must(err)
	again, err := service.CreatePlan(s.as("cv.stttt", "k"), &planningv1.CreatePlanRequest{Plan: &planningv1.Plan{Title: "  Kế hoạch\u0301 mới "}})
	s.must(err)
	if !proto.Equal(first, again) || first.GetState() != "draft" || first.GetLead() != "H24.02" || first.GetUnit() == "" || first.GetRevision() != 1 ||
		!slices.Equal(first.GetAuthors(), []string{"cv.stttt"}) || len(first.GetHash()) != 64 || first.GetNumber() != "" {
		t.Errorf("drafted %v, again %v", first, again)
	}
	// What is missing is asked for when it is submitted, every place at once.
	_, err = service.SubmitPlan(s.as("cv.stttt", ""), &planningv1.SubmitPlanRequest{Plan: first.GetId()})
	var missing []string
	for _, f := range s.places(err) {
		missing = append(missing, f.Field)
	}
	if want := []string{"issuer", "from", "to", "purposes", "themes", "audiences", "channels", "items"}; !slices.Equal(missing, want) {
		t.Errorf("missing %v, want %v", missing, want)
	}
}

func TestADraftIsEditedUnderItsETags(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	p, items := s.drafted()
	ctx := s.as("cv2.stttt", "")
	_, err := service.UpdatePlan(ctx, &planningv1.UpdatePlanRequest{Plan: &planningv1.Plan{Id: p.GetId(), Title: "Tên khác"}})
	s.refused(err, errorsv1.Reason_ETAG_REQUIRED)
	_, err = service.UpdatePlan(matching(ctx, `"0"`), &planningv1.UpdatePlanRequest{Plan: &planningv1.Plan{Id: p.GetId(), Title: "Tên khác"}})
	s.refused(err, errorsv1.Reason_ETAG_STALE)
	renamed, err := service.UpdatePlan(matching(ctx, p.GetEtag()), &planningv1.UpdatePlanRequest{Plan: &planningv1.Plan{Id: p.GetId(), Title: "Tên khác"}})
	s.must(err)
	if renamed.GetTitle() != "Tên khác" || renamed.GetRevision() != p.GetRevision()+1 || renamed.GetHash() == p.GetHash() || renamed.GetEtag() == p.GetEtag() ||
		!slices.Equal(renamed.GetAuthors(), []string{"cv.stttt", "cv2.stttt"}) {
		t.Errorf("renamed %v", renamed)
	}
	// Sending back what was read changes nothing and writes nothing.
	before := s.events()
	same, err := service.UpdatePlan(matching(ctx, renamed.GetEtag()), &planningv1.UpdatePlanRequest{Plan: renamed})
	s.must(err)
	if !proto.Equal(same, renamed) || s.events() != before {
		t.Errorf("the same: %v", same)
	}
	// A theme that items use does not go; a field that is none is named.
	_, err = service.UpdatePlan(matching(ctx, renamed.GetEtag()), &planningv1.UpdatePlanRequest{
		Plan: &planningv1.Plan{Id: p.GetId(), Themes: []*planningv1.Theme{{Code: "khac", Name: "Khác"}}}, UpdateMask: mask("themes", "tilte"),
	})
	var places []string
	for _, f := range s.places(err) {
		places = append(places, f.Field)
	}
	if want := []string{"updateMask", "items[0].theme", "items[1].theme"}; !slices.Equal(places, want) {
		t.Errorf("places %v", places)
	}

	// Two items are edited side by side: each has its own ETag, which edits elsewhere leave alone.
	edited, err := service.UpdatePlanItem(matching(ctx, items[0].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: p.GetId(), Item: &planningv1.PlanItem{Id: items[0].GetId(), Target: &planningv1.Target{Quantity: 5}}, UpdateMask: mask("target.quantity"),
	})
	s.must(err)
	if edited.GetTarget().GetQuantity() != 5 || edited.GetTarget().GetUnit() != "tin, bài" || edited.GetId() != items[0].GetId() {
		t.Errorf("edited %v", edited)
	}
	_, err = service.UpdatePlanItem(matching(ctx, items[0].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: p.GetId(), Item: &planningv1.PlanItem{Id: items[0].GetId(), Title: "Cũ"},
	})
	s.refused(err, errorsv1.Reason_ETAG_STALE)
	_, err = service.UpdatePlanItem(matching(ctx, items[1].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: p.GetId(), Item: &planningv1.PlanItem{Id: items[1].GetId(), Deadline: "2028-01-01", Lead: "H24.99", Title: "Tối mật"},
	})
	places = nil
	for _, f := range s.places(err) {
		places = append(places, f.Field)
	}
	if want := []string{"title", "lead", "deadline"}; !slices.Equal(places, want) {
		t.Errorf("places of an item %v", places)
	}
	_, err = service.CreatePlanItem(ctx, &planningv1.CreatePlanItemRequest{Plan: p.GetId(), Item: task("2")})
	if wrong := s.places(err); len(wrong) != 1 || wrong[0].Field != "code" || wrong[0].Reason != errorsv1.Reason_DUPLICATE {
		t.Errorf("a code twice: %v", wrong)
	}
	made, err := service.CreatePlanItem(s.as("cv.stttt", "i"), &planningv1.CreatePlanItemRequest{Plan: p.GetId(), Item: task("3")})
	s.must(err)
	again, err := service.CreatePlanItem(s.as("cv.stttt", "i"), &planningv1.CreatePlanItemRequest{Plan: p.GetId(), Item: task("3")})
	s.must(err)
	if !proto.Equal(made, again) || made.GetLead() != "H24.02" {
		t.Errorf("made %v, again %v", made, again)
	}
	left, err := service.DeletePlanItem(ctx, &planningv1.DeletePlanItemRequest{Plan: p.GetId(), Item: made.GetId()})
	s.must(err)
	if left.GetItemCount() != 2 {
		t.Errorf("left %v", left)
	}
	_, err = service.DeletePlanItem(ctx, &planningv1.DeletePlanItemRequest{Plan: p.GetId(), Item: made.GetId()})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
}

func TestDraftsAreSeenInTheirAgenciesOnly(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	p, items := s.drafted()
	for _, outside := range []string{"cv.snv", "cv.hongbang", "bt.cong", "service:worker"} {
		_, err := service.GetPlan(s.as(outside, ""), &planningv1.GetPlanRequest{Plan: p.GetId()})
		s.refused(err, errorsv1.Reason_NOT_FOUND)
		_, err = service.ListPlanItems(s.as(outside, ""), &planningv1.ListPlanItemsRequest{Plan: p.GetId()})
		s.refused(err, errorsv1.Reason_NOT_FOUND)
		page, err := service.ListPlans(s.as(outside, ""), &planningv1.ListPlansRequest{})
		s.must(err)
		if len(page.GetPlans()) != 0 {
			t.Errorf("%s sees %v", outside, page.GetPlans())
		}
	}
	_, err := service.UpdatePlanItem(matching(s.as("cv.snv", ""), items[0].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: p.GetId(), Item: &planningv1.PlanItem{Id: items[0].GetId(), Title: "x"},
	})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
	for _, inside := range []string{"chu.tich", "thanh.tra", "tp.stttt"} {
		s.until(func() bool {
			page, err := service.ListPlans(s.as(inside, ""), &planningv1.ListPlansRequest{State: "draft"})
			s.must(err)
			return len(page.GetPlans()) == 1 && proto.Equal(page.GetPlans()[0], s.plan(inside, p.GetId(), ""))
		})
	}
	_, err = service.SubmitPlan(s.as("chu.tich", ""), &planningv1.SubmitPlanRequest{Plan: p.GetId()})
	s.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = service.DiscardPlan(s.as("cv.stttt", ""), &planningv1.DiscardPlanRequest{Plan: p.GetId()})
	s.must(err)
	_, err = service.GetPlan(s.as("cv.stttt", ""), &planningv1.GetPlanRequest{Plan: p.GetId()})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
	s.until(func() bool {
		page, err := service.ListPlans(s.as("cv.stttt", ""), &planningv1.ListPlansRequest{})
		s.must(err)
		return len(page.GetPlans()) == 0
	})
}

func TestAPlanWalksItsRouteAndIsIssued(t *testing.T) {
	s := start38(t)
	s.staffed()
	service := s.planService()
	p, items := s.drafted()
	id := p.GetId()
	up := s.submitted(id, "")
	sent := published[*planningv1.PlanSubmitted](s)
	if up.GetState() != "in_approval" || sent.GetHash() != up.GetHash() || sent.GetRevision() != up.GetRevision() || sent.GetAgency() != "H24.02" ||
		len(sent.GetItems()) != 2 || sent.GetPlan().GetId() != id || sent.GetAmendment() != "" || !slices.Equal(sent.GetAuthors(), []string{"cv.stttt"}) || sent.GetUnit() == "" {
		t.Errorf("submitted %v", sent)
	}
	_, err := service.SubmitPlan(s.as("cv.stttt", ""), &planningv1.SubmitPlanRequest{Plan: id})
	s.refused(err, errorsv1.Reason_PLAN_STATE)
	s.tell("opened", &approvalsv1.DossierOpened{Dossier: "dossier_1", DocumentType: "plan", Document: id, Hash: up.GetHash()})
	s.tell("returned", &approvalsv1.DossierReturned{Dossier: "dossier_1", DocumentType: "plan", Document: id, Hash: up.GetHash(), Comment: "Bổ sung chỉ tiêu."})
	returned := s.plan("cv.stttt", id, "")
	if returned.GetState() != "returned" || returned.GetReturnComment() != "Bổ sung chỉ tiêu." || returned.GetDossier() != "dossier_1" {
		t.Errorf("returned %v", returned)
	}
	_, err = service.UpdatePlanItem(matching(s.as("cv.stttt", ""), items[1].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: id, Item: &planningv1.PlanItem{Id: items[1].GetId(), Target: &planningv1.Target{Quantity: 9}}, UpdateMask: mask("target.quantity"),
	})
	s.must(err)
	voided := published[*planningv1.PlanRevised](s)
	if voided.GetPlan() != id || voided.GetHash() == up.GetHash() || voided.GetAuthor() != "cv.stttt" {
		t.Errorf("revised %v", voided)
	}
	second := s.submitted(id, "")
	// An approval of what was before the edit comes late and counts for nothing.
	s.issued("plan", id, up.GetHash(), "40/KH-UBND", "2026-11-24")
	if got := s.plan("cv.stttt", id, ""); got.GetState() != "in_approval" {
		t.Errorf("an old approval: %v", got)
	}
	s.tell("2", &approvalsv1.DossierApproved{DocumentType: "plan", Document: id, Hash: second.GetHash(), Revision: second.GetRevision()})
	if got := s.plan("cv.stttt", id, ""); got.GetState() != "approved" {
		t.Errorf("approved: %v", got)
	}
	s.tell("3", &approvalsv1.DossierIssued{
		DocumentType: "plan", Document: id, Hash: second.GetHash(), Revision: second.GetRevision(), Number: "41/KH-UBND", Date: "2026-11-24",
		Decisions: []*approvalsv1.Decision{{Person: "chu.tich", Capacity: "TM.", Outcome: "approved"}},
	})
	out := published[*planningv1.PlanIssued](s)
	got := s.plan("cv.hongbang", id, "")
	if got.GetState() != "issued" || got.GetNumber() != "41/KH-UBND" || got.GetDate() != "2026-11-24" || got.GetImported() || got.GetHash() != second.GetHash() ||
		out.GetPlan().GetNumber() != "41/KH-UBND" || len(out.GetItems()) != 2 || out.GetItems()[1].GetTarget().GetQuantity() != 9 ||
		len(out.GetDecisions()) != 1 || out.GetDecisions()[0].GetCapacity() != "TM." {
		t.Errorf("issued %v, published %v", got, out)
	}
	_, err = service.UpdatePlan(matching(s.as("cv.stttt", ""), got.GetEtag()), &planningv1.UpdatePlanRequest{Plan: &planningv1.Plan{Id: id, Title: "x"}})
	s.refused(err, errorsv1.Reason_PLAN_ISSUED)
	// The same number does not come in again from outside.
	s.until(func() bool {
		page, err := service.ListPlans(s.as("cv.snv", ""), &planningv1.ListPlansRequest{State: "issued", Agency: "H24.31"})
		s.must(err)
		return len(page.GetPlans()) == 1
	})
	yaml := strings.NewReplacer("number: 38/KH-UBND", "number: 41/KH-UBND", "date: 2022-02-23", "date: 2026-11-01").Replace(string(s.example("plan.yaml")))
	_, err = service.ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: []byte(yaml)})
	s.refused(err, errorsv1.Reason_PLAN_NUMBER_TAKEN)
}
