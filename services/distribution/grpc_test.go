package distribution

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// A publication over the wire: scheduled by the portal's editor, published earlier than that was, answered by the portal, and seen on the
// way by whom it concerns only.
func TestPublicationOverTheWire(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	request := &distributionv1.PublishContentRequest{Content: content, PublishAt: timestamppb.New(time.Now().Add(24 * time.Hour))}
	var header metadata.MD
	ctx := rpc.WithIdempotencyKey(b.As("bt.cong"), "đăng lần 1")
	scheduled, err := b.client.PublishContent(ctx, request, grpc.Header(&header))
	if err != nil {
		t.Fatal(err)
	}
	if scheduled.GetState() != "scheduled" || scheduled.GetPath() != "/tin/"+scheduled.GetSlug() || scheduled.GetHash() != "h1" || !scheduled.GetExample() {
		t.Errorf("%v", scheduled)
	}
	position, err := es.ParseToken(header.Get("loa-position")[0])
	if err != nil || position["distribution"].Position != 1 || position["distribution"].Published[bus.Partition(scheduled.GetId())] != 1 {
		t.Errorf("%v, %v", position, err)
	}
	again, err := b.client.PublishContent(ctx, request)
	if diff := cmp.Diff(scheduled, again, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	get := &distributionv1.GetPublicationRequest{Publication: scheduled.GetId()}
	b.expectSeen(get, map[string]bool{"bt.cong": true, "cv.stttt": true, "thanh.tra": true, "service:worker": true, "cv.khac": false, "ai.do": false})
	if _, err := b.client.Release(b.As("bt.cong"), &distributionv1.ReleaseRequest{Publication: scheduled.GetId()}); errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
		t.Errorf("%v", err)
	}
	if _, err := b.client.CancelPublication(b.As("bt.cong"), &distributionv1.CancelPublicationRequest{Publication: scheduled.GetId()}); err != nil {
		t.Fatal(err)
	}
	released, err := b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content})
	if err != nil || released.GetId() != scheduled.GetId() || released.GetState() != "published" || released.GetPublishedAt() == nil {
		t.Fatalf("%v, %v", released, err)
	}
	verified, err := b.client.RecordReceipt(b.As("service:portal"), &distributionv1.RecordReceiptRequest{Publication: scheduled.GetId(), Channel: "portal", Place: released.GetPath()})
	if err != nil || !verified.GetVerified() {
		t.Fatalf("%v, %v", verified, err)
	}
	b.expectSeen(get, map[string]bool{"cv.khac": true, "ai.do": false})
	receipts, err := b.client.ListReceipts(b.As("cv.khac"), &distributionv1.ListReceiptsRequest{Publication: scheduled.GetId()})
	if err != nil || len(receipts.GetReceipts()) != 1 || receipts.GetReceipts()[0].GetPlace() != released.GetPath() {
		t.Errorf("%v, %v", receipts, err)
	}
	got, err := b.client.GetPublication(b.As("cv.khac"), get)
	if diff := cmp.Diff(verified, got, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	list, err := b.client.ListPublications(b.As("cv.khac"), &distributionv1.ListPublicationsRequest{Content: content})
	if err != nil || len(list.GetPublications()) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	if diff := cmp.Diff(got, list.GetPublications()[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// expectSeen asks as each of them; what one may not see is not found, like what does not exist.
func (b *bench) expectSeen(r *distributionv1.GetPublicationRequest, seen map[string]bool) {
	b.Helper()
	for who, may := range seen {
		_, err := b.client.GetPublication(b.As(who), r)
		if may != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
			b.Errorf("%s: %v", who, err)
		}
	}
}

// Each refusal has its sentence in both languages, and leaves nothing in the log.
func TestRefusalsOverTheWire(t *testing.T) {
	b := newBench(t)
	content := newContent()
	editor := func(r *distributionv1.PublishContentRequest) error {
		t.Helper()
		_, err := b.client.PublishContent(b.As("bt.cong"), r)
		return err
	}
	apptest.Refused(b, editor(&distributionv1.PublishContentRequest{Content: content}), errorsv1.Reason_NOT_FOUND,
		"Không tìm thấy "+content+".", content+" was not found.")
	b.deliver(b.submitted(content, "h1", 1))
	apptest.Refused(b, editor(&distributionv1.PublishContentRequest{Content: content}), errorsv1.Reason_NOT_APPROVED,
		"Mục tin chưa được duyệt (đang “in_approval”), nên chưa đăng được.", "The item is not approved yet (it is “in_approval”), so it cannot be published.")
	b.deliver(b.approved(content, "h1"))
	past := vn.Day(2022, 3, 1).Add(13*time.Hour + 20*time.Minute)
	apptest.Refused(b, editor(&distributionv1.PublishContentRequest{Content: content, PublishAt: timestamppb.New(past)}), errorsv1.Reason_EMBARGO_PAST,
		"Giờ hẹn đăng 13:20 01/03/2022 đã qua. Hãy bỏ trống để đăng ngay hoặc chọn giờ sau.",
		"The time 13:20 01/03/2022 has passed. Leave it empty to publish now, or choose a later one.")
	_, err := b.client.PublishContent(b.As("cv.stttt"), &distributionv1.PublishContentRequest{Content: content})
	apptest.Refused(b, err, errorsv1.Reason_FORBIDDEN, "Vai trò của bạn không được phép làm việc này.", "Your role does not allow this.")
	if events, err := b.log.Read(t.Context(), 0, 10); err != nil || len(events) > 0 {
		t.Errorf("%v, %v", events, err)
	}
	later := time.Now().Add(time.Hour)
	scheduled, err := b.client.PublishContent(b.As("bt.cong"), &distributionv1.PublishContentRequest{Content: content, PublishAt: timestamppb.New(later)})
	if err != nil {
		t.Fatal(err)
	}
	apptest.Refused(b, editor(&distributionv1.PublishContentRequest{Content: content}), errorsv1.Reason_ALREADY_PUBLISHED,
		"Mục tin này đã đăng hoặc đã hẹn đăng.", "This item is already published or scheduled.")
	_, err = b.client.Release(b.As("service:worker"), &distributionv1.ReleaseRequest{Publication: scheduled.GetId()})
	at := vn.Clock(later) + " " + vn.Date(later)
	apptest.Refused(b, err, errorsv1.Reason_EMBARGO_EARLY, "Chưa đến giờ hẹn đăng "+at+".", "It is not yet "+at+", the time set for publishing.")
	for name, call := range map[string]func(ctx context.Context) error{
		"GetPublication": func(ctx context.Context) error {
			_, err := b.client.GetPublication(ctx, &distributionv1.GetPublicationRequest{Publication: "plan_1"})
			return err
		},
		"Release": func(ctx context.Context) error {
			_, err := b.client.Release(ctx, &distributionv1.ReleaseRequest{Publication: "plan_1"})
			return err
		},
		"RecordReceipt": func(ctx context.Context) error {
			_, err := b.client.RecordReceipt(ctx, &distributionv1.RecordReceiptRequest{Publication: "plan_1", Channel: "portal", Place: "/"})
			return err
		},
	} {
		who := "service:worker"
		if name == "RecordReceipt" {
			who = "service:portal"
		}
		if err := call(b.As(who)); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
			t.Errorf("%s: %v", name, err)
		}
	}
}
