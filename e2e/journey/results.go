package journey

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// bulletins is the item of Plan 38 that is carried out outside Loa.
const bulletins = "9"

// results: what a district did outside Loa is recorded with its evidence, questioned, mended and confirmed by the plan's lead; from then on
// it counts in progress and reports, until it is taken back. History comes in by a file.
func (j *Journey) results() {
	t := j.t
	at := "/v1/plans/" + j.Plan38.GetId()
	april := j.Compile(j.Plan38.GetId(), "2022-M04", "results/april")
	if l := lineOf(t, april.GetFigures().GetItems(), "item:"+bulletins); l.Actual != nil || l.GetUnconfirmed() != 0 {
		t.Fatalf("before anything was recorded the report says %v, wanted a missing figure", l)
	}
	r := j.recorded(at)

	counted := func(asOf time.Time) *reportingv1.Line {
		t.Helper()
		p := &reportingv1.Progress{}
		query := ""
		if !asOf.IsZero() {
			query = "?asOf=" + asOf.UTC().Format(time.RFC3339Nano)
		}
		j.get("cv.stttt", at+"/progress"+query, p)
		return lineOf(t, p.GetFigures().GetItems(), "item:"+bulletins)
	}
	progress := &reportingv1.Progress{}
	until := func(enough func(*reportingv1.Line) bool) {
		t.Helper()
		j.Client.Until("cv.stttt", at+"/progress", progress, func() bool { return enough(lineOf(t, progress.GetFigures().GetItems(), "item:"+bulletins)) })
	}
	until(func(l *reportingv1.Line) bool { return l.Actual == nil && l.GetUnconfirmed() == 2 })
	beside := progress.GetAsOf().AsTime()

	j.confirmed(r)
	until(func(l *reportingv1.Line) bool {
		return l.GetActual() == 3 && l.GetByResults() == 3 && l.GetUnconfirmed() == 0
	})
	since := progress.GetAsOf().AsTime()
	if l := counted(beside); l.Actual != nil || l.GetUnconfirmed() != 2 {
		t.Fatalf("as of when it was recorded the progress says %v", l)
	}
	opened := &reportingv1.ListProgressEventsResponse{}
	j.get("cv.snv", at+"/progress/events?line=item:"+bulletins, opened)
	if e := opened.GetEvents(); len(e) != 1 || e[0].GetResult() != r.GetId() || e[0].GetKind() != "result" || e[0].GetQuantity() != 3 {
		t.Fatalf("the figure opens %v", e)
	}

	// A bulletin of March comes to light in a file, after the report of March was approved.
	j.historyOfResults(at)
	until(func(l *reportingv1.Line) bool { return l.GetActual() == 5 })
	later := j.Compile(j.Plan38.GetId(), "2022-M04", "results/april/later")
	if l := lineOf(t, later.GetFigures().GetItems(), "item:"+bulletins); later.GetHash() == april.GetHash() || l.GetActual() != 3 || l.GetCumulative() != 5 || l.GetByResults() != 3 {
		t.Fatalf("with the results the report of April says %v", l)
	}
	if late := later.GetLateFacts(); later.GetLateCount() != 1 || late[0].GetKind() != "added" || late[0].GetReport() != j.March.GetId() || late[0].GetFact().GetQuantity() != 2 || !late[0].GetFact().GetImported() {
		t.Fatalf("what came late is %v", late)
	}
	march := &reportingv1.Report{}
	j.get("cv.stttt", "/v1/reports/"+j.March.GetId(), march)
	check(t, "the approved report of March", march.GetHash(), j.March.GetHash())

	retract := system.Request{
		As: "cv.hongbang", Method: http.MethodPost, Path: "/v1/results/" + r.GetId() + ":retract", Key: "journey/results/retract",
		Body: &planningv1.RetractResultRequest{Reason: "Ghi nhầm phường."},
	}
	stranger := retract
	stranger.As, stranger.Key = "cv.snv", retract.Key+"/stranger"
	j.Client.Refused(stranger, http.StatusForbidden, "FORBIDDEN")
	j.Client.Must(retract, r)
	check(t, "state of what was taken back", r.GetState(), "retracted")
	until(func(l *reportingv1.Line) bool { return l.GetActual() == 2 })
	if l := counted(since); l.GetActual() != 3 {
		t.Fatalf("as of when it was confirmed the progress says %v", l)
	}
	again := retract
	again.As, again.Key, again.Path = "tp.stttt", "journey/results/confirm/late", "/v1/results/"+r.GetId()+":confirm"
	again.Body = &planningv1.ConfirmResultRequest{}
	j.Client.Refused(again, http.StatusConflict, "RESULT_STATE")
}

// lineOf finds a line of figures.
func lineOf(t interface {
	Helper()
	Fatalf(format string, args ...any)
}, lines []*reportingv1.Line, name string,
) *reportingv1.Line {
	t.Helper()
	for _, l := range lines {
		if l.GetLine() == name {
			return l
		}
	}
	t.Fatalf("there is no line %s in %v", name, lines)
	return nil
}

// recorded is a result that the district has recorded with a photograph: its own portal's pages and other agencies' words are no results.
func (j *Journey) recorded(plan string) *planningv1.Result {
	t := j.t
	const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"
	contentType, body := Form("loa phường.png", png)
	photograph := &planningv1.Evidence{}
	j.Client.Must(system.Request{
		As: "cv.hongbang", Method: http.MethodPost, Path: plan + "/items/" + bulletins + "/evidence", ContentType: contentType, Body: body, Key: "journey/results/evidence",
	}, photograph)
	if photograph.GetKind() != "photograph" || photograph.GetMediaType() != "image/png" || len(photograph.GetSha256()) != 64 {
		t.Fatalf("the evidence is %v", photograph)
	}
	happened := time.Date(2022, 4, 2, 17, 0, 0, 0, vn.Location())
	result := func(item, as, key string, evidence ...*planningv1.Evidence) system.Request {
		return system.Request{
			As: as, Method: http.MethodPost, Path: plan + "/items/" + item + "/results", Key: "journey/results/" + key,
			Body: &planningv1.Result{
				Quantity: 2, Unit: "bản tin", HappenedAt: timestamppb.New(happened), Place: "Phường Hoàng Văn Thụ", Channel: "loudspeaker", Evidence: evidence, Example: true,
			},
		}
	}
	j.Client.Refused(result(bulletins, "cv.snv", "stranger", photograph), http.StatusForbidden, "FORBIDDEN")
	own := &planningv1.Evidence{Kind: "link", Title: "Tin trên Cổng", Link: j.System.Portal + j.Publications[j.Article.GetId()].GetPath()}
	p := j.Client.Refused(result("1", "cv.stttt", "own", own), http.StatusUnprocessableEntity, "INVALID")
	if len(p.Errors) != 1 || p.Errors[0].Reason != "EVIDENCE_IS_PUBLICATION" || p.Errors[0].Field != "evidence[0].link" {
		t.Fatalf("what Loa published is recorded once more: %+v", p)
	}
	r := &planningv1.Result{}
	j.Client.Must(result(bulletins, "cv.hongbang", "record", photograph), r)
	if r.GetState() != "recorded" || r.GetAgency() != "H24.31" || r.GetRecordedBy() != "cv.hongbang" || !r.GetExample() {
		t.Fatalf("recorded: %v", r)
	}
	j.Client.Refused(result(bulletins, "tp.hongbang", "twice", photograph), http.StatusUnprocessableEntity, "INVALID")
	file := j.Client.Must(system.Request{As: "thanh.tra", Method: http.MethodGet, Path: "/v1/results/" + r.GetId() + "/evidence/" + photograph.GetSha256()}, nil)
	if string(file.Body) != png || file.Header.Get("Content-Type") != "image/png" {
		t.Fatalf("the photograph comes back as %d bytes of %s", len(file.Body), file.Header.Get("Content-Type"))
	}
	return r
}

// confirmed: the lead questions a result, the district mends it, and the lead confirms it; nobody confirms their own.
func (j *Journey) confirmed(r *planningv1.Result) {
	t := j.t
	act := func(as, verb string, body message, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/results/" + r.GetId() + verb, Body: body, Key: "journey/results/" + key}
	}
	j.Client.Refused(act("tp.hongbang", ":confirm", &planningv1.ConfirmResultRequest{}, "confirm/district"), http.StatusForbidden, "FORBIDDEN")
	j.Client.Must(act("tp.stttt", ":question", &planningv1.QuestionResultRequest{Reason: "Lịch phát ghi ba bản tin."}, "question"), r)
	if r.GetState() != "questioned" || r.GetReason() != "Lịch phát ghi ba bản tin." || r.GetDecidedBy() != "tp.stttt" {
		t.Fatalf("questioned: %v", r)
	}
	edit := system.Request{
		As: "cv.hongbang", Method: http.MethodPatch, Path: "/v1/results/" + r.GetId() + "?updateMask=quantity", Body: map[string]int{"quantity": 3}, Key: "journey/results/mend",
	}
	j.Client.Refused(edit, http.StatusPreconditionRequired, "ETAG_REQUIRED")
	edit.IfMatch = r.GetEtag()
	j.Client.Must(edit, r)
	if r.GetState() != "recorded" || r.GetQuantity() != 3 || r.GetReason() != "" {
		t.Fatalf("mended: %v", r)
	}
	j.Client.Must(act("tp.stttt", ":confirm", &planningv1.ConfirmResultRequest{}, "confirm"), r)
	check(t, "state of what the lead confirmed", r.GetState(), "confirmed")
}

// historyOfResults: a file brings results from before Loa in whole, or nothing of it; the same file again is nothing new.
func (j *Journey) historyOfResults(plan string) {
	t := j.t
	const head = "item,agency,quantity,unit,happened_at,place,channel,evidence_title,evidence_link,note\n"
	send := func(as, query, csv, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: plan + "/results:import?example=true" + query, ContentType: "text/csv", Body: csv, Key: "journey/results/history/" + key}
	}
	wrong := head + "9,H24.31,hai,bản tin,2022-03-01,Phường Minh Khai,loudspeaker,,,Sổ trực năm 2022\n9,H24.99,1,bản tin,2021-03-01,,loudspeaker,,,Sổ trực\n"
	p := j.Client.Refused(send("luu.tru", "", wrong, "wrong"), http.StatusUnprocessableEntity, "INVALID")
	var places []string
	for _, e := range p.Errors {
		places = append(places, e.Column+" "+e.Reason)
		if e.Row != 2 && e.Row != 3 {
			t.Fatalf("wrong in no line of the file: %+v", e)
		}
	}
	slices.Sort(places)
	check(t, "what is wrong in the file", strings.Join(places, ", "), "agency UNKNOWN_AGENCY, happened_at RESULT_OUTSIDE_PLAN, quantity BAD_COUNT")
	right := head + "9,H24.31,2,bản tin,2022-03-01,Phường Minh Khai,loudspeaker,,,Sổ trực năm 2022\n"
	j.Client.Refused(send("cv.hongbang", "", right, "officer"), http.StatusForbidden, "FORBIDDEN")
	in := &planningv1.ImportResultsResponse{}
	j.Client.Must(send("luu.tru", "&dryRun=true", right, "dry"), in)
	if !in.GetDryRun() || len(in.GetUnderstood()) != 1 || in.GetUnderstood()[0].GetRow() != 2 || in.GetUnderstood()[0].GetResult().GetQuantity() != 2 {
		t.Fatalf("the file is understood as %v", in)
	}
	for n, changed := range []int32{1, 0} {
		j.Client.Must(send("luu.tru", "", right, []string{"file", "file/again"}[n]), in)
		check(t, "results that are new", in.GetChanged(), changed)
	}
	list := &planningv1.ListResultsResponse{}
	j.get("cv.snv", plan+"/items/"+bulletins+"/results?state=confirmed", list)
	if n := len(list.GetResults()); n != 2 || !slices.ContainsFunc(list.GetResults(), (*planningv1.Result).GetImported) {
		t.Fatalf("confirmed are %v", list.GetResults())
	}
}
