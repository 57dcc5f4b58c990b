package journey

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// Compile has a report compiled by an officer of the lead agency.
func (j *Journey) Compile(plan, period, key string) *reportingv1.Report {
	j.t.Helper()
	r := &reportingv1.Report{}
	j.post("cv.stttt", "/v1/reports:compile", &reportingv1.CompileReportRequest{Plan: plan, Period: period}, key, r)
	sum := sha256.Sum256([]byte(r.GetCanonical()))
	check(j.t, "the hash is of the canonical bytes", r.GetHash(), hex.EncodeToString(sum[:]))
	return r
}

// report: compiled twice it is the same bytes; approved on a route of its own it is public.
func (j *Journey) report() {
	t := j.t
	t.Helper()
	r := j.Compile(j.Plan38.GetId(), "2022-M03", "report")
	if r.GetState() != "compiled" || r.GetFrom() != "2022-02-15" || r.GetTo() != "2022-03-14" || r.GetAgency() != "H24.02" || !r.GetImportedPlan() || !r.GetExample() {
		t.Fatalf("the report is %v", r)
	}
	check(t, "published in March 2022", r.GetFigures().GetPublished(), 1)
	again := j.Compile(j.Plan38.GetId(), "2022-M03", "report/again")
	if again.GetId() != r.GetId() || again.GetCanonical() != r.GetCanonical() {
		t.Fatalf("compiled twice the report differs:\n%s\n%s", r.GetCanonical(), again.GetCanonical())
	}
	j.Client.Refused(system.Request{
		As: "cv.stttt", Method: "POST", Path: "/v1/reports:compile", Key: "journey/report/open",
		Body: &reportingv1.CompileReportRequest{Plan: j.Current.GetId(), Period: j.running().String()},
	}, http.StatusConflict, "PLAN_PERIOD_OPEN")

	j.post("cv.stttt", "/v1/reports/"+r.GetId()+":submit", struct{}{}, "report/submit", r)
	check(t, "state of a submitted report", r.GetState(), "in_approval")
	dossier := j.approve("tp.stttt", r.GetId(), "report/approve/1")
	check(t, "levels of the report's own route", len(dossier.GetLevels()), 2)
	j.approve("pgd.stttt", r.GetId(), "report/approve/2")
	j.March = &reportingv1.Report{}
	j.Client.Until("cv.stttt", "/v1/reports/"+r.GetId(), j.March, func() bool { return j.March.GetState() == "approved" })
	if j.March.GetHash() != r.GetHash() || !strings.HasPrefix(j.March.GetPath(), "/bao-cao/2022/H24.02/") || len(j.March.GetDecisions()) != 2 {
		t.Fatalf("the approved report is %v", j.March)
	}
	after := j.Compile(j.Plan38.GetId(), "2022-M03", "report/after")
	if after.GetState() != "approved" || after.GetCanonical() != r.GetCanonical() {
		t.Fatalf("an approved report, compiled again, is %v", after)
	}
	j.checkReport(j.March)
}

// running is the reporting month that the current plan was recorded in.
func (j *Journey) running() vn.Period {
	j.t.Helper()
	p, err := vn.PeriodAt(vn.Month, j.Current.GetRecordedAt().AsTime())
	if err != nil {
		j.t.Fatal(err)
	}
	return p
}

// Running is the id of the reporting month that the current plan was recorded in.
func (j *Journey) Running() string { return j.running().String() }

// LatestEnded is the id of the month before that.
func (j *Journey) LatestEnded() string {
	j.t.Helper()
	p, err := vn.PeriodAt(vn.Month, j.running().From().Add(-time.Second))
	if err != nil {
		j.t.Fatal(err)
	}
	return p.String()
}

// workflow: the current plan's workflow has marked what was due and compiled the latest period that had ended, and no older one; that
// of Plan 38, which was over, has done nothing.
func (j *Journey) workflow() {
	t := j.t
	t.Helper()
	items := map[string]*planningv1.PlanItem{}
	page := &planningv1.ListPlanItemsResponse{}
	j.Client.Until("cv.stttt", "/v1/plans/"+j.Current.GetId()+"/items", page, func() bool {
		for _, i := range page.GetItems() {
			items[i.GetCode()] = proto.CloneOf(i)
		}
		return items["2"].GetState() == "overdue" && items["3"].GetState() == "overdue" && items["1"].GetDelivered() == 2
	})
	check(t, "an item whose target is reached", items["1"].GetState(), "done")
	check(t, "an item that is not due", items["4"].GetState(), "planned")
	for code, i := range j.itemsOf(j.Plan38) {
		if i.GetState() == "overdue" {
			t.Fatalf("item %s of Plan 38, which was over, was marked", code)
		}
	}
	reports := &reportingv1.ListReportsResponse{}
	j.Client.Until("cv.stttt", "/v1/reports?plan="+j.Current.GetId(), reports, func() bool { return len(reports.GetReports()) > 0 })
	check(t, "reports of the current plan", len(reports.GetReports()), 1)
	j.Ended = &reportingv1.Report{}
	j.get("cv.stttt", "/v1/reports/"+reports.GetReports()[0].GetId(), j.Ended)
	if j.Ended.GetPeriod() != j.LatestEnded() || j.Ended.GetCompiledBy() != "worker" || j.Ended.GetState() != "compiled" {
		t.Fatalf("the workflow compiled %v, wanted %s", j.Ended, j.LatestEnded())
	}
	j.get("cv.stttt", "/v1/reports?plan="+j.Plan38.GetId(), reports)
	check(t, "reports of Plan 38", len(reports.GetReports()), 1)
}
