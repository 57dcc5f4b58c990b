package journey

import (
	"encoding/csv"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// planBefore is a plan of the year before, by the same issuer and lead, whose words a spreadsheet would take for formulas.
const planBefore = `number: 21/KH-UBND
date: 2021-01-05
issuer: H24
title: Kế hoạch tuyên truyền năm 2021
from: 2021-01-01
to: 2021-12-31
lead: H24.02
purposes: [Thông tin kịp thời.]
example: true
themes:
  - { code: chu-de, name: "-2+3 chủ đề" }
audiences:
  - { code: nguoi-dan, name: "+Người dân" }
channels:
  - { code: portal, name: "@Cổng" }
items:
  - { code: "1", title: "=1+1 tin về thủ tục", theme: chu-de, audiences: [nguoi-dan], channels: [portal], lead: H24.02, deadline: 2021-12-14, target: { quantity: 2, unit: "tin, bài", counts_publications: true } }
`

// periods: reports of quarter, half-year and year stand beside the year so far and the same period last year; a figure that nobody has is
// missing. No cell of a file is a formula, whatever its words begin with.
func (j *Journey) periods() {
	t := j.t
	before := &planningv1.Plan{}
	j.Client.Must(system.Request{As: "luu.tru", Method: http.MethodPost, Path: "/v1/plans:import", ContentType: "application/yaml", Body: planBefore, Key: "journey/periods/plan"}, before)
	const formula = `=HYPERLINK("https://example.org","Xem")`
	old := &contentv1.Content{}
	j.Client.Patiently(system.Request{
		As: "luu.tru", Method: http.MethodPost, Path: "/v1/contents:importPublished", Key: "journey/periods/article", Body: &contentv1.Content{
			Plan: before.GetId(), PlanItem: j.itemsOf(before)["1"].GetId(), Title: formula, Summary: "Tin cũ.", Body: "Tin cũ.", Language: "vi", Theme: "chu-de",
			Audiences: []string{"nguoi-dan"}, Channels: []string{"portal"}, PublishedAt: timestamppb.New(time.Date(2021, 3, 2, 8, 0, 0, 0, vn.Location())), Example: true,
		},
	}, old)
	p := j.published(old.GetId())
	holds(t, "the page of what came in as history", system.Text(system.First(j.System.UntilPage(t, p.GetPath(), func(system.Page) bool { return true }).Root, "main")), "02/03/2021", formula)

	last := &reportingv1.Report{}
	system.Eventually(t, system.Patience, func() (bool, string) {
		last = j.Compile(before.GetId(), "2021-Y", "periods/2021/"+time.Now().Format(time.RFC3339Nano))
		return last.GetFigures().GetPublished() == 1, last.GetCanonical()
	})
	j.harmless(last, formula)

	for _, period := range []struct{ name, from, to string }{
		{"2022-Q1", "2021-12-15", "2022-03-14"}, {"2022-H1", "2021-12-15", "2022-06-14"}, {"2022-Y", "2021-12-15", "2022-12-14"},
	} {
		r := j.Compile(j.Plan38.GetId(), period.name, "periods/"+period.name)
		if r.GetFrom() != period.from || r.GetTo() != period.to || r.GetState() != "compiled" {
			t.Fatalf("%s is %v", period.name, r)
		}
		lead := lineOf(t, r.GetFigures().GetAgencies(), "agency:H24.02")
		if lead.GetActual() != 1+lead.GetByResults() || lead.GetYearCumulative() != lead.GetActual() || lead.LastYear == nil || lead.GetLastYear() != 1 {
			t.Fatalf("the line of the lead agency in %s is %v", period.name, lead)
		}
		if other := lineOf(t, r.GetFigures().GetAgencies(), "agency:H24.01"); other.LastYear != nil {
			t.Fatalf("last year's figure of an agency that had none is %v", other)
		}
		if period.name == "2022-Q1" {
			j.narrative(r)
		}
		if missing := lineOf(t, r.GetFigures().GetItems(), "item:7"); missing.Actual != nil || missing.Cumulative != nil {
			t.Fatalf("what nobody has recorded is no missing figure: %v", missing)
		}
	}
	j.Client.Refused(system.Request{
		As: "cv.snv", Method: http.MethodPost, Path: "/v1/reports:compile", Body: &reportingv1.CompileReportRequest{Plan: j.Plan38.GetId(), Period: "2022-Q1"}, Key: "journey/periods/stranger",
	}, http.StatusForbidden, "FORBIDDEN")
}

// harmless reads the files of a report's figures as a spreadsheet would.
func (j *Journey) harmless(r *reportingv1.Report, title string) {
	t := j.t
	file := j.download("/v1/reports/"+r.GetId()+"/document?format=csv", "csv")
	rows := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(file.Body), "\ufeff")))
	rows.FieldsPerRecord = -1
	table, err := rows.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	cells := slices.Concat(table...)
	for _, cell := range cells {
		if strings.ContainsAny(cell[:min(1, len(cell))], "=+-@\t\r") {
			t.Fatalf("a cell of the CSV file begins as a formula: %q", cell)
		}
	}
	for _, words := range []string{"=1+1 tin về thủ tục", "-2+3 chủ đề", "+Người dân", "@Cổng"} {
		check(t, "the CSV file says "+words, slices.ContainsFunc(cells, func(cell string) bool { return strings.HasSuffix(cell, words) }), true)
	}
	book := j.unzipped(j.download("/v1/reports/"+r.GetId()+"/document?format=xlsx", "xlsx").Body)
	holds(t, "the workbook", book, "=1+1 tin về thủ tục", strings.NewReplacer(`"`, "&quot;").Replace(title))
	if strings.Contains(book, "<f>") || strings.Contains(book, "<f ") {
		t.Fatal("the workbook has a formula")
	}
}

// progressLines: what was done is told by item, agency, theme, audience and channel and in total, and each figure opens as many events as it
// says.
func (j *Journey) progressLines() {
	t := j.t
	at := "/v1/plans/" + j.Plan38.GetId() + "/progress"
	p := &reportingv1.Progress{}
	j.get("cv.snv", at, p)
	f := p.GetFigures()
	counted := 0
	for _, line := range slices.Concat(f.GetItems(), f.GetAgencies(), f.GetThemes(), f.GetAudiences(), f.GetChannels(), []*reportingv1.Line{f.GetTotal()}) {
		if line.GetEvents() == 0 {
			continue
		}
		counted++
		opened := &reportingv1.ListProgressEventsResponse{}
		j.get("cv.snv", at+"/events?pageSize=200&line="+line.GetLine(), opened)
		check(t, "events under "+line.GetLine(), len(opened.GetEvents()), int(line.GetEvents()))
		for _, e := range opened.GetEvents() {
			if e.GetEvent() == "" || (e.GetPublication() == "") == (e.GetResult() == "") {
				t.Fatalf("under %s stands %v", line.GetLine(), e)
			}
		}
	}
	// Two items, two agencies, two themes, audiences, two channels, the total.
	if counted < 10 || f.GetTotal().GetEvents() < 3 {
		t.Fatalf("%d lines count something: %v", counted, f)
	}
	first := &reportingv1.ListProgressEventsResponse{}
	j.get("cv.snv", at+"/events?line=total&pageSize=1", first)
	if len(first.GetEvents()) != 1 || first.GetNextPageToken() == "" {
		t.Fatalf("the first page is %v", first)
	}
	get := func(query string) system.Request {
		return system.Request{As: "cv.snv", Method: http.MethodGet, Path: at + query}
	}
	j.Client.Refused(get("?asOf="+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)), http.StatusUnprocessableEntity, "AS_OF_FUTURE")
	j.Client.Refused(get("/events?line=chu-de:khong-co"), http.StatusUnprocessableEntity, "INVALID")
}

// narrative: what only people can say of a period is written into its report while it is compiled, is part of what is approved, and stays.
func (j *Journey) narrative(r *reportingv1.Report) {
	t := j.t
	const words = "Tỷ lệ hồ sơ trực tuyến còn thấp ở vùng ven.\n- Thiếu máy tính tại Bộ phận Một cửa."
	write := func(as, text, etag, key string) system.Request {
		return system.Request{
			As: as, Method: http.MethodPatch, Path: "/v1/reports/" + r.GetId() + "?updateMask=narrative.difficulties", IfMatch: etag, Key: "journey/narrative/" + key,
			Body: &reportingv1.Report{Narrative: &reportingv1.Narrative{Difficulties: text}},
		}
	}
	j.Client.Refused(write("cv.stttt", words, "", "blind"), http.StatusPreconditionRequired, "ETAG_REQUIRED")
	j.Client.Refused(write("cv.stttt", strings.Repeat("a", 10_001), r.GetEtag(), "long"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Refused(write("cv.stttt", "TỐI MẬT", r.GetEtag(), "secret"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Refused(write("vt.stttt", words, r.GetEtag(), "clerk"), http.StatusForbidden, "FORBIDDEN")
	written := &reportingv1.Report{}
	j.Client.Must(write("cv.stttt", words, r.GetEtag(), "write"), written)
	if written.GetNarrative().GetDifficulties() != words || written.GetHash() == r.GetHash() {
		t.Fatalf("the report with its words is %v", written)
	}
	j.Client.Refused(write("cv.stttt", "Khác.", r.GetEtag(), "stale"), http.StatusPreconditionFailed, "ETAG_STALE")
	again := j.Compile(j.Plan38.GetId(), r.GetPeriod(), "narrative/again")
	check(t, "what was written, after it was compiled again", again.GetNarrative().GetDifficulties(), words)
	holds(t, "the report on paper", j.unzipped(j.download("/v1/reports/"+r.GetId()+"/document?format=docx", "docx").Body), "Tỷ lệ hồ sơ trực tuyến còn thấp", "Thiếu máy tính")
	j.post("cv.stttt", "/v1/reports/"+r.GetId()+":submit", struct{}{}, "narrative/submit", &reportingv1.Report{})
	j.Client.Refused(write("cv.stttt", "Khác.", again.GetEtag(), "late"), http.StatusConflict, "REPORT_STATE")
}
