package journey

import (
	"encoding/json"
	"encoding/xml"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// onPublication is a request about a publication.
func onPublication(as, publication, verb string, body message, key string) system.Request {
	return system.Request{As: as, Method: http.MethodPost, Path: "/v1/publications/" + publication + verb, Body: body, Key: "journey/" + key}
}

// receipt waits until a publication has a channel's receipt of an act, and is verified.
func (j *Journey) receipt(publication, act string, number int32) *distributionv1.Publication {
	j.t.Helper()
	p, receipts := &distributionv1.Publication{}, &distributionv1.ListReceiptsResponse{}
	j.Client.Until("bt.cong", "/v1/publications/"+publication, p, p.GetVerified)
	j.get("bt.cong", "/v1/publications/"+publication+"/receipts", receipts)
	if !slices.ContainsFunc(receipts.GetReceipts(), func(r *distributionv1.Receipt) bool {
		return r.GetChannel() == "portal" && r.GetAct() == act && r.GetNumber() == number && r.GetPlace() == p.GetPath()
	}) {
		j.t.Fatalf("no receipt of the portal that it is %s: %v", act, receipts)
	}
	return p
}

// correction: what is public is edited, approved anew and published in place of the old text. Its page says what was and what is, the old
// text stays readable, and the old address leads to the new one.
func (j *Journey) correction() {
	t := j.t
	id, before := j.Notice.GetId(), j.Publications[j.Notice.GetId()]
	edit := func(etag, mask string, to *contentv1.Content, key string) *contentv1.Content {
		t.Helper()
		c := &contentv1.Content{}
		j.Client.Must(system.Request{
			As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + id + "?updateMask=" + mask, Body: to, IfMatch: etag, Key: "journey/correction/" + key,
		}, c)
		return c
	}
	j.Client.Refused(onPublication("bt.cong", before.GetId(), ":correct", &distributionv1.CorrectPublicationRequest{}, "correction/nothing"), http.StatusConflict, "NOTHING_TO_CORRECT")
	c := edit(j.Notice.GetEtag(), "title,body", &contentv1.Content{
		Title: "Lịch tiếp nhận hồ sơ quý này", Body: strings.Replace(j.Notice.GetBody(), "nơi cư trú", "nơi thường trú", 1),
	}, "words")
	if c.GetState() != "draft" || c.GetEdition() != 1 || c.GetPublication() != before.GetId() {
		t.Fatalf("edited, what is public is %v", c)
	}
	submit := system.Request{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + id + ":submit", Body: struct{}{}, Key: "journey/correction/why"}
	j.Client.Refused(submit, http.StatusUnprocessableEntity, "INVALID")
	c = edit(c.GetEtag(), "correction", &contentv1.Content{Correction: &contentv1.ContentCorrection{Kind: "content", Reason: "Ghi nhầm nơi nộp."}}, "reason")
	check(t, "status of the page while its correction is written", j.System.Page(t, before.GetPath()).Status, http.StatusOK)
	j.Submit(id, "correction/submit")
	correct := onPublication("bt.cong", before.GetId(), ":correct", &distributionv1.CorrectPublicationRequest{}, "correction/publish")
	early := correct
	early.Key += "/early"
	system.Eventually(t, system.Patience, func() (bool, string) {
		a := j.Client.Do(early)
		var p system.Problem
		if err := json.Unmarshal(a.Body, &p); err != nil || a.Status < 400 {
			t.Fatalf("a correction before its approval was answered %d %s", a.Status, a.Body)
		}
		return a.Status == http.StatusConflict && p.Reason == "NOT_APPROVED", string(a.Body)
	})
	if d := j.approve("tp.stttt", id, "correction/approve/1"); d.GetDocumentType() != "correction" || d.GetEdition() != 1 {
		t.Fatalf("its dossier is %v", d)
	}
	j.approve("pgd.stttt", id, "correction/approve/2")
	after := &distributionv1.Publication{}
	j.Client.Patiently(correct, after)
	if after.GetId() != before.GetId() || after.GetNumber() != 1 || after.GetPath() == before.GetPath() || len(after.GetSlugs()) != 2 {
		t.Fatalf("corrected, the publication is %v", after)
	}
	j.Publications[id] = j.receipt(after.GetId(), "corrected", 1)
	j.Notice = j.untilContent("cv.stttt", id, "published")
	check(t, "edition of what was corrected", j.Notice.GetEdition(), 2)

	versions := &distributionv1.ListVersionsResponse{}
	j.get("cv.snv", "/v1/publications/"+after.GetId()+"/versions", versions)
	if v := versions.GetVersions(); len(v) != 2 || v[0].GetContent().GetHash() != before.GetHash() || v[1].GetContent().GetHash() != c.GetHash() || v[1].GetReason() != "Ghi nhầm nơi nộp." {
		t.Fatalf("its versions are %v", v)
	}
	page := j.System.UntilPage(t, after.GetPath(), func(p system.Page) bool {
		return strings.Contains(system.Text(p.Root), "Bản đính chính đã đến:")
	})
	holds(t, "the corrected page", system.Text(system.First(page.Root, "main")), "Đã đính chính lúc", "Ghi nhầm nơi nộp.", "thường trú", "Trần Thị Minh Nguyệt")
	check(t, "words marked as gone and as new", len(system.All(page.Root, "del")) > 0 && len(system.All(page.Root, "ins")) > 0, true)
	for _, suffix := range []string{"", "/in"} {
		old := j.System.Page(t, before.GetPath()+suffix)
		if old.Status != http.StatusMovedPermanently || old.Header.Get("Location") != after.GetPath()+suffix {
			t.Fatalf("the old address answers %d and leads to %q", old.Status, old.Header.Get("Location"))
		}
	}
	first := j.System.Page(t, after.GetPath()+"/ban/0")
	check(t, "status of the text before", first.Status, http.StatusOK)
	holds(t, "the text before", system.Text(system.First(first.Root, "main")), "nơi cư trú", "Đây là bản cũ")
	holds(t, "the feed's entry", strings.Join(j.feedTitles(), "\n"), "Đã đính chính: Lịch tiếp nhận hồ sơ quý này")
}

// feedTitles are the titles of the feed's entries, newest first.
func (j *Journey) feedTitles() (titles []string) {
	j.t.Helper()
	var feed struct {
		Entries []struct {
			Title string `xml:"title"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(j.System.Page(j.t, "/feed.atom").Body, &feed); err != nil {
		j.t.Fatal(err)
	}
	for _, e := range feed.Entries {
		titles = append(titles, e.Title)
	}
	return titles
}

// leadsTo says whether a page has a link to an address.
func leadsTo(p system.Page, path string) bool {
	return slices.ContainsFunc(system.All(p.Root, "a"), func(a *html.Node) bool { return system.Attribute(a, "href") == path })
}

// withdrawal: what is public is taken back with a public reason, once that is approved. Its address says so to people and to programs, and
// its words are nowhere any more.
func (j *Journey) withdrawal() {
	t := j.t
	p, instead := j.Publications[j.Notice.GetId()], j.Publications[j.Now.GetId()]
	file := "/tep/" + j.Notice.GetAttachments()[0].GetSha256() + "/" + j.Notice.GetAttachments()[0].GetName()
	lists := []string{"/", "/tin", "/chu-de/thu-tuc-mot-cua", "/doi-tuong/nguoi-dan", "/sitemap.xml", "/feed.json", "/chu-de/thu-tuc-mot-cua/feed.atom"}
	for _, path := range lists {
		j.System.UntilPage(t, path, func(page system.Page) bool { return strings.Contains(string(page.Body), p.GetPath()) })
	}
	check(t, "status of the file", j.System.Page(t, file).Status, http.StatusOK)

	const reason = "Lịch chưa được Sở thống nhất với quận."
	withdraw := func(as, why, key string) system.Request {
		return onPublication(as, p.GetId(), ":withdraw", &distributionv1.WithdrawPublicationRequest{Reason: why, Replacement: instead.GetId()}, "withdrawal/"+key)
	}
	j.Client.Refused(withdraw("cv.snv", reason, "stranger"), http.StatusForbidden, "FORBIDDEN")
	j.Client.Refused(withdraw("cv.stttt", "", "why"), http.StatusUnprocessableEntity, "INVALID")
	asked := &distributionv1.Publication{}
	j.Client.Must(withdraw("cv.stttt", reason, "submit"), asked)
	if w := asked.GetWithdrawal(); asked.GetState() != "published" || w.GetState() != "submitted" || !strings.HasPrefix(w.GetId(), "withdrawal_") {
		t.Fatalf("to be withdrawn it is %v", asked)
	}
	j.Client.Refused(withdraw("bt.cong", reason, "again"), http.StatusConflict, "WITHDRAWAL_OPEN")
	if d := j.approve("tp.stttt", asked.GetWithdrawal().GetId(), "withdrawal/approve/1"); d.GetDocumentType() != "withdrawal" {
		t.Fatalf("its dossier is %v", d)
	}
	check(t, "status of the page while its withdrawal is decided on", j.System.Page(t, p.GetPath()).Status, http.StatusOK)
	j.approve("pgd.stttt", asked.GetWithdrawal().GetId(), "withdrawal/approve/2")
	gone := &distributionv1.Publication{}
	j.Client.Until("bt.cong", "/v1/publications/"+p.GetId(), gone, func() bool { return gone.GetState() == "withdrawn" })
	gone = j.receipt(p.GetId(), "withdrawn", 0)
	check(t, "state of the withdrawal", gone.GetWithdrawal().GetState(), "approved")
	j.untilContent("cv.stttt", j.Notice.GetId(), "withdrawn")

	// The receipt is given once nothing else is served, so nothing is waited for here.
	j.gone(p.GetPath(), "PAGE_WITHDRAWN", "Bài này đã được thu hồi", reason)
	page := j.System.Page(t, p.GetPath())
	check(t, "the page leads to what takes its place", leadsTo(page, instead.GetPath()), true)
	if strings.Contains(string(page.Body), "thường trú") {
		t.Fatal("the page of what was withdrawn has its words")
	}
	for _, path := range []string{p.GetPath() + "/in", p.GetPath() + "/ban/0", "/en" + p.GetPath(), file} {
		check(t, "status of "+path, j.System.Page(t, path).Status, http.StatusGone)
	}
	for _, path := range lists {
		j.System.UntilPage(t, path, func(page system.Page) bool { return !strings.Contains(string(page.Body), p.GetPath()) })
	}
	found := j.System.UntilPage(t, "/tim-kiem?q=noi+thuong+tru", func(page system.Page) bool { return !leadsTo(page, p.GetPath()) })
	check(t, "status of the search", found.Status, http.StatusOK)
	j.Client.Refused(system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/publications/" + p.GetId() + "/versions"}, http.StatusForbidden, "FORBIDDEN")
}

// gone reads the address of what is public no more as a person and as a program.
func (j *Journey) gone(path, reason, title, says string) {
	t := j.t
	page := j.System.Page(t, path)
	check(t, "status of "+path, page.Status, http.StatusGone)
	holds(t, "the page", system.Text(system.First(page.Root, "main")), title, says)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, j.System.Portal+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	var problem system.Problem
	if err := json.NewDecoder(response.Body).Decode(&problem); err != nil || response.StatusCode != http.StatusGone ||
		response.Header.Get("Content-Type") != "application/problem+json" || problem.Reason != reason {
		t.Fatalf("a program is told %d %v (%v)", response.StatusCode, problem, err)
	}
	holds(t, "what a program is told", problem.Detail, says)
}

// times: what waits for its time is called off and set anew, its time is moved, and it is shown until its end.
func (j *Journey) times() {
	t := j.t
	c := j.Submit(j.Draft("Thông báo nghỉ giao dịch cuối tuần", "times").GetId(), "times/submit")
	j.approve("tp.stttt", c.GetId(), "times/approve")
	far := time.Now().Add(time.Hour)
	p := &distributionv1.Publication{}
	j.Client.Patiently(Publish(c.GetId(), far, "times/publish"), p)
	cancel := onPublication("bt.cong", p.GetId(), ":cancel", &distributionv1.CancelPublicationRequest{}, "times/cancel")
	cancel.IfMatch = p.GetEtag()
	officer := cancel
	officer.As, officer.Key = "cv.stttt", cancel.Key+"/officer"
	j.Client.Refused(officer, http.StatusForbidden, "FORBIDDEN")
	j.Client.Must(cancel, p)
	check(t, "state of what was called off", p.GetState(), "cancelled")
	j.untilContent("bt.cong", c.GetId(), "approved")

	j.Client.Patiently(Publish(c.GetId(), far, "times/publish/anew"), p)
	at := time.Now().Add(2 * time.Second).Truncate(time.Millisecond)
	until := at.Add(4 * time.Second)
	move := onPublication("bt.cong", p.GetId(), ":reschedule", &distributionv1.ReschedulePublicationRequest{PublishAt: timestamppb.New(at), ExpiresAt: timestamppb.New(until)}, "times/reschedule")
	blind := move
	blind.Key += "/blind"
	j.Client.Refused(blind, http.StatusPreconditionRequired, "ETAG_REQUIRED")
	move.IfMatch = p.GetEtag()
	j.Client.Must(move, p)
	stale := move
	stale.Key += "/stale"
	j.Client.Refused(stale, http.StatusPreconditionFailed, "ETAG_STALE")
	j.Client.Until("bt.cong", "/v1/publications/"+p.GetId(), p, func() bool { return p.GetState() == "published" })
	if public := p.GetPublishedAt().AsTime(); public.Before(at) || public.After(until) {
		t.Fatalf("moved to %v, it became public at %v", at, public)
	}
	j.System.UntilPage(t, p.GetPath(), func(system.Page) bool { return true })
	j.Client.Until("bt.cong", "/v1/publications/"+p.GetId(), p, func() bool { return p.GetState() == "expired" })
	if p = j.receipt(p.GetId(), "expired", 0); p.GetExpiredAt().AsTime().Before(until) {
		t.Fatalf("set to end at %v, it ended at %v", until, p.GetExpiredAt().AsTime())
	}
	j.untilContent("cv.stttt", c.GetId(), "expired")
	j.gone(p.GetPath(), "PAGE_EXPIRED", "Bài này đã hết thời gian đăng", "")
}
