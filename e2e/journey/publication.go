package journey

import (
	"net/http"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// Publish is the request by which the portal's editor publishes an item at a time, or now when it is zero.
func Publish(content string, at time.Time, key string) system.Request {
	body := &distributionv1.PublishContentRequest{}
	if !at.IsZero() {
		body.PublishAt = timestamppb.New(at)
	}
	return system.Request{As: "bt.cong", Method: "POST", Path: "/v1/contents/" + content + ":publish", Body: body, Key: "journey/" + key}
}

// publication: the portal's editor publishes what is approved, once; page, print view, home and feed show it.
func (j *Journey) publication() {
	t := j.t
	t.Helper()
	officer := Publish(j.Now.GetId(), time.Time{}, "now/publish/officer")
	officer.As = "cv.stttt"
	j.Client.Refused(officer, http.StatusForbidden, "FORBIDDEN")
	made := &distributionv1.Publication{}
	j.Client.Patiently(Publish(j.Now.GetId(), time.Time{}, "now/publish"), made)
	p := j.published(j.Now.GetId())
	if p.GetId() != made.GetId() || p.GetHash() != j.Now.GetHash() || p.GetImported() || !p.GetExample() {
		t.Fatalf("the publication is %v", p)
	}
	j.Now = j.untilContent("cv.stttt", j.Now.GetId(), "published")
	j.Client.Refused(Publish(j.Now.GetId(), time.Time{}, "now/publish/again"), http.StatusConflict, "ALREADY_PUBLISHED")
	receipts := &distributionv1.ListReceiptsResponse{}
	j.get("bt.cong", "/v1/publications/"+p.GetId()+"/receipts", receipts)
	if r := receipts.GetReceipts(); len(r) != 1 || r[0].GetChannel() != "portal" || r[0].GetPlace() != p.GetPath() {
		t.Fatalf("the receipts are %v", r)
	}
	j.checkArticle(j.Now)
	j.checkHome(j.Now, j.Article)
}

// publicationAtTime: an edit voids what was approved; what is approved waits for its time, and is public then.
func (j *Journey) publicationAtTime() {
	t := j.t
	t.Helper()
	c := j.Submit(j.Draft("Lịch tiếp công dân và trả kết quả ngoài giờ", "timed").GetId(), "timed/submit")
	first := j.approve("tp.stttt", c.GetId(), "timed/approve/1")
	read := &contentv1.Content{}
	j.get("cv.stttt", "/v1/contents/"+c.GetId(), read)
	edited := &contentv1.Content{}
	j.Client.Must(j.edit("cv.stttt", c.GetId(), "title", "Lịch tiếp công dân và trả kết quả ngoài giờ hành chính", read.GetEtag(), "timed/edit"), edited)
	check(t, "state after an edit on the way up", edited.GetState(), "draft")
	void := &approvalsv1.Dossier{}
	j.Client.Until("pgd.stttt", "/v1/dossiers/"+first.GetId(), void, func() bool { return void.GetState() == "voided" })
	if d := void.GetDecisions(); len(d) != 1 || !d[0].GetVoided() || d[0].GetPerson() != "tp.stttt" {
		t.Fatalf("after the edit the decisions are %v", d)
	}
	j.Client.Refused(system.Request{
		As: "pgd.stttt", Method: "POST", Path: "/v1/dossiers/" + first.GetId() + ":approve", Body: &approvalsv1.ApproveRequest{Hash: first.GetHash()}, Key: "journey/timed/void",
	}, http.StatusConflict, "HASH_MOVED")

	c = j.Submit(c.GetId(), "timed/resubmit")
	j.approve("tp.stttt", c.GetId(), "timed/approve/1/again")
	j.approve("pgd.stttt", c.GetId(), "timed/approve/2")
	j.untilContent("bt.cong", c.GetId(), "approved")
	j.Client.Refused(Publish(c.GetId(), time.Now().Add(-time.Hour), "timed/past"), http.StatusUnprocessableEntity, "EMBARGO_PAST")
	at := time.Now().Add(4 * time.Second).Truncate(time.Millisecond)
	made := &distributionv1.Publication{}
	j.Client.Patiently(Publish(c.GetId(), at, "timed/publish"), made)
	if made.GetState() != "scheduled" || !made.GetPublishAt().AsTime().Equal(at) {
		t.Fatalf("the publication is %v", made)
	}
	// Read before its time, so that what follows was not there then.
	early := j.System.Page(t, made.GetPath())
	if before := time.Now().Before(at); before && early.Status != http.StatusNotFound {
		t.Fatalf("%v before its time the page is there: %d", time.Until(at), early.Status)
	}
	p := j.published(c.GetId())
	if p.GetPublishedAt().AsTime().Before(at) {
		t.Fatalf("set for %v, published %v", at, p.GetPublishedAt().AsTime())
	}
	j.Timed = j.untilContent("cv.stttt", c.GetId(), "published")
	j.checkArticle(j.Timed)
	j.checkHome(j.Timed, j.Now, j.Article)
}

// thirdLevel: the route is data, and the next dossier walks what was set. Nobody acts at two levels or on what they wrote.
func (j *Journey) thirdLevel() {
	t := j.t
	t.Helper()
	route := &approvalsv1.Route{}
	j.get("quan.tri", "/v1/routes/content", route)
	longer := &approvalsv1.Route{Levels: append(route.GetLevels(), &approvalsv1.Level{Name: "Giám đốc Sở", Roles: []string{"leader", "deputy"}, Scope: "agency"})}
	put := system.Request{As: "quan.tri", Method: "PUT", Path: "/v1/routes/content", Body: longer, IfMatch: route.GetEtag(), Key: "journey/route/content/longer"}
	set := &approvalsv1.Route{}
	j.Client.Must(put, set)
	check(t, "levels of the route", len(set.GetLevels()), 3)

	draft := j.Draft("Hỏi đáp về dịch vụ công trực tuyến", "third")
	j.untilKnown("ptp.stttt")
	j.Client.Must(j.edit("ptp.stttt", draft.GetId(), "summary", "Những câu hỏi thường gặp khi nộp hồ sơ trực tuyến.", draft.GetEtag(), "third/edit"), nil)
	c := j.Submit(draft.GetId(), "third/submit")
	waiting := j.Dossier("tp.stttt", c.GetId())
	check(t, "levels of the next dossier", len(waiting.GetLevels()), 3)
	approval := func(as, key string) system.Request {
		return system.Request{As: as, Method: "POST", Path: "/v1/dossiers/" + waiting.GetId() + ":approve", Body: &approvalsv1.ApproveRequest{Hash: c.GetHash()}, Key: "journey/third/" + key}
	}
	j.Client.Refused(approval("ptp.stttt", "author"), http.StatusForbidden, "FOUR_EYES")
	j.approve("tp.stttt", c.GetId(), "third/approve/1")
	second := j.approve("pgd.stttt", c.GetId(), "third/approve/2")
	if second.GetState() != "in_approval" || second.GetCurrentLevel() != 3 {
		t.Fatalf("after two of three levels the dossier is %v", second)
	}
	j.Client.Refused(approval("pgd.stttt", "twice"), http.StatusForbidden, "TWO_LEVELS")
	third := j.approve("gd.stttt", c.GetId(), "third/approve/3")
	check(t, "state after three levels", third.GetState(), "approved")
	j.Third = j.untilContent("bt.cong", c.GetId(), "approved")
}
