package journey

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// onDossier is a request about a dossier.
func onDossier(as, dossier, verb string, body message, key string) system.Request {
	return system.Request{As: as, Method: http.MethodPost, Path: "/v1/dossiers/" + dossier + verb, Body: body, Key: "journey/" + key}
}

// routeOf sets the department's own route of its items. It replaces the one that the step before it set.
func (j *Journey) routeOf(etag, key string, levels ...*approvalsv1.Level) *approvalsv1.Route {
	j.t.Helper()
	set := &approvalsv1.Route{}
	j.Client.Must(system.Request{
		As: "quan.tri", Method: http.MethodPut, Path: "/v1/routes/content", IfMatch: etag, Key: "journey/" + key,
		Body: &approvalsv1.Route{Agency: "H24.02", Levels: levels},
	}, set)
	return set
}

// decisions: the department's items walk a route of its own, on which everybody of the unit's leadership decides, then the leadership and
// the portal's editor at the same time; another agency is asked for its opinion, terms run in working days, and somebody decides in the
// director's place within what was delegated.
func (j *Journey) decisions() {
	t := j.t
	stranger := system.Request{
		As: "quan.tri", Method: http.MethodPut, Path: "/v1/routes/content", Key: "journey/route/own/stranger",
		Body: &approvalsv1.Route{Agency: "H24.03", Levels: []*approvalsv1.Level{{Name: "Lãnh đạo", Roles: []string{"leader"}, Scope: "agency"}}},
	}
	j.Client.Refused(stranger, http.StatusForbidden, "FORBIDDEN")
	unit := &approvalsv1.Level{Name: "Lãnh đạo phòng", Roles: []string{"head", "deputy_head"}, Scope: "unit", Quorum: "all", Term: 3}
	route := j.routeOf("", "route/own", unit,
		&approvalsv1.Level{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: "agency"},
		&approvalsv1.Level{Name: "Ban Biên tập Cổng", Roles: []string{"head"}, Scope: "H24.63", Parallel: true})

	j.Notice = j.Submit(j.withFile(j.Draft("Lịch tiếp nhận hồ sơ tháng này", "notice")).GetId(), "notice/submit")
	id := j.Notice.GetId()
	d := j.Dossier("tp.stttt", id)
	if l := d.GetLevels(); len(l) != 3 || l[0].GetNeeded() != 2 || !slices.Equal(l[0].GetCandidates(), []string{"ptp.stttt", "tp.stttt"}) || l[0].GetTerm().GetDays() != 3 {
		t.Fatalf("the dossier's levels are %v", l)
	}
	j.dayOff(d)
	j.opinion(d)

	j.approve("tp.stttt", id, "notice/approve/tp")
	d = j.approve("ptp.stttt", id, "notice/approve/ptp")
	if !slices.Equal(d.GetCurrentLevels(), []int32{2, 3}) {
		t.Fatalf("after all of the unit it waits at %v", d.GetCurrentLevels())
	}
	j.inPlaceOfTheDirector(d)
	d = j.approve("tbt.cong", id, "notice/approve/tbt")
	if d.GetState() != "approved" || d.GetBypassed() || len(d.GetDecisions()) != 4 {
		t.Fatalf("the dossier is %v", d)
	}
	j.untilContent("bt.cong", id, "approved")
	j.Client.Patiently(Publish(id, time.Time{}, "notice/publish"), &distributionv1.Publication{})
	j.published(id)
	j.Notice = j.untilContent("cv.stttt", id, "published")

	j.emergency()
	// From here on one approval of the unit's leadership is enough.
	unit.Quorum = "one"
	set := j.routeOf(route.GetEtag(), "route/own/short", unit)
	check(t, "how often the route was set", set.GetVersion(), 2)
}

// withFile gives an item a file.
func (j *Journey) withFile(c *contentv1.Content) *contentv1.Content {
	j.t.Helper()
	contentType, body := Form("lịch tiếp nhận.pdf", "%PDF-1.7\nLịch tiếp nhận hồ sơ", "title", "Lịch tiếp nhận hồ sơ")
	j.Client.Must(system.Request{
		As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + c.GetId() + "/attachments", ContentType: contentType, Body: body, Key: "journey/notice/file",
	}, c)
	check(j.t, "files of the item", len(c.GetAttachments()), 1)
	return c
}

// dayOff: the day on which the term ends turns out to be a holiday, so the term ends later.
func (j *Journey) dayOff(d *approvalsv1.Dossier) {
	t := j.t
	due := d.GetDueAt().AsTime().In(vn.Location())
	check(t, "the hour at which a term ends", vn.Clock(due), "17:00")
	year := "/v1/calendars/" + due.Format("2006")
	calendar := &approvalsv1.Calendar{}
	j.get("quan.tri", year, calendar)
	if len(calendar.GetHolidays()) == 0 {
		t.Fatalf("Loa came without the holidays of %s", year)
	}
	day := due.Format(time.DateOnly)
	calendar.WorkingDays = slices.DeleteFunc(calendar.WorkingDays, func(d *approvalsv1.CalendarDay) bool { return d.GetDate() == day })
	calendar.Holidays = append(calendar.Holidays, &approvalsv1.CalendarDay{Date: day, Name: "Nghỉ tránh bão", Source: "Công điện của Chủ tịch UBND thành phố"})
	put := system.Request{As: "gd.stttt", Method: http.MethodPut, Path: year, Body: calendar, Key: "journey/calendar"}
	j.Client.Refused(put, http.StatusForbidden, "FORBIDDEN")
	put.As = "quan.tri"
	j.Client.Must(put, calendar)
	check(t, "origin of the calendar", calendar.GetOrigin(), "set")
	put.Key = "journey/calendar/blind"
	j.Client.Refused(put, http.StatusPreconditionRequired, "ETAG_REQUIRED")
	moved := &approvalsv1.Dossier{}
	j.Client.Until("cv.stttt", "/v1/dossiers/"+d.GetId(), moved, func() bool { return moved.GetDueAt().AsTime().After(due) })
}

// opinion: the author asks another agency, which then reads the dossier and what it is of; nobody approves before it has answered.
func (j *Journey) opinion(d *approvalsv1.Dossier) {
	t := j.t
	content := "/v1/contents/" + d.GetDocument()
	j.untilKnown("cv.hongbang")
	for _, path := range []string{"/v1/dossiers/" + d.GetId(), content} {
		j.Client.Refused(system.Request{As: "cv.hongbang", Method: http.MethodGet, Path: path}, http.StatusNotFound, "NOT_FOUND")
	}
	asked := &approvalsv1.Dossier{}
	j.post("cv.stttt", "/v1/dossiers/"+d.GetId()+":consult", &approvalsv1.ConsultRequest{
		Question: "Giờ tiếp nhận tại quận đã đúng chưa?", Targets: []*approvalsv1.ConsultTarget{{Agency: "H24.31"}},
	}, "notice/consult", asked)
	if c := asked.GetConsultations(); len(c) != 1 || c[0].GetTerm().GetDays() != 2 || c[0].GetOpinions()[0].GetState() != "awaited" {
		t.Fatalf("asked were %v", c)
	}
	j.Client.Refused(onDossier("tp.stttt", d.GetId(), ":approve", &approvalsv1.ApproveRequest{Hash: d.GetHash()}, "notice/unheard"), http.StatusConflict, "OPINIONS_OPEN")
	waiting := &approvalsv1.ListDossiersResponse{}
	j.Client.Until("cv.hongbang", "/v1/dossiers?waitingFor=opinion", waiting, func() bool { return len(waiting.GetDossiers()) == 1 })
	read := &contentv1.Content{}
	j.get("cv.hongbang", content, read)
	check(t, "what the asked read", read.GetHash(), d.GetHash())
	j.Client.Refused(system.Request{As: "cv.snv", Method: http.MethodGet, Path: content}, http.StatusNotFound, "NOT_FOUND")

	give := func(as, text, key string) system.Request {
		return onDossier(as, d.GetId(), ":giveOpinion", &approvalsv1.GiveOpinionRequest{Outcome: "agree_with_comments", Text: text}, "notice/opinion/"+key)
	}
	j.Client.Refused(give("ptp.stttt", "Không được hỏi.", "stranger"), http.StatusForbidden, "OPINION_UNIT")
	j.Client.Refused(give("cv.hongbang", "", "silent"), http.StatusUnprocessableEntity, "OPINION_TEXT_REQUIRED")
	given := &approvalsv1.Dossier{}
	j.Client.Must(give("cv.hongbang", "Chiều thứ Sáu quận không tiếp nhận.", "hongbang"), given)
	if o := given.GetConsultations()[0].GetOpinions()[0]; o.GetState() != "agree_with_comments" || o.GetPersonName() != "Đào Minh Châu" || o.GetHash() != d.GetHash() {
		t.Fatalf("the opinion is %v", o)
	}
	j.Client.Refused(give("tp.hongbang", "Lần nữa.", "again"), http.StatusConflict, "OPINION_GIVEN")
}

// inPlaceOfTheDirector: a delegation lets somebody of another agency read and decide in the director's place, for the documents that it
// names and no other, and they cannot pass it on.
func (j *Journey) inPlaceOfTheDirector(d *approvalsv1.Dossier) {
	t := j.t
	delegate := func(as, to, kind, key string) *approvalsv1.Delegation {
		t.Helper()
		given := &approvalsv1.Delegation{}
		j.post(as, "/v1/delegations", &approvalsv1.GiveDelegationRequest{
			Delegate: to, DocumentTypes: []string{kind}, Agencies: []string{"H24.02"}, Paper: "12/GUQ-STTTT ngày 01/03/2022",
			To: timestamppb.New(time.Now().Add(time.Hour)),
		}, "delegation/"+key, given)
		return given
	}
	sees := func(as, path string, want int) {
		t.Helper()
		a := j.Client.Do(system.Request{As: as, Method: http.MethodGet, Path: path})
		if a.Status != want {
			t.Fatalf("%s as %s: %d, wanted %d: %s", path, as, a.Status, want, a.Body)
		}
	}
	dossier, content := "/v1/dossiers/"+d.GetId(), "/v1/contents/"+d.GetDocument()
	delegate("gd.stttt", "tp.snv", "report", "report")
	sees("tp.snv", dossier, http.StatusNotFound)
	given := delegate("gd.stttt", "tp.snv", "content", "content")
	if given.GetState() != "active" || given.GetDelegatorName() != "Lê Quang Vinh" || given.GetAgency() != "H24.02" {
		t.Fatalf("the delegation is %v", given)
	}
	sees("tp.snv", dossier, http.StatusOK)
	sees("tp.snv", content, http.StatusOK)
	delegate("tp.snv", "cv.snv", "content", "hop")
	sees("cv.snv", dossier, http.StatusNotFound)
	sees("cv.snv", content, http.StatusNotFound)

	approval := func(of, key string) system.Request {
		return onDossier("tp.snv", d.GetId(), ":approve", &approvalsv1.ApproveRequest{Hash: d.GetHash(), OnBehalfOf: of}, "notice/delegate/"+key)
	}
	j.Client.Refused(approval("pgd.stttt", "another"), http.StatusForbidden, "DELEGATION_NONE")
	after := &approvalsv1.Dossier{}
	j.Client.Must(approval("gd.stttt", "approve"), after)
	last := after.GetDecisions()[len(after.GetDecisions())-1]
	if last.GetCapacity() != "TUQ." || last.GetPersonName() != "Trịnh Hải Yến" || last.GetOnBehalfOfName() != "Lê Quang Vinh" || last.GetDelegation() != given.GetId() || last.GetLevel() != 2 {
		t.Fatalf("decided in the director's place: %v", last)
	}
	j.Client.Refused(onDossier("gd.stttt", d.GetId(), ":approve", &approvalsv1.ApproveRequest{Hash: d.GetHash()}, "notice/twice"), http.StatusConflict, "ALREADY_DECIDED")

	revoked := &approvalsv1.Delegation{}
	j.post("quan.tri", "/v1/delegations/"+given.GetId()+":revoke", &approvalsv1.RevokeDelegationRequest{Reason: "Giám đốc đã về."}, "delegation/revoke", revoked)
	check(t, "state of a revoked delegation", revoked.GetState(), "revoked")
	active := &approvalsv1.ListDelegationsResponse{}
	j.get("gd.stttt", "/v1/delegations?delegate=tp.snv&active=true", active)
	check(t, "delegations that hold", len(active.GetDelegations()), 1)
}

// emergency: the deputy director lets an item pass without its levels, it is marked for good, and somebody else says afterwards what they
// think of it.
func (j *Journey) emergency() {
	t := j.t
	c := j.Submit(j.Draft("Tạm dừng tiếp nhận hồ sơ vì bão", "emergency").GetId(), "emergency/submit")
	d := j.Dossier("tp.stttt", c.GetId())
	bypass := func(as, reason, key string) system.Request {
		return onDossier(as, d.GetId(), ":bypass", &approvalsv1.BypassRequest{Hash: c.GetHash(), Reason: reason}, "emergency/bypass/"+key)
	}
	review := func(as, outcome, comment, key string) system.Request {
		return onDossier(as, d.GetId(), ":review", &approvalsv1.ReviewRequest{Outcome: outcome, Comment: comment}, "emergency/review/"+key)
	}
	j.Client.Refused(bypass("tp.stttt", "Bão", "position"), http.StatusForbidden, "BYPASS_POSITION")
	j.Client.Refused(bypass("pgd.stttt", "", "why"), http.StatusUnprocessableEntity, "BYPASS_REASON_REQUIRED")
	j.Client.Refused(review("gd.stttt", "upheld", "", "early"), http.StatusConflict, "BYPASS_NONE")
	passed := &approvalsv1.Dossier{}
	j.Client.Must(bypass("pgd.stttt", "Bão đổ bộ trong đêm, không chờ đủ cấp duyệt được.", "pgd"), passed)
	if passed.GetState() != "approved" || !passed.GetBypassed() || len(passed.GetBypasses()) != 1 || passed.GetBypasses()[0].GetReview() != "pending" {
		t.Fatalf("let pass: %v", passed)
	}
	j.Client.Patiently(Publish(c.GetId(), time.Time{}, "emergency/publish"), &distributionv1.Publication{})
	p := j.published(c.GetId())
	versions := &distributionv1.ListVersionsResponse{}
	j.get("cv.snv", "/v1/publications/"+p.GetId()+"/versions", versions)
	if v := versions.GetVersions(); len(v) != 1 || len(v[0].GetDecisions()) != 1 || !v[0].GetDecisions()[0].GetBypass() || v[0].GetDecisions()[0].GetCapacity() != "KT." {
		t.Fatalf("what was published is %v", v)
	}
	says := func(words ...string) {
		t.Helper()
		page := j.System.UntilPage(t, p.GetPath(), func(page system.Page) bool { return strings.Contains(system.Text(page.Root), words[0]) })
		holds(t, "the page of what was let pass", system.Text(system.First(page.Root, "main")), words...)
	}
	says("Chưa được hậu kiểm", "Bão đổ bộ trong đêm, không chờ đủ cấp duyệt được.", "Trần Thị Minh Nguyệt")
	pending := &approvalsv1.ListDossiersResponse{}
	j.Client.Until("gd.stttt", "/v1/dossiers?reviewPending=true", pending, func() bool { return len(pending.GetDossiers()) == 1 })
	j.Client.Refused(review("pgd.stttt", "upheld", "", "self"), http.StatusForbidden, "REVIEW_SELF")
	j.Client.Refused(review("gd.stttt", "objected", "", "silent"), http.StatusUnprocessableEntity, "REVIEW_COMMENT_REQUIRED")
	reviewed := &approvalsv1.Dossier{}
	j.Client.Must(review("gd.stttt", "upheld", "Đúng là không chờ được.", "gd"), reviewed)
	if b := reviewed.GetBypasses()[0]; b.GetReview() != "upheld" || b.GetReviewer() != "gd.stttt" || !reviewed.GetBypassed() {
		t.Fatalf("reviewed: %v", b)
	}
	says("xác nhận lần duyệt khẩn này")
	j.Client.Refused(review("tp.stttt", "upheld", "", "again"), http.StatusConflict, "BYPASS_NONE")
}
