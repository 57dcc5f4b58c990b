package content

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// edit changes what a mask names, as of now.
func (s *service) edit(person string, to *contentv1.Content, paths ...string) (*contentv1.Content, error) {
	s.Helper()
	return s.UpdateContent(s.As(person, "if-match", s.get("cv.stttt", to.GetId()).GetEtag()), &contentv1.UpdateContentRequest{
		Content: to, UpdateMask: &fieldmaskpb.FieldMask{Paths: paths},
	})
}

func (s *service) mustEdit(person string, to *contentv1.Content, paths ...string) *contentv1.Content {
	s.Helper()
	c, err := s.edit(person, to, paths...)
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// shown writes a comparison: field, then each paragraph, -gone- +come+.
func shown(c *contentv1.Comparison) string {
	var b strings.Builder
	for _, t := range c.GetTexts() {
		for _, p := range t.GetParagraphs() {
			fmt.Fprintf(&b, "%s %s:", t.GetField(), p.GetChange())
			for _, s := range p.GetSegments() {
				sign := map[string]string{"inserted": "+", "deleted": "-"}[s.GetChange()]
				b.WriteString(sign + s.GetText() + sign)
			}
			b.WriteString("\n")
		}
	}
	for _, l := range c.GetLists() {
		fmt.Fprintf(&b, "%s +%v -%v\n", l.GetField(), l.GetInserted(), l.GetDeleted())
	}
	for _, a := range c.GetAttachments() {
		fmt.Fprintf(&b, "%s %s→%s\n", a.GetChange(), a.GetBefore().GetName(), a.GetAfter().GetName())
	}
	return b.String()
}

func TestRevisionsAreComparedWordByWord(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	s.mustEdit("cv.stttt", &contentv1.Content{
		Id: c.GetId(), Title: "Hải Phòng công bố mục tiêu cải cách hành chính", Body: "## Mục tiêu\n\nNội dung **rất đậm**.\n\nThêm một đoạn.",
		Audiences: []string{"nguoi-dan", "doanh-nghiep"}, Channels: []string{"fanpage"},
		Translations: []*contentv1.Translation{{Language: "en", Title: "Targets", Summary: "S", Body: "B"}},
	}, "title", "body", "audiences", "channels", "translations")
	if _, err := s.attach(s.As("cv.stttt"), c.GetId(), "một", &contentv1.Attachment{Name: "a.txt"}); err != nil {
		t.Fatal(err)
	}
	compare := func(from, to int32) *contentv1.Comparison {
		t.Helper()
		got, err := s.CompareRevisions(s.As("tp.stttt"), &contentv1.CompareRevisionsRequest{Content: c.GetId(), From: from, To: to})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	want := `title changed:Hải Phòng công bố -chỉ-+mục+ tiêu cải cách hành chính
body equal:## Mục tiêu
body changed:Nội dung **+rất +đậm**.
body inserted:+Thêm một đoạn.+
translations[en].title inserted:+Targets+
translations[en].summary inserted:+S+
translations[en].body inserted:+B+
audiences +[doanh-nghiep] -[]
channels +[fanpage] -[cong]
`
	if got := shown(compare(1, 2)); got != want {
		t.Errorf("from 1 to 2:\n%swant\n%s", got, want)
	}
	last := compare(0, 0)
	if last.GetFrom() != 2 || last.GetTo() != 3 || shown(last) != "inserted →a.txt\n" || last.GetToHash() != s.get("cv.stttt", c.GetId()).GetHash() {
		t.Errorf("the last edit: %d–%d %s", last.GetFrom(), last.GetTo(), shown(last))
	}
	if got := shown(compare(3, 1)); !strings.Contains(got, "deleted a.txt→\n") || !strings.Contains(got, "body deleted:-Thêm một đoạn.-\n") {
		t.Errorf("backwards:\n%s", got)
	}
	if got := shown(compare(2, 2)); got != "" {
		t.Errorf("with itself:\n%s", got)
	}
	_, err := s.CompareRevisions(s.As("tp.stttt"), &contentv1.CompareRevisionsRequest{Content: c.GetId(), From: 1, To: 9})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	_, err = s.CompareRevisions(s.As("cv.snv"), &contentv1.CompareRevisionsRequest{Content: c.GetId()})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
}

func TestARevisionIsReadWholeAndRestored(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	s.mustEdit("cv2.stttt", &contentv1.Content{Id: c.GetId(), Title: "Hai", Body: "hai"}, "title", "body")
	first, err := s.GetRevision(s.As("tp.stttt"), &contentv1.GetRevisionRequest{Content: c.GetId(), Revision: 1})
	if err != nil || first.GetTitle() != c.GetTitle() || first.GetContent().GetBody() != c.GetBody() || first.GetHash() != c.GetHash() || first.GetAuthor() != "cv.stttt" {
		t.Fatalf("the first: %v, %v", first, err)
	}
	_, err = s.GetRevision(s.As("tp.stttt"), &contentv1.GetRevisionRequest{Content: c.GetId(), Revision: 3})
	reason(t, err, errorsv1.Reason_NOT_FOUND)
	submitted := s.submit("cv.stttt", c.GetId())
	_, err = s.RestoreContent(s.As("tp.stttt"), &contentv1.RestoreContentRequest{Content: c.GetId(), Revision: 1})
	reason(t, err, errorsv1.Reason_ETAG_REQUIRED)
	_, err = s.RestoreContent(s.As("tp.stttt", "if-match", c.GetEtag()), &contentv1.RestoreContentRequest{Content: c.GetId(), Revision: 1})
	reason(t, err, errorsv1.Reason_ETAG_STALE)
	restored, err := s.RestoreContent(s.As("tp.stttt", "if-match", submitted.GetEtag()), &contentv1.RestoreContentRequest{Content: c.GetId(), Revision: 1})
	if err != nil || restored.GetHash() != c.GetHash() || restored.GetRevision() != 3 || restored.GetState() != "draft" || len(restored.GetAuthors()) != 3 {
		t.Fatalf("restored: %v, %v", restored, err)
	}
	same, err := s.RestoreContent(s.As("tp.stttt", "if-match", restored.GetEtag()), &contentv1.RestoreContentRequest{Content: c.GetId(), Revision: 1})
	if err != nil || same.GetEtag() != restored.GetEtag() {
		t.Errorf("restored again: %v, %v", same, err)
	}
}

func TestTranslationsAreEditedByLanguage(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	english := func(title string) *contentv1.Translation {
		return &contentv1.Translation{Language: "en", Title: title, Summary: "S", Body: "**B**"}
	}
	khmer := &contentv1.Translation{Language: "km", Title: "K", Summary: "S", Body: "B"}
	got := s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Translations: []*contentv1.Translation{khmer, english("One")}}, "translations")
	if tr := got.GetTranslations(); len(tr) != 2 || tr[0].GetLanguage() != "en" || tr[0].GetBodyHtml() != "<p><strong>B</strong></p>\n" || tr[0].GetOfRevision() != 2 || tr[0].GetBehind() {
		t.Fatalf("translated: %v", tr)
	}
	got = s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Title: "Hai"}, "title")
	if tr := got.GetTranslations(); !tr[0].GetBehind() || !tr[1].GetBehind() {
		t.Errorf("the original moved: %v", tr)
	}
	got = s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Translations: []*contentv1.Translation{english("Two")}}, "translations")
	if tr := got.GetTranslations(); len(tr) != 2 || tr[0].GetBehind() || tr[0].GetTitle() != "Two" || !tr[1].GetBehind() {
		t.Errorf("one translated again: %v", tr)
	}
	s.submit("cv.stttt", c.GetId())
	m := s.lastSubmitted()
	if tr := m.GetContent().GetTranslations(); len(tr) != 2 || tr[0].GetBodyHtml() == "" || !tr[1].GetBehind() || len(m.GetBlockers()) != 0 ||
		len(m.GetWarnings()) != 1 || m.GetWarnings()[0].GetReason() != "TRANSLATION_BEHIND" || m.GetWarnings()[0].GetField() != "translations[km]" {
		t.Errorf("submitted: %v", m)
	}
	got = s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Translations: []*contentv1.Translation{{Language: "km"}}}, "translations")
	if tr := got.GetTranslations(); len(tr) != 1 || tr[0].GetLanguage() != "en" {
		t.Errorf("one taken away: %v", tr)
	}
	_, err := s.edit("cv.stttt", &contentv1.Content{Id: c.GetId(), Translations: []*contentv1.Translation{
		{Language: "en", Title: "x", Body: "a\n\n<script>b</script>"}, {Language: "vi", Title: "x"},
	}}, "translations")
	if got := places(t, err); got != "translations[vi].language TRANSLATION_LANGUAGE, translations[en].body ACTIVE_CONTENT 3" {
		t.Errorf("refused: %s", got)
	}
	s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Translations: []*contentv1.Translation{{Language: "fr", Title: "Un"}}}, "translations")
	_, err = s.SubmitContent(s.As("cv.stttt"), &contentv1.SubmitContentRequest{Content: c.GetId()})
	if got := places(t, err); got != "translations[fr].summary REQUIRED, translations[fr].body REQUIRED" {
		t.Errorf("submitted unfinished: %s", got)
	}
}

func TestABodyInHTMLIsKeptClean(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	got := s.mustEdit("cv.stttt", &contentv1.Content{
		Id: c.GetId(), BodyFormat: "html", Body: "<h2 style='color:red'>Mục</h2>\r\n<div>Nội dung <b>đậm</b></div><table><tr><td>1</table>",
	}, "body_format", "body")
	const want = "<h2>Mục</h2>\n<p>Nội dung <strong>đậm</strong></p>\n<table><tbody><tr><td>1</td></tr></tbody></table>"
	if got.GetBody() != want || got.GetBodyFormat() != "html" {
		t.Errorf("kept as %q", got.GetBody())
	}
	s.submit("cv.stttt", c.GetId())
	if m := s.lastSubmitted(); m.GetBodyHtml() != want || m.GetContent().GetBodyFormat() != "html" {
		t.Errorf("published as %q", m.GetBodyHtml())
	}
	_, err := s.edit("cv.stttt", &contentv1.Content{Id: c.GetId(), Body: "<p>a</p>\n<p onclick=x>b</p>\n<iframe src=x>"}, "body")
	if got := places(t, err); got != "body ACTIVE_CONTENT 2, body ACTIVE_CONTENT 3" {
		t.Errorf("refused: %s", got)
	}
	_, err = s.edit("cv.stttt", &contentv1.Content{Id: c.GetId(), Body: strings.Repeat("<b>", 20_000)}, "body")
	if got := places(t, err); got != "body BAD_FORMAT" {
		t.Errorf("refused: %s", got)
	}
	_, err = s.edit("cv.stttt", &contentv1.Content{Id: c.GetId(), BodyFormat: "rtf"}, "body_format")
	if got := places(t, err); got != "bodyFormat BAD_FORMAT" {
		t.Errorf("refused: %s", got)
	}
}

// checks gives what is found, as reason, field and line.
func (s *service) checks(id string) (blockers, warnings string) {
	s.Helper()
	r, err := s.ListChecks(s.As("tp.stttt"), &contentv1.ListChecksRequest{Content: id})
	if err != nil {
		s.Fatal(err)
	}
	line := func(checks []*contentv1.Check) string {
		var out []string
		for _, c := range checks {
			if c.GetDetail() == "" || c.GetDetailEn() == "" || strings.Contains(c.GetDetail()+c.GetDetailEn(), "{") {
				s.Errorf("%s says %q, %q", c.GetReason(), c.GetDetail(), c.GetDetailEn())
			}
			out = append(out, fmt.Sprintf("%s %s %d", c.GetReason(), c.GetField(), c.GetRow()))
		}
		return strings.Join(out, "\n")
	}
	return line(r.GetBlockers()), line(r.GetWarnings())
}

func TestWhatBlocksPublicationIsNamedWithItsPlace(t *testing.T) {
	s := newService(t)
	other := s.draft("cv.stttt")
	s.published(other.GetId(), s.submit("cv.stttt", other.GetId()).GetHash())
	slug := "/tin/tin-" + other.GetId()
	c := s.draft("cv.stttt")
	if _, err := s.attach(s.As("cv.stttt"), c.GetId(), onePixel(t), &contentv1.Attachment{Name: "bieu-do.png"}); err != nil {
		t.Fatal(err)
	}
	for _, format := range []struct{ name, body string }{
		{"markdown", "# Một\n\n### Ba\n\n## Hai\n\n![](bieu-do.png)\n![x](khac.png) [](https://haiphong.gov.vn)\n\n[tin](" + slug + "?a=b#c) [tin](https://loa.example" + slug + "/in)\n[mất](/tin/khong-co) [en](/en/tin/khong-co)\n\n![x](https://e.example/x.png) [tệp](khac.pdf) [trang](/chu-de/x)"},
		{"html", "<h1>Một</h1>\n\n<h3>Ba</h3>\n\n<h2>Hai</h2>\n\n<p><img src=bieu-do.png>\n<img src=khac.png alt=x> <a href=https://haiphong.gov.vn></a></p>\n\n<p><a href='" + slug + "?a=b#c'>tin</a> <a href='https://loa.example" + slug + "/in'>tin</a>\n<a href=/tin/khong-co>mất</a> <a href=/en/tin/khong-co>en</a></p>\n\n<p><img src=https://e.example/x.png alt=x> <a href=khac.pdf>tệp</a> <a href=/chu-de/x>trang</a></p>"},
	} {
		s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Body: format.body, BodyFormat: format.name}, "body", "body_format")
		const want = `HEADING_ORDER body 1
HEADING_ORDER body 3
ALT_TEXT_MISSING body 7
LINK_BROKEN body 8
LINK_TEXT_MISSING body 8
LINK_BROKEN body 11
LINK_BROKEN body 11
IMAGE_FOREIGN body 13
LINK_BROKEN body 13`
		if got, _ := s.checks(c.GetId()); got != want {
			t.Errorf("%s: found\n%s\nwant\n%s", format.name, got, want)
		}
	}
	// It may be sent, and carries what was found.
	s.submit("cv.stttt", c.GetId())
	if m := s.lastSubmitted(); len(m.GetBlockers()) != 9 || m.GetBlockers()[0].GetReason() != "HEADING_ORDER" || !strings.Contains(m.GetBlockers()[0].GetDetail(), "“Một”") {
		t.Errorf("submitted with %v", m.GetBlockers())
	}
	s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), BodyFormat: "markdown", Body: "## Hai\n\n### Ba\n\n## Hai nữa\n\n![Biểu đồ](bieu-do.png) [tin](" + slug + ") [ảnh](bieu-do.png)"}, "body", "body_format")
	if blockers, warnings := s.checks(c.GetId()); blockers+warnings != "" {
		t.Errorf("mended: %s %s", blockers, warnings)
	}
	// What it links to is withdrawn.
	s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationWithdrawn{
		Publication: "publication_" + s.get("cv.stttt", other.GetId()).GetHash(), Content: other.GetId(), Reason: "x", WithdrawnAt: timestamppb.Now(),
	}))
	if blockers, _ := s.checks(c.GetId()); blockers != "LINK_BROKEN body 7" {
		t.Errorf("its link is broken: %s", blockers)
	}
	if got := s.get("cv.stttt", other.GetId()); got.GetState() != "withdrawn" {
		t.Errorf("the other is %s", got.GetState())
	}
}

func TestWhatIsPublicIsCorrectedAndHeardOf(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	hash := s.submit("cv.stttt", c.GetId()).GetHash()
	s.approved(c.GetId(), hash)
	s.published(c.GetId(), hash)
	got := s.get("cv.snv", c.GetId())
	if got.GetEdition() != 1 || got.GetPublication() != "publication_"+hash {
		t.Fatalf("published: %v", got)
	}
	s.mustEdit("cv2.stttt", &contentv1.Content{Id: c.GetId(), Title: "Đính chính"}, "title")
	_, err := s.SubmitContent(s.As("cv.stttt"), &contentv1.SubmitContentRequest{Content: c.GetId()})
	if got := places(t, err); got != "correction.kind REQUIRED, correction.reason REQUIRED" {
		t.Errorf("submitted without a reason: %s", got)
	}
	got = s.mustEdit("cv.stttt", &contentv1.Content{Id: c.GetId(), Correction: &contentv1.ContentCorrection{Kind: "content", Reason: "Ghi sai ngày."}}, "correction")
	if got.GetState() != "draft" || len(got.GetAuthors()) != 2 || got.GetEdition() != 1 || got.GetPublication() != "publication_"+hash {
		t.Fatalf("the correction: %v", got)
	}
	second := s.submit("cv.stttt", c.GetId()).GetHash()
	if m := s.lastSubmitted().GetContent(); m.GetEdition() != 1 || m.GetCorrection().GetReason() != "Ghi sai ngày." || m.GetPublication() != "publication_"+hash {
		t.Errorf("submitted: %v", m)
	}
	s.Deliver(s.server.followApprovals, s.Message("approvals", &approvalsv1.DossierOpened{DocumentType: "correction", Document: c.GetId(), Dossier: "dossier_2"}),
		s.Message("approvals", &approvalsv1.DossierApproved{DocumentType: "correction", Document: c.GetId(), Hash: second, Decisions: []*approvalsv1.Decision{{Person: "tp.stttt"}}}))
	if got := s.get("bt.cong", c.GetId()); got.GetState() != "approved" || got.GetDossier() != "dossier_2" {
		t.Fatalf("approved: %v", got)
	}
	s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationCorrected{
		Publication: "publication_" + hash, Content: &contentv1.Content{Id: c.GetId(), Hash: second}, Slug: "dinh-chinh", Number: 1, CorrectedAt: timestamppb.Now(),
	}))
	got = s.get("cv.snv", c.GetId())
	if got.GetState() != "published" || got.GetEdition() != 2 || len(got.GetAuthors()) != 0 || got.GetCorrection().GetKind() != "content" {
		t.Errorf("corrected: %v", got)
	}
	public, err := s.server.replica.Public(t.Context(), []string{"/tin/dinh-chinh", "/tin/tin-" + c.GetId(), "/tin/x"})
	if err != nil || len(public) != 2 {
		t.Errorf("public are %v, %v", public, err)
	}
	s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationExpired{
		Publication: "publication_" + hash, Content: c.GetId(), ExpiredAt: timestamppb.Now(),
	}))
	list, err := s.ListContents(s.As("bt.cong"), &contentv1.ListContentsRequest{State: "expired"})
	if err != nil || len(list.GetContents()) != 1 {
		t.Errorf("expired: %v, %v", list, err)
	}
}
