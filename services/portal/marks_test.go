package portal

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/services/portal/internal/site"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

const bypassedHash = "ab7d1f93ab04c2e8157d1f93ab04c2e8157d1f93ab04c2e8157d1f93ab04c2e8"

// bypassed is an item that was approved in an emergency.
func bypassed(id, slug string) *distributionv1.PublicationPublished {
	e := published(id, slug, "Cấm tàu thuyền ra khơi", march, false)
	e.Content.Hash = bypassedHash
	e.Bypass = &distributionv1.Bypass{At: timestamppb.New(march), PersonName: "Trần B", Position: "Phó Giám đốc", Reason: "Bão sắp vào."}
	e.Decisions = []*approvalsv1.Decision{{
		Outcome: "approved", PersonName: "Trần B", Position: "Phó Giám đốc", Hash: bypassedHash, Comment: "Bão sắp vào.", At: timestamppb.New(march), Bypass: true,
	}}
	return e
}

func reviewed(id, outcome string) *distributionv1.PublicationReviewed {
	return &distributionv1.PublicationReviewed{
		Publication: id, Content: "content_" + id, Hash: bypassedHash,
		Review: &distributionv1.BypassReview{Outcome: outcome, Position: "Chánh Văn phòng", At: timestamppb.New(march.AddDate(0, 0, 2))},
	}
}

const (
	bypassTold   = "Duyệt khẩn ngày 01/03/2022"
	bypassNoted  = "Phó Giám đốc duyệt trong trường hợp khẩn cấp, không qua đủ các cấp duyệt thường lệ. Lý do: Bão sắp vào."
	reviewTold   = "Hậu kiểm ngày 03/03/2022: Chánh Văn phòng xác nhận lần duyệt khẩn này."
	notReviewed  = "Chưa được hậu kiểm"
	objectedTold = "Hậu kiểm ngày 03/03/2022: Chánh Văn phòng không đồng ý với lần duyệt khẩn này."
)

// says is what a page's text holds, with the spaces that separate its elements taken out before full stops and the like.
func says(t *testing.T, s http.Handler, path, want string) bool {
	t.Helper()
	return strings.Contains(words(t, get(s, path).Body, "main"), want)
}

// What was approved in an emergency says so wherever its approval is told, and what somebody else said of that later, in every process,
// also in one that began after it.
func TestABypassAndItsReviewAreTold(t *testing.T) {
	w := newWorld(t)
	first, second := w.process(), w.process()
	w.consume(bypassed("publication_1", "bao-so-3"))
	for _, s := range []*site.Site{first, second} {
		eventually(t, func() bool { return get(s, "/tin/bao-so-3").Code == http.StatusOK })
		for _, path := range []string{"/tin/bao-so-3", "/tin/bao-so-3/in", "/xac-thuc/" + bypassedHash} {
			for _, want := range []string{bypassTold, bypassNoted, notReviewed} {
				if !says(t, s, path, want) {
					t.Errorf("%s does not say %q: %s", path, want, words(t, get(s, path).Body, "main"))
				}
			}
		}
		if !says(t, s, "/tin/bao-so-3", "Trần B, Phó Giám đốc (duyệt khẩn) phê duyệt") || !says(t, s, "/en/tin/bao-so-3", "Approved in an emergency on 1 March 2022") {
			t.Error("the proof, or the English page, is silent")
		}
		if feed := get(s, "/feed.atom").Body.String(); !strings.Contains(feed, `<category term="duyet-khan" label="Duyệt khẩn">`) {
			t.Errorf("the feed: %s", feed)
		}
		if feed := get(s, "/feed.json").Body.String(); !strings.Contains(feed, `"Duyệt khẩn"`) {
			t.Errorf("the feed: %s", feed)
		}
	}
	before := get(first, "/tin/bao-so-3").Header().Get("ETag")
	w.consume(reviewed("publication_1", "upheld"))
	w.consume(reviewed("publication_1", "upheld")) // the bus may bring it again
	for _, s := range []*site.Site{first, second, w.process()} {
		eventually(t, func() bool { return says(t, s, "/tin/bao-so-3", reviewTold) })
		for _, path := range []string{"/tin/bao-so-3/in", "/xac-thuc/" + bypassedHash} {
			if !says(t, s, path, reviewTold) || says(t, s, path, notReviewed) {
				t.Errorf("%s: %s", path, words(t, get(s, path).Body, "main"))
			}
		}
		if get(s, "/tin/bao-so-3").Header().Get("ETag") == before {
			t.Error("another page has the same ETag")
		}
	}
}

// A correction says what is true of it, and the version before keeps its own mark; a review before a text is public changes nothing here.
func TestEachVersionHasItsOwnBypass(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	e := bypassed("publication_1", "bao-so-3")
	early := reviewed("publication_2", "upheld")
	w.consume(early)
	w.consume(e, corrected(e, 1, "bao-so-3", "<p>Mở đầu.</p>"))
	eventually(t, func() bool { return get(s, "/tin/bao-so-3/ban/0").Code == http.StatusOK })
	if says(t, s, "/tin/bao-so-3", bypassTold) || !says(t, s, "/tin/bao-so-3/ban/0", notReviewed) {
		t.Errorf("now: %s\nbefore: %s", words(t, get(s, "/tin/bao-so-3").Body, "main"), words(t, get(s, "/tin/bao-so-3/ban/0").Body, "main"))
	}
	w.consume(reviewed("publication_1", "objected"))
	eventually(t, func() bool { return says(t, s, "/tin/bao-so-3/ban/0", objectedTold) })
	w.consume(&distributionv1.PublicationWithdrawn{
		Publication: "publication_1", Content: e.GetContent().GetId(), Reason: "Đã hủy.", WithdrawnAt: timestamppb.New(march), Bypass: proto.CloneOf(e.GetBypass()),
		Decisions: e.GetDecisions(),
	})
	eventually(t, func() bool { return says(t, s, "/tin/bao-so-3", notReviewed) })
	ofWithdrawal := reviewed("publication_1", "upheld")
	ofWithdrawal.Hash, ofWithdrawal.Withdrawal = "w1", "withdrawal_1"
	w.consume(ofWithdrawal)
	eventually(t, func() bool { return says(t, s, "/tin/bao-so-3", reviewTold) })
	if !says(t, s, "/xac-thuc/"+bypassedHash, objectedTold) {
		t.Error("what was withdrawn forgot how it was approved")
	}
}

// urgent is an item with an English translation that is urgent for a while.
func urgent(id, slug, title string, at time.Time, until time.Time) *distributionv1.PublicationPublished {
	e := published(id, slug, title, at, false)
	e.Content.UrgentUntil = timestamppb.New(until)
	e.Content.Translations = []*contentv1.Translation{{Language: "en", Title: "In English: " + slug, BodyHtml: "<p>x</p>"}}
	return e
}

// strip is what stands above the band of a home page; empty when nothing does.
func strip(t *testing.T, s http.Handler, path string) string {
	t.Helper()
	above, _, _ := strings.Cut(get(s, path).Body.String(), "<header")
	return words(t, strings.NewReader(above), "aside")
}

// What is urgent stands above the band in both languages until the moment it ends, without an event; the newest three at most, the newest
// first.
func TestWhatIsUrgentIsNamedUntilItEnds(t *testing.T) {
	w := newWorld(t)
	s, other := w.process(), w.process()
	if strip(t, s, "/") != "" {
		t.Error("nothing is urgent")
	}
	ends := time.Now().Add(1500 * time.Millisecond)
	w.consume(
		urgent("publication_1", "mot", "Tin một", march, time.Now().Add(time.Hour)),
		urgent("publication_2", "hai", "Tin hai", march.Add(time.Hour), time.Now().Add(time.Hour)),
		urgent("publication_3", "ba", "Tin ba", march.Add(2*time.Hour), time.Now().Add(time.Hour)),
		urgent("publication_4", "bon", "Tin bốn", march.Add(3*time.Hour), ends),
		urgent("publication_5", "nam", "Tin năm", march.Add(4*time.Hour), time.Now().Add(-time.Second)),
	)
	eventually(t, func() bool { return strip(t, s, "/") != "" && strip(t, other, "/en") != "" })
	first, english := strip(t, s, "/"), strip(t, other, "/en")
	etag := get(s, "/").Header().Get("ETag")
	if time.Now().Before(ends) && (!inOrder(first, "Khẩn: Tin bốn", "Khẩn: Tin ba", "Khẩn: Tin hai") || strings.Contains(first, "Tin một") || !strings.Contains(first, "đến")) {
		t.Errorf("above the band: %q", first)
	}
	if time.Now().Before(ends) && !inOrder(english, "Urgent: In English: bon", "In English: ba", "In English: hai") {
		t.Errorf("above the band in English: %q", english)
	}
	eventually(t, func() bool {
		now := strip(t, s, "/")
		if over := !strings.Contains(now, "Tin bốn"); over && time.Now().Before(ends.Add(-100*time.Millisecond)) {
			t.Fatalf("it ended early: %q", now)
		} else if !over && time.Now().After(ends.Add(500*time.Millisecond)) {
			t.Fatalf("it is late: %q", now)
		} else {
			return over
		}
		return false
	})
	for _, process := range []*site.Site{s, other, w.process()} {
		if now := strip(t, process, "/"); !inOrder(now, "Tin ba", "Tin hai", "Tin một") || strings.Contains(now, "Tin bốn") {
			t.Errorf("after it ended: %q", now)
		}
	}
	if get(s, "/").Header().Get("ETag") == etag {
		t.Error("another page has the same ETag")
	}
}

// What was corrected, withdrawn or has expired is urgent no more.
func TestWhatIsUrgentGoesWithItsText(t *testing.T) {
	w := newWorld(t)
	s := w.process()
	later := time.Now().Add(time.Hour)
	events := []*distributionv1.PublicationPublished{
		urgent("publication_1", "mot", "Tin một", march, later), urgent("publication_2", "hai", "Tin hai", march, later), urgent("publication_3", "ba", "Tin ba", march, later),
	}
	w.consume(events[0], events[1], events[2])
	eventually(t, func() bool { return inOrder(strip(t, s, "/"), "Tin") })
	calm := corrected(events[0], 1, "mot", "<p>Hết.</p>")
	calm.Content.UrgentUntil = nil
	w.consume(calm)
	eventually(t, func() bool { return !strings.Contains(strip(t, s, "/"), "Tin một") })
	w.consume(&distributionv1.PublicationWithdrawn{Publication: "publication_2", Content: "content_publication_2", Reason: "Sai.", WithdrawnAt: timestamppb.New(march)})
	eventually(t, func() bool { return !strings.Contains(strip(t, s, "/"), "Tin hai") })
	if got := strip(t, s, "/"); !strings.Contains(got, "Tin ba") {
		t.Errorf("above the band: %q", got)
	}
	w.consume(&distributionv1.PublicationExpired{Publication: "publication_3", Content: "content_publication_3", ExpiredAt: timestamppb.New(march)})
	eventually(t, func() bool { return strip(t, s, "/") == "" && strip(t, s, "/en") == "" })
}

// inOrder says that parts stand in a text one after another.
func inOrder(text string, parts ...string) bool {
	for _, part := range parts {
		at := strings.Index(text, part)
		if at < 0 {
			return false
		}
		text = text[at+len(part):]
	}
	return true
}
