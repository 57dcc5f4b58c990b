package item_test

import (
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/services/content/internal/item"
)

func TestWhatIsUrgentIsSoForAWhile(t *testing.T) {
	now := estest.Start()
	limit := now.AddDate(0, 0, item.UrgentDays)
	for _, c := range []struct {
		was, is time.Time
		refused bool
	}{
		{is: time.Time{}},
		{is: now.Add(time.Second)},
		{is: limit},
		{is: now, refused: true},
		{is: now.Add(-time.Hour), refused: true},
		{is: limit.Add(time.Second), refused: true},
		{was: now.Add(-time.Hour), is: now.Add(-time.Hour).In(time.FixedZone("", 7*3600))}, // it has ended, and something else is edited
		{was: now.Add(-time.Hour), is: now.Add(-time.Minute), refused: true},
		{was: now.Add(time.Hour)}, // taken back
	} {
		want := ""
		if c.refused {
			want = "urgentUntil URGENT_UNTIL"
		}
		if got := places(item.CheckUrgent(c.was, c.is, now)); got != want {
			t.Errorf("%v after %v: %q, want %q", c.is, c.was, got, want)
		}
	}
}

// Until when it is urgent is approved like its words. The hash was computed by other means: everything(), and after it the member
// "urgentUntil":"2026-11-25T10:00:00.5Z".
func TestUntilWhenItIsUrgentIsApproved(t *testing.T) {
	text := everything()
	text.UrgentUntil = time.Date(2026, 11, 25, 17, 0, 0, 5e8, time.FixedZone("", 7*3600))
	const want = "98facc5e5c5fe9913dfec87d6a897bd0a0ac1582baf0abe84252624542a48b86"
	if got := hashOf(t, item.Composed{Text: text}); got != want {
		t.Errorf("hash %s, want %s", got, want)
	}
	approved := drafted(t).When(submit).And().When(approve).And()
	urgent := titled("Một")
	urgent.Text.UrgentUntil = estest.Start().Add(time.Hour)
	if edited := approved.When(reviseTo("cv.stttt", urgent)).And(); edited.State().State != item.Draft {
		t.Errorf("an edit of it alone leaves the item %s", edited.State().State)
	}
}
