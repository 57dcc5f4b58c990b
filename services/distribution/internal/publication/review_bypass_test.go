package publication

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loa-vn/loa/pkg/es"
)

func upheld() Review {
	return Review{Outcome: "upheld", Position: "Chánh Văn phòng", At: now().Add(24 * time.Hour)}
}

// bypassed is an approval in an emergency, after a level had approved.
func bypassed(hash string) []Decision {
	return []Decision{
		{Outcome: "approved", Level: 1, Person: "tp.stttt", Hash: hash, At: now()},
		{Outcome: "approved", Person: "pgd.stttt", PersonName: "Trần B", Position: "Phó Giám đốc", Hash: hash, Comment: "Bão sắp vào.", At: now(), Bypass: true},
	}
}

func bypassedThen(more ...any) *Publication {
	s := scheduled(now())
	s.Decisions = bypassed("h1")
	return given(append([]any{s}, more...)...)
}

func reviewed(hash string) BypassReviewed {
	return BypassReviewed{Content: content, Hash: hash, Review: upheld()}
}

// A review before the text is public goes with it.
func TestAReviewIsKnownWhenTheTextBecomesPublic(t *testing.T) {
	a := Approval{Approved: true, Decisions: bypassed("h1"), Review: upheld()}
	got, err := given().SchedulePublication(plan(time.Time{}, a), now())
	if err != nil || len(got) != 2 || got[0].(PublicationScheduled).Review != upheld() || got[1].(PublicationPublished).Review != upheld() {
		t.Errorf("reviewed before it was scheduled: %+v, %v", got, err)
	}
	p := bypassedThen()
	want(t, p.ReviewBypass("h1", upheld()), nil, reviewed("h1"))
	got, err = bypassedThen(reviewed("h1")).ReleasePublication(now())
	if err != nil || len(got) != 1 || got[0].(PublicationPublished).Review != upheld() {
		t.Errorf("reviewed while it waited: %+v, %v", got, err)
	}
}

func TestAReviewCountsOnceForWhatWasBypassed(t *testing.T) {
	public := published(now())
	public.Decisions = bypassed("h1")
	p := bypassedThen(public)
	want(t, p.ReviewBypass("h1", upheld()), nil, reviewed("h1"))
	want(t, p.ReviewBypass("h2", upheld()), nil)
	want(t, bypassedThen(public, reviewed("h1")).ReviewBypass("h1", Review{Outcome: "objected", Position: "x", At: now()}), nil)
	want(t, bypassedThen(PublicationCancelled{}).ReviewBypass("h1", upheld()), nil)
	want(t, given(scheduled(now()), published(now())).ReviewBypass("h1", upheld()), nil)
	want(t, given().ReviewBypass("h1", upheld()), nil)
	p = bypassedThen(public, reviewed("h1"))
	if p.Review != upheld() || p.Versions[0].Review != upheld() {
		t.Errorf("%+v", p)
	}
}

// Each text has the review of its own bypass: a correction that walked its route has none, and what it replaced keeps its own.
func TestACorrectionAndWhatItReplacedAreReviewedApart(t *testing.T) {
	public := published(now())
	public.Decisions = bypassed("h1")
	c := CorrectionScheduled{Number: 1, Kind: "content", Reason: "Sai số.", Snapshot: snapshot("h2"), Decisions: bypassed("h2"), Slug: public.Slug, PublishAt: now()}
	waiting := bypassedThen(public, c)
	want(t, waiting.ReviewBypass("h1", upheld()), nil, reviewed("h1"))
	want(t, waiting.ReviewBypass("h2", upheld()), nil, reviewed("h2"))
	got, err := bypassedThen(public, c, reviewed("h2")).ReleasePublication(now())
	if err != nil || got[0].(PublicationCorrected).Review != upheld() {
		t.Fatalf("%+v, %v", got, err)
	}
	p := bypassedThen(public, c, reviewed("h2"), got[0])
	if p.Review != upheld() || p.Versions[0].Review != (Review{}) || p.Versions[1].Review != upheld() {
		t.Errorf("%+v", p)
	}
	want(t, p.ReviewBypass("h1", upheld()), nil, reviewed("h1"))
}

func TestTheBypassOfAWithdrawalIsReviewed(t *testing.T) {
	public := published(now())
	asked := WithdrawalSubmitted{Withdrawal: "withdrawal_1", Reason: "Sai.", Hash: "w1", Attempt: 1}
	open := given(scheduled(now()), public, asked)
	want(t, open.ReviewBypass("w1", upheld()), nil)
	p := given(scheduled(now()), public, asked, PublicationWithdrawn{WithdrawnAt: now(), Decisions: bypassed("w1")})
	event := BypassReviewed{Content: content, Hash: "w1", Withdrawal: "withdrawal_1", Review: upheld()}
	want(t, p.ReviewBypass("w1", upheld()), nil, event)
	p.Apply(es.Event{Data: event})
	want(t, p.ReviewBypass("w1", upheld()), nil)
}

// Lists tell of a bypass as single answers do.
func TestListsKeepTheBypass(t *testing.T) {
	public := published(now())
	public.Decisions = bypassed("h1")
	whole, trimmed := bypassedThen(public, reviewed("h1")), bypassedThen()
	trimmed.Trim()
	for _, e := range []any{public, reviewed("h1")} {
		trimmed.Apply(es.Event{Data: e})
		trimmed.Trim()
	}
	a, _ := BypassOf(whole.Decisions, whole.Review)
	b, is := BypassOf(trimmed.Decisions, trimmed.Review)
	if diff := cmp.Diff(a, b); diff != "" || !is || len(trimmed.Decisions) != 1 {
		t.Error(diff, len(trimmed.Decisions))
	}
}
