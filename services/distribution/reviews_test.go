package distribution

import (
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

func bypassedAt() time.Time { return time.UnixMicro(1_700_000_000_000_000).UTC() }

// bypassed is the approval of a document in an emergency.
func (b *bench) bypassed(documentType, document, hash string) bus.Message {
	return b.message(&approvalsv1.DossierApproved{
		Dossier: "dossier_1", DocumentType: documentType, Document: document, Hash: hash, Bypassed: true, Decisions: []*approvalsv1.Decision{{
			Outcome: "approved", Person: "pgd.stttt", PersonName: "Trần B", Position: "Phó Giám đốc", PersonExample: true, Hash: hash,
			Comment: "Bão sắp vào.", At: timestamppb.New(bypassedAt()), Bypass: true,
		}},
	})
}

func (b *bench) reviewed(documentType, document, hash, outcome string) bus.Message {
	return b.message(&approvalsv1.DossierReviewed{
		Dossier: "dossier_1", DocumentType: documentType, Document: document, Hash: hash, Outcome: outcome, Reviewer: "cvp", Position: "Chánh Văn phòng",
		At: timestamppb.New(bypassedAt().Add(time.Hour)),
	})
}

func told(outcome string) *distributionv1.Bypass {
	b := &distributionv1.Bypass{
		At: timestamppb.New(bypassedAt()), PersonName: "Trần B", Position: "Phó Giám đốc", PersonExample: true, Reason: "Bão sắp vào.",
	}
	if outcome != "" {
		b.Review = &distributionv1.BypassReview{Outcome: outcome, Position: "Chánh Văn phòng", At: timestamppb.New(bypassedAt().Add(time.Hour))}
	}
	return b
}

// shows holds what a publication says of its bypass, one by one and in lists, to somebody outside.
func (b *bench) shows(id, outcome string) {
	b.Helper()
	p, err := b.client.GetPublication(b.As("cv.khac"), &distributionv1.GetPublicationRequest{Publication: id})
	if err != nil || !proto.Equal(p.GetBypass(), told(outcome)) {
		b.Errorf("got %v, %v", p.GetBypass(), err)
	}
	list, err := b.client.ListPublications(b.As("cv.khac"), &distributionv1.ListPublicationsRequest{})
	if err != nil || len(list.GetPublications()) != 1 || !proto.Equal(list.GetPublications()[0].GetBypass(), told(outcome)) {
		b.Errorf("listed %v, %v", list, err)
	}
}

// What was approved in an emergency says so to everybody, and since somebody else looked at it, what they said of it. A review that is
// told again changes nothing.
func TestABypassIsToldAndSoIsItsReview(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.bypassed("content", content, "h1"))
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content}))
	b.shows(p.GetId(), "")
	review := b.reviewed("content", content, "h1", "objected")
	b.deliver(review, review)
	b.shows(p.GetId(), "objected")
	versions, err := b.client.ListVersions(b.As("cv.khac"), &distributionv1.ListVersionsRequest{Publication: p.GetId()})
	if err != nil || !proto.Equal(versions.GetVersions()[0].GetBypass(), told("objected")) {
		t.Errorf("%v, %v", versions, err)
	}
	events, err := b.log.Read(t.Context(), 0, 10)
	if err != nil || len(events) != 3 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	public, err := publish(events[1])
	if err != nil || !proto.Equal(public.(*distributionv1.PublicationPublished).GetBypass(), told("")) {
		t.Errorf("published as %v, %v", public, err)
	}
	last, err := publish(events[2])
	if want := (&distributionv1.PublicationReviewed{Publication: p.GetId(), Content: content, Hash: "h1", Review: told("objected").GetReview()}); err != nil || !proto.Equal(last, want) {
		t.Errorf("reviewed as %v, %v", last, err)
	}
}

// A review that comes before the text is published goes with it, and an approval after it has none.
func TestAReviewMayComeBeforePublication(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.bypassed("content", content, "h1"), b.reviewed("content", content, "h1", "upheld"), b.submitted(content, "h1", 1))
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content}))
	b.shows(p.GetId(), "upheld")
	other := newContent()
	b.deliver(b.submitted(other, "h9", 1), b.bypassed("content", other, "h9"), b.reviewed("content", other, "h9", "upheld"))
	b.deliver(b.bypassed("content", other, "h9"))
	if q := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: other})); q.GetBypass().GetReview() != nil {
		t.Errorf("the second bypass has the review of the first: %v", q)
	}
}

// The first text keeps being reviewed when a correction has taken its place, and the correction says only what is true of it.
func TestABypassOfWhatWasCorrectedIsReviewed(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.bypassed("content", content, "h1"))
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content}))
	b.deliver(b.edited(content, 1, second)...)
	b.deliver(b.correctionApproved(content, 1))
	if p = b.must(b.correct(p, time.Time{})); p.GetBypass() != nil {
		t.Errorf("%v", p)
	}
	b.deliver(b.reviewed("content", content, "h1", "upheld"))
	versions, err := b.client.ListVersions(b.As("cv.khac"), &distributionv1.ListVersionsRequest{Publication: p.GetId()})
	if err != nil || !proto.Equal(versions.GetVersions()[0].GetBypass(), told("upheld")) || versions.GetVersions()[1].GetBypass() != nil {
		t.Errorf("%v, %v", versions, err)
	}
}

func TestABypassedWithdrawalIsToldAndReviewed(t *testing.T) {
	b := newBench(t)
	_, p := b.published()
	p = b.must(b.client.WithdrawPublication(b.As("tp.stttt"), &distributionv1.WithdrawPublicationRequest{Publication: p.GetId(), Reason: "Sai số liệu."}))
	w := p.GetWithdrawal()
	b.deliver(b.bypassed("withdrawal", w.GetId(), w.GetHash()))
	withdrawn := b.must(b.client.GetPublication(b.As("cv.khac"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
	if withdrawn.GetState() != "withdrawn" || !proto.Equal(withdrawn.GetWithdrawal().GetBypass(), told("")) {
		t.Errorf("%v", withdrawn)
	}
	b.deliver(b.reviewed("withdrawal", w.GetId(), w.GetHash(), "upheld"))
	withdrawn = b.must(b.client.GetPublication(b.As("cv.khac"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
	if !proto.Equal(withdrawn.GetWithdrawal().GetBypass(), told("upheld")) {
		t.Errorf("%v", withdrawn)
	}
}

// Until when an item is urgent goes with its text.
func TestWhatIsUrgentIsPublishedSo(t *testing.T) {
	b := newBench(t)
	content, until := newContent(), time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC)
	c := text(content, "h1", 1)
	c.UrgentUntil = timestamppb.New(until)
	b.deliver(b.message(&contentv1.ContentSubmitted{Content: c, BodyHtml: "<p>h1</p>"}), b.approved(content, "h1"))
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content}))
	events, err := b.log.Read(t.Context(), 0, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		m, err := publish(e)
		if public, is := m.(*distributionv1.PublicationPublished); is && (err != nil || !public.GetContent().GetUrgentUntil().AsTime().Equal(until)) {
			t.Errorf("published as %v, %v", public, err)
		}
	}
	if now, _, err := b.publications.Load(t.Context(), p.GetId()); err != nil || now.State != publication.Published || !now.Snapshot.UrgentUntil.Equal(until) {
		t.Errorf("%+v, %v", now, err)
	}
}
