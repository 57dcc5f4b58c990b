package content

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/es"
)

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	s := newService(t)
	request := &contentv1.CreateContentRequest{Content: example()}
	first, err := s.CreateContent(s.As("cv.stttt", "idempotency-key", "k"), request)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.retitle("cv.stttt", first.GetId(), first.GetEtag(), "Hai"); err != nil {
		t.Fatal(err)
	}
	again, err := s.CreateContent(s.As("cv.stttt", "idempotency-key", "k"), request)
	if err != nil || !proto.Equal(first, again) {
		t.Errorf("the repeat is answered %v, %v", again, err)
	}
	request.Content.Title = "Ba"
	_, err = s.CreateContent(s.As("cv.stttt", "idempotency-key", "k"), request)
	reason(t, err, errorsv1.Reason_IDEMPOTENCY_KEY_REUSED)
	other, err := s.CreateContent(s.As("cv2.stttt", "idempotency-key", "k"), request)
	if err != nil || other.GetId() == first.GetId() {
		t.Errorf("another caller's key: %v, %v", other, err)
	}
}

func TestPages(t *testing.T) {
	s := newService(t)
	var want []string
	for range 3 {
		want = append([]string{s.draft("cv.stttt").GetId()}, want...)
	}
	s.submit("cv.stttt", want[0])
	var got []string
	request := &contentv1.ListContentsRequest{PageSize: 2}
	for {
		r, err := s.ListContents(s.As("cv2.stttt"), request)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range r.GetContents() {
			got = append(got, c.GetId())
			if c.GetBody() != "" || c.GetTitle() == "" {
				t.Errorf("a list shows %v", c)
			}
		}
		if request.PageToken = r.GetNextPageToken(); request.GetPageToken() == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the pages hold %v, want %v", got, want)
	}
	for _, c := range []struct {
		request *contentv1.ListContentsRequest
		want    int
	}{
		{&contentv1.ListContentsRequest{State: "in_approval"}, 1},
		{&contentv1.ListContentsRequest{State: "draft", Plan: "plan_1"}, 2},
		{&contentv1.ListContentsRequest{Plan: "plan_2"}, 0},
	} {
		if r, err := s.ListContents(s.As("cv.stttt"), c.request); err != nil || len(r.GetContents()) != c.want {
			t.Errorf("%v lists %d, %v", c.request, len(r.GetContents()), err)
		}
	}
	_, err := s.ListContents(s.As("cv.stttt"), &contentv1.ListContentsRequest{PageToken: "x", State: "y", PageSize: -1})
	if got := places(t, err); got != "pageSize BAD_FORMAT, pageToken BAD_FORMAT, state BAD_FORMAT" {
		t.Errorf("refused: %s", got)
	}
}

func TestRebuiltListsAreTheLiveOnes(t *testing.T) {
	s := newService(t)
	c := s.draft("cv.stttt")
	s.approved(c.GetId(), s.submit("cv.stttt", c.GetId()).GetHash())
	s.draft("cv.snv")
	h := s.Host
	rows := func() (out string) {
		t.Helper()
		if err := h.Log.WaitFor(t.Context(), "contents", int64(s.Recorded())); err != nil {
			t.Fatal(err)
		}
		err := es.Query(t.Context(), h.Pool, "contents", func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `SELECT string_agg(c::text, E'\n' ORDER BY id) FROM content c`).Scan(&out)
		})
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	before := rows()
	if err := es.Replay(t.Context(), h.Pool, h.Module.Catalogue, h.Module.Projections[0]); err != nil {
		t.Fatal(err)
	}
	if after := rows(); after != before || before == "" {
		t.Errorf("rebuilt:\n%s\nlive:\n%s", after, before)
	}
}
