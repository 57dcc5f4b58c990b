package approvals

import (
	"slices"
	"testing"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

func TestABypassIsMarkedAndReviewedBySomebodyElse(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	of := dossier.ID("content_1")
	bypass := func(person, why string) (*approvalsv1.Dossier, error) {
		return s.Bypass(s.As(person), &approvalsv1.BypassRequest{Dossier: of, Hash: "a", Reason: why})
	}
	_, err := bypass("cv.stttt", "Bão số 3")
	reason(t, err, errorsv1.Reason_BYPASS_POSITION)
	_, err = bypass("tp.stttt", "Bão số 3")
	reason(t, err, errorsv1.Reason_BYPASS_POSITION)
	_, err = bypass("pgd.stttt", " ")
	reason(t, err, errorsv1.Reason_BYPASS_REASON_REQUIRED)
	_, err = s.Review(s.As("gd.stttt"), &approvalsv1.ReviewRequest{Dossier: of, Outcome: "upheld"})
	reason(t, err, errorsv1.Reason_BYPASS_NONE)
	d, err := bypass("pgd.stttt", "Bão số 3 đổ bộ trong đêm")
	if err != nil {
		t.Fatal(err)
	}
	if d.GetState() != "approved" || !d.GetBypassed() || len(d.GetBypasses()) != 1 || d.GetBypasses()[0].GetReview() != "pending" || !d.GetDecisions()[0].GetBypass() || d.GetDecisions()[0].GetCapacity() != "KT." {
		t.Errorf("bypassed: %v", d)
	}
	if got := s.documentsOf("gd.stttt", &approvalsv1.ListDossiersRequest{ReviewPending: true}); !slices.Equal(got, []string{"content_1"}) {
		t.Errorf("to be reviewed are %v", got)
	}
	_, err = s.Escalate(s.worker(), &approvalsv1.EscalateRequest{Dossier: of})
	reason(t, err, errorsv1.Reason_TERM_EARLY)
	review := func(person, outcome, comment string) (*approvalsv1.Dossier, error) {
		return s.Review(s.As(person), &approvalsv1.ReviewRequest{Dossier: of, Outcome: outcome, Comment: comment})
	}
	_, err = review("pgd.stttt", "upheld", "")
	reason(t, err, errorsv1.Reason_REVIEW_SELF)
	_, err = review("cv.stttt", "upheld", "")
	reason(t, err, errorsv1.Reason_REVIEW_SELF)
	_, err = review("quan.tri", "upheld", "")
	reason(t, err, errorsv1.Reason_REVIEW_POSITION)
	_, err = review("gd.stttt", "objected", "")
	reason(t, err, errorsv1.Reason_REVIEW_COMMENT_REQUIRED)
	if d, err = review("gd.stttt", "objected", "Không đủ gấp."); err != nil || d.GetBypasses()[0].GetReview() != "objected" || d.GetBypasses()[0].GetReviewer() != "gd.stttt" || !d.GetBypassed() {
		t.Errorf("%v, %v", d, err)
	}
	_, err = review("tp.stttt", "upheld", "")
	reason(t, err, errorsv1.Reason_BYPASS_NONE)
}

func TestAPlanIsNeverBypassed(t *testing.T) {
	s := newService(t)
	s.setRoute("plan")
	s.Deliver(s.server.follow, s.Message("planning", &planningv1.PlanSubmitted{
		Plan: &planningv1.Plan{Id: "plan_1", Title: "Kế hoạch", Lead: "H24.02"}, Hash: "a", Revision: 1, Unit: "Phòng Thông tin", Authors: []string{"cv.stttt"},
	}))
	_, err := s.Bypass(s.As("gd.stttt"), &approvalsv1.BypassRequest{Dossier: dossier.ID("plan_1"), Hash: "a", Reason: "gấp"})
	reason(t, err, errorsv1.Reason_BYPASS_TYPE)
}

func TestOtherUnitsAreAskedAndTheLevelWaitsForThem(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	of := dossier.ID("content_1")
	ask := &approvalsv1.ConsultRequest{Dossier: of, Question: "Số liệu đã đúng chưa?", Targets: []*approvalsv1.ConsultTarget{
		{Agency: "H24.03", Unit: "Phòng Cải cách hành chính"}, {Agency: "H24.02", Unit: "Phòng Bưu chính"}, {Agency: "H24.03", Unit: "Phòng Cải cách hành chính"},
	}}
	_, err := s.Consult(s.As("pgd.stttt"), ask)
	reason(t, err, errorsv1.Reason_CONSULT_POSITION)
	_, err = s.Consult(s.As("cv.stttt"), &approvalsv1.ConsultRequest{Dossier: of, Targets: []*approvalsv1.ConsultTarget{{Agency: "H99"}, {Agency: "H24.03", Unit: "Phòng Ma"}}})
	refused(t, err, errorsv1.Reason_INVALID, 422, "Có 3 chỗ chưa đúng; xem danh sách lỗi.", "3 places are wrong; see the list of errors.")
	_, err = s.GetDossier(s.As("cv.snv"), &approvalsv1.GetDossierRequest{Dossier: of})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	d, err := s.Consult(s.As("cv.stttt"), ask)
	if err != nil {
		t.Fatal(err)
	}
	c := d.GetConsultations()[0]
	if len(c.GetOpinions()) != 2 || c.GetOpinions()[0].GetState() != "awaited" || c.GetTerm().GetDays() != 2 || c.GetAskedBy() != "cv.stttt" {
		t.Errorf("asked: %v", c)
	}
	if got := s.documentsOf("cv.snv", &approvalsv1.ListDossiersRequest{WaitingFor: "opinion"}); !slices.Equal(got, []string{"content_1"}) {
		t.Errorf("an opinion of theirs is awaited on %v", got)
	}
	_, err = s.approve("tp.stttt", of, "a")
	reason(t, err, errorsv1.Reason_OPINIONS_OPEN)
	_, err = s.approve("cv.snv", of, "a")
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	give := func(person, outcome, text string) (*approvalsv1.Dossier, error) {
		return s.GiveOpinion(s.As(person), &approvalsv1.GiveOpinionRequest{Dossier: of, Outcome: outcome, Text: text})
	}
	_, err = give("ptp.stttt", "agree", "")
	reason(t, err, errorsv1.Reason_OPINION_UNIT)
	_, err = give("cv.snv", "disagree", "")
	reason(t, err, errorsv1.Reason_OPINION_TEXT_REQUIRED)
	_, err = give("cv.snv", "maybe", "")
	reason(t, err, errorsv1.Reason_INVALID)
	if d, err = give("cv.snv", "agree_with_comments", "Sửa số ở dòng 3."); err != nil || d.GetConsultations()[0].GetOpinions()[0].GetPersonName() != "Bùi Quốc Khánh" {
		t.Fatalf("%v, %v", d, err)
	}
	_, err = give("tp.snv", "agree", "")
	reason(t, err, errorsv1.Reason_OPINION_GIVEN)
	_, err = s.RecordSilence(s.worker(), &approvalsv1.RecordSilenceRequest{Dossier: of, Consultation: 1})
	reason(t, err, errorsv1.Reason_TERM_EARLY)
	if _, err = give("tp2.stttt", "agree", ""); err != nil {
		t.Fatal(err)
	}
	s.mustApprove("tp.stttt", of, "a")
	_, err = s.RecordSilence(s.worker(), &approvalsv1.RecordSilenceRequest{Dossier: of, Consultation: 1})
	reason(t, err, errorsv1.Reason_TERM_CLOSED)
}

func TestQuorumAndParallelLevels(t *testing.T) {
	s := newService(t)
	_, err := s.PutRoute(s.As("quan.tri"), &approvalsv1.PutRouteRequest{Route: &approvalsv1.Route{DocumentType: "content", Levels: []*approvalsv1.Level{
		{Name: "Phòng", Roles: []string{"head", "deputy_head"}, Scope: "unit", Quorum: "all", Term: 3},
		{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: "agency", Quorum: "one"},
		{Name: "Thẩm tra", Roles: []string{"officer"}, Scope: "H24.01", Parallel: true},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	s.submitted("content_1", "a", "cv.stttt")
	of := dossier.ID("content_1")
	d := s.mustApprove("tp.stttt", of, "a")
	if l := d.GetLevels()[0]; d.GetCurrentLevel() != 1 || l.GetNeeded() != 2 || l.GetGiven() != 1 || l.GetTerm().GetDays() != 3 {
		t.Errorf("one of two: %v", d)
	}
	_, err = s.approve("tp.stttt", of, "a")
	reason(t, err, errorsv1.Reason_ALREADY_DECIDED)
	if got := s.waitingFor("tp.stttt"); len(got) != 0 {
		t.Errorf("it waits for one who has approved: %v", got)
	}
	d = s.mustApprove("ptp.stttt", of, "a")
	if !slices.Equal(d.GetCurrentLevels(), []int32{2, 3}) || d.GetLevels()[2].GetState() != "current" {
		t.Errorf("at the parallel levels: %v", d)
	}
	for _, person := range []string{"gd.stttt", "pgd.stttt", "cv.vp"} {
		if got := s.waitingFor(person); !slices.Equal(got, []string{"content_1"}) {
			t.Errorf("for %s wait %v", person, got)
		}
	}
	_, err = s.Approve(s.As("cv.vp"), &approvalsv1.ApproveRequest{Dossier: of, Hash: "a", Level: 1})
	reason(t, err, errorsv1.Reason_LEVEL_NOT_CURRENT)
	s.mustApprove("cv.vp", of, "a")
	back, err := s.Return(s.As("gd.stttt"), &approvalsv1.ReturnRequest{Dossier: of, Hash: "a", ToLevel: 1, Comment: "Xem lại."})
	if err != nil || !slices.Equal(back.GetCurrentLevels(), []int32{1}) {
		t.Fatalf("%v, %v", back, err)
	}
	s.mustApprove("tp.stttt", of, "a")
	d = s.mustApprove("ptp.stttt", of, "a")
	if !slices.Equal(d.GetCurrentLevels(), []int32{2}) {
		t.Errorf("came back to %v; what stands at the level beside it stands", d.GetCurrentLevels())
	}
	if d = s.mustApprove("gd.stttt", of, "a"); d.GetState() != "approved" {
		t.Errorf("%v", d)
	}
}

func TestAnAgencyHasItsOwnRoute(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	own := &approvalsv1.Route{DocumentType: "content", Agency: "H24.02", Levels: []*approvalsv1.Level{{Name: "Ban biên tập", Roles: []string{"deputy"}, Scope: "agency"}}}
	other := &approvalsv1.Route{DocumentType: "content", Agency: "H24.03", Levels: own.GetLevels()}
	_, err := s.PutRoute(s.As("quan.tri"), &approvalsv1.PutRouteRequest{Route: other})
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	set, err := s.PutRoute(s.As("quan.tri"), &approvalsv1.PutRouteRequest{Route: own})
	if err != nil || set.GetAgency() != "H24.02" || set.GetVersion() != 1 || set.GetLevels()[0].GetTerm() != 1 || !set.GetLevels()[0].GetTermDefault() || set.GetLevels()[0].GetQuorum() != "one" {
		t.Fatalf("%v, %v", set, err)
	}
	// What was read may be sent back as it is, and changes nothing.
	if again, err := s.PutRoute(s.As("quan.tri", "if-match", set.GetEtag()), &approvalsv1.PutRouteRequest{Route: set}); err != nil || again.GetVersion() != 1 {
		t.Errorf("%v, %v", again, err)
	}
	_, err = s.GetRoute(s.As("cv.snv"), &approvalsv1.GetRouteRequest{DocumentType: "content", Agency: "H24.03"})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	s.submitted("content_1", "a", "cv.stttt")
	if d := s.get("cv.stttt", dossier.ID("content_1")); len(d.GetLevels()) != 1 || d.GetLevels()[0].GetName() != "Ban biên tập" {
		t.Errorf("it walks %v", d.GetLevels())
	}
}

// Each kind of document opens the dossier of its type, and an edit voids it.
func TestEveryKindOfDocument(t *testing.T) {
	s := newService(t)
	for _, kind := range []string{"content", "correction", "plan", "amendment", "withdrawal"} {
		s.setRoute(kind)
	}
	unit, authors := "Phòng Thông tin", []string{"cv.stttt"}
	plan := &planningv1.Plan{Id: "plan_1", Title: "Kế hoạch", Lead: "H24.02", Example: true}
	correction := &contentv1.Content{Id: "content_1", Title: "Tin", Agency: "H24.02", Unit: unit, Hash: "b", Revision: 2, Authors: authors, Edition: 1}
	s.submitted("content_1", "a", "cv.stttt")
	s.mustApprove("tp.stttt", dossier.ID("content_1"), "a")
	s.mustApprove("gd.stttt", dossier.ID("content_1"), "a")
	s.Deliver(s.server.follow,
		s.Message("content", &contentv1.ContentRevised{Content: "content_1", Hash: "b", Revision: 2, Edition: 1}),
		s.Message("content", &contentv1.ContentSubmitted{Content: correction}),
		s.Message("planning", &planningv1.PlanSubmitted{Plan: plan, Hash: "p", Revision: 1, Unit: unit, Authors: authors}),
		s.Message("planning", &planningv1.PlanSubmitted{Plan: plan, Amendment: "amendment_1", Hash: "q", Revision: 1, Unit: unit, Authors: authors, Agency: "H24.02"}),
		s.Message("distribution", &distributionv1.WithdrawalSubmitted{Withdrawal: "withdrawal_1", Title: "Tin", Agency: "H24.02", Unit: unit, Authors: authors, Hash: "w"}),
	)
	if d := s.get("cv.stttt", dossier.ID("content_1")); d.GetState() != "approved" || d.GetEdition() != 0 {
		t.Errorf("the first edition, which is public: %v", d)
	}
	for of, want := range map[string][2]string{
		dossier.IDOf("content_1", 1): {"correction", "content_1"}, dossier.ID("plan_1"): {"plan", "plan_1"},
		dossier.ID("amendment_1"): {"amendment", "amendment_1"}, dossier.ID("withdrawal_1"): {"withdrawal", "withdrawal_1"},
	} {
		if d := s.get("cv.stttt", of); d.GetDocumentType() != want[0] || d.GetDocument() != want[1] || d.GetState() != "in_approval" || d.GetAgency() != "H24.02" {
			t.Errorf("%v", d)
		}
	}
	if got := s.documentsOf("cv.stttt", &approvalsv1.ListDossiersRequest{DocumentType: "amendment", State: "in_approval"}); !slices.Equal(got, []string{"amendment_1"}) {
		t.Errorf("amendments: %v", got)
	}
	s.Deliver(s.server.follow,
		s.Message("content", &contentv1.ContentRevised{Content: "content_1", Hash: "c", Revision: 3, Edition: 1}),
		s.Message("planning", &planningv1.PlanRevised{Plan: "plan_1", Hash: "p2", Revision: 2}),
		s.Message("planning", &planningv1.PlanRevised{Plan: "plan_1", Amendment: "amendment_1", Hash: "q2", Revision: 2}),
	)
	for _, of := range []string{dossier.IDOf("content_1", 1), dossier.ID("plan_1"), dossier.ID("amendment_1")} {
		if d := s.get("cv.stttt", of); d.GetState() != "voided" {
			t.Errorf("after an edit: %v", d)
		}
	}
}
