package reporting

import (
	"errors"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// written is an edit of a report's words by somebody who saw the version that etag names.
func (b *bench) written(who, etag, id string, words *reportingv1.Narrative, mask ...string) (*reportingv1.Report, string, error) {
	b.Helper()
	ctx := b.As(who)
	if etag != "" {
		ctx = metadata.AppendToOutgoingContext(ctx, "if-match", etag)
	}
	request := &reportingv1.UpdateReportRequest{Report: &reportingv1.Report{Id: id, State: "approved", Narrative: words}}
	if mask != nil {
		request.UpdateMask = &fieldmaskpb.FieldMask{Paths: mask}
	}
	var head metadata.MD
	got, err := b.client.UpdateReport(ctx, request, grpc.Header(&head))
	if tags := head.Get("etag"); len(tags) > 0 {
		return got, tags[0], err
	}
	return got, "", err
}

// An officer writes what the figures do not say: section by section, by the version they saw, before anybody approves it; compiled anew it
// stays, and an approval of what it was is none of what it is.
func TestWordsOverTheWire(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)))
	id, _ := b.compiled()
	seen, err := b.client.GetReport(b.As("cv.stttt"), &reportingv1.GetReportRequest{Report: id})
	if err != nil || seen.GetNarrative() != nil || seen.GetEtag() == "" {
		t.Fatalf("%v, %v", seen, err)
	}
	all := &reportingv1.Narrative{Direction: "Công văn số 12.\n- đôn đốc", Assessment: "Tốt.", Difficulties: "Thiếu người.", Proposals: "Thêm người.", NextPeriod: "Mở lớp."}
	first, tag, err := b.written("cv.stttt", seen.GetEtag(), id, all)
	if err != nil || first.GetNarrative().GetNextPeriod() != "Mở lớp." || first.GetState() != "compiled" || tag != first.GetEtag() || tag == seen.GetEtag() ||
		first.GetHash() == seen.GetHash() || first.GetFigures().GetPublished() != 1 {
		t.Fatalf("%v, %s, %v", first, tag, err)
	}
	if _, _, err := b.written("cv.stttt", seen.GetEtag(), id, all); errs.ReasonOf(err) != errorsv1.Reason_ETAG_STALE {
		t.Errorf("%v", err)
	}
	if _, _, err := b.written("cv.stttt", "", id, all); errs.ReasonOf(err) != errorsv1.Reason_ETAG_REQUIRED {
		t.Errorf("%v", err)
	}
	for who, reason := range map[string]errs.Reason{
		"cv.snv": errorsv1.Reason_FORBIDDEN, "tp.stttt": errorsv1.Reason_FORBIDDEN, "thanh.tra": errorsv1.Reason_FORBIDDEN, "cv.khac": errorsv1.Reason_NOT_FOUND, "service:worker": errorsv1.Reason_FORBIDDEN,
	} {
		if _, _, err := b.written(who, tag, id, all); errs.ReasonOf(err) != reason {
			t.Errorf("%s: %v", who, err)
		}
	}
	// A mask takes one section and leaves the others; what only Loa writes is passed over.
	second, tag, err := b.written("cv.stttt", tag, id, &reportingv1.Narrative{Direction: "x"}, "narrative.next_period", "narrative.proposals", "state", "figures.items")
	if words := second.GetNarrative(); err != nil || words.GetNextPeriod() != "" || words.GetProposals() != "" || words.GetDirection() != all.Direction {
		t.Fatalf("%v, %v", second, err)
	}
	_, _, err = b.written("cv.stttt", tag, id, &reportingv1.Narrative{Assessment: "<b>Tốt</b> 👍", Proposals: "Độ mật: Tối mật"}, "narrative.assessment", "narrative.proposals", "narrative.figures", "words")
	checkFields(t, err, "updateMask BAD_FORMAT, updateMask BAD_FORMAT, narrative.assessment PLAIN_TEXT, narrative.assessment DOCUMENT_CHARACTER, narrative.proposals SECRECY_MARK")

	b.deliver(b.published("publication_2", vn.Day(2022, 3, 2)))
	again, err := b.client.CompileReport(b.As("service:worker"), &reportingv1.CompileReportRequest{Plan: plan38, Period: "2022-M03"})
	if err != nil || again.GetFigures().GetPublished() != 2 || again.GetNarrative().GetDirection() != all.Direction || again.GetEtag() == tag {
		t.Fatalf("%v, %v", again, err)
	}
	if _, err := b.client.SubmitReport(b.As("cv.stttt"), &reportingv1.SubmitReportRequest{Report: id}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.written("cv.stttt", again.GetEtag(), id, all); errs.ReasonOf(err) != errorsv1.Reason_REPORT_STATE {
		t.Errorf("%v", err)
	}
	b.deliver(b.message(opened(id)), b.message(returned(id, again.GetHash())))
	last, _, err := b.written("cv.stttt", again.GetEtag(), id, &reportingv1.Narrative{}, "narrative")
	if err != nil || last.GetNarrative() != nil || last.GetState() != "compiled" {
		t.Fatalf("%v, %v", last, err)
	}
	b.deliver(b.message(approved(id, again.GetHash()))) // of what it was
	list, err := b.client.ListReports(b.As("cv.stttt"), &reportingv1.ListReportsRequest{Plan: plan38})
	if err != nil || len(list.GetReports()) != 1 || list.GetReports()[0].GetHash() != last.GetHash() || list.GetReports()[0].GetState() != "compiled" ||
		list.GetReports()[0].GetEtag() != last.GetEtag() {
		t.Errorf("%v, %v", list, err)
	}
	b.toldOfEachHash(t, id, seen.GetHash(), first.GetHash(), second.GetHash(), again.GetHash(), last.GetHash())
}

// toldOfEachHash holds that others hear of every form that a report has had, whether figures or words made it.
func (b *bench) toldOfEachHash(t *testing.T, id string, hashes ...string) {
	t.Helper()
	events, err := b.log.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range events {
		m, err := publish(e)
		if err != nil {
			t.Fatal(err)
		}
		if told, ok := m.(*reportingv1.ReportCompiled); ok {
			if told.GetReport() != id || len(hashes) == 0 || told.GetHash() != hashes[0] {
				t.Fatalf("%v, want %v", told, hashes)
			}
			hashes = hashes[1:]
		}
	}
	if len(hashes) > 0 {
		t.Errorf("not told: %v", hashes)
	}
}

func checkFields(t *testing.T, err error, want string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		t.Fatalf("%v", err)
	}
	got := ""
	for i, f := range e.Fields {
		if i > 0 {
			got += ", "
		}
		got += f.Field + " " + f.Reason.String()
	}
	if got != want {
		t.Errorf("%s", got)
	}
}
