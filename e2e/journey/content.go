package journey

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
)

// article: what was published before Loa comes in as history, with its own time, and stands on the portal with it.
func (j *Journey) article() {
	t := j.t
	t.Helper()
	content := &contentv1.Content{}
	if err := protojson.Unmarshal(j.file("article.json"), content); err != nil {
		t.Fatal(err)
	}
	content.Body, content.Plan, content.PlanItem = string(j.file("article.md")), j.Plan38.GetId(), j.items38["1"].GetId()
	r := system.Request{As: "luu.tru", Method: "POST", Path: "/v1/contents:importPublished", Body: content, Key: "journey/article"}
	officer := r
	officer.As, officer.Key = "cv.stttt", r.Key+"/officer"
	j.untilKnown("cv.stttt")
	j.untilKnown("luu.tru")
	j.Client.Refused(officer, http.StatusForbidden, "FORBIDDEN")
	j.Article = &contentv1.Content{}
	j.Client.Must(r, j.Article)
	at := time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)
	if a := j.Article; a.GetState() != "published" || !a.GetImported() || a.GetExample() || !a.GetPublishedAt().AsTime().Equal(at) {
		t.Fatalf("the article came in as %v", a)
	}
	p := j.published(j.Article.GetId())
	if !p.GetImported() || !p.GetPublishedAt().AsTime().Equal(at) || !strings.HasPrefix(p.GetPath(), "/tin/ke-hoach-cai-cach-hanh-chinh-") {
		t.Fatalf("its publication is %v", p)
	}
	j.checkArticle(j.Article, "Kế hoạch số 38/KH-UBND")
}

// Draft writes an item under item 1 of the current plan.
func (j *Journey) Draft(title, key string) *contentv1.Content {
	j.t.Helper()
	item := j.items["1"]
	made := &contentv1.Content{}
	j.post("cv.stttt", "/v1/contents", &contentv1.Content{
		Plan: j.Current.GetId(), PlanItem: item.GetId(), Title: title, Summary: "Danh sách thủ tục mới và nơi tiếp nhận hồ sơ.",
		Body:  "Thủ tục mới được công bố tại **Bộ phận Một cửa**.\n\n- Nơi nộp: nơi cư trú.\n- Thời hạn: ghi trên giấy hẹn.",
		Theme: item.GetTheme(), Audiences: item.GetAudiences(), Channels: []string{"portal"}, Language: "vi", Example: true,
		SourceLine: "Sở Thông tin và Truyền thông",
	}, key, made)
	if made.GetState() != "draft" || made.GetAgency() != "H24.02" || !slices.Equal(made.GetAuthors(), []string{"cv.stttt"}) || len(made.GetHash()) != 64 {
		j.t.Fatalf("the draft is %v", made)
	}
	return made
}

// edit is a change of one field under the ETag that the author saw.
func (j *Journey) edit(as, id, field, value, etag, key string) system.Request {
	return system.Request{
		As: as, Method: "PATCH", Path: "/v1/contents/" + id + "?updateMask=" + field, Body: map[string]string{field: value},
		IfMatch: etag, Key: "journey/" + key,
	}
}

// Submit sends an item up its route.
func (j *Journey) Submit(id, key string) *contentv1.Content {
	j.t.Helper()
	submitted := &contentv1.Content{}
	j.post("cv.stttt", "/v1/contents/"+id+":submit", struct{}{}, key, submitted)
	check(j.t, "state of what was submitted", submitted.GetState(), "in_approval")
	return submitted
}

// drafting: an item is revised under its ETag, hidden from other agencies, and goes up its route.
func (j *Journey) drafting() {
	t := j.t
	t.Helper()
	c := j.Draft("Thủ tục mới trong tháng: nộp hồ sơ ở đâu, mang theo gì", "now")
	j.untilKnown("cv.snv")
	j.Client.Refused(system.Request{As: "cv.snv", Method: "GET", Path: "/v1/contents/" + c.GetId()}, http.StatusNotFound, "NOT_FOUND")

	const summary = "Thủ tục mới, nơi tiếp nhận và giấy tờ cần mang theo."
	j.Client.Refused(j.edit("cv.stttt", c.GetId(), "summary", summary, "", "now/blind"), http.StatusPreconditionRequired, "ETAG_REQUIRED")
	revised := &contentv1.Content{}
	j.Client.Must(j.edit("cv.stttt", c.GetId(), "summary", summary, c.GetEtag(), "now/revise"), revised)
	if revised.GetSummary() != summary || revised.GetTitle() != c.GetTitle() || revised.GetHash() == c.GetHash() || revised.GetRevision() != 2 {
		t.Fatalf("the revision is %v", revised)
	}
	j.Client.Refused(j.edit("cv.stttt", c.GetId(), "summary", "Bản cũ.", c.GetEtag(), "now/stale"), http.StatusPreconditionFailed, "ETAG_STALE")

	j.Now = j.Submit(c.GetId(), "now/submit")
	check(t, "hash of what was submitted", j.Now.GetHash(), revised.GetHash())

	// Nothing that is not approved can be published, and its editor is told so as soon as they may know of it.
	j.untilKnown("bt.cong")
	publish := system.Request{As: "bt.cong", Method: "POST", Path: "/v1/contents/" + c.GetId() + ":publish", Body: struct{}{}, Key: "journey/now/early"}
	system.Eventually(t, system.Patience, func() (bool, string) {
		a := j.Client.Do(publish)
		var p system.Problem
		if err := json.Unmarshal(a.Body, &p); err != nil || a.Status < 400 {
			t.Fatalf("a publish before approval was answered %d %s", a.Status, a.Body)
		}
		return a.Status == http.StatusConflict && p.Reason == "NOT_APPROVED", string(a.Body)
	})
}

// approval: who is not at the dossier's level is refused; a return goes to the author with its comment and comes back to who
// returned it; every approval is of the hash that was seen.
func (j *Journey) approval() {
	t := j.t
	t.Helper()
	id := j.Now.GetId()
	waiting := j.Dossier("tp.stttt", id)
	if waiting.GetHash() != j.Now.GetHash() || waiting.GetCurrentLevel() != 1 || len(waiting.GetLevels()) != 2 || waiting.GetState() != "in_approval" {
		t.Fatalf("the dossier is %v", waiting)
	}
	at := "/v1/dossiers/" + waiting.GetId()
	decide := func(as, verb string, body message, key string) system.Request {
		return system.Request{As: as, Method: "POST", Path: at + verb, Body: body, Key: "journey/now/" + key}
	}
	seen := &approvalsv1.ApproveRequest{Hash: waiting.GetHash()}
	j.untilKnown("pgd.stttt")
	j.Client.Refused(decide("pgd.stttt", ":approve", seen, "too-early"), http.StatusForbidden, "NOT_YOUR_LEVEL")
	j.Client.Refused(decide("tp.snv", ":approve", seen, "stranger"), http.StatusNotFound, "NOT_FOUND")
	j.Client.Refused(decide("tp.stttt", ":approve", &approvalsv1.ApproveRequest{Hash: strings.Repeat("0", 64)}, "moved"), http.StatusConflict, "HASH_MOVED")
	j.Client.Refused(decide("tp.stttt", ":return", &approvalsv1.ReturnRequest{Hash: waiting.GetHash()}, "silent"), http.StatusUnprocessableEntity, "COMMENT_REQUIRED")

	const comment = "Thêm số điện thoại hướng dẫn."
	back := &approvalsv1.Dossier{}
	j.Client.Must(decide("tp.stttt", ":return", &approvalsv1.ReturnRequest{Hash: waiting.GetHash(), Comment: comment}, "return"), back)
	check(t, "state of a returned dossier", back.GetState(), "returned")
	returned := j.untilContent("cv.stttt", id, "returned")
	check(t, "the comment of the return", returned.GetReturnComment(), comment)

	mended := &contentv1.Content{}
	j.Client.Must(j.edit("cv.stttt", id, "body", returned.GetBody()+"\n- Hướng dẫn: gọi số ghi tại Bộ phận Một cửa.", returned.GetEtag(), "now/mend"), mended)
	// This request's span begins the trace of what will be public.
	resubmit := system.Request{As: "cv.stttt", Method: "POST", Path: "/v1/contents/" + id + ":submit", Body: struct{}{}, Key: "journey/now/resubmit"}
	resubmit.Traceparent, j.Submission = caller(time.Now().UnixNano())
	j.Client.Must(resubmit, j.Now)
	check(t, "state of what was submitted again", j.Now.GetState(), "in_approval")
	if j.Now.GetHash() == waiting.GetHash() {
		t.Fatal("the mended text has the hash of the one before")
	}
	first := j.approve("tp.stttt", id, "now/approve/1")
	if first.GetId() != waiting.GetId() || first.GetHash() != j.Now.GetHash() || first.GetCurrentLevel() != 2 {
		t.Fatalf("after the first level the dossier is %v", first)
	}
	// The same decision again: under its key it is the same answer, under another it is refused.
	again := &approvalsv1.Dossier{}
	j.Client.Must(decide("tp.stttt", ":approve", &approvalsv1.ApproveRequest{Hash: first.GetHash()}, "approve/1"), again)
	check(t, "decisions after the same request again", len(again.GetDecisions()), len(first.GetDecisions()))
	j.Client.Refused(decide("tp.stttt", ":approve", &approvalsv1.ApproveRequest{Hash: first.GetHash()}, "approve/1/again"), http.StatusConflict, "ALREADY_DECIDED")

	done := j.approve("pgd.stttt", id, "now/approve/2")
	check(t, "state of an approved dossier", done.GetState(), "approved")
	check(t, "hash that was approved", j.untilContent("bt.cong", id, "approved").GetHash(), j.Now.GetHash())
}
