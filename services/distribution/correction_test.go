package distribution

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

const first, second = "Hải Phòng đẩy mạnh cải cách hành chính", "Hải Phòng đẩy mạnh cải cách thủ tục hành chính"

// published makes a publication of a new content and gives both.
func (b *bench) published() (content string, p *distributionv1.Publication) {
	b.Helper()
	content = newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	p, err := b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content})
	if err != nil || p.GetState() != "published" {
		b.Fatalf("%v, %v", p, err)
	}
	return content, p
}

// edited is the content edited for its correction n and submitted again.
func (b *bench) edited(content string, n int32, title string) []bus.Message {
	hash := fmt.Sprintf("h%d", n+1)
	c := text(content, hash, n+1)
	c.Title, c.Edition = title, n
	c.Correction = &contentv1.ContentCorrection{Kind: "content", Reason: fmt.Sprintf("Sửa số liệu lần %d.", n)}
	return []bus.Message{b.revised(content, hash, n+1), b.message(&contentv1.ContentSubmitted{BodyHtml: "<p>" + hash + "</p>", Content: c})}
}

// correctionApproved is the approval of the correction n.
func (b *bench) correctionApproved(content string, n int32) bus.Message {
	m := b.approvedRevision(content, fmt.Sprintf("h%d", n+1), n+1)
	m.Payload.(*approvalsv1.DossierApproved).DocumentType = "correction"
	return m
}

func (b *bench) correct(p *distributionv1.Publication, at time.Time) (*distributionv1.Publication, error) {
	r := &distributionv1.CorrectPublicationRequest{Publication: p.GetId()}
	if !at.IsZero() {
		r.PublishAt = timestamppb.New(at)
	}
	return b.client.CorrectPublication(b.As("bt.cong"), r)
}

func (b *bench) must(p *distributionv1.Publication, err error) *distributionv1.Publication {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// portalReceipt gives the portal's receipt of an act.
func (b *bench) portalReceipt(p *distributionv1.Publication, act string, number int32) *distributionv1.Publication {
	b.Helper()
	return b.must(b.client.RecordReceipt(b.As("service:portal"), &distributionv1.RecordReceiptRequest{
		Publication: p.GetId(), Channel: "portal", Place: p.GetPath(), Act: act, Number: number,
	}))
}

// is holds a refusal against its reason.
func (b *bench) is(err error, reason errs.Reason) {
	b.Helper()
	if errs.ReasonOf(err) != reason {
		b.Errorf("got %v, want %s", err, reason)
	}
}

// sent lists the types of what was published, in order.
func (b *bench) sent() (types []string) {
	b.Helper()
	events, err := b.log.Read(b.Context(), 0, 1000)
	if err != nil {
		b.Fatal(err)
	}
	for _, e := range events {
		m, err := publish(e)
		if err != nil {
			b.Fatal(err)
		}
		if m != nil {
			types = append(types, string(m.ProtoReflect().Descriptor().Name()))
		}
	}
	return types
}

// Two corrections of one publication: each is approved as a correction, keeps what was before, and waits for a receipt of its own; old
// slugs stay for ever.
func TestCorrections(t *testing.T) {
	b := newBench(t)
	content, p := b.published()
	_, err := b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_NOTHING_TO_CORRECT)
	p = b.portalReceipt(p, "", 0)
	if !p.GetVerified() || p.GetWaiting() {
		t.Errorf("%v", p)
	}
	b.deliver(b.edited(content, 1, second)...)
	_, err = b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_NOT_APPROVED)
	b.deliver(b.approvedRevision(content, "h2", 2)) // as content for the first time, which it is not
	_, err = b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_NOT_APPROVED)
	b.deliver(b.correctionApproved(content, 1), b.voided(content, "h1")) // of the first text's dossier, by another way
	b.refused(content, errorsv1.Reason_ALREADY_PUBLISHED)
	c := b.must(b.correct(p, time.Time{}))
	if c.GetId() != p.GetId() || c.GetNumber() != 1 || c.GetHash() != "h2" || c.GetTitle() != second || c.GetVerified() || !c.GetWaiting() ||
		c.GetCorrectedAt() == nil || !c.GetPublishedAt().AsTime().Equal(p.GetPublishedAt().AsTime()) {
		t.Errorf("%v", c)
	}
	if diff := cmp.Diff([]string{p.GetSlug(), publication.Slug(second, publication.Tail(content, false), nil)}, c.GetSlugs()); diff != "" || c.GetSlug() != c.GetSlugs()[1] {
		t.Errorf("%s is now %s: %s", p.GetSlug(), c.GetSlug(), diff)
	}
	m := messageOf[*distributionv1.PublicationCorrected](b)
	if m.GetNumber() != 1 || m.GetKind() != "content" || m.GetReason() != "Sửa số liệu lần 1." || m.GetPreviousHash() != "h1" || m.GetBodyHtml() != "<p>h2</p>" ||
		m.GetSlug() != c.GetSlug() || m.GetContent().GetTitle() != second || len(m.GetDecisions()) != 1 || len(m.GetContent().GetAuthors()) > 0 {
		t.Errorf("%v", m)
	}
	b.deliver(append(b.edited(content, 2, first), b.correctionApproved(content, 2))...)
	c = b.must(b.correct(p, time.Time{}))
	if c.GetNumber() != 2 || c.GetSlug() != p.GetSlug() || len(c.GetSlugs()) != 2 {
		t.Errorf("%v", c)
	}
	// The portal may have passed one over; a receipt of what was before completes nothing.
	if c = b.portalReceipt(c, "corrected", 1); c.GetVerified() {
		t.Error("verified by the receipt of an earlier correction")
	}
	if c = b.portalReceipt(c, "corrected", 2); !c.GetVerified() || c.GetWaiting() {
		t.Errorf("%v", c)
	}
	_, err = b.client.RecordReceipt(b.As("service:portal"), &distributionv1.RecordReceiptRequest{Publication: c.GetId(), Channel: "portal", Place: "/", Act: "corrected", Number: 3})
	b.is(err, errorsv1.Reason_INVALID)
	versions, err := b.client.ListVersions(b.As("cv.khac"), &distributionv1.ListVersionsRequest{Publication: p.GetId()})
	if err != nil || len(versions.GetVersions()) != 3 {
		t.Fatalf("%v, %v", versions, err)
	}
	for n, v := range versions.GetVersions() {
		if v.GetNumber() != int32(n) || v.GetContent().GetHash() != fmt.Sprintf("h%d", n+1) || v.GetBodyHtml() != fmt.Sprintf("<p>h%d</p>", n+1) ||
			(v.GetReason() == "") != (n == 0) || v.GetAt() == nil || len(v.GetContent().GetAuthors()) > 0 {
			t.Errorf("%d: %v", n, v)
		}
	}
	if diff := cmp.Diff([]string{
		"PublicationScheduled", "PublicationPublished", "ReceiptRecorded", "PublicationScheduled", "PublicationCorrected",
		"PublicationScheduled", "PublicationCorrected", "ReceiptRecorded", "ReceiptRecorded",
	}, b.sent()); diff != "" {
		t.Error(diff)
	}
	b.sameInLists()
}

// sameInLists checks that a list says of every publication what it alone says.
func (b *bench) sameInLists() {
	b.Helper()
	list, err := b.client.ListPublications(b.As("bt.cong"), &distributionv1.ListPublicationsRequest{})
	if err != nil || len(list.GetPublications()) == 0 {
		b.Fatalf("%v, %v", list, err)
	}
	for _, p := range list.GetPublications() {
		one := b.must(b.client.GetPublication(b.As("bt.cong"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
		if diff := cmp.Diff(one.String(), p.String()); diff != "" {
			b.Errorf("%s: %s", p.GetId(), diff)
		}
	}
}

// A correction waits for its time; an edit calls it off, and so does an editor, after which its text is still approved.
func TestCorrectionAtItsTime(t *testing.T) {
	b := newBench(t)
	content, p := b.published()
	b.deliver(append(b.edited(content, 1, first), b.correctionApproved(content, 1))...)
	_, err := b.correct(p, time.Now().Add(-time.Minute))
	b.is(err, errorsv1.Reason_EMBARGO_PAST)
	c := b.must(b.correct(p, time.Now().Add(time.Hour)))
	if c.GetCorrection().GetNumber() != 1 || c.GetHash() != "h1" || c.GetNumber() != 0 || !c.GetWaiting() || c.GetSlug() != p.GetSlug() {
		t.Errorf("%v", c)
	}
	_, err = b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_CORRECTION_WAITING)
	_, err = b.client.Release(b.As("service:worker"), &distributionv1.ReleaseRequest{Publication: p.GetId()})
	b.is(err, errorsv1.Reason_EMBARGO_EARLY)
	c = b.must(b.client.CancelPublication(b.As("bt.cong"), &distributionv1.CancelPublicationRequest{Publication: p.GetId()}))
	if c.GetCorrection() != nil || c.GetState() != "published" {
		t.Errorf("%v", c)
	}
	_, err = b.client.CancelPublication(b.As("bt.cong"), &distributionv1.CancelPublicationRequest{Publication: p.GetId()})
	b.is(err, errorsv1.Reason_PUBLICATION_STATE)
	b.must(b.correct(p, time.Now().Add(time.Hour)))
	b.deliver(b.revised(content, "h9", 9))
	c = b.must(b.client.GetPublication(b.As("bt.cong"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
	if c.GetCorrection() != nil || c.GetHash() != "h1" {
		t.Errorf("%v", c)
	}
	_, err = b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_NOT_APPROVED)
	if n := slices.Index(b.sent(), "PublicationCorrected"); n >= 0 {
		t.Errorf("%v", b.sent())
	}
}

// History can be corrected too, and a correction is then waited for although the history itself is not.
func TestHistoryIsCorrected(t *testing.T) {
	b := newBench(t)
	content := newContent()
	c := text(content, "h1", 1)
	c.PublishedAt = timestamppb.New(vn.Day(2022, 3, 1))
	b.deliver(b.message(&contentv1.ContentImported{Content: c, BodyHtml: "<p>h1</p>"}))
	p := b.must(b.client.GetPublication(b.As("bt.cong"), &distributionv1.GetPublicationRequest{Publication: publication.ID(content, "h1", 1)}))
	if p.GetWaiting() || !p.GetImported() {
		t.Errorf("%v", p)
	}
	b.deliver(append(b.edited(content, 1, second), b.correctionApproved(content, 1))...)
	p = b.must(b.correct(p, time.Time{}))
	if p.GetNumber() != 1 || !p.GetImported() || !p.GetWaiting() || !p.GetPublishedAt().AsTime().Equal(vn.Day(2022, 3, 1)) {
		t.Errorf("%v", p)
	}
	if p = b.portalReceipt(p, "corrected", 1); p.GetWaiting() {
		t.Errorf("%v", p)
	}
	b.sameInLists()
}

// Nobody changes a publication unseen: its version is named, and must be the newest one.
func TestEditorsNameTheVersionTheySaw(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content, PublishAt: timestamppb.New(time.Now().Add(time.Hour))}))
	later := &distributionv1.ReschedulePublicationRequest{Publication: p.GetId(), PublishAt: timestamppb.New(time.Now().Add(2 * time.Hour))}
	_, err := b.client.ReschedulePublication(b.As("bt.cong"), later)
	b.is(err, errorsv1.Reason_ETAG_REQUIRED)
	_, err = b.client.ReschedulePublication(b.As("cv.stttt"), later)
	b.is(err, errorsv1.Reason_FORBIDDEN)
	_, err = b.client.ReschedulePublication(b.As("cv.khac"), later)
	b.is(err, errorsv1.Reason_NOT_FOUND)
	changed := b.must(b.client.ReschedulePublication(b.seeing("bt.cong", p), later))
	if changed.GetEtag() == p.GetEtag() || !changed.GetPublishAt().AsTime().Equal(later.GetPublishAt().AsTime().Truncate(time.Microsecond)) {
		t.Errorf("%v", changed)
	}
	_, err = b.client.ReschedulePublication(b.seeing("bt.cong", p), later)
	b.is(err, errorsv1.Reason_ETAG_STALE)
	_, err = b.client.CancelPublication(b.seeing("bt.cong", p), &distributionv1.CancelPublicationRequest{Publication: p.GetId()})
	b.is(err, errorsv1.Reason_ETAG_STALE)
	b.must(b.client.CancelPublication(b.seeing("bt.cong", changed), &distributionv1.CancelPublicationRequest{Publication: p.GetId()}))
	if got := b.sent(); !slices.Equal(got, []string{"PublicationScheduled", "PublicationRescheduled", "PublicationCancelled"}) {
		t.Errorf("%v", got)
	}
}

// Two contents whose identifiers end alike have no slug in common, whichever is public first and whatever their titles become; nor has a
// content that is published anew a slug of its former publication.
func TestSlugsAreOfOnePublication(t *testing.T) {
	b := newBench(t)
	a := newContent()
	// Another random part before the same end.
	c := newContent()
	c = c[:len(c)-8] + a[len(a)-8:]
	b.deliver(b.submitted(a, "h1", 1), b.approved(a, "h1"))
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: a}))
	b.deliver(b.submitted(c, "h1", 1), b.approved(c, "h1"))
	q := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: c}))
	for n := range int32(2) {
		title := []string{second, first}[n]
		for content, x := range map[string]*distributionv1.Publication{a: p, c: q} {
			b.deliver(append(b.edited(content, n+1, title), b.correctionApproved(content, n+1))...)
			b.must(b.correct(x, time.Time{}))
		}
	}
	b.withdraw(p)
	b.deliver(append(b.edited(a, 3, first), b.correctionApproved(a, 3))...)
	anew := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: a}))
	if anew.GetId() == p.GetId() {
		t.Error("a withdrawn publication came back")
	}
	owners := map[string]string{}
	b.sameInLists() // and so they are all there
	rows, err := readmodel.List(t.Context(), b.pool, readmodel.Query{All: true, Limit: 10})
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, row := range rows {
		for _, slug := range row.State.Slugs() {
			if owners[slug] != "" {
				t.Errorf("%s is of %s and of %s", slug, owners[slug], row.ID)
			}
			owners[slug] = row.ID
		}
	}
	if len(owners) < 5 {
		t.Errorf("%v", owners)
	}
}

// seeing is a call by somebody who saw this version.
func (b *bench) seeing(subject string, p *distributionv1.Publication) context.Context {
	return metadata.AppendToOutgoingContext(b.As(subject), "if-match", p.GetEtag())
}
