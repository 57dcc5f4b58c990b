package reporting

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/testing/protocmp"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// The article of 01/03/2022 13:20 counts in March 2022, once however often its message comes, and the report says which event it was.
func TestReportCountsWhatWasPublished(t *testing.T) {
	b := newBench(t)
	article := b.published("publication_1", vn.Day(2022, 3, 1).Add(13*time.Hour+20*time.Minute))
	b.deliver(article, article, b.published("publication_2", vn.Day(2022, 3, 15)))
	id, r := b.compiled()
	got, err := reportOf(id, r.State)
	if err != nil {
		t.Fatal(err)
	}
	item := got.GetFigures().GetItems()[0]
	if item.GetPlanned() != 2 || item.GetActual() != 1 || item.GetCumulative() != 1 || item.GetState() != "overdue" || len(item.GetCounted()) != 1 {
		t.Errorf("%v", item)
	}
	want := &reportingv1.Counted{
		Publication: "publication_1", Content: "content_publication_1", Title: "Tin publication_1", Path: "/tin/tin-publication_1",
		Hash: "h-publication_1", Event: "distribution/1.3", Imported: true, PublishedAt: item.GetCounted()[0].GetPublishedAt(),
		Kind: "publication", Quantity: 1, Unit: "tin", Item: "1", Agency: "H24.02", Theme: "chu-truong", Audiences: []string{"nguoi-dan"},
		Channels: []string{"cong"},
	}
	if diff := cmp.Diff(want, item.GetCounted()[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	if missing := got.GetFigures().GetItems()[1]; missing.Actual != nil || missing.Planned != nil || missing.GetState() != "missing" || !missing.GetExample() {
		t.Errorf("%v", missing)
	}
	if got.GetAgencyName() != "Sở Thông tin và Truyền thông" || got.GetFrom() != "2022-02-15" || got.GetTo() != "2022-03-14" ||
		got.GetPeriodName() != "tháng 3 năm 2022" || !got.GetExample() || !got.GetImportedPlan() || got.GetState() != "compiled" ||
		got.GetTitle() != "Báo cáo kết quả thực hiện Kế hoạch số 38/KH-UBND, tháng 3 năm 2022" {
		t.Errorf("%v", got)
	}
	if diff := cmp.Diff(map[string]string{"planning": "1.2", "distribution": "1.4", "arrival": "5"}, got.GetSources()); diff != "" {
		t.Error(diff)
	}
}

// Compiled twice, the canonical form is the same bytes and nothing is recorded; its hash is that of the bytes, and they hold no time
// of compiling and no name of who did it.
func TestCompiledTwiceIsTheSameBytes(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)), b.published("publication_2", vn.Day(2022, 3, 2)))
	id, first := b.compiled()
	b.deliver(b.published("publication_3", vn.Day(2022, 4, 1)))
	again, second := b.compiled()
	if id != again || second.Events != 0 || first.State.Sheet.Canonical != second.State.Sheet.Canonical {
		t.Errorf("%s recorded %d events\n%s\n%s", again, second.Events, first.State.Sheet.Canonical, second.State.Sheet.Canonical)
	}
	s := second.State.Sheet
	sum := sha256.Sum256([]byte(s.Canonical))
	if hex.EncodeToString(sum[:]) != s.Hash {
		t.Errorf("hash %s", s.Hash)
	}
	var members map[string]any
	if err := json.Unmarshal([]byte(s.Canonical), &members); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"compiledAt", "compiledBy", "sources"} {
		if _, ok := members[name]; ok {
			t.Errorf("%s is in the canonical form", name)
		}
	}
}

func TestPeriodsAreRefused(t *testing.T) {
	b := newBench(t)
	outside, err := vn.ParsePeriod("2021-M12")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.compile(t.Context(), b.plan38(), outside, officer(), b.command()); errs.ReasonOf(err) != errorsv1.Reason_PLAN_PERIOD_OUTSIDE {
		t.Errorf("%v", err)
	}
	now, err := b.log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	open, err := vn.PeriodAt(vn.Month, now)
	if err != nil {
		t.Fatal(err)
	}
	endless := b.plan38()
	endless.To = now.AddDate(1, 0, 0)
	_, _, err = b.compile(t.Context(), endless, open, officer(), b.command())
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != errorsv1.Reason_PLAN_PERIOD_OPEN {
		t.Fatalf("%v", err)
	}
	if got := e.Args["cutoff"]; got != vn.Date(open.LastDay()) {
		t.Errorf("cut-off %q", got)
	}
	if events, err := b.log.Read(t.Context(), 0, 10); err != nil || len(events) > 0 {
		t.Errorf("%v, %v", events, err)
	}
}

// A late fact gives other figures before the report is submitted, and none afterwards.
func TestLateFacts(t *testing.T) {
	b := newBench(t)
	id, first := b.compiled()
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)))
	_, second := b.compiled()
	if second.Events != 1 || first.State.Sheet.Hash == second.State.Sheet.Hash {
		t.Fatalf("%d events", second.Events)
	}
	submitted, err := b.submit(t.Context(), id, "cv.stttt", "Phòng TTBCXB", b.command())
	if err != nil {
		t.Fatal(err)
	}
	b.deliver(b.published("publication_2", vn.Day(2022, 3, 2)))
	_, third := b.compiled()
	if third.Events != 0 || third.State.State != report.InApproval || third.State.Sheet.Canonical != submitted.State.Sheet.Canonical {
		t.Errorf("%+v", third.State)
	}
	b.deliver(b.message(approved(id, second.State.Sheet.Hash)))
	_, fourth := b.compiled()
	if fourth.Events != 0 || fourth.State.State != report.Approved || fourth.State.Sheet.Canonical != submitted.State.Sheet.Canonical {
		t.Errorf("%+v", fourth.State)
	}
}

// The way of a report: submitted, returned with a comment, submitted again, approved. Messages that come twice, or of another hash or
// kind of document, change nothing.
func TestApproval(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)))
	id, r := b.compiled()
	hash := r.State.Sheet.Hash
	state := func() *report.Report {
		t.Helper()
		s, _, err := b.reports.Load(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	submit := func() {
		t.Helper()
		if _, err := b.submit(t.Context(), id, "cv.stttt", "Phòng TTBCXB", b.command()); err != nil {
			t.Fatal(err)
		}
	}
	b.deliver(b.message(approved(id, hash)))
	if got := state().State; got != report.Compiled {
		t.Fatalf("%s before it was submitted", got)
	}
	submit()
	b.deliver(b.message(opened(id)))
	back := b.message(returned(id, hash))
	b.deliver(b.message(returned(id, "another")), back, back)
	if got := state(); got.State != report.Returned || got.ReturnComment != "thiếu lớp tập huấn" || got.Dossier != "dossier_1" {
		t.Fatalf("%+v", got)
	}
	submit()
	b.deliver(back) // a repeat of the return is not a second one
	foreign := approved(id, hash)
	foreign.DocumentType = "content"
	b.deliver(b.message(foreign))
	if got := state(); got.State != report.InApproval || got.ReturnComment != "" {
		t.Fatalf("%+v", got)
	}
	done := b.message(approved(id, hash))
	b.deliver(done, done, b.message(approved(id, hash)))
	got := state()
	if got.State != report.Approved || !got.ApprovedAt.Equal(done.HappenedAt) || len(got.Decisions) != 2 {
		t.Fatalf("%+v", got)
	}
	if _, err := b.submit(t.Context(), id, "cv.stttt", "Phòng TTBCXB", b.command()); errs.ReasonOf(err) != errorsv1.Reason_REPORT_STATE {
		t.Errorf("%v", err)
	}
	if _, err := b.submit(t.Context(), report.ID("plan_x", march(t)), "cv.stttt", "", b.command()); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("%v", err)
	}
	checkPublished(t, b, id, got)
}

// checkPublished holds what others are told against the report.
func checkPublished(t *testing.T, b *bench, id string, r *report.Report) {
	t.Helper()
	events, err := b.log.Read(t.Context(), 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, e := range events {
		m, err := publish(e)
		if err != nil {
			t.Fatal(err)
		}
		if m == nil {
			continue
		}
		kinds = append(kinds, string(m.ProtoReflect().Descriptor().Name()))
		switch m := m.(type) {
		case *reportingv1.ReportSubmitted:
			if m.GetUnit() != "Phòng TTBCXB" || !slices.Equal(m.GetAuthors(), []string{"cv.stttt"}) || m.GetReport().GetHash() != r.Sheet.Hash || m.GetReport().GetState() != "in_approval" {
				t.Errorf("%v", m)
			}
		case *reportingv1.ReportApproved:
			want, err := reportOf(id, r)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, m.GetReport(), protocmp.Transform()); diff != "" {
				t.Error(diff)
			}
			if want.GetPath() == "" || want.GetPath() != report.Path(id, r.Sheet) || want.GetApprovedAt() == nil || len(want.GetDecisions()) != 2 {
				t.Errorf("%v", want)
			}
		}
	}
	if diff := cmp.Diff([]string{"ReportCompiled", "ReportSubmitted", "ReportSubmitted", "ReportApproved"}, kinds); diff != "" {
		t.Error(diff)
	}
}

// What the workflow compiles has no author.
func TestWorkflowCompiles(t *testing.T) {
	b := newBench(t)
	_, r, err := b.compile(t.Context(), b.plan38(), march(t), compiler{Name: "worker"}, b.command())
	if err != nil || r.State.Sheet.CompiledBy != "worker" || len(r.State.Authors) != 0 {
		t.Errorf("%+v, %v", r.State, err)
	}
}

// Before it is approved a report is listed to agencies that its plan names, afterwards to everybody; built anew from the log the list
// is the same.
func TestLists(t *testing.T) {
	b := newBench(t)
	id, r := b.compiled()
	april, err := vn.ParsePeriod("2022-M04")
	if err != nil {
		t.Fatal(err)
	}
	later, _, err := b.compile(t.Context(), b.plan38(), april, officer(), b.command())
	if err != nil {
		t.Fatal(err)
	}
	last, err := b.submit(t.Context(), later, "cv.stttt", "Phòng TTBCXB", b.command())
	if err != nil {
		t.Fatal(err)
	}
	b.deliver(b.message(opened(later)), b.message(approved(later, last.State.Sheet.Hash)))
	if err := b.log.WaitFor(t.Context(), readmodel.Name, r.Position); err != nil {
		t.Fatal(err)
	}
	ids := func(q readmodel.Query) (found []string) {
		t.Helper()
		q.Limit = 10
		rows, err := readmodel.List(t.Context(), b.pool, q)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			found = append(found, row.ID)
		}
		return found
	}
	for _, c := range []struct {
		query readmodel.Query
		want  []string
	}{
		{readmodel.Query{Agency: "H24.02"}, []string{later, id}},
		{readmodel.Query{Agency: "H24.04"}, []string{later, id}}, // coordinates an item
		{readmodel.Query{Agency: "H24.05"}, []string{later}},
		{readmodel.Query{All: true}, []string{later, id}},
		{readmodel.Query{All: true, BeforeID: later}, []string{id}},
		{readmodel.Query{All: true, Plan: "plan_other"}, nil},
	} {
		if diff := cmp.Diff(c.want, ids(c.query)); diff != "" {
			t.Errorf("%+v: %s", c.query, diff)
		}
	}
	live, err := readmodel.List(t.Context(), b.pool, readmodel.Query{All: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if live[0].State != "approved" || live[0].Path == "" || live[0].ApprovedAt == nil || live[0].Dossier != "dossier_1" {
		t.Errorf("%+v", live[0])
	}
	if err := es.Replay(t.Context(), b.pool, Module().Catalogue, readmodel.Reports()); err != nil {
		t.Fatal(err)
	}
	built, err := readmodel.List(t.Context(), b.pool, readmodel.Query{All: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(live, built); diff != "" {
		t.Error(diff)
	}
}

// A report's lines are linked to the traces of the publications that they count.
func TestTraceLeadsFromPublicationToLine(t *testing.T) {
	b := newBench(t)
	recorder := tracetest.NewSpanRecorder()
	b.tracer = trace.NewTracerProvider(trace.WithSpanProcessor(recorder)).Tracer("test")
	messages := []bus.Message{b.published("publication_1", vn.Day(2022, 3, 1)), b.published("publication_2", vn.Day(2022, 3, 2))}
	b.deliver(messages...)
	b.compiled()
	spans := recorder.Ended()
	if len(spans) != 1 || spans[0].Name() != "report line" {
		t.Fatalf("%d spans", len(spans))
	}
	var got []string
	for _, l := range spans[0].Links() {
		got = append(got, "00-"+l.SpanContext.TraceID().String()+"-"+l.SpanContext.SpanID().String()+"-01")
	}
	if diff := cmp.Diff([]string{messages[0].Traceparent, messages[1].Traceparent}, got); diff != "" {
		t.Error(diff)
	}
}

// Facts that come while two people compile are never lost to the older of the two.
func TestConcurrentCompiling(t *testing.T) {
	b := newBench(t)
	const writers = 8
	messages := make([]bus.Message, writers)
	commands := make([]es.Command, writers)
	for i := range writers {
		messages[i], commands[i] = b.published("publication_"+string(rune('a'+i)), vn.Day(2022, 3, 1+i)), b.command()
	}
	ended := make(chan error, writers)
	plan, period := b.plan38(), march(t)
	for i := range writers {
		b.deliver(messages[i])
		go func() {
			_, _, err := b.compile(t.Context(), plan, period, officer(), commands[i])
			ended <- err
		}()
	}
	for range writers {
		if err := <-ended; err != nil {
			t.Fatal(err)
		}
	}
	r, _, err := b.reports.Load(t.Context(), report.ID(plan38, period))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := reportOf("", r); err != nil || got.GetFigures().GetPublished() != writers {
		t.Errorf("%d published, %v", got.GetFigures().GetPublished(), err)
	}
}
