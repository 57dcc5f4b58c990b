package approvals

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

func TestADossierWaitsForWhoActsAndForNobodyElse(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	s.submitted("content_2", "b", "cv.stttt", "tp.stttt")
	both, second := []string{"content_2", "content_1"}, []string{"content_1"}
	for person, want := range map[string][]string{
		"tp.stttt": second, "ptp.stttt": both, "tp2.stttt": {}, "pgd.stttt": {}, "gd.stttt": {}, "cv.stttt": {}, "tp.snv": {}, "pho.chu.tich": {},
		"thanh.tra": {}, "quan.tri": {}, "bt.cong": {}, "cv.vp": {},
	} {
		if got := s.waitingFor(person); !slices.Equal(got, want) {
			t.Errorf("for %s wait %v, want %v", person, got, want)
		}
	}
	d := s.mustApprove("tp.stttt", dossier.ID("content_1"), "a")
	if d.GetCurrentLevel() != 2 || d.GetLevels()[0].GetState() != "approved" || d.GetLevels()[1].GetState() != "current" {
		t.Errorf("after the first approval: %v", d)
	}
	if x := d.GetDecisions()[0]; x.GetPersonName() != "Nguyễn Văn Hùng" || x.GetPosition() != "Trưởng phòng" || !x.GetPersonExample() || x.GetHash() != "a" {
		t.Errorf("the decision is %v", x)
	}
	for person, want := range map[string][]string{"tp.stttt": {}, "ptp.stttt": {"content_2"}, "pgd.stttt": second, "gd.stttt": second, "pho.chu.tich": {}} {
		if got := s.waitingFor(person); !slices.Equal(got, want) {
			t.Errorf("at the second level wait for %s %v, want %v", person, got, want)
		}
	}
	if d := s.mustApprove("pgd.stttt", dossier.ID("content_1"), "a"); d.GetState() != "approved" || d.GetCurrentLevel() != 0 || len(d.GetDecisions()) != 2 {
		t.Errorf("after the last approval: %v", d)
	}
}

// What a list tells and what the rules allow are two programs: they must agree on everyone.
func TestWaitingForMeAgreesWithTheRules(t *testing.T) {
	s := newService(t)
	s.setRoute("content", &approvalsv1.Level{Name: "Thẩm tra", Roles: []string{"officer"}, Scope: "H24.01"})
	s.submitted("content_1", "a", "cv.stttt")
	id := dossier.ID("content_1")
	for _, next := range []string{"ptp.stttt", "gd.stttt", "cv.vp"} {
		for _, p := range staff() {
			_, err := s.Approve(s.As(p.GetId()), &approvalsv1.ApproveRequest{Dossier: id, Hash: "another"})
			may := len(s.waitingFor(p.GetId())) == 1
			state, err2 := s.GetDossier(s.As(p.GetId()), &approvalsv1.GetDossierRequest{Dossier: id})
			if errs.ReasonOf(err) == errorsv1.Reason_NOT_FOUND != (err2 != nil) && p.GetRole() != "auditor" {
				t.Errorf("%s: deciding is answered %v, reading %v", p.GetId(), err, err2)
			}
			if err2 != nil {
				if may {
					t.Errorf("it waits for %s, who may not read it", p.GetId())
				}
				continue
			}
			level := state.GetLevels()[state.GetCurrentLevel()-1]
			admitted := slices.Contains(level.GetRoles(), p.GetRole()) && (level.GetScope() == p.GetAgency() ||
				level.GetScope() == "agency" && p.GetAgency() == "H24.02" || level.GetScope() == "unit" && p.GetUnit() == "Phòng Thông tin")
			if admitted != may {
				t.Errorf("%s at %s: admitted %v, waiting %v", p.GetId(), level.GetName(), admitted, may)
			}
		}
		s.mustApprove(next, id, "a")
	}
}

func TestWhoReadsADossier(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	route, err := s.GetRoute(s.As("cv.snv"), &approvalsv1.GetRouteRequest{DocumentType: "content"})
	if err != nil {
		t.Fatal(err)
	}
	outside := &approvalsv1.Level{Name: "Thẩm tra", Roles: []string{"officer"}, Scope: "H24.01"}
	if _, err := s.PutRoute(s.As("quan.tri", "if-match", route.GetEtag()), &approvalsv1.PutRouteRequest{Route: exampleRoute("content", outside)}); err != nil {
		t.Fatal(err)
	}
	s.submitted("content_2", "b", "cv.stttt")
	for _, p := range staff() {
		var want []string
		switch {
		case p.GetAgency() == "H24.02", p.GetRole() == "auditor":
			want = []string{"content_2", "content_1"}
		case p.GetId() == "cv.vp":
			want = []string{"content_2"} // the route of the first did not name them yet
		}
		r, err := s.ListDossiers(s.As(p.GetId()), &approvalsv1.ListDossiersRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if got := documents(r); !slices.Equal(got, append([]string{}, want...)) {
			t.Errorf("%s lists %v, want %v", p.GetId(), got, want)
		}
		for _, content := range []string{"content_1", "content_2"} {
			_, err := s.GetDossier(s.As(p.GetId()), &approvalsv1.GetDossierRequest{Dossier: dossier.ID(content)})
			if slices.Contains(want, content) != (err == nil) {
				t.Errorf("%s reads %s: %v", p.GetId(), content, err)
			}
			if err != nil {
				reason(t, err, errorsv1.Reason_NOT_FOUND)
			}
		}
	}
	_, err = s.approve("thanh.tra", dossier.ID("content_1"), "a")
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	_, err = s.approve("tp.snv", dossier.ID("content_1"), "a")
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = s.GetDossier(s.As("tp.stttt"), &approvalsv1.GetDossierRequest{Dossier: "dossier_"})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = s.GetDossier(s.As("nobody"), &approvalsv1.GetDossierRequest{Dossier: dossier.ID("content_1")})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
}

func TestRefusalsInBothLanguages(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	id := dossier.ID("content_1")
	_, err := s.approve("tp.stttt", id, "b")
	refused(t, err, errorsv1.Reason_HASH_MOVED, 409, "Nội dung đã đổi sau bản bạn xem. Hãy mở bản mới (mã băm a) rồi quyết định.",
		"The content changed after the version you saw. Open the new one (hash a) and decide again.")
	_, err = s.approve("pgd.stttt", id, "a")
	refused(t, err, errorsv1.Reason_NOT_YOUR_LEVEL, 403, "Hồ sơ đang chờ cấp “Trưởng phòng”; vị trí của bạn không thuộc cấp này.",
		"The dossier waits at the level “Trưởng phòng”; your position does not act there.")
	s.mustApprove("tp.stttt", id, "a")
	_, err = s.approve("tp.stttt", id, "a")
	refused(t, err, errorsv1.Reason_ALREADY_DECIDED, 409, "Bạn đã quyết định hồ sơ này ở cấp “Trưởng phòng” rồi.",
		"You have already decided on this dossier at the level “Trưởng phòng”.")
	_, err = s.Return(s.As("pgd.stttt"), &approvalsv1.ReturnRequest{Dossier: id, Hash: "a", Comment: "  "})
	refused(t, err, errorsv1.Reason_COMMENT_REQUIRED, 422, "Trả lại hồ sơ cần ghi lý do.", "A return needs a comment.")
	_, err = s.Return(s.As("pgd.stttt"), &approvalsv1.ReturnRequest{Dossier: id, Hash: "a", ToLevel: 2, Comment: "x"})
	refused(t, err, errorsv1.Reason_UNKNOWN_LEVEL, 422, "Quy trình không có cấp 2 để trả về.", "The route has no level 2 to return to.")
	s.revised("content_1", "b")
	_, err = s.approve("pgd.stttt", id, "b")
	refused(t, err, errorsv1.Reason_DOSSIER_STATE, 409, "Hồ sơ đang ở trạng thái “voided”; việc này chỉ làm được khi: in_approval.",
		"The dossier is “voided”; this is possible only when: in_approval.")
	s.submitted("content_1", "b", "cv.stttt", "tp.stttt")
	_, err = s.approve("tp.stttt", id, "b")
	refused(t, err, errorsv1.Reason_FOUR_EYES, 403, "Bạn đã soạn hoặc sửa mục này nên không được duyệt nó.", "You wrote or edited this item, so you may not approve it.")
	_, err = s.Approve(s.As("ptp.stttt"), &approvalsv1.ApproveRequest{Dossier: id, Comment: "TUYỆT MẬT"})
	refused(t, err, errorsv1.Reason_INVALID, 422, "Có 2 chỗ chưa đúng; xem danh sách lỗi.", "2 places are wrong; see the list of errors.")
}

func TestAnEditVoidsWhatWasApproved(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	id := dossier.ID("content_1")
	s.mustApprove("tp.stttt", id, "a")
	s.mustApprove("gd.stttt", id, "a")
	s.revised("content_1", "b")
	d, err := s.GetDossier(s.As("cv.stttt"), &approvalsv1.GetDossierRequest{Dossier: id})
	if err != nil {
		t.Fatal(err)
	}
	if d.GetState() != "voided" || d.GetHash() != "b" || !d.GetDecisions()[0].GetVoided() || !d.GetDecisions()[1].GetVoided() {
		t.Errorf("after the edit: %v", d)
	}
	s.submitted("content_1", "b", "cv.stttt")
	s.mustApprove("tp.stttt", id, "b")
	if d := s.mustApprove("gd.stttt", id, "b"); d.GetState() != "approved" || len(d.GetDecisions()) != 4 {
		t.Errorf("approved anew: %v", d)
	}
}

func TestAReturnComesBackToWhoReturnedIt(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	id := dossier.ID("content_1")
	s.mustApprove("tp.stttt", id, "a")
	d, err := s.Return(s.As("pgd.stttt"), &approvalsv1.ReturnRequest{Dossier: id, Hash: "a", Comment: "Sửa tiêu đề."})
	if err != nil {
		t.Fatal(err)
	}
	if d.GetState() != "returned" || d.GetCurrentLevel() != 0 || d.GetLevels()[1].GetState() != "returned" || d.GetDecisions()[1].GetComment() != "Sửa tiêu đề." {
		t.Errorf("returned: %v", d)
	}
	s.revised("content_1", "b")
	s.submitted("content_1", "b", "cv.stttt")
	if got := s.waitingFor("pgd.stttt"); len(got) != 1 {
		t.Errorf("for who returned it wait %v", got)
	}
	s.mustApprove("pgd.stttt", id, "b")
	if d := s.mustApprove("tp.stttt", id, "b"); d.GetState() != "approved" {
		t.Errorf("after both: %v", d)
	}
}

func TestTheNextDossierWalksTheNewRouteAndTheOpenOneKeepsIts(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	third := &approvalsv1.Level{Name: "Thẩm tra", Roles: []string{"officer"}, Scope: "H24.01"}
	var header metadata.MD
	_, err := s.GetRoute(s.As("quan.tri"), &approvalsv1.GetRouteRequest{DocumentType: "content"}, grpc.Header(&header))
	if err != nil || len(header.Get("etag")) != 1 {
		t.Fatalf("%v, etag %v", err, header.Get("etag"))
	}
	r, err := s.PutRoute(s.As("quan.tri", "if-match", header.Get("etag")[0]), &approvalsv1.PutRouteRequest{Route: exampleRoute("content", third)})
	if err != nil || r.GetVersion() != 2 {
		t.Fatalf("%v, %v", r, err)
	}
	s.submitted("content_2", "b", "cv.stttt")
	for content, levels := range map[string]int{"content_1": 2, "content_2": 3} {
		d, err := s.GetDossier(s.As("cv.stttt"), &approvalsv1.GetDossierRequest{Dossier: dossier.ID(content)})
		if err != nil || len(d.GetLevels()) != levels {
			t.Errorf("%s has the levels %v (%v), want %d", content, d.GetLevels(), err, levels)
		}
	}
	id := dossier.ID("content_2")
	s.mustApprove("ptp.stttt", id, "b")
	s.mustApprove("pgd.stttt", id, "b")
	if d := s.mustApprove("cv.vp", id, "b"); d.GetState() != "approved" {
		t.Errorf("after three levels: %v", d)
	}
}

func TestRoutesAreAdministered(t *testing.T) {
	s := newService(t)
	request := &approvalsv1.PutRouteRequest{Route: exampleRoute("report")}
	_, err := s.GetRoute(s.As("cv.stttt"), &approvalsv1.GetRouteRequest{DocumentType: "report"})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = s.PutRoute(s.As("gd.stttt"), request)
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	first, err := s.PutRoute(s.As("quan.tri", "idempotency-key", "k"), request)
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.PutRoute(s.As("quan.tri"), request)
	refused(t, err, errorsv1.Reason_ETAG_REQUIRED, 428, "Sửa mục này cần tiêu đề If-Match mang ETag của bản bạn đang xem.",
		"Editing this needs the header If-Match with the ETag of the version you see.")
	again, err := s.PutRoute(s.As("quan.tri", "idempotency-key", "k"), request)
	if err != nil || again.GetEtag() != first.GetEtag() {
		t.Errorf("the repeat is answered %v, %v", again, err)
	}
	_, err = s.PutRoute(s.As("quan.tri", "if-match", `"7"`), request)
	refused(t, err, errorsv1.Reason_ETAG_STALE, 412, "Mục này đã được người khác sửa sau bản bạn đang xem. Hãy tải bản mới rồi sửa lại.",
		"This was edited after the version you see. Load the new version and edit again.")
	wrong := exampleRoute("letter", &approvalsv1.Level{Roles: []string{"boss"}, Scope: "H99"})
	_, err = s.PutRoute(s.As("quan.tri"), &approvalsv1.PutRouteRequest{Route: wrong})
	refused(t, err, errorsv1.Reason_INVALID, 422, "Có 4 chỗ chưa đúng; xem danh sách lỗi.", "4 places are wrong; see the list of errors.")
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	id := dossier.ID("content_1")
	first, err := s.approve("tp.stttt", id, "a", "idempotency-key", "k")
	if err != nil {
		t.Fatal(err)
	}
	s.mustApprove("pgd.stttt", id, "a")
	again, err := s.approve("tp.stttt", id, "a", "idempotency-key", "k")
	if err != nil || again.GetState() != first.GetState() || again.GetCurrentLevel() != 2 || len(again.GetDecisions()) != 1 {
		t.Errorf("the repeat is answered %v, %v", again, err)
	}
	_, err = s.approve("tp.stttt", id, "b", "idempotency-key", "k")
	reason(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
}

func TestASubmissionWithoutARouteWaitsForOne(t *testing.T) {
	s := newService(t)
	m := s.Message("reporting", &reportingv1.ReportSubmitted{
		Report: &reportingv1.Report{Id: "report_1", Title: "Báo cáo", Agency: "H24.02", Hash: "a"}, Unit: "Phòng Thông tin", Authors: []string{"cv.stttt"},
	})
	err := s.TryDeliver(s.server.follow, m)
	reason(t, err, errorsv1.Reason_ROUTE_MISSING)
	if errs.Transient(err) {
		t.Error("it would be tried for ever and hold up everything behind it")
	}
	s.setRoute("report")
	s.Deliver(s.server.follow, m)
	d, err := s.GetDossier(s.As("tp.stttt"), &approvalsv1.GetDossierRequest{Dossier: dossier.ID("report_1")})
	if err != nil || d.GetDocumentType() != "report" || d.GetCurrentLevel() != 1 {
		t.Errorf("%v, %v", d, err)
	}
	s.Deliver(s.server.follow, s.Message("reporting", &reportingv1.ReportCompiled{Report: "report_1", Hash: "b"}))
	_, err = s.approve("tp.stttt", dossier.ID("report_1"), "a")
	reason(t, err, errorsv1.Reason_HASH_MOVED)
}

func TestPages(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	for _, c := range []string{"content_1", "content_2", "content_3"} {
		s.submitted(c, "a", "cv.stttt")
	}
	var got []string
	request := &approvalsv1.ListDossiersRequest{PageSize: 2}
	for {
		r, err := s.ListDossiers(s.As("cv.stttt"), request)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, documents(r)...)
		if request.PageToken = r.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if !slices.Equal(got, []string{"content_3", "content_2", "content_1"}) {
		t.Errorf("the pages hold %v", got)
	}
	r, err := s.ListDossiers(s.As("cv.stttt"), &approvalsv1.ListDossiersRequest{Document: "content_2", PageSize: 1000})
	if err != nil || !slices.Equal(documents(r), []string{"content_2"}) {
		t.Errorf("%v, %v", documents(r), err)
	}
	_, err = s.ListDossiers(s.As("cv.stttt"), &approvalsv1.ListDossiersRequest{PageToken: "x", WaitingFor: "you", PageSize: -1})
	refused(t, err, errorsv1.Reason_INVALID, 422, "Có 3 chỗ chưa đúng; xem danh sách lỗi.", "3 places are wrong; see the list of errors.")
}

func TestRebuiltListsAreTheLiveOnes(t *testing.T) {
	s := newService(t)
	s.setRoute("content")
	s.submitted("content_1", "a", "cv.stttt")
	s.mustApprove("tp.stttt", dossier.ID("content_1"), "a")
	s.submitted("content_2", "a", "cv.stttt")
	h := s.Host
	rows := func() (out string) {
		t.Helper()
		err := es.Query(t.Context(), h.Pool, "dossiers", func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT string_agg(d::text, E'\n' ORDER BY id) FROM dossier d`).Scan(&out)
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := rows()
	if err := es.Replay(t.Context(), h.Pool, h.Module.Catalogue, h.Module.Projections[0]); err != nil {
		t.Fatal(err)
	}
	if after := rows(); after != before || before == "" {
		t.Errorf("rebuilt:\n%s\nlive:\n%s", after, before)
	}
}
