package journey

import (
	"maps"
	"net/http"
	"strings"
	"time"

	"github.com/loa-vn/loa/e2e/system"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// pixel is a picture of one pixel.
const pixel = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"

// write edits an item as cv.stttt; fields are what changes, as JSON.
func (j *Journey) write(c *contentv1.Content, fields map[string]any, key string) *contentv1.Content {
	j.t.Helper()
	after := &contentv1.Content{}
	j.Client.Must(j.writing(c, fields, key), after)
	return after
}

func (j *Journey) writing(c *contentv1.Content, fields map[string]any, key string) system.Request {
	return system.Request{As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + c.GetId(), Body: fields, IfMatch: c.GetEtag(), Key: "journey/" + key}
}

// attach gives an item a file.
func (j *Journey) attach(c *contentv1.Content, name, file, key string, fields ...string) *contentv1.Content {
	j.t.Helper()
	contentType, body := Form(name, file, fields...)
	after := &contentv1.Content{}
	j.Client.Must(system.Request{
		As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + c.GetId() + "/attachments", ContentType: contentType, Body: body, Key: "journey/" + key,
	}, after)
	return after
}

// checks: each fault that readers must not meet is named with its place, keeps an item from being published though it was approved, and is
// no hindrance once it is mended.
func (j *Journey) checks() {
	t := j.t
	var mended *contentv1.Content
	for _, fault := range []struct {
		reason, body string
		row          int32
	}{
		{"ALT_TEXT_MISSING", "Sơ đồ các bước:\n\n![](so-do.png)", 3},
		{"IMAGE_FOREIGN", "![Sơ đồ các bước](https://example.org/so-do.png)", 1},
		{"HEADING_ORDER", "## Hồ sơ\n\nGồm hai giấy tờ.\n\n#### Nơi nộp\n\nNơi cư trú.", 5},
		{"LINK_BROKEN", "Xem [thông báo](/tin/khong-co-tin-nay).", 1},
		{"LINK_TEXT_MISSING", "Xem thêm tại [](/tin).", 1},
	} {
		key := "checks/" + fault.reason
		c := j.attach(j.Draft("Bài còn lỗi phải sửa", key), "so-do.png", pixel, key+"/file")
		c = j.write(c, map[string]any{"body": fault.body}, key+"/body")
		found := &contentv1.ListChecksResponse{}
		j.get("tp.stttt", "/v1/contents/"+c.GetId()+"/checks", found)
		if b := found.GetBlockers(); len(b) != 1 || b[0].GetReason() != fault.reason || b[0].GetField() != "body" || b[0].GetRow() != fault.row || b[0].GetDetail() == "" || b[0].GetDetailEn() == "" {
			t.Fatalf("of %q is found %v", fault.body, b)
		}
		j.Submit(c.GetId(), key+"/submit")
		j.approve("tp.stttt", c.GetId(), key+"/approve")
		mended = j.untilContent("cv.stttt", c.GetId(), "approved")
		j.Client.Refused(Publish(c.GetId(), time.Time{}, key+"/publish"), http.StatusConflict, "CONTENT_BLOCKED")
	}
	mended = j.write(mended, map[string]any{"body": "Xem thêm tại [các tin khác](/tin)."}, "checks/mend")
	check(t, "state of what was mended", mended.GetState(), "draft")
	j.Submit(mended.GetId(), "checks/mend/submit")
	j.approve("tp.stttt", mended.GetId(), "checks/mend/approve")
	j.Client.Patiently(Publish(mended.GetId(), time.Time{}, "checks/mend/publish"), &distributionv1.Publication{})
	j.published(mended.GetId())
}

// languages: an item in two languages has a page in each; what the original's correction of form leaves behind says so, and is refused
// nothing. Marks of secrecy and what runs come in by no language.
func (j *Journey) languages() {
	t := j.t
	english := func(body string, more map[string]any) map[string]any {
		words := map[string]any{"language": "en", "title": "Papers to bring", "summary": "What to bring to the one-stop office.", "body": body}
		maps.Copy(words, more)
		return map[string]any{"translations": []any{words}}
	}
	c := j.Draft("Giấy tờ cần mang theo", "languages")
	for n, refused := range []struct {
		fields        map[string]any
		field, reason string
	}{
		{english("Bring both papers.", map[string]any{"language": "vi"}), "translations[vi].language", "TRANSLATION_LANGUAGE"},
		{english("Bring both papers.", map[string]any{"ofRevision": 9}), "translations[en].ofRevision", "TRANSLATION_REVISION"},
		{english("Bring both papers.\n\n<script>alert(1)</script>", nil), "translations[en].body", "ACTIVE_CONTENT"},
		{english("TỐI MẬT\n\nBring both papers.", nil), "translations[en].body", "SECRECY_MARK"},
		{map[string]any{"body": "<p onclick=x()>Dòng</p>", "bodyFormat": "html"}, "body", "ACTIVE_CONTENT"},
		{map[string]any{"body": "<svg><script>x</script></svg>", "bodyFormat": "html"}, "body", "ACTIVE_CONTENT"},
		{map[string]any{"body": `<a href="java&#115;cript:x()">Xem</a>`, "bodyFormat": "html"}, "body", "ACTIVE_CONTENT"},
		{map[string]any{"correction": map[string]any{"kind": "form", "reason": "Chưa đăng."}}, "correction", "CORRECTION_EARLY"},
	} {
		p := j.Client.Refused(j.writing(c, refused.fields, "languages/refused/"+string(rune('a'+n))), http.StatusUnprocessableEntity, "INVALID")
		if len(p.Errors) == 0 || p.Errors[0].Field != refused.field || p.Errors[0].Reason != refused.reason {
			t.Fatalf("%v is refused with %+v, wanted %s at %s", refused.fields, p.Errors, refused.reason, refused.field)
		}
	}
	c = j.write(c, english("## Papers\n\nBring **both** papers.", nil), "languages/en")
	if tr := c.GetTranslations(); len(tr) != 1 || tr[0].GetBehind() || tr[0].GetOfRevision() != c.GetRevision() || !strings.Contains(tr[0].GetBodyHtml(), "<strong>both</strong>") {
		t.Fatalf("the translation is %v", tr)
	}
	c = j.write(c, map[string]any{"body": c.GetBody() + "\n- Mang bản chính."}, "languages/vi")
	check(t, "the translation is behind", c.GetTranslations()[0].GetBehind(), true)
	found := &contentv1.ListChecksResponse{}
	j.get("cv.stttt", "/v1/contents/"+c.GetId()+"/checks", found)
	if w := found.GetWarnings(); len(found.GetBlockers()) != 0 || len(w) != 1 || w[0].GetReason() != "TRANSLATION_BEHIND" {
		t.Fatalf("of a translation that is behind is said %v", found)
	}
	c = j.write(c, english("## Papers\n\nBring **both** originals.", nil), "languages/en/again")
	check(t, "the translation written anew is behind", c.GetTranslations()[0].GetBehind(), false)
	j.Submit(c.GetId(), "languages/submit")
	j.approve("tp.stttt", c.GetId(), "languages/approve")
	j.Client.Patiently(Publish(c.GetId(), time.Time{}, "languages/publish"), &distributionv1.Publication{})
	p := j.published(c.GetId())
	page := j.System.UntilPage(t, "/en"+p.GetPath(), func(page system.Page) bool { return strings.Contains(string(page.Body), "originals") })
	check(t, "language of the English text", system.Attribute(system.First(page.Root, "html"), "lang"), "en")
	check(t, "h1 of the English page", heading(page.Root), "Papers to bring")
	const behind = "does not follow the last change of the original yet"
	if strings.Contains(string(page.Body), behind) {
		t.Fatal("a translation that is up to date is called behind")
	}
	j.correctionOfForm(j.untilContent("cv.stttt", c.GetId(), "published"), p)
	page = j.System.UntilPage(t, "/en"+p.GetPath(), func(page system.Page) bool { return strings.Contains(system.Text(page.Root), behind) })
	check(t, "h1 of the English page after the correction", heading(page.Root), "Papers to bring")
}

// correctionOfForm corrects how an item was written: the page says that nothing it says has changed.
func (j *Journey) correctionOfForm(c *contentv1.Content, p *distributionv1.Publication) {
	t := j.t
	j.Client.Refused(j.writing(c, map[string]any{"correction": map[string]any{"kind": "cả hai", "reason": "Sai."}}, "languages/form/kind"), http.StatusUnprocessableEntity, "INVALID")
	j.write(c, map[string]any{
		"body":       strings.Replace(c.GetBody(), "Mang bản chính.", "Mang theo bản chính.", 1),
		"correction": map[string]any{"kind": "form", "reason": "Thiếu chữ."},
	}, "languages/form")
	j.Submit(c.GetId(), "languages/form/submit")
	j.approve("tp.stttt", c.GetId(), "languages/form/approve/1")
	j.approve("pgd.stttt", c.GetId(), "languages/form/approve/2")
	j.Client.Patiently(onPublication("bt.cong", p.GetId(), ":correct", &distributionv1.CorrectPublicationRequest{}, "languages/form/publish"), &distributionv1.Publication{})
	j.receipt(p.GetId(), "corrected", 1)
	page := j.System.Page(t, p.GetPath())
	holds(t, "the page whose form was corrected", system.Text(system.First(page.Root, "main")), "Đính chính hình thức; nội dung không đổi", "Thiếu chữ.", "Mang theo bản chính")
}

// preview: whoever has the link reads the draft without an account, until the link ends or the draft is edited; every other link is no
// link at all.
func (j *Journey) preview() {
	t := j.t
	c := j.Draft("Bản thảo cho người ngoài xem", "preview")
	link := func(as string, seconds int, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/contents/" + c.GetId() + ":preview", Body: map[string]int{"expiresIn": seconds}, Key: "journey/preview/" + key}
	}
	j.Client.Refused(link("cv.snv", 600, "stranger"), http.StatusNotFound, "NOT_FOUND")
	j.Client.Refused(link("cv.stttt", 604_801, "long"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Refused(link("cv.stttt", -1, "negative"), http.StatusUnprocessableEntity, "INVALID")
	given, short := &contentv1.PreviewLink{}, &contentv1.PreviewLink{}
	j.Client.Must(link("cv.stttt", 1, "short"), short)
	j.Client.Must(link("cv.stttt", 600, "given"), given)
	page := j.System.Page(t, given.GetPath())
	check(t, "status of the preview", page.Status, http.StatusOK)
	holds(t, "the preview", system.Text(system.First(page.Root, "main")), c.GetTitle(), "Bộ phận Một cửa")
	for name, want := range map[string]string{"X-Robots-Tag": "noindex", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"} {
		holds(t, name+" of the preview", page.Header.Get(name), want)
	}
	token := given.GetPath()[len("/xem-truoc/"):]
	// A character in the middle, so that more than padding differs.
	altered := token[:20] + string(rune('A'+(token[20]-'A'+1)%26)) + token[21:]
	for _, path := range []string{altered, token[:len(token)-4], "khong-phai-lien-ket", strings.Repeat("A", len(token))} {
		check(t, "status of a link that nobody made", j.System.Page(t, "/xem-truoc/"+path).Status, http.StatusGone)
	}
	system.Eventually(t, system.Patience, func() (bool, string) {
		return j.System.Page(t, short.GetPath()).Status == http.StatusGone, "the link of a second does not end"
	})
	check(t, "status of the other link then", j.System.Page(t, given.GetPath()).Status, http.StatusOK)
	j.write(c, map[string]any{"summary": "Danh sách thủ tục mới."}, "preview/edit")
	check(t, "status of the preview after an edit", j.System.Page(t, given.GetPath()).Status, http.StatusGone)
}
