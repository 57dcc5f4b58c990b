package content

import (
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
)

func TestAnItemIsDraftedRevisedAndSubmitted(t *testing.T) {
	s := newService(t)
	var header metadata.MD
	c, err := s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: example()}, grpc.Header(&header))
	if err != nil {
		t.Fatal(err)
	}
	if c.GetState() != "draft" || c.GetPlan() != "plan_1" || c.GetAgency() != "H24.02" || c.GetUnit() != "Phòng Thông tin" || c.GetRevision() != 1 ||
		!slices.Equal(c.GetAuthors(), []string{"cv.stttt"}) || !c.GetExample() || c.GetCreatedAt() == nil || c.GetPublishedAt() != nil {
		t.Errorf("drafted: %v", c)
	}
	if got := header.Get("etag"); !slices.Equal(got, []string{`"1"`}) || c.GetEtag() != `"1"` {
		t.Errorf("the ETag is %v", got)
	}
	if got := header.Get("location"); !slices.Equal(got, []string{"/v1/contents/" + c.GetId()}) {
		t.Errorf("the Location is %v", got)
	}
	revised, err := s.retitle("cv2.stttt", c.GetId(), c.GetEtag(), "Tiêu đề hai")
	if err != nil {
		t.Fatal(err)
	}
	if revised.GetRevision() != 2 || revised.GetHash() == c.GetHash() || !slices.Equal(revised.GetAuthors(), []string{"cv.stttt", "cv2.stttt"}) || revised.GetBody() != c.GetBody() {
		t.Errorf("revised: %v", revised)
	}
	if same, err := s.retitle("tp.stttt", c.GetId(), revised.GetEtag(), " Tiêu đề hai "); err != nil || same.GetEtag() != revised.GetEtag() || len(same.GetAuthors()) != 2 {
		t.Errorf("an edit that changes nothing: %v, %v", same, err)
	}
	submitted := s.submit("cv.stttt", c.GetId())
	if submitted.GetState() != "in_approval" {
		t.Errorf("submitted: %v", submitted)
	}
	r, err := s.ListRevisions(s.As("cv.stttt"), &contentv1.ListRevisionsRequest{Content: c.GetId()})
	if err != nil || len(r.GetRevisions()) != 2 || r.GetRevisions()[1].GetAuthor() != "cv2.stttt" || r.GetRevisions()[0].GetTitle() != example().GetTitle() {
		t.Errorf("revisions: %v, %v", r, err)
	}
	first, err := s.ListRevisions(s.As("cv.stttt"), &contentv1.ListRevisionsRequest{Content: c.GetId(), PageSize: 1})
	if err != nil || len(first.GetRevisions()) != 1 || first.GetRevisions()[0].GetRevision() != 1 || first.GetNextPageToken() == "" {
		t.Fatalf("the first page: %v, %v", first, err)
	}
	second, err := s.ListRevisions(s.As("cv.stttt"), &contentv1.ListRevisionsRequest{Content: c.GetId(), PageSize: 1, PageToken: first.GetNextPageToken()})
	if err != nil || len(second.GetRevisions()) != 1 || second.GetRevisions()[0].GetRevision() != 2 || second.GetNextPageToken() != "" {
		t.Errorf("the second page: %v, %v", second, err)
	}
	for _, wrong := range []*contentv1.ListRevisionsRequest{{PageSize: -1}, {PageToken: "?"}, {PageToken: listing.Place{ID: "content_1"}.Token()}} {
		wrong.Content = c.GetId()
		if _, err := s.ListRevisions(s.As("cv.stttt"), wrong); errs.ReasonOf(err) != errorsv1.Reason_INVALID {
			t.Errorf("%v: %v", wrong, err)
		}
	}
}

// What is published of a submission is whole: the text, who wrote it, and the body as clean HTML.
func TestASubmissionIsPublishedWhole(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	want := s.submit("cv.stttt", c.GetId())
	events, err := s.Host.Log.Read(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	if m, err := publish(events[0]); m != nil || err != nil {
		t.Errorf("a draft is published as %v, %v", m, err)
	}
	m, err := publish(events[1])
	if err != nil {
		t.Fatal(err)
	}
	got, ok := m.(*contentv1.ContentSubmitted)
	if !ok || got.GetBodyHtml() != "<h2>Mục tiêu</h2>\n<p>Nội dung <strong>đậm</strong>.</p>\n" {
		t.Fatalf("published as %v", m)
	}
	if !proto.Equal(got.GetContent(), want) {
		t.Errorf("published:\n%v\nanswered:\n%v", got.GetContent(), want)
	}
}

func TestEveryWrongPlaceIsNamedAtOnce(t *testing.T) {
	s := newService(t)
	for _, c := range []struct {
		name string
		edit func(*contentv1.Content)
		want string
	}{
		{"unknown plan item", func(c *contentv1.Content) { c.PlanItem = "item_9" }, "planItem UNKNOWN_PLAN_ITEM"},
		{"plan item of another plan", func(c *contentv1.Content) { c.Plan = "plan_2" }, "planItem UNKNOWN_PLAN_ITEM"},
		{"no plan item", func(c *contentv1.Content) { c.PlanItem = "" }, "planItem REQUIRED"},
		{"unknown theme", func(c *contentv1.Content) { c.Theme = "x" }, "theme UNKNOWN_THEME"},
		{"unknown audience", func(c *contentv1.Content) { c.Audiences = []string{"nguoi-dan", "x"} }, "audiences[1] UNKNOWN_AUDIENCE"},
		{"unknown channel", func(c *contentv1.Content) { c.Channels = []string{"x"} }, "channels[0] UNKNOWN_CHANNEL"},
		{"script", func(c *contentv1.Content) { c.Body = "một\n\n<script>x</script>\n\n[a](javascript:b)" }, "body ACTIVE_CONTENT 3, body ACTIVE_CONTENT 5"},
		{"a body that would take minutes to read", func(c *contentv1.Content) { c.Body = strings.Repeat("[a](", 50_000) }, "body BAD_FORMAT"},
		{"all at once", func(c *contentv1.Content) {
			c.Title, c.Summary, c.Body, c.Theme = strings.Repeat("a", 301), "TỐI MẬT", "<b>", "x"
			c.Attachment = &contentv1.AttachmentLine{Title: "Kế hoạch", Date: "2022-13-01"}
		}, "title TOO_LONG, summary SECRECY_MARK, attachment.date BAD_DATE, theme UNKNOWN_THEME, body ACTIVE_CONTENT 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			draft := example()
			c.edit(draft)
			_, err := s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: draft})
			reason(t, err, errorsv1.Reason_INVALID)
			if got := places(t, err); got != c.want {
				t.Errorf("named: %s\nwant:  %s", got, c.want)
			}
		})
	}
	if n := s.Recorded(); n != 0 {
		t.Errorf("%d events were recorded", n)
	}
}

func TestRefusalsInBothLanguages(t *testing.T) {
	s := newService(t)
	draft := example()
	draft.Body = "một\n<script>alert(1)</script>"
	_, err := s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: draft})
	apptest.RefusedPlace(t, err, "Nội dung có mã chạy hoặc HTML không được phép (<script>) ở dòng 2. Hãy bỏ đi.", "The text holds script or HTML that is not allowed (<script>) in line 2. Remove it.")
	for mark, text := range map[string]string{"mật": "(MẬT)", "tối mật": "TỐI MẬT", "tuyệt mật": "Độ mật: tuyệt mật"} {
		draft = example()
		draft.Title = text
		_, err = s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: draft})
		apptest.RefusedPlace(t, err, "Văn bản mang dấu độ mật “"+mark+"”. Tài liệu mật không được đưa vào hệ thống này.",
			"The text carries the secrecy mark “"+mark+"”. Classified documents must not enter this system.")
	}
	c := s.draft("cv.stttt")
	_, err = s.UpdateContent(s.As("cv.stttt"), &contentv1.UpdateContentRequest{Content: &contentv1.Content{Id: c.GetId(), Title: "x"}})
	refused(t, err, errorsv1.Reason_ETAG_REQUIRED, 428, "Sửa mục này cần tiêu đề If-Match mang ETag của bản bạn đang xem.",
		"Editing this needs the header If-Match with the ETag of the version you see.")
	_, err = s.retitle("cv.stttt", c.GetId(), `"7"`, "x")
	refused(t, err, errorsv1.Reason_ETAG_STALE, 412, "Mục này đã được người khác sửa sau bản bạn đang xem. Hãy tải bản mới rồi sửa lại.",
		"This was edited after the version you see. Load the new version and edit again.")
	_, err = s.GetContent(s.As("cv.snv"), &contentv1.GetContentRequest{Content: c.GetId()})
	refused(t, err, errorsv1.Reason_NOT_FOUND, 404, "Không tìm thấy "+c.GetId()+".", c.GetId()+" was not found.")
	s.submit("cv.stttt", c.GetId())
	_, err = s.SubmitContent(s.As("cv.stttt"), &contentv1.SubmitContentRequest{Content: c.GetId()})
	refused(t, err, errorsv1.Reason_CONTENT_STATE, 409, "Mục tin đang ở trạng thái “in_approval”; việc này chỉ làm được khi: draft, returned.",
		"The item is “in_approval”; this is possible only when: draft, returned.")
}

func TestADecomposedTitleIsKeptComposed(t *testing.T) {
	s := newService(t)
	draft := example()
	draft.Title = "Ke\u0302\u0301 hoa\u0323ch"
	c, err := s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: draft})
	if err != nil || c.GetTitle() != "Kế hoạch" {
		t.Errorf("%q, %v", c.GetTitle(), err)
	}
}

func TestADraftTakesWhatItLeavesOpenFromItsPlanItem(t *testing.T) {
	s := newService(t)
	c, err := s.CreateContent(s.As("cv.snv"), &contentv1.CreateContentRequest{Content: &contentv1.Content{PlanItem: "item_2", Title: "Một"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.GetPlan() != "plan_1" || c.GetTheme() != "mot-cua" || !slices.Equal(c.GetAudiences(), []string{"doanh-nghiep"}) || c.GetLanguage() != "vi" {
		t.Errorf("%v", c)
	}
	_, err = s.SubmitContent(s.As("cv.snv"), &contentv1.SubmitContentRequest{Content: c.GetId()})
	if got := places(t, err); got != "summary REQUIRED, body REQUIRED" {
		t.Errorf("submitted unfinished: %s", got)
	}
}

func TestPartialEdits(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	update := func(edit *contentv1.Content, paths ...string) (*contentv1.Content, error) {
		edit.Id = c.GetId()
		return s.UpdateContent(s.As("cv.stttt", "if-match", s.get("cv.stttt", c.GetId()).GetEtag()),
			&contentv1.UpdateContentRequest{Content: edit, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
	}
	if got, err := update(&contentv1.Content{Summary: "Hai"}); err != nil || got.GetSummary() != "Hai" || got.GetTitle() != c.GetTitle() {
		t.Errorf("without a mask: %v, %v", got, err)
	}
	if got, err := update(&contentv1.Content{}, "source_line", "example"); err != nil || got.GetSourceLine() != "" || got.GetExample() {
		t.Errorf("a mask clears: %v, %v", got, err)
	}
	if got, err := update(&contentv1.Content{Attachment: &contentv1.AttachmentLine{Title: "Kế hoạch 38/KH-UBND", Date: "2022-02-23"}}, "attachment.title", "attachment.date"); err != nil || got.GetAttachment().GetDate() != "2022-02-23" {
		t.Errorf("part of the attachment: %v, %v", got, err)
	}
	back := s.get("cv.stttt", c.GetId())
	back.Title = "Ba"
	if got, err := update(back); err != nil || got.GetTitle() != "Ba" || got.GetState() != "draft" {
		t.Errorf("the whole resource sent back: %v, %v", got, err)
	}
	_, err := update(&contentv1.Content{PlanItem: "item_2"}, "plan_item", "nonsense")
	if got := places(t, err); got != "planItem BAD_FORMAT, updateMask BAD_FORMAT" {
		t.Errorf("refused: %s", got)
	}
}

func TestDraftsStayInTheirAgency(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	check := func(state string, readers ...string) {
		t.Helper()
		for _, p := range staff() {
			want := p.GetAgency() == "H24.02" || slices.Contains(readers, p.GetId()) || slices.Contains(readers, "everyone")
			got, err := s.GetContent(s.As(p.GetId()), &contentv1.GetContentRequest{Content: c.GetId()})
			if want != (err == nil) || err == nil && got.GetState() != state {
				t.Errorf("%s reads %s: %v, %v", p.GetId(), state, got.GetState(), err)
			}
			if err != nil {
				reason(t, err, errorsv1.Reason_NOT_FOUND)
			}
			list, err := s.ListContents(s.As(p.GetId()), &contentv1.ListContentsRequest{})
			if err != nil || want != (len(list.GetContents()) == 1) {
				t.Errorf("%s lists %s: %v, %v", p.GetId(), state, list, err)
			}
		}
	}
	check("draft", "thanh.tra")
	submitted := s.submit("cv.stttt", c.GetId())
	check("in_approval", "thanh.tra")
	s.approved(c.GetId(), submitted.GetHash())
	check("approved", "thanh.tra", "bt.cong")
	s.scheduled(c.GetId(), submitted.GetHash())
	check("scheduled", "thanh.tra", "bt.cong")
	s.published(c.GetId(), submitted.GetHash())
	check("published", "everyone")
	_, err := s.ListRevisions(s.As("bt.cong"), &contentv1.ListRevisionsRequest{Content: c.GetId()})
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	_, err = s.retitle("cv.snv", c.GetId(), `"1"`, "x")
	reason(t, err, errorsv1.Reason_FORBIDDEN)
	_, err = s.SubmitContent(s.As("cv.stttt"), &contentv1.SubmitContentRequest{Content: c.GetId()})
	refused(t, err, errorsv1.Reason_CONTENT_STATE, 409,
		"Mục tin đang ở trạng thái “published”; việc này chỉ làm được khi: draft, returned.",
		"The item is “published”; this is possible only when: draft, returned.")
}

func TestDecisionsOfOtherServicesAreFollowed(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	h := s.submit("cv.stttt", c.GetId()).GetHash()
	back := func(hash string, level int32) {
		s.Deliver(s.server.followApprovals, s.Message("approvals", &approvalsv1.DossierReturned{DocumentType: "content", Document: c.GetId(), Hash: hash, ToLevel: level, Comment: "Sửa tiêu đề."}))
	}
	back("another", 0)
	back(h, 1)
	if got := s.get("cv.stttt", c.GetId()); got.GetState() != "in_approval" {
		t.Fatalf("a return of another text, or to a level, makes it %s", got.GetState())
	}
	back(h, 0)
	got := s.get("cv.stttt", c.GetId())
	if got.GetState() != "returned" || got.GetReturnComment() != "Sửa tiêu đề." {
		t.Fatalf("returned: %v", got)
	}
	revised, err := s.retitle("cv.stttt", c.GetId(), got.GetEtag(), "Hai")
	if err != nil {
		t.Fatal(err)
	}
	s.submit("cv.stttt", c.GetId())
	s.approved(c.GetId(), h)
	if got := s.get("cv.stttt", c.GetId()); got.GetState() != "in_approval" {
		t.Fatalf("an approval of the old text makes it %s", got.GetState())
	}
	s.approved(c.GetId(), revised.GetHash())
	s.scheduled(c.GetId(), revised.GetHash())
	s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationCancelled{
		Publication: "publication_" + revised.GetHash(), Content: c.GetId(), Hash: revised.GetHash(),
	}))
	if got := s.get("cv.stttt", c.GetId()); got.GetState() != "approved" {
		t.Fatalf("a cancelled schedule makes it %s", got.GetState())
	}
	s.published(c.GetId(), revised.GetHash())
	if got := s.get("cv.stttt", c.GetId()); got.GetState() != "published" || got.GetPublishedAt() == nil || len(got.GetAuthors()) != 0 {
		t.Fatalf("published: %v", got)
	}
}

// The race as the bus brings it: the approval of a text arrives after edits that ended with the same text, submitted again.
func TestAnApprovalFromBeforeAnEditIsNoApprovalOfTheSameTextWrittenAgain(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	first := s.submit("cv.stttt", c.GetId())
	title := first.GetTitle()
	edited, err := s.retitle("cv.stttt", c.GetId(), first.GetEtag(), "Hai")
	if err != nil {
		t.Fatal(err)
	}
	again, err := s.retitle("cv.stttt", c.GetId(), edited.GetEtag(), title)
	if err != nil {
		t.Fatal(err)
	}
	second := s.submit("cv.stttt", c.GetId())
	if again.GetHash() != first.GetHash() || second.GetRevision() != first.GetRevision()+2 {
		t.Fatalf("written again: %v", second)
	}
	approved := func(revision int32) string {
		s.Deliver(s.server.followApprovals, s.Message("approvals", &approvalsv1.DossierApproved{
			DocumentType: "content", Document: c.GetId(), Hash: first.GetHash(), Revision: revision, Decisions: []*approvalsv1.Decision{{Person: "tp.stttt"}},
		}))
		return s.get("cv.stttt", c.GetId()).GetState()
	}
	if state := approved(first.GetRevision()); state != "in_approval" {
		t.Errorf("the approval of the first revision makes it %s", state)
	}
	if state := approved(second.GetRevision()); state != "approved" {
		t.Errorf("the approval of what was submitted makes it %s", state)
	}
}

func TestHistoryIsImported(t *testing.T) {
	s := newService(t)
	at := time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)
	article := example()
	article.PublishedAt, article.Attachment = timestamppb.New(at), &contentv1.AttachmentLine{Title: "Kế hoạch số 38/KH-UBND"}
	tried, err := s.ImportPublished(s.As("luu.tru"), &contentv1.ImportPublishedRequest{Content: article, DryRun: true})
	if err != nil || tried.GetId() != "" || tried.GetState() != "published" || s.Recorded() != 0 {
		t.Errorf("tried: %v, %v, %d events", tried, err, s.Recorded())
	}
	c, err := s.ImportPublished(s.As("luu.tru"), &contentv1.ImportPublishedRequest{Content: article})
	if err != nil {
		t.Fatal(err)
	}
	if c.GetState() != "published" || !c.GetImported() || !c.GetPublishedAt().AsTime().Equal(at) || c.GetAgency() != "H24.02" || c.GetHash() != tried.GetHash() {
		t.Errorf("imported: %v", c)
	}
	events, err := s.Host.Log.Read(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	m, err := publish(events[0])
	if err != nil {
		t.Fatal(err)
	}
	if got := m.(*contentv1.ContentImported).GetContent(); !proto.Equal(got, c) {
		t.Errorf("published:\n%v\nanswered:\n%v", got, c)
	}
	s.published(c.GetId(), c.GetHash())
	if s.Recorded() != 1 {
		t.Error("the publication of history was recorded again")
	}
	article.PublishedAt, article.Agency, article.Summary = timestamppb.New(time.Now().Add(time.Hour)), "H99", ""
	_, err = s.ImportPublished(s.As("luu.tru"), &contentv1.ImportPublishedRequest{Content: article})
	if got := places(t, err); got != "publishedAt BAD_FORMAT, summary REQUIRED, agency UNKNOWN_AGENCY" {
		t.Errorf("refused: %s", got)
	}
}
