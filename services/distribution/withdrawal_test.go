package distribution

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func (b *bench) ask(subject string, r *distributionv1.WithdrawPublicationRequest) (*distributionv1.Publication, error) {
	return b.client.WithdrawPublication(b.As(subject), r)
}

func (b *bench) withdrawalDecided(p *distributionv1.Publication, approved bool) bus.Message {
	w := p.GetWithdrawal()
	if approved {
		return b.message(&approvalsv1.DossierApproved{DocumentType: "withdrawal", Document: w.GetId(), Hash: w.GetHash(), Decisions: []*approvalsv1.Decision{
			{Outcome: "approved", Level: 1, Person: "pgd.stttt", PersonName: "Lê Thị B", Hash: w.GetHash(), At: timestamppb.Now()},
		}})
	}
	return b.message(&approvalsv1.DossierReturned{DocumentType: "withdrawal", Document: w.GetId(), Hash: w.GetHash(), Comment: "Nói rõ lý do."})
}

// withdraw takes a publication back, the whole way.
func (b *bench) withdraw(p *distributionv1.Publication) *distributionv1.Publication {
	b.Helper()
	asked := b.must(b.ask("bt.cong", &distributionv1.WithdrawPublicationRequest{Publication: p.GetId(), Reason: "Nhầm kỳ số liệu."}))
	b.deliver(b.withdrawalDecided(asked, true))
	return b.must(b.client.GetPublication(b.As("bt.cong"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
}

// A withdrawal is asked for with a public reason, returned and asked for again, approved, and then carried out by itself, once.
func TestWithdrawal(t *testing.T) {
	b := newBench(t)
	content, p := b.published()
	_, other := b.published()
	request := &distributionv1.WithdrawPublicationRequest{Publication: p.GetId(), Reason: " Sai số liệu về thủ tục. ", Replacement: other.GetId()}
	for reason, wrong := range map[errorsv1.Reason]*distributionv1.WithdrawPublicationRequest{
		errorsv1.Reason_REQUIRED:            {Publication: p.GetId(), Reason: "  "},
		errorsv1.Reason_TOO_LONG:            {Publication: p.GetId(), Reason: strings.Repeat("ữ", 1001)},
		errorsv1.Reason_SECRECY_MARK:        {Publication: p.GetId(), Reason: "TUYỆT MẬT"},
		errorsv1.Reason_UNKNOWN_PUBLICATION: {Publication: p.GetId(), Reason: "x", Replacement: p.GetId()},
	} {
		_, err := b.ask("bt.cong", wrong)
		b.field(err, reason)
	}
	for _, replacement := range []string{"tin", "publication_00000000000000000000000000"} {
		_, err := b.ask("bt.cong", &distributionv1.WithdrawPublicationRequest{Publication: p.GetId(), Reason: "x", Replacement: replacement})
		b.field(err, errorsv1.Reason_UNKNOWN_PUBLICATION)
	}
	_, err := b.ask("cv.khac", request)
	b.is(err, errorsv1.Reason_FORBIDDEN)
	asked := b.must(b.ask("cv.stttt", request))
	w := asked.GetWithdrawal()
	if w.GetState() != "submitted" || w.GetReason() != "Sai số liệu về thủ tục." || !slices.Equal(w.GetAuthors(), []string{"cv.stttt"}) ||
		w.GetId() != "withdrawal_"+strings.TrimPrefix(p.GetId(), "publication_") || asked.GetState() != "published" {
		t.Errorf("%v", asked)
	}
	m := messageOf[*distributionv1.WithdrawalSubmitted](b)
	if m.GetWithdrawal() != w.GetId() || m.GetPublication() != p.GetId() || m.GetTitle() != p.GetTitle() || m.GetAgency() != "H24.02" ||
		m.GetUnit() != "Phòng TTBCXB" || m.GetHash() != w.GetHash() || len(m.GetHash()) != 64 || m.GetReplacement() != other.GetId() || !m.GetExample() {
		t.Errorf("%v", m)
	}
	if seen := b.must(b.client.GetPublication(b.As("cv.khac"), &distributionv1.GetPublicationRequest{Publication: p.GetId()})); seen.GetWithdrawal() != nil {
		t.Errorf("another agency is told of a withdrawal that nobody has approved: %v", seen.GetWithdrawal())
	}
	_, err = b.ask("bt.cong", request)
	b.is(err, errorsv1.Reason_WITHDRAWAL_OPEN)
	b.deliver(b.withdrawalDecided(asked, false))
	returned := b.must(b.client.GetPublication(b.As("cv.stttt"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
	if returned.GetWithdrawal().GetState() != "returned" || returned.GetWithdrawal().GetComment() != "Nói rõ lý do." || returned.GetState() != "published" {
		t.Errorf("%v", returned)
	}
	late := b.withdrawalDecided(asked, true) // of the submission that was returned
	again := b.must(b.ask("bt.cong", request))
	if again.GetWithdrawal().GetHash() == w.GetHash() || !slices.Equal(again.GetWithdrawal().GetAuthors(), []string{"cv.stttt", "bt.cong"}) {
		t.Errorf("%v", again)
	}
	b.deliver(late)
	approved := b.withdrawalDecided(again, true)
	b.deliver(approved, approved, b.withdrawalDecided(again, true))
	gone := b.must(b.client.GetPublication(b.As("cv.khac"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
	if gone.GetState() != "withdrawn" || gone.GetWithdrawnAt() == nil || gone.GetVerified() || !gone.GetWaiting() || gone.GetWithdrawal().GetState() != "approved" {
		t.Errorf("%v", gone)
	}
	carried := messageOf[*distributionv1.PublicationWithdrawn](b)
	if carried.GetReason() != "Sai số liệu về thủ tục." || carried.GetReplacementPath() != other.GetPath() || carried.GetSlug() != p.GetSlug() ||
		len(carried.GetDecisions()) != 1 || carried.GetContent() != content || !carried.GetPublishedAt().AsTime().Equal(p.GetPublishedAt().AsTime()) {
		t.Errorf("%v", carried)
	}
	if gone = b.portalReceipt(gone, "published", 0); gone.GetVerified() {
		t.Error("a receipt of before completes a withdrawal")
	}
	if gone = b.portalReceipt(gone, "withdrawn", 0); !gone.GetVerified() || gone.GetWaiting() {
		t.Errorf("%v", gone)
	}
	_, err = b.client.ListVersions(b.As("cv.khac"), &distributionv1.ListVersionsRequest{Publication: p.GetId()})
	b.is(err, errorsv1.Reason_FORBIDDEN)
	if v, err := b.client.ListVersions(b.As("cv.stttt"), &distributionv1.ListVersionsRequest{Publication: p.GetId()}); err != nil || len(v.GetVersions()) != 1 {
		t.Errorf("%v, %v", v, err)
	}
	_, err = b.ask("bt.cong", request)
	b.is(err, errorsv1.Reason_PUBLICATION_STATE)
	b.sameInLists()
}

// What was withdrawn is never public again under the approval it had, neither its first text nor a correction of it.
func TestWithdrawnTextNeedsAnotherApproval(t *testing.T) {
	b := newBench(t)
	content, p := b.published()
	b.withdraw(p)
	b.refused(content, errorsv1.Reason_WITHDRAWN_TEXT)
	_, err := b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_PUBLICATION_STATE)
	b.deliver(append(b.edited(content, 1, second), b.correctionApproved(content, 1))...)
	q := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content}))
	if q.GetId() == p.GetId() || q.GetState() != "published" {
		t.Errorf("%v", q)
	}
	b.deliver(append(b.edited(content, 2, first), b.correctionApproved(content, 2))...)
	b.must(b.correct(q, time.Time{}))
	b.withdraw(q)
	b.refused(content, errorsv1.Reason_WITHDRAWN_TEXT)
}

// What is not public yet is called off, not withdrawn.
func TestScheduledIsCancelledRatherThanWithdrawn(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	id, _, err := b.later(content, "later")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.ask("bt.cong", &distributionv1.WithdrawPublicationRequest{Publication: id, Reason: "x"})
	b.is(err, errorsv1.Reason_WITHDRAW_SCHEDULED)
}

// A correction that waits is over with the withdrawal, and the approval that carries it out may be delivered while the process dies: the
// mark and the effect are apart, and the effect happens once.
func TestWithdrawalThroughAKillAndWithACorrectionWaiting(t *testing.T) {
	b := newBench(t)
	content, p := b.published()
	b.deliver(append(b.edited(content, 1, second), b.correctionApproved(content, 1))...)
	b.must(b.correct(p, time.Now().Add(time.Hour)))
	asked := b.must(b.ask("bt.cong", &distributionv1.WithdrawPublicationRequest{Publication: p.GetId(), Reason: "Nhầm."}))
	m := b.withdrawalDecided(asked, true)
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.handleDossiers(t.Context(), tx, []bus.Message{m}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil { // it died before the mark moved
		t.Fatal(err)
	}
	b.deliver(m)
	gone := b.must(b.client.GetPublication(b.As("bt.cong"), &distributionv1.GetPublicationRequest{Publication: p.GetId()}))
	if gone.GetState() != "withdrawn" || gone.GetCorrection() != nil {
		t.Errorf("%v", gone)
	}
	messageOf[*distributionv1.PublicationWithdrawn](b)
	_, err = b.client.Release(b.As("service:worker"), &distributionv1.ReleaseRequest{Publication: p.GetId()})
	b.is(err, errorsv1.Reason_PUBLICATION_STATE)
}

// It ends at its time by the log's clock and not before; the time may be moved and taken away meanwhile.
func TestExpiry(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	for _, wrong := range []time.Time{time.Now().Add(-time.Hour), time.Now().Add(time.Minute)} {
		_, err := b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{
			Content: content, PublishAt: timestamppb.New(time.Now().Add(time.Hour)), ExpiresAt: timestamppb.New(wrong),
		})
		b.is(err, errorsv1.Reason_EXPIRY_PAST)
	}
	p := b.must(b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content, ExpiresAt: timestamppb.New(time.Now().Add(time.Hour))}))
	if p.GetExpiresAt() == nil || messageOf[*distributionv1.PublicationPublished](b).GetExpiresAt() == nil {
		t.Errorf("%v", p)
	}
	p = b.portalReceipt(p, "published", 0)
	if !p.GetVerified() || !p.GetWaiting() {
		t.Errorf("%v", p)
	}
	expire := func() error {
		_, err := b.client.Expire(b.As("service:worker"), &distributionv1.ExpireRequest{Publication: p.GetId()})
		return err
	}
	b.is(expire(), errorsv1.Reason_EXPIRY_EARLY)
	change := func(r *distributionv1.ReschedulePublicationRequest) (*distributionv1.Publication, error) {
		r.Publication = p.GetId()
		return b.client.ReschedulePublication(b.seeing("bt.cong", p), r)
	}
	_, err := change(&distributionv1.ReschedulePublicationRequest{})
	b.is(err, errorsv1.Reason_NOTHING_TO_CHANGE)
	_, err = change(&distributionv1.ReschedulePublicationRequest{PublishAt: timestamppb.New(time.Now().Add(time.Hour))})
	b.is(err, errorsv1.Reason_PUBLICATION_STATE)
	p = b.must(change(&distributionv1.ReschedulePublicationRequest{NeverExpires: true}))
	if p.GetExpiresAt() != nil || p.GetWaiting() {
		t.Errorf("%v", p)
	}
	b.is(expire(), errorsv1.Reason_NO_EXPIRY)
	soon := time.Now().Add(200 * time.Millisecond)
	p = b.must(change(&distributionv1.ReschedulePublicationRequest{ExpiresAt: timestamppb.New(soon)}))
	deadline := time.After(10 * time.Second)
	for expire() != nil {
		select {
		case <-deadline:
			t.Fatal("it does not end")
		case <-time.After(10 * time.Millisecond):
		}
	}
	m := messageOf[*distributionv1.PublicationExpired](b)
	if m.GetExpiredAt().AsTime().Before(soon.Truncate(time.Microsecond)) || m.GetSlug() != p.GetSlug() {
		t.Errorf("set for %v: %v", soon, m)
	}
	if err := expire(); err != nil {
		t.Error(err)
	}
	b.refused(content, errorsv1.Reason_WITHDRAWN_TEXT)
	if p = b.portalReceipt(p, "expired", 0); p.GetState() != "expired" || p.GetWaiting() || p.GetExpiredAt() == nil {
		t.Errorf("%v", p)
	}
	b.sameInLists()
}

// Faults that the content's own checks found keep it from being published, and a correction from taking its place.
func TestFaultsOfTheTextBlock(t *testing.T) {
	b := newBench(t)
	content := newContent()
	m := b.submitted(content, "h1", 1)
	m.Payload.(*contentv1.ContentSubmitted).Blockers = []*contentv1.Check{{Reason: "REQUIRED"}, {Reason: "REQUIRED"}}
	b.deliver(m, b.approved(content, "h1"))
	b.refused(content, errorsv1.Reason_CONTENT_BLOCKED, "count", "2")
	content, p := b.published()
	edit := b.edited(content, 1, second)
	edit[1].Payload.(*contentv1.ContentSubmitted).Blockers = []*contentv1.Check{{Reason: "REQUIRED"}}
	b.deliver(append(edit, b.correctionApproved(content, 1))...)
	_, err := b.correct(p, time.Time{})
	b.is(err, errorsv1.Reason_CONTENT_BLOCKED)
}

// Lists are cut by everything an editor asks for, and what is asked wrongly is told.
func TestListFilters(t *testing.T) {
	b := newBench(t)
	_, p := b.published()
	b.portalReceipt(p, "published", 0)
	_, q := b.published()
	at := p.GetPublishedAt().AsTime()
	for name, c := range map[string]struct {
		request *distributionv1.ListPublicationsRequest
		want    []string
	}{
		"agency":       {&distributionv1.ListPublicationsRequest{Agency: "H24.02"}, []string{q.GetId(), p.GetId()}},
		"other agency": {&distributionv1.ListPublicationsRequest{Agency: "H24.05"}, nil},
		"theme":        {&distributionv1.ListPublicationsRequest{Theme: "chu-truong"}, []string{q.GetId(), p.GetId()}},
		"other theme":  {&distributionv1.ListPublicationsRequest{Theme: "mot-cua"}, nil},
		"from":         {&distributionv1.ListPublicationsRequest{From: timestamppb.New(at.Add(time.Microsecond))}, []string{q.GetId()}},
		"to":           {&distributionv1.ListPublicationsRequest{To: timestamppb.New(at.Add(time.Microsecond))}, []string{p.GetId()}},
		"waiting":      {&distributionv1.ListPublicationsRequest{Waiting: true}, []string{q.GetId()}},
		"plan":         {&distributionv1.ListPublicationsRequest{Plan: "plan_2"}, nil},
		"plan item":    {&distributionv1.ListPublicationsRequest{PlanItem: "item_1", State: "published"}, []string{q.GetId(), p.GetId()}},
		"withdrawn":    {&distributionv1.ListPublicationsRequest{State: "withdrawn"}, nil},
	} {
		list, err := b.client.ListPublications(b.As("bt.cong"), c.request)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var got []string
		for _, x := range list.GetPublications() {
			got = append(got, x.GetId())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	for field, r := range map[string]*distributionv1.ListPublicationsRequest{
		"state": {State: "lost"}, "to": {From: timestamppb.New(at), To: timestamppb.New(at)},
	} {
		_, err := b.client.ListPublications(b.As("bt.cong"), r)
		if b.field(err, errorsv1.Reason_BAD_FORMAT) != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

// As of a moment a publication is what had been recorded until then, its versions included.
func TestAsOf(t *testing.T) {
	b := newBench(t)
	content, p := b.published()
	b.deliver(append(b.edited(content, 1, second), b.correctionApproved(content, 1))...)
	corrected := b.must(b.correct(p, time.Time{}))
	var before time.Time
	if err := b.pool.QueryRow(t.Context(), "SELECT max(recorded_at) FROM es.event WHERE position <= 2").Scan(&before); err != nil {
		t.Fatal(err)
	}
	asOf := timestamppb.New(before)
	was := b.must(b.client.GetPublication(b.As("bt.cong"), &distributionv1.GetPublicationRequest{Publication: p.GetId(), AsOf: asOf}))
	if was.GetNumber() != 0 || was.GetHash() != "h1" || corrected.GetHash() != "h2" {
		t.Errorf("%v", was)
	}
	versions, err := b.client.ListVersions(b.As("bt.cong"), &distributionv1.ListVersionsRequest{Publication: p.GetId(), AsOf: asOf})
	if err != nil || len(versions.GetVersions()) != 1 {
		t.Errorf("%v, %v", versions, err)
	}
}
