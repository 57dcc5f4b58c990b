package planning

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/loa-vn/loa/pkg/blob"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// keepsFiles gives the service a place for files, and runs what stores the documents of what is issued.
func (s *service) keepsFiles() {
	s.Helper()
	store, err := blob.Open(s.Context(), s.TempDir())
	s.must(err)
	s.Cleanup(func() { _ = store.Close() })
	s.Host.Blobs = store
	s.Loop(func(ctx context.Context) error { return s.desk.storeIssued(ctx) })
}

func (s *service) document(as string, req *planningv1.GetPlanDocumentRequest) []byte {
	s.Helper()
	body, err := s.planService().GetPlanDocument(s.as(as, ""), req)
	s.must(err)
	if want := map[string]string{"": "application/pdf", "pdf": "application/pdf", "docx": docxType, "xlsx": xlsxType}[req.GetFormat()]; body.GetContentType() != want {
		s.Errorf("%s is of type %s", req.GetFormat(), body.GetContentType())
	}
	return body.GetData()
}

// words is the text of a Word file's main part.
func (s *service) words(docx []byte) string {
	s.Helper()
	archive, err := zip.NewReader(bytes.NewReader(docx), int64(len(docx)))
	s.must(err)
	var out strings.Builder
	for _, f := range archive.File {
		if strings.HasPrefix(f.Name, "word/") && strings.HasSuffix(f.Name, ".xml") {
			part, err := f.Open()
			s.must(err)
			text, err := io.ReadAll(part)
			s.must(err)
			out.Write(text)
		}
	}
	return out.String()
}

func (s *service) says(docx []byte, want ...string) {
	s.Helper()
	text := s.words(docx)
	for _, w := range want {
		if !strings.Contains(text, w) {
			s.Errorf("the document does not say %q", w)
		}
	}
}

func TestWhatIsIssuedIsKeptAsItWas(t *testing.T) {
	s := start38(t)
	s.keepsFiles()
	s.staffed()
	p, items := s.drafted()
	id := p.GetId()
	_, err := s.planService().GetPlanDocument(s.as("cv.snv", ""), &planningv1.GetPlanDocumentRequest{Plan: id})
	s.refused(err, errorsv1.Reason_NOT_FOUND)
	_, err = s.planService().GetPlanDocument(s.as("cv.stttt", ""), &planningv1.GetPlanDocumentRequest{Plan: id, Format: "odt"})
	if wrong := s.places(err); wrong[0].Field != "format" {
		t.Errorf("of an unknown format: %v", wrong)
	}
	s.says(s.document("cv.stttt", &planningv1.GetPlanDocumentRequest{Plan: id, Format: "docx"}), "DỰ THẢO", "/KH-UBND", "Đăng tin về chuyển đổi số", "KINH PHÍ")

	s.issued("plan", id, s.submitted(id, "").GetHash(), "41/KH-UBND", "2026-11-24")
	issued := map[string][]byte{}
	for _, format := range []string{"pdf", "docx"} {
		issued[format] = s.document("cv.hongbang", &planningv1.GetPlanDocumentRequest{Plan: id, Format: format})
	}
	if !bytes.HasPrefix(issued["pdf"], []byte("%PDF-")) {
		t.Error("no PDF")
	}
	s.says(issued["docx"], "41/KH-UBND", "ngày 24 tháng 11 năm 2026", "TM. ỦY BAN NHÂN DÂN", "Nguyễn Quang Minh", "30/06/2027", "Sở Thông tin và Truyền thông chủ trì")
	if strings.Contains(s.words(issued["docx"]), "DỰ THẢO") {
		t.Error("what is issued is no draft")
	}

	// An amendment has its own document; the plan's stays what it was, byte for byte.
	begun, err := s.planService().AmendPlan(s.as("cv.stttt", ""), &planningv1.AmendPlanRequest{Plan: id, Reason: "Thêm thời gian cho các phường."})
	s.must(err)
	amendment := begun.GetAmendments()[0].GetId()
	_, err = s.planService().UpdatePlanItem(matching(s.as("cv.stttt", ""), items[0].GetEtag()), &planningv1.UpdatePlanItemRequest{
		Plan: id, Amendment: amendment, Item: &planningv1.PlanItem{Id: items[0].GetId(), Deadline: "2027-09-30"}, UpdateMask: mask("deadline"),
	})
	s.must(err)
	s.issued("amendment", amendment, s.submitted(id, amendment).GetHash(), "52/KH-UBND", "2026-12-01")
	s.says(s.document("cv.snv", &planningv1.GetPlanDocumentRequest{Plan: id, Amendment: amendment, Format: "docx"}),
		"52/KH-UBND", "Sửa đổi, bổ sung Kế hoạch số 41/KH-UBND", "Thêm thời gian cho các phường.", "30/06/2027", "30/09/2027")
	for format, was := range issued {
		if is := s.document("cv.snv", &planningv1.GetPlanDocumentRequest{Plan: id, Format: format}); !bytes.Equal(is, was) {
			t.Errorf("the %s changed", format)
		}
	}
	// Stored in the log by whoever comes first, and once.
	s.until(func() bool {
		events, err := s.Host.Log.Read(s.Context(), 0, 1000)
		s.must(err)
		stored := 0
		for _, e := range events {
			if e.Type == "planning.plan_documents_stored.v1" {
				stored++
			}
		}
		return stored == 2
	})
	s.must(s.Host.Log.WaitFor(s.Context(), "plans", int64(s.events())))
	if left, err := s.desk.model.Unstored(s.Context()); err != nil || len(left) != 0 {
		t.Errorf("not stored: %v, %v", left, err)
	}
}

// What cannot be printed is refused when it comes in, with the letter; a plan that has it from before, and a name of the directory, are
// printed with a box in its place.
func TestWhatIsAcknowledgedIsPrinted(t *testing.T) {
	s := start38(t)
	s.staffed()
	_, err := s.planService().CreatePlan(s.as("cv.stttt", ""), &planningv1.CreatePlanRequest{Plan: &planningv1.Plan{Title: "Tuyên truyền 📣", Purposes: []string{"漢"}}})
	wrong := s.places(err)
	if len(wrong) != 2 || wrong[0].Field != "title" || wrong[0].Reason != errorsv1.Reason_DOCUMENT_CHARACTER || wrong[0].Args["character"] != "📣" ||
		wrong[0].Args["code"] != "U+1F4E3" || wrong[1].Field != "purposes[0]" {
		t.Errorf("%v", wrong)
	}
	p, _ := s.drafted()
	stored, _, err := s.desk.repo.Load(s.Context(), p.GetId())
	s.must(err)
	stored.Draft("").Document.Title = "Tuyên truyền 📣 năm 2027"
	for _, f := range formats() {
		data, err := s.desk.render(s.Context(), seen{id: p.GetId(), plan: stored, inside: true}, f)
		s.must(err)
		if f.name == "docx" {
			s.says(data, "Tuyên truyền □ năm 2027")
		}
	}
}

func TestTasksGoOutAndComeBackAsAWorkbook(t *testing.T) {
	s := start38(t)
	s.staffed()
	p, err := s.planService().ImportPlan(s.as("luu.tru", ""), &planningv1.ImportPlanRequest{Yaml: s.example("plan.yaml")})
	s.must(err)
	s.says(s.document("cv.snv", &planningv1.GetPlanDocumentRequest{Plan: p.GetId(), Format: "docx"}), "DỮ LIỆU LỊCH SỬ", "38/KH-UBND", "VĂN BẢN MẪU")
	data := s.document("cv.snv", &planningv1.GetPlanDocumentRequest{Plan: p.GetId(), Format: "xlsx"})
	back, err := s.planService().ImportPlan(s.as("cv.stttt", ""), &planningv1.ImportPlanRequest{Yaml: data})
	s.must(err)
	was, is := s.items(s.as("cv.stttt", ""), p.GetId()), s.items(s.as("cv.stttt", ""), back.GetId())
	if len(was) != len(is) {
		t.Fatalf("%d items came back as %d", len(was), len(is))
	}
	for i := range was {
		line := func(i *planningv1.PlanItem) string {
			return fmt.Sprint(i.GetCode(), i.GetTitle(), i.GetLead(), i.GetCoordinators(), i.GetDeadline(), i.GetTarget(), len(i.GetAudiences()), len(i.GetChannels()))
		}
		if line(was[i]) != line(is[i]) {
			t.Errorf("item %d\nwas %s\nis  %s", i, line(was[i]), line(is[i]))
		}
	}
}
