package content

import (
	"testing"
	"time"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// Until when something is urgent is written, shown to its approvers, sent up with the rest, compared and taken back like any part of it.
func TestSomethingIsUrgentUntilATime(t *testing.T) {
	s := newService(t)
	soon := time.Now().Add(time.Hour).Truncate(time.Microsecond)
	draft := example()
	draft.UrgentUntil = timestamppb.New(soon)
	c, err := s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: draft})
	if err != nil || !c.GetUrgentUntil().AsTime().Equal(soon) {
		t.Fatalf("%v, %v", c, err)
	}
	if shown := s.get("tp.stttt", c.GetId()); !shown.GetUrgentUntil().AsTime().Equal(soon) {
		t.Errorf("its approver sees %v", shown.GetUrgentUntil())
	}
	patch := func(until *timestamppb.Timestamp) (*contentv1.Content, error) {
		return s.UpdateContent(s.As("cv.stttt", "if-match", s.get("cv.stttt", c.GetId()).GetEtag()), &contentv1.UpdateContentRequest{
			Content: &contentv1.Content{Id: c.GetId(), UrgentUntil: until}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"urgent_until"}},
		})
	}
	later := soon.Add(time.Hour)
	edited, err := patch(timestamppb.New(later))
	if err != nil || edited.GetHash() == c.GetHash() || edited.GetTitle() != c.GetTitle() {
		t.Fatalf("%v, %v", edited, err)
	}
	differs, err := s.CompareRevisions(s.As("cv.stttt"), &contentv1.CompareRevisionsRequest{Content: c.GetId()})
	if err != nil || len(differs.GetTexts()) != 1 || differs.GetTexts()[0].GetField() != "urgentUntil" {
		t.Errorf("compared: %v, %v", differs, err)
	}
	s.submit("cv.stttt", c.GetId())
	events, err := s.Host.Log.Read(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := publish(events[len(events)-1])
	if m, ok := sent.(*contentv1.ContentSubmitted); !ok || err != nil || !m.GetContent().GetUrgentUntil().AsTime().Equal(later) {
		t.Errorf("sent as %v, %v", sent, err)
	}
	if cleared, err := patch(nil); err != nil || cleared.GetUrgentUntil() != nil || cleared.GetState() != "draft" {
		t.Errorf("taken back: %v, %v", cleared, err)
	}
}

func TestATimeThatNothingIsUrgentUntil(t *testing.T) {
	s := newService(t)
	at := time.Date(2022, 3, 1, 6, 20, 0, 0, time.UTC)
	past := example()
	past.UrgentUntil = timestamppb.New(at)
	_, err := s.CreateContent(s.As("cv.stttt"), &contentv1.CreateContentRequest{Content: past})
	apptest.RefusedPlace(t, err,
		"“urgentUntil” là 2022-03-01T06:20:00Z: phải sau lúc này và không quá 30 ngày kể từ lúc này. Hãy chọn thời điểm khác, hoặc bỏ trống nếu tin không khẩn.",
		"“urgentUntil” is 2022-03-01T06:20:00Z: it has to be later than now and at most 30 days from now. Choose another time, or leave it out if the item is not urgent.")
	c := s.draft("cv.stttt")
	_, err = s.UpdateContent(s.As("cv.stttt", "if-match", c.GetEtag()), &contentv1.UpdateContentRequest{
		Content: &contentv1.Content{Id: c.GetId(), UrgentUntil: timestamppb.New(time.Now().AddDate(0, 0, item.UrgentDays+1))},
	})
	if got := places(t, err); got != "urgentUntil URGENT_UNTIL" {
		t.Errorf("refused: %s", got)
	}
	if n := s.Recorded(); n != 1 {
		t.Errorf("%d events were recorded", n)
	}
	history := example()
	history.PublishedAt, history.UrgentUntil = timestamppb.New(at), timestamppb.New(time.Now().Add(time.Hour))
	_, err = s.ImportPublished(s.As("luu.tru"), &contentv1.ImportPublishedRequest{Content: history})
	reason(t, err, errorsv1.Reason_INVALID)
	if got := places(t, err); got != "urgentUntil BAD_FORMAT" {
		t.Errorf("history: %s", got)
	}
}

// A repeat is answered as the first time, also when what was urgent then is so no more.
func TestARepeatIsUrgentAsItWas(t *testing.T) {
	s := newService(t)
	draft := example()
	draft.UrgentUntil = timestamppb.New(time.Now().Add(2 * time.Second))
	create := func() (*contentv1.Content, error) {
		return s.CreateContent(rpc.WithIdempotencyKey(s.As("cv.stttt"), "once"), &contentv1.CreateContentRequest{Content: draft})
	}
	first, err := create()
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); ; {
		now, err := s.Host.Log.Now(t.Context())
		if err != nil || time.Now().After(deadline) {
			t.Fatal("the clock stands", err)
		}
		if now.After(draft.GetUrgentUntil().AsTime()) {
			break
		}
		timer := time.NewTimer(50 * time.Millisecond)
		<-timer.C
	}
	again, err := create()
	if err != nil || again.GetId() != first.GetId() || again.GetEtag() != first.GetEtag() {
		t.Errorf("%v, %v", again, err)
	}
}
