package publication

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

const content = "content_01h455vb4pex5vsknk084sn02q"

func now() time.Time { return vn.Day(2026, 3, 2).Add(9 * time.Hour).UTC() }

func snapshot(hash string) Snapshot {
	return Snapshot{Content: content, Revision: 2, Hash: hash, Plan: "plan_1", PlanItem: "item_1", Agency: "H24.02", Title: "Hải Phòng đẩy mạnh cải cách", Channels: []string{"cong", "loa"}}
}

func approved() Approval {
	return Approval{Approved: true, Decisions: []Decision{{Outcome: "approved", Level: 1, Person: "tp.stttt", Hash: "h1", At: now()}}}
}

func given(events ...any) *Publication {
	p := &Publication{}
	for i, e := range events {
		p.Apply(es.Event{Version: int64(i + 1), Data: e})
	}
	return p
}

func scheduled(at time.Time) PublicationScheduled {
	return PublicationScheduled{Snapshot: snapshot("h1"), Decisions: approved().Decisions, Slug: "hai-phong-day-manh-cai-cach-084sn02q", PublishAt: at}
}

func published(at time.Time) PublicationPublished {
	s := scheduled(at)
	return PublicationPublished{Snapshot: s.Snapshot, Decisions: s.Decisions, Slug: s.Slug, PublishedAt: at}
}

func plan(at time.Time, a Approval) Plan {
	return Plan{Snapshot: snapshot("h1"), Approval: a, Tail: Tail(content, false), PublishAt: at}
}

func want(t *testing.T, got []any, err error, events ...any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, got); diff != "" && (len(events) > 0 || len(got) > 0) {
		t.Error(diff)
	}
}

func refused(t *testing.T, got []any, err error, reason errs.Reason, args map[string]string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != reason || len(got) > 0 {
		t.Fatalf("got %v, %v; want %s", got, err, reason)
	}
	if diff := cmp.Diff(errs.Sentence(reason, args, errs.Vietnamese), errs.Sentence(reason, e.Args, errs.Vietnamese)); diff != "" {
		t.Error(diff)
	}
}

func TestPublishNowIsPublicAtOnce(t *testing.T) {
	got, err := given().SchedulePublication(plan(time.Time{}, approved()), now())
	want(t, got, err, scheduled(now()), published(now()))
}

func TestPublishLater(t *testing.T) {
	later := now().Add(48 * time.Hour)
	got, err := given().SchedulePublication(plan(later, approved()), now())
	want(t, got, err, scheduled(later))
}

func TestPublishBeforeApproval(t *testing.T) {
	got, err := given().SchedulePublication(plan(time.Time{}, Approval{State: "in_approval"}), now())
	refused(t, got, err, errorsv1.Reason_NOT_APPROVED, map[string]string{"state": "in_approval"})
}

func TestEmbargoInThePast(t *testing.T) {
	got, err := given().SchedulePublication(plan(now().Add(-time.Minute), approved()), now())
	refused(t, got, err, errorsv1.Reason_EMBARGO_PAST, map[string]string{"at": "08:59 02/03/2026"})
}

func TestPublishTwice(t *testing.T) {
	for _, p := range []*Publication{given(scheduled(now())), given(scheduled(now()), published(now())), given(PublicationImported{Snapshot: snapshot("h1")})} {
		got, err := p.SchedulePublication(plan(time.Time{}, approved()), now())
		refused(t, got, err, errorsv1.Reason_ALREADY_PUBLISHED, nil)
	}
}

func TestReleaseOnTimeAndOnce(t *testing.T) {
	p := given(scheduled(now()))
	got, err := p.ReleasePublication(now())
	want(t, got, err, published(now()))
	again, err := given(scheduled(now()), published(now())).ReleasePublication(now().Add(time.Hour))
	want(t, again, err)
}

func TestReleaseBeforeItsTime(t *testing.T) {
	got, err := given(scheduled(now().Add(time.Microsecond))).ReleasePublication(now())
	refused(t, got, err, errorsv1.Reason_EMBARGO_EARLY, map[string]string{"at": "09:00 02/03/2026"})
}

func TestAnEditCancelsWhatIsScheduled(t *testing.T) {
	want(t, given(scheduled(now())).CancelEdited("h2", 3), nil, PublicationCancelled{Content: content, Hash: "h1", EditedTo: "h2"})
	want(t, given(scheduled(now())).CancelEdited("h1", 2), nil)
	want(t, given(scheduled(now())).CancelEdited("h1", 3), nil, PublicationCancelled{Content: content, Hash: "h1", EditedTo: "h1"})
	want(t, given().CancelEdited("h2", 3), nil)
	want(t, given(scheduled(now()), published(now())).CancelEdited("h2", 3), nil)
}

func TestCancelledIsNeverReleased(t *testing.T) {
	got, err := given(scheduled(now()), PublicationCancelled{}).ReleasePublication(now().Add(time.Hour))
	refused(t, got, err, errorsv1.Reason_PUBLICATION_STATE, map[string]string{"state": "cancelled", "allowed": "scheduled"})
}

func TestHistoryEntersPublishedAtItsTime(t *testing.T) {
	at := vn.Day(2022, 3, 1).Add(13*time.Hour + 20*time.Minute)
	got := given().ImportPublication(snapshot("h1"), Tail(content, false), at)
	want(t, got, nil, PublicationImported{Snapshot: snapshot("h1"), Slug: "hai-phong-day-manh-cai-cach-084sn02q", PublishedAt: at.UTC()})
	p := given(got...)
	if p.State != Published || !p.Imported || !p.PublishedAt.Equal(at) {
		t.Errorf("%+v", p)
	}
	want(t, p.ImportPublication(snapshot("h1"), Tail(content, false), at), nil)
}

func TestReceiptOfThePortalCompletes(t *testing.T) {
	p := given(scheduled(now()), published(now()))
	got, err := p.RecordReceipt(Receipt{Channel: "loa", Place: "Phường Máy Tơ", At: now()})
	want(t, got, err, ReceiptRecorded{Channel: "loa", Place: "Phường Máy Tơ", At: now(), Act: ActPublished})
	p = given(scheduled(now()), published(now()), got[0])
	if p.Verified {
		t.Error("verified without the portal")
	}
	got, err = p.RecordReceipt(Receipt{Channel: Portal, Place: "/tin/x", At: now()})
	want(t, got, err, ReceiptRecorded{Channel: Portal, Place: "/tin/x", At: now(), Complete: true, Act: ActPublished})
	p = given(scheduled(now()), published(now()), ReceiptRecorded{Channel: Portal, Place: "/tin/x", Complete: true, Act: ActPublished})
	again, err := p.RecordReceipt(Receipt{Channel: Portal, Place: "/tin/x", At: now()})
	want(t, again, err)
	if !p.Verified {
		t.Error("not verified")
	}
}

func TestReceiptRefused(t *testing.T) {
	got, err := given(scheduled(now())).RecordReceipt(Receipt{Channel: Portal, Place: "/tin/x", At: now()})
	refused(t, got, err, errorsv1.Reason_PUBLICATION_STATE, map[string]string{"state": "scheduled", "allowed": "published"})
	got, err = given(scheduled(now()), published(now())).RecordReceipt(Receipt{Channel: "zalo", Place: " ", At: now()})
	refused(t, got, err, errorsv1.Reason_INVALID, map[string]string{"count": "2"})
}

// A revision approved anew is another publication, so its workflow runs anew too.
func TestIdentifiers(t *testing.T) {
	if got := ID(content, "h1", 1); got != "publication_65d7911kw6h0681n3yqb09e4k3" {
		t.Errorf("%s: an identifier never changes", got)
	}
	if ID(content, "h1", 1) == ID(content, "h1", 3) || ID(content, "h1", 1) == ID(content, "h2", 1) {
		t.Error("identifiers follow content, hash and revision")
	}
	if got := Slug("Tuyên truyền cải cách hành chính năm 2022", Tail(content, false), nil); got != "tuyen-truyen-cai-cach-hanh-chinh-nam-2022-084sn02q" {
		t.Errorf("slug %q", got)
	}
	if got := Slug("???", Tail(content, false), nil); got != "084sn02q" {
		t.Errorf("slug %q", got)
	}
}
