package reporting

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// A report over the wire: compiled and submitted by the lead agency's officer, seen before approval by the plan's agencies only.
func TestReportOverTheWire(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)))
	request := &reportingv1.CompileReportRequest{Plan: plan38, Period: "2022-M03"}
	var header metadata.MD
	compiled, err := b.client.CompileReport(b.As("cv.stttt"), request, grpc.Header(&header))
	if err != nil {
		t.Fatal(err)
	}
	if compiled.GetState() != "compiled" || compiled.GetCompiledBy() != "cv.stttt" || compiled.GetFigures().GetPublished() != 1 {
		t.Errorf("%v", compiled)
	}
	if position, err := es.ParseToken(header.Get("loa-position")[0]); err != nil || position["reporting"].Position != 1 {
		t.Errorf("%v, %v", position, err)
	}
	again, err := b.client.CompileReport(b.As("service:worker"), request)
	if diff := cmp.Diff(compiled, again, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	for _, who := range []string{"tp.stttt", "cv.snv", "cv.khac"} {
		if _, err := b.client.CompileReport(b.As(who), request); errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
			t.Errorf("%s: %v", who, err)
		}
	}
	id := compiled.GetId()
	b.expectSeen(id, map[string]bool{"cv.stttt": true, "tp.stttt": true, "cv.snv": true, "thanh.tra": true, "service:portal": true, "cv.khac": false, "ai.do": false})
	for who, reason := range map[string]errs.Reason{"cv.snv": errorsv1.Reason_FORBIDDEN, "cv.khac": errorsv1.Reason_NOT_FOUND} {
		if _, err := b.client.SubmitReport(b.As(who), &reportingv1.SubmitReportRequest{Report: id}); errs.ReasonOf(err) != reason {
			t.Errorf("%s: %v", who, err)
		}
	}
	submitted, err := b.client.SubmitReport(b.As("cv.stttt"), &reportingv1.SubmitReportRequest{Report: id})
	if err != nil || submitted.GetState() != "in_approval" {
		t.Fatalf("%v, %v", submitted, err)
	}
	_, err = b.client.SubmitReport(b.As("cv.stttt"), &reportingv1.SubmitReportRequest{Report: id})
	apptest.Refused(b, err, errorsv1.Reason_REPORT_STATE,
		"Báo cáo đang ở trạng thái “in_approval”; việc này chỉ làm được khi: compiled, returned.",
		"The report is “in_approval”; this is possible only when: compiled, returned.")
	b.deliver(b.message(opened(id)), b.message(approved(id, compiled.GetHash())))
	b.expectSeen(id, map[string]bool{"cv.khac": true, "ai.do": false})
	got, err := b.client.GetReport(b.As("cv.khac"), &reportingv1.GetReportRequest{Report: id})
	if err != nil || got.GetState() != "approved" || got.GetCanonical() != compiled.GetCanonical() || got.GetPath() == "" || got.GetDossier() != "dossier_1" {
		t.Fatalf("%v, %v", got, err)
	}
	list, err := b.client.ListReports(b.As("cv.khac"), &reportingv1.ListReportsRequest{Plan: plan38})
	if err != nil || len(list.GetReports()) != 1 {
		t.Fatalf("%v, %v", list, err)
	}
	// A list leaves out the figures and what belongs to them.
	got.Figures, got.Canonical, got.Sources, got.Decisions, got.Annex = nil, "", nil, nil, nil
	if diff := cmp.Diff(got, list.GetReports()[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
}

// expectSeen asks as each of them; what one may not see is not found, like what does not exist.
func (b *bench) expectSeen(report string, seen map[string]bool) {
	b.Helper()
	for who, may := range seen {
		_, err := b.client.GetReport(b.As(who), &reportingv1.GetReportRequest{Report: report})
		if may != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
			b.Errorf("%s: %v", who, err)
		}
	}
}

// Whether somebody of an agency that the plan does not name reads the report's dossier is for approvals to say; while it is away, that is
// the answer.
func TestWhoReadsTheDossierIsAskedOfApprovals(t *testing.T) {
	b := newBench(t)
	id, _ := b.compiled()
	b.deliver(b.message(&approvalsv1.DossierOpened{DocumentType: "report", Document: id, Dossier: "dossier_1"}))
	for who, want := range map[string]errs.Reason{"cv.khac": errorsv1.Reason_UNAVAILABLE, "cv.snv": errorsv1.Reason_REASON_UNSPECIFIED} {
		if _, err := b.client.GetReport(b.As(who), &reportingv1.GetReportRequest{Report: id}); errs.ReasonOf(err) != want {
			t.Errorf("%s: %v", who, err)
		}
	}
}

// Each refusal has its sentence in both languages, and leaves nothing in the log.
func TestRefusalsOverTheWire(t *testing.T) {
	b := newBench(t)
	now, err := b.log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ahead, err := vn.PeriodAt(vn.Month, now)
	if err != nil {
		t.Fatal(err)
	}
	running := b.issued()
	b.extend(running, now.In(vn.Location()).Year()+1)
	b.deliver(running)
	compile := func(plan, period string) error {
		t.Helper()
		_, err := b.client.CompileReport(b.As("cv.stttt"), &reportingv1.CompileReportRequest{Plan: plan, Period: period})
		return err
	}
	apptest.Refused(b, compile(plan38, "tháng ba"), errorsv1.Reason_UNKNOWN_PERIOD,
		"“tháng ba” không phải kỳ báo cáo; hãy viết như 2022-M03, 2022-Q1, 2022-H1, 2022-Y.",
		"“tháng ba” is not a reporting period; write 2022-M03, 2022-Q1, 2022-H1 or 2022-Y.")
	apptest.Refused(b, compile("plan_x", "2022-M03"), errorsv1.Reason_NOT_FOUND, "Không tìm thấy plan_x.", "plan_x was not found.")
	apptest.Refused(b, compile(plan38, "2021-M12"), errorsv1.Reason_PLAN_PERIOD_OUTSIDE,
		"Kỳ 2021-M12 nằm ngoài thời gian của kế hoạch.", "Period 2021-M12 lies outside the plan.")
	for _, asked := range []*reportingv1.CompileReportRequest{{Plan: "plan_x", Period: "2022-M03"}, {Plan: plan38, Period: "tháng ba"}} {
		for _, who := range []string{"tp.stttt", "thanh.tra", "ai.do"} {
			if _, err := b.client.CompileReport(b.As(who), asked); errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
				t.Errorf("%s asks for %v: %v", who, asked, err)
			}
		}
	}
	cutoff := vn.Date(ahead.LastDay())
	apptest.Refused(b, compile(plan38, ahead.String()), errorsv1.Reason_PLAN_PERIOD_OPEN,
		"Kỳ "+ahead.String()+" chưa kết thúc (chốt "+cutoff+").", "Period "+ahead.String()+" has not ended yet (cut-off "+cutoff+").")
	if events, err := b.log.Read(t.Context(), 0, 10); err != nil || len(events) > 0 {
		t.Errorf("%v, %v", events, err)
	}
}
