package reporting

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

// recordedAt is a message that its source recorded at a moment.
func (b *bench) recordedAt(at time.Time, payload proto.Message) bus.Message {
	m := b.message(payload)
	m.RecordedAt = at
	return m
}

// result is a result of three classes under the plan's second item, or under another.
func aResult(id, item, state string, quantity int64) *planningv1.Result {
	return &planningv1.Result{
		Id: id, Plan: plan38, PlanItem: item, Agency: "H24.03", Quantity: quantity, Unit: "lớp", State: state, Place: "Kiến An",
		HappenedAt: timestamppb.New(vn.Day(2022, 3, 5)), Evidence: []*planningv1.Evidence{{Kind: "link", Link: "https://baohaiphong.vn/" + id}},
	}
}

// wrapped is the event that a result's state is told by.
func wrapped(r *planningv1.Result) proto.Message {
	switch r.GetState() {
	case "confirmed":
		return &planningv1.ResultConfirmed{Result: r}
	case "questioned":
		return &planningv1.ResultQuestioned{Result: r}
	case "retracted":
		return &planningv1.ResultRetracted{Result: r}
	default:
		return &planningv1.ResultRecorded{Result: r}
	}
}

func (b *bench) progress(at time.Time) *reportingv1.Progress {
	b.Helper()
	request := &reportingv1.GetProgressRequest{Plan: plan38}
	if !at.IsZero() {
		request.AsOf = timestamppb.New(at)
	}
	p, err := b.client.GetProgress(b.As("cv.khac"), request)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// What happened to a plan, hour by hour, is answered for each hour: recorded, confirmed, questioned and retracted results, a correction,
// a withdrawal, an amendment, the end.
func TestProgressOfAnyMoment(t *testing.T) {
	b := newBench(t)
	start := time.Now().Add(-24 * time.Hour).UTC().Truncate(time.Microsecond)
	hour := func(n int) time.Time { return start.Add(time.Duration(n) * time.Hour) }
	issued := b.issued().Payload.(*planningv1.PlanIssued)
	// The bench's own plan was recorded now; this one is the same plan's history under another identifier.
	issued.Plan.Id = "plan_01h455vb4pex5vsknk084sn03r"
	amended := proto.CloneOf(issued)
	amended.Items[0].Target.Quantity, amended.Items = 5, amended.Items[:1]
	of := func(r *planningv1.Result) *planningv1.Result { r.Plan = issued.GetPlan().GetId(); return r }
	published := b.published("publication_1", vn.Day(2022, 3, 1)).Payload.(*distributionv1.PublicationPublished)
	published.Content.Plan = issued.GetPlan().GetId()
	corrected := &distributionv1.PublicationCorrected{
		Publication: "publication_1", Content: proto.CloneOf(published.GetContent()), Slug: "tin-moi", PublishedAt: published.GetPublishedAt(), Number: 1,
	}
	corrected.Content.Title, corrected.Content.Hash = "Tin đã đính chính", "h2"
	for n, payload := range []proto.Message{
		issued, published, wrapped(of(aResult("result_1", "item_2", "recorded", 3))), wrapped(of(aResult("result_1", "item_2", "confirmed", 3))),
		corrected, wrapped(of(aResult("result_1", "item_2", "questioned", 3))), wrapped(of(aResult("result_1", "item_2", "confirmed", 4))),
		&planningv1.PlanAmended{Plan: amended.GetPlan(), Items: amended.GetItems()},
		&distributionv1.PublicationWithdrawn{Publication: "publication_1", Content: "content_publication_1"},
		wrapped(of(aResult("result_1", "item_2", "retracted", 4))), &planningv1.PlanClosed{Plan: issued.GetPlan().GetId()},
	} {
		m := b.recordedAt(hour(n), payload)
		b.deliver(m, m) // a repeat changes nothing
	}
	at := func(n int) *reportingv1.Progress {
		t.Helper()
		p, err := b.client.GetProgress(b.As("cv.khac"), &reportingv1.GetProgressRequest{Plan: issued.GetPlan().GetId(), AsOf: timestamppb.New(hour(n).Add(time.Minute))})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	type row struct {
		State                        string
		Target, Published, Withdrawn int64
		Classes                      string
		Unconfirmed                  int64
		Items                        int
	}
	for n, want := range []row{
		{"issued", 2, 0, 0, "missing", 0, 2},
		{"issued", 2, 1, 0, "missing", 0, 2},
		{"issued", 2, 1, 0, "missing", 3, 2},
		{"issued", 2, 1, 0, "3", 0, 2},
		{"issued", 2, 1, 0, "3", 0, 2},
		{"issued", 2, 1, 0, "missing", 3, 2},
		{"issued", 2, 1, 0, "4", 0, 2},
		{"amended", 5, 1, 0, "4", 0, 1}, // the second item is a former one, and keeps what was done under it
		{"amended", 5, 0, 1, "4", 0, 1},
		{"amended", 5, 0, 1, "none", 0, 1},
		{"closed", 5, 0, 1, "none", 0, 1},
	} {
		p := at(n)
		got := row{p.GetPlanState(), p.GetFigures().GetItems()[0].GetTarget(), p.GetFigures().GetPublished(), p.GetFigures().GetItems()[0].GetWithdrawn(), "none", 0, int(p.GetFigures().GetItemsTotal())}
		for _, l := range p.GetFigures().GetItems() {
			if l.GetCode() == "2" {
				got.Classes, got.Unconfirmed = "missing", l.GetUnconfirmed()
				if l.Actual != nil {
					got.Classes = fmt.Sprint(l.GetActual())
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("hour %d: %s", n, diff)
		}
	}
	// Each figure opens the events under it, as they then were.
	events := func(n int, line string) (titles []string) {
		t.Helper()
		r, err := b.client.ListProgressEvents(b.As("cv.khac"), &reportingv1.ListProgressEventsRequest{
			Plan: issued.GetPlan().GetId(), Line: line, AsOf: timestamppb.New(hour(n).Add(time.Minute)),
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range r.GetEvents() {
			titles = append(titles, e.GetTitle()+" "+e.GetHash()+e.GetPath())
		}
		return titles
	}
	for n, want := range map[int][]string{
		3: {"Tin publication_1 h-publication_1/tin/tin-publication_1", "lớp, Kiến An https://baohaiphong.vn/result_1"},
		4: {"Tin đã đính chính h2/tin/tin-moi", "lớp, Kiến An https://baohaiphong.vn/result_1"},
		8: {"lớp, Kiến An https://baohaiphong.vn/result_1"},
		9: nil,
	} {
		if diff := cmp.Diff(want, events(n, "total")); diff != "" {
			t.Errorf("hour %d: %s", n, diff)
		}
	}
	if got := events(3, "agency:H24.03"); len(got) != 1 || got[0] != "lớp, Kiến An https://baohaiphong.vn/result_1" {
		t.Errorf("%v", got)
	}
	before := &reportingv1.GetProgressRequest{Plan: issued.GetPlan().GetId(), AsOf: timestamppb.New(hour(0).Add(-time.Second))}
	if _, err := b.client.GetProgress(b.As("cv.khac"), before); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("before there was a plan: %v", err)
	}
}

func TestProgressIsAskedWell(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)), b.published("publication_2", vn.Day(2022, 3, 2)), b.published("publication_3", vn.Day(2022, 3, 2)))
	p := b.progress(time.Time{})
	if p.GetPlanNumber() != "38/KH-UBND" || p.GetAgencyName() != "Sở Thông tin và Truyền thông" || p.GetFigures().GetTotal().GetActual() != 3 ||
		p.GetFigures().GetItems()[0].GetState() != "done" || p.GetFigures().GetItems()[0].GetLine() != "item:1" || p.GetSources()["distribution"] == "" {
		t.Errorf("%v", p)
	}
	ask := func(who string, r *reportingv1.ListProgressEventsRequest) (*reportingv1.ListProgressEventsResponse, error) {
		r.Plan = plan38
		return b.client.ListProgressEvents(b.As(who), r)
	}
	var seen []string
	for token := ""; ; {
		page, err := ask("cv.khac", &reportingv1.ListProgressEventsRequest{Line: "item:1", PageSize: 2, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.GetEvents() {
			seen = append(seen, e.GetPublication()+" "+e.GetEvent())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if diff := cmp.Diff([]string{"publication_1 distribution/1.3", "publication_2 distribution/1.4", "publication_3 distribution/1.5"}, seen); diff != "" {
		t.Error(diff)
	}
	for name, c := range map[string]struct {
		who    string
		ask    *reportingv1.ListProgressEventsRequest
		reason errs.Reason
	}{
		"no such line":  {"cv.khac", &reportingv1.ListProgressEventsRequest{Line: "plan:1"}, errorsv1.Reason_INVALID},
		"no such token": {"cv.khac", &reportingv1.ListProgressEventsRequest{PageToken: "?"}, errorsv1.Reason_INVALID},
		"the future":    {"cv.khac", &reportingv1.ListProgressEventsRequest{AsOf: timestamppb.New(time.Now().Add(time.Hour))}, errorsv1.Reason_AS_OF_FUTURE},
		"a stranger":    {"ai.do", &reportingv1.ListProgressEventsRequest{}, errorsv1.Reason_FORBIDDEN},
	} {
		if _, err := ask(c.who, c.ask); errs.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.client.GetProgress(b.As("cv.khac"), &reportingv1.GetProgressRequest{Plan: "plan_x"}); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("%v", err)
	}
}

// Whatever is published, corrected, withdrawn, recorded and decided, in whatever order: the figures as of a moment are those of the fold of
// the events recorded until then.
func TestAsOfIsTheFoldUpToIt(t *testing.T) {
	b := newBench(t)
	run := 0
	rapid.Check(t, func(t *rapid.T) {
		run++
		plan := fmt.Sprintf("plan_%d", run)
		start := time.Now().Add(-time.Hour).UTC().Truncate(time.Microsecond)
		issued := b.issued().Payload.(*planningv1.PlanIssued)
		issued.Plan.Id = plan
		messages := []bus.Message{b.recordedAt(start, issued)}
		type fact struct {
			counts   bool
			quantity int64
		}
		now := map[string]fact{}
		sum := func() (s int64) {
			for _, f := range now {
				if f.counts {
					s += f.quantity
				}
			}
			return s
		}
		want := []int64{0}
		for n := range rapid.IntRange(1, 8).Draw(t, "events") {
			id := fmt.Sprintf("%s_%d", plan, rapid.IntRange(0, 2).Draw(t, "id"))
			kind := rapid.SampledFrom([]string{"publish", "correct", "withdraw", "recorded", "confirmed", "questioned", "retracted"}).Draw(t, "kind")
			content := &contentv1.Content{Id: "content_" + id, Plan: plan, PlanItem: "item_1", Agency: "H24.02", Title: fmt.Sprint(n), Theme: "chu-truong"}
			_, known := now["p"+id]
			published := timestamppb.New(vn.Day(2022, 3, 1))
			var payload proto.Message
			switch {
			case kind == "publish" && !known:
				payload, now["p"+id] = &distributionv1.PublicationPublished{Publication: "p" + id, Content: content, PublishedAt: published}, fact{true, 1}
			case kind == "correct" && now["p"+id].counts:
				payload = &distributionv1.PublicationCorrected{Publication: "p" + id, Content: content, PublishedAt: published}
			case kind == "withdraw" && known:
				payload, now["p"+id] = &distributionv1.PublicationWithdrawn{Publication: "p" + id}, fact{false, 1}
			case slices.Contains([]string{"publish", "correct", "withdraw"}, kind):
				continue
			default:
				quantity := rapid.Int64Range(1, 9).Draw(t, "quantity")
				r := aResult("r"+id, "item_1", kind, quantity)
				r.Plan, r.Unit = plan, "tin"
				payload, now["r"+id] = wrapped(r), fact{kind == "confirmed", quantity}
			}
			messages = append(messages, b.recordedAt(start.Add(time.Duration(len(messages))*time.Second), payload))
			want = append(want, sum())
		}
		b.deliver(messages...)
		moment := rapid.IntRange(0, len(messages)-1).Draw(t, "moment")
		p, err := b.client.GetProgress(b.As("cv.khac"), &reportingv1.GetProgressRequest{Plan: plan, AsOf: timestamppb.New(messages[moment].RecordedAt)})
		if err != nil {
			t.Fatal(err)
		}
		if got := p.GetFigures().GetTotal(); got.GetActual() != want[moment] || p.GetFigures().GetItems()[0].GetActual() != want[moment] {
			t.Fatalf("after %d of %d events %d, wanted %d", moment, len(messages)-1, got.GetActual(), want[moment])
		}
	})
}

// What becomes known of a period after its report was approved stands in the next report of the same kind, once; the approved one stays.
func TestLateFactsStandInTheNextReport(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)), b.published("publication_2", vn.Day(2022, 3, 2)))
	march, r := b.compiled()
	if _, err := b.submit(t.Context(), march, "cv.stttt", "Phòng TTBCXB", b.command()); err != nil {
		t.Fatal(err)
	}
	b.deliver(b.message(approved(march, r.State.Sheet.Hash)))
	before, err := b.client.ListReportEvidence(b.As("cv.stttt"), &reportingv1.ListReportEvidenceRequest{Report: march})
	if err != nil {
		t.Fatal(err)
	}
	corrected := b.published("publication_2", vn.Day(2022, 3, 2)).Payload.(*distributionv1.PublicationPublished)
	corrected.Content.Title = "Tin đã đính chính"
	b.deliver(
		b.message(&distributionv1.PublicationWithdrawn{Publication: "publication_1"}),
		b.message(&distributionv1.PublicationCorrected{Publication: "publication_2", Content: corrected.GetContent(), Slug: "moi", PublishedAt: corrected.GetPublishedAt()}),
		b.message(wrapped(aResult("result_1", "item_2", "recorded", 3))), b.message(wrapped(aResult("result_1", "item_2", "confirmed", 3))),
		b.message(wrapped(aResult("result_2", "item_2", "recorded", 9))), // not confirmed: late, and in no figure
		b.published("publication_9", vn.Day(2022, 3, 20)),                // of April
	)
	april := b.compile38(t, "2022-M04")
	var late []string
	for _, f := range april.GetLateFacts() {
		late = append(late, fmt.Sprintf("%s %s %s%s %s", f.GetKind(), f.GetPeriod(), f.GetFact().GetPublication(), f.GetFact().GetResult(), f.GetFact().GetTitle()))
	}
	want := []string{"removed 2022-M03 publication_1 Tin publication_1", "changed 2022-M03 publication_2 Tin đã đính chính", "added 2022-M03 result_1 lớp, Kiến An"}
	if diff := cmp.Diff(want, late); diff != "" || april.GetLateCount() != 3 || !slices.Equal(april.GetRestates(), []string{march}) {
		t.Errorf("%s %d %v", diff, april.GetLateCount(), april.GetRestates())
	}
	if april.GetFigures().GetPublished() != 1 {
		t.Errorf("%v", april.GetFigures())
	}
	after, err := b.client.ListReportEvidence(b.As("cv.stttt"), &reportingv1.ListReportEvidenceRequest{Report: march})
	if err != nil || !proto.Equal(before, after) || len(after.GetEvidence()) != 2 {
		t.Errorf("the approved report's annex: %v, %v", after, err)
	}
	// Told once: when April is settled, May tells nothing of it.
	if _, err := b.submit(t.Context(), april.GetId(), "cv.stttt", "Phòng TTBCXB", b.command()); err != nil {
		t.Fatal(err)
	}
	b.deliver(b.message(wrapped(aResult("result_2", "item_2", "confirmed", 9))))
	may := b.compile38(t, "2022-M05")
	if may.GetLateCount() != 1 || may.GetLateFacts()[0].GetFact().GetResult() != "result_2" {
		t.Errorf("%v", may.GetLateFacts())
	}
	// A report of another kind restates none of these.
	if quarter := b.compile38(t, "2022-Q2"); quarter.GetLateCount() != 0 {
		t.Errorf("%v", quarter.GetLateFacts())
	}
}

func (b *bench) compile38(t testing.TB, period string) *reportingv1.Report {
	t.Helper()
	r, err := b.client.CompileReport(b.As("cv.stttt"), &reportingv1.CompileReportRequest{Plan: plan38, Period: period})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// The annex is read page by page as the report counted it, and its lines have the digest that was approved.
func TestAnnexIsReadAsItWasCounted(t *testing.T) {
	b := newBench(t)
	var messages []bus.Message
	for n := range 7 {
		messages = append(messages, b.published(fmt.Sprintf("publication_%d", n), vn.Day(2022, 3, 1+n/2)))
	}
	b.deliver(append(messages, b.message(wrapped(aResult("result_1", "item_2", "confirmed", 3))))...)
	id, r := b.compiled()
	b.deliver(b.published("publication_late", vn.Day(2022, 3, 1)), b.message(&distributionv1.PublicationWithdrawn{Publication: "publication_3"}))
	list := func(line string) (found []*reportingv1.Counted) {
		t.Helper()
		for token := ""; ; {
			page, err := b.client.ListReportEvidence(b.As("cv.stttt"), &reportingv1.ListReportEvidenceRequest{Report: id, Line: line, PageSize: 3, PageToken: token})
			if err != nil {
				t.Fatal(err)
			}
			found = append(found, page.GetEvidence()...)
			if token = page.GetNextPageToken(); token == "" {
				return found
			}
		}
	}
	if all, classes := list(""), list("item:2"); len(all) != 8 || len(classes) != 1 || classes[0].GetQuantity() != 3 || classes[0].GetUnit() != "lớp" {
		t.Errorf("%v", all)
	}
	plan, of, v, err := b.annex(t.Context(), r.State.Sheet)
	if err != nil {
		t.Fatal(err)
	}
	sum, register := sha256.New(), figures.NewRegister(plan)
	err = facts.Each(t.Context(), b.pool, v, of, func(f figures.Fact, _ string) (bool, error) {
		sum.Write(register.Entry(f).Append(nil))
		return true, nil
	})
	document, err2 := figures.Read(r.State.Sheet.Canonical)
	if err != nil || err2 != nil || hex.EncodeToString(sum.Sum(nil)) != document.Annex.SHA256 || document.Annex.Entries != 8 {
		t.Errorf("%v %v %+v", err, err2, document.Annex)
	}
	if _, err := b.client.ListReportEvidence(b.As("cv.khac"), &reportingv1.ListReportEvidenceRequest{Report: id}); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("before it is approved, by another agency: %v", err)
	}
}

// A report approved before there was an annex is listed by what its lines hold.
func TestEvidenceOfAReportOfTheFirstForm(t *testing.T) {
	b := newBench(t)
	const text = `{"agencies":[],"agency":"H24.02","agencyName":"","audiences":[],"channels":[],"example":false,"from":"2022-02-15","importedPlan":true,"items":[{"actual":2,"code":"1","counted":[{"content":"c2","event":"distribution/1.8","hash":"00","imported":false,"path":"/tin/b","publication":"b","publishedAt":"2022-03-02T06:20:00Z","title":"B"},{"content":"c1","event":"distribution/1.7","hash":"00","imported":false,"path":"/tin/a","publication":"a","publishedAt":"2022-03-01T06:20:00Z","title":"A"}],"cumulative":2,"example":false,"name":"Tin","planned":2,"state":"done","target":2,"unit":"tin"}],"itemsDone":1,"itemsOverdue":0,"itemsTotal":1,"period":"2022-M03","periodName":"","plan":"plan_38","planNumber":"","planTitle":"","published":2,"publishedCumulative":2,"themes":[],"title":"","to":"2022-03-14"}`
	id := report.ID("plan_38", march(t))
	_, err := b.reports.Execute(t.Context(), id, b.command(), func(*report.Report, int64) ([]any, error) {
		return []any{report.ReportCompiled{Sheet: report.Sheet{Plan: "plan_38", Agency: "H24.02", Period: "2022-M03", Canonical: text, Sources: map[string]string{"distribution": "1.8"}}}}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for token := ""; ; {
		page, err := b.client.ListReportEvidence(b.As("thanh.tra"), &reportingv1.ListReportEvidenceRequest{Report: id, PageSize: 1, PageToken: token})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range page.GetEvidence() {
			got = append(got, e.GetTitle())
		}
		if token = page.GetNextPageToken(); token == "" {
			break
		}
	}
	if !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("%v", got)
	}
}

// The same period of last year is that of the plans of the same issuer and lead; without one it is missing.
func TestLastYearIsThatOfThePlanBefore(t *testing.T) {
	b := newBench(t)
	b.deliver(b.published("publication_1", vn.Day(2022, 3, 1)))
	if r := b.compile38(t, "2022-M03"); r.GetFigures().GetTotal().LastYear != nil {
		t.Errorf("%v", r.GetFigures().GetTotal())
	}
	before := b.issued().Payload.(*planningv1.PlanIssued)
	before.Plan.Id, before.Plan.From, before.Plan.To = "plan_21", "2021-01-04", "2021-12-14"
	other := proto.CloneOf(before)
	other.Plan.Id, other.Plan.Lead = "plan_other", "H24.03"
	then, elsewhere := b.published("publication_then", vn.Day(2021, 3, 1)), b.published("publication_elsewhere", vn.Day(2021, 3, 1))
	then.Payload.(*distributionv1.PublicationPublished).Content.Plan = "plan_21"
	elsewhere.Payload.(*distributionv1.PublicationPublished).Content.Plan = "plan_other"
	b.deliver(b.message(before), b.message(other), then, elsewhere)
	r := b.compile38(t, "2022-M03")
	for _, l := range []*reportingv1.Line{r.GetFigures().GetTotal(), r.GetFigures().GetThemes()[0], r.GetFigures().GetAgencies()[0]} {
		if l.LastYear == nil || l.GetLastYear() != 1 {
			t.Errorf("%v", l)
		}
	}
	if april := b.compile38(t, "2022-M04"); april.GetFigures().GetTotal().LastYear == nil || april.GetFigures().GetTotal().GetLastYear() != 0 {
		t.Errorf("a period of which Loa knows the plan, and nothing done: %v", april.GetFigures().GetTotal())
	}
}
