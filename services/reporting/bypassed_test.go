package reporting

import (
	"testing"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// The annex marks what was approved in an emergency, until a correction that walked its route takes its place; also when it was withdrawn.
func TestAnnexMarksWhatWasBypassed(t *testing.T) {
	b := newBench(t)
	usual, urgent, mended := b.published("publication_1", vn.Day(2022, 3, 1)), b.published("publication_2", vn.Day(2022, 3, 2)), b.published("publication_3", vn.Day(2022, 3, 3))
	emergency := []*approvalsv1.Decision{{Outcome: "approved", Level: 1}, {Outcome: "approved", Bypass: true}}
	urgent.Payload.(*distributionv1.PublicationPublished).Decisions = emergency
	first := mended.Payload.(*distributionv1.PublicationPublished)
	first.Decisions = emergency
	b.deliver(usual, urgent, mended, b.message(&distributionv1.PublicationCorrected{
		Publication: "publication_3", Slug: first.GetSlug(), PublishedAt: first.GetPublishedAt(), CorrectedAt: timestamppb.New(vn.Day(2022, 3, 4)), Number: 1,
		Content: first.GetContent(), Decisions: []*approvalsv1.Decision{{Outcome: "approved", Level: 1}},
	}))
	id, _ := b.compiled()
	list, err := b.client.ListReportEvidence(b.As("cv.stttt"), &reportingv1.ListReportEvidenceRequest{Report: id})
	if err != nil || len(list.GetEvidence()) != 3 {
		t.Fatalf("%v, %v", list, err)
	}
	for n, want := range []bool{false, true, false} {
		if e := list.GetEvidence()[n]; e.GetBypassed() != want {
			t.Errorf("%s: bypassed %v", e.GetTitle(), e.GetBypassed())
		}
	}
}
