package planning

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/testing/protocmp"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/bus"
	replica "github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

// resultDesk is Plan 38 on a service with a store and a portal.
type resultDesk struct {
	*service
	client planningv1.ResultServiceClient
	plan   string
}

func desk38(t *testing.T) *resultDesk {
	t.Helper()
	s := start38(t)
	store, err := blob.Open(t.Context(), t.TempDir())
	s.must(err)
	t.Cleanup(func() { s.must(store.Close()) })
	s.Host.Blobs, s.Host.Config.PublicURL = store, "https://haiphong.gov.vn"
	s.staffed()
	p, err := s.planService().ImportPlan(s.as("luu.tru", "38"), &planningv1.ImportPlanRequest{Yaml: s.example("plan.yaml")})
	s.must(err)
	return &resultDesk{service: s, client: planningv1.NewResultServiceClient(s.conn), plan: p.GetId()}
}

// bulletin is a loudspeaker bulletin under item 9, with a link as evidence.
func bulletin(link string) *planningv1.Result {
	return &planningv1.Result{
		Quantity: 2, Unit: "bản tin", HappenedAt: timestamppb.New(vn.Day(2022, 3, 1).Add(6 * time.Hour)), Place: "Phường Hoàng Văn Thụ", Channel: "loudspeaker",
		Evidence: []*planningv1.Evidence{{Kind: "link", Title: "Lịch phát", Link: link}},
	}
}

func (d *resultDesk) record(who string, r *planningv1.Result) (*planningv1.Result, error) {
	return d.client.RecordResult(d.as(who, ""), &planningv1.RecordResultRequest{Plan: d.plan, Item: "9", Result: r})
}

// wrong is the one place that a refusal names.
func (d *resultDesk) wrong(err error) errs.Field {
	d.Helper()
	places := d.places(err)
	if len(places) != 1 {
		d.Fatalf("%+v", places)
	}
	return places[0]
}

// The way of a result over the wire: recorded by who is in charge, questioned and confirmed by the plan's lead, and never by its author.
func TestTheWayOfAResult(t *testing.T) {
	d := desk38(t)
	for _, who := range []string{"cv.snv", "luu.tru", "vt.stttt"} { // another agency, and roles that record nothing
		_, err := d.record(who, bulletin("https://hongbang.gov.vn/lich-phat-1"))
		d.refused(err, errorsv1.Reason_FORBIDDEN)
	}
	var header metadata.MD
	request := &planningv1.RecordResultRequest{Plan: d.plan, Item: "9", Result: bulletin("https://hongbang.gov.vn/lich-phat-1")}
	recorded, err := d.client.RecordResult(d.as("cv.hongbang", "r1"), request, grpc.Header(&header))
	d.must(err)
	if recorded.GetState() != "recorded" || recorded.GetAgency() != "H24.31" || recorded.GetRecordedBy() != "cv.hongbang" || !recorded.GetExample() ||
		recorded.GetRecordedAt() == nil || recorded.GetEtag() != `"1"` || header.Get("location")[0] != "/v1/results/"+recorded.GetId() {
		t.Fatalf("%v %v", recorded, header)
	}
	again, err := d.client.RecordResult(d.as("cv.hongbang", "r1"), request)
	if diff := cmp.Diff(recorded, again, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("the same key: %v %s", err, diff)
	}
	id := recorded.GetId()
	_, err = d.client.ConfirmResult(d.as("tp.hongbang", ""), &planningv1.ConfirmResultRequest{Result: id})
	d.refused(err, errorsv1.Reason_FORBIDDEN)
	questioned, err := d.client.QuestionResult(d.as("tp.stttt", ""), &planningv1.QuestionResultRequest{Result: id, Reason: "Thiếu ảnh"})
	d.must(err)
	if questioned.GetState() != "questioned" || questioned.GetReason() != "Thiếu ảnh" || questioned.GetDecidedBy() != "tp.stttt" {
		t.Errorf("%v", questioned)
	}
	d.edited(id)
	confirmed, err := d.client.ConfirmResult(d.as("tp.stttt", ""), &planningv1.ConfirmResultRequest{Result: id})
	d.must(err)
	if confirmed.GetState() != "confirmed" || confirmed.GetQuantity() != 3 || confirmed.GetReason() != "" {
		t.Errorf("%v", confirmed)
	}
	found, err := d.client.GetResult(d.as("cv.snv", ""), &planningv1.GetResultRequest{Result: id})
	if diff := cmp.Diff(confirmed, found, protocmp.Transform()); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	_, err = d.client.RetractResult(d.as("cv.snv", ""), &planningv1.RetractResultRequest{Result: id, Reason: "?"})
	d.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = d.client.RetractResult(d.as("cv.hongbang", ""), &planningv1.RetractResultRequest{Result: id})
	d.refused(err, errorsv1.Reason_INVALID)
	retracted, err := d.client.RetractResult(d.as("cv.hongbang", ""), &planningv1.RetractResultRequest{Result: id, Reason: "Ghi nhầm phường"})
	d.must(err)
	if retracted.GetState() != "retracted" {
		t.Errorf("%v", retracted)
	}
	_, err = d.client.ConfirmResult(d.as("tp.stttt", ""), &planningv1.ConfirmResultRequest{Result: id})
	d.refused(err, errorsv1.Reason_RESULT_STATE)
	for _, unknown := range []string{"result_00000000000000000000000000", "result_x"} {
		_, err = d.client.GetResult(d.as("cv.snv", ""), &planningv1.GetResultRequest{Result: unknown})
		d.refused(err, errorsv1.Reason_NOT_FOUND)
	}
	d.published(id, "ResultRecorded", "ResultQuestioned", "ResultRecorded", "ResultConfirmed", "ResultRetracted")
}

// edited sends the edit that answers a question.
func (d *resultDesk) edited(id string) {
	d.Helper()
	edit := &planningv1.UpdateResultRequest{Result: &planningv1.Result{Id: id, Quantity: 3}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"quantity"}}}
	_, err := d.client.UpdateResult(d.as("cv.hongbang", ""), edit)
	d.refused(err, errorsv1.Reason_ETAG_REQUIRED)
	_, err = d.client.UpdateResult(ifMatch(d.as("cv.hongbang", ""), `"1"`), edit)
	d.refused(err, errorsv1.Reason_ETAG_STALE)
	_, err = d.client.UpdateResult(ifMatch(d.as("cv.snv", ""), `"2"`), edit)
	d.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = d.client.UpdateResult(ifMatch(d.as("cv.hongbang", ""), `"2"`),
		&planningv1.UpdateResultRequest{Result: &planningv1.Result{Id: id}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"state"}}})
	if f := d.wrong(err); f.Reason != errorsv1.Reason_UNKNOWN_FIELD {
		d.Errorf("%+v", f)
	}
	after, err := d.client.UpdateResult(ifMatch(d.as("cv.hongbang", ""), `"2"`), edit)
	d.must(err)
	if after.GetState() != "recorded" || after.GetQuantity() != 3 || after.GetReason() != "" || after.GetDecidedAt() != nil || after.GetEtag() != `"3"` {
		d.Errorf("%v", after)
	}
}

// published holds the events of a result, as others hear them, against their names; each carries the whole result.
func (d *resultDesk) published(id string, want ...string) {
	d.Helper()
	events, err := d.Host.Log.Read(d.Context(), 0, 1000)
	d.must(err)
	var names []string
	for _, e := range events {
		m, err := publish(e)
		d.must(err)
		carried, ok := m.(interface{ GetResult() *planningv1.Result })
		if !ok || carried.GetResult().GetId() != id {
			continue
		}
		r := carried.GetResult()
		names = append(names, string(m.ProtoReflect().Descriptor().Name()))
		if r.GetPlan() != d.plan || r.GetUnit() != "bản tin" || len(r.GetEvidence()) != 1 || r.GetRecordedAt() == nil || (r.GetState() == "recorded") == (r.GetDecidedAt() != nil) {
			d.Errorf("%v", r)
		}
	}
	if diff := cmp.Diff(want, names); diff != "" {
		d.Error(diff)
	}
}

// What would count twice is refused: a page of this portal under the same item, a link or a file that another result has.
func TestNothingIsRecordedTwice(t *testing.T) {
	d := desk38(t)
	item9, item1 := d.item("9"), d.item("1")
	d.publishes("publication_1", item9, "ban-tin-1", "h1")
	d.publishes("publication_2", item1, "tin-1", "h2")
	for _, link := range []string{
		"https://haiphong.gov.vn/tin/ban-tin-1", "http://www.haiphong.gov.vn/en/tin/ban-tin-1/in?x=1#a", "https://haiphong.gov.vn/xac-thuc/h1",
		"https://haiphong.gov.vn/tin/chua-biet",
	} {
		_, err := d.record("cv.hongbang", bulletin(link))
		if f := d.wrong(err); f.Reason != errorsv1.Reason_EVIDENCE_IS_PUBLICATION || f.Field != "evidence[0].link" {
			t.Errorf("%s: %+v", link, f)
		}
	}
	for _, link := range []string{"https://haiphong.gov.vn/tin/tin-1", "https://haiphong.gov.vn/gioi-thieu", "https://hongbang.gov.vn/tin/ban-tin-1"} {
		_, err := d.record("cv.hongbang", bulletin(link))
		d.must(err)
	}
	_, err := d.record("cv2.stttt", bulletin("http://hongbang.gov.vn/tin/ban-tin-1/"))
	if f := d.wrong(err); f.Reason != errorsv1.Reason_EVIDENCE_USED {
		t.Errorf("%+v", f)
	}
	photo := bulletin("")
	photo.Evidence[0] = &planningv1.Evidence{Kind: "photograph", Sha256: strings.Repeat("0", 64)}
	_, err = d.record("cv.hongbang", photo)
	if f := d.wrong(err); f.Reason != errorsv1.Reason_EVIDENCE_NOT_STORED {
		t.Errorf("%+v", f)
	}
	text := d.sends("cv.hongbang", "bien-ban.txt", "không phải ảnh")
	photo.Evidence[0].Sha256 = text.GetSha256()
	_, err = d.record("cv.hongbang", photo)
	if f := d.wrong(err); f.Reason != errorsv1.Reason_UNSUPPORTED_MEDIA_TYPE {
		t.Errorf("%+v", f)
	}
	picture := d.sends("cv.hongbang", "../loa.png", png)
	if picture.GetKind() != "photograph" || picture.GetMediaType() != "image/png" || picture.GetName() != "loa.png" || picture.GetSize() != int64(len(png)) {
		t.Errorf("%v", picture)
	}
	photo.Evidence[0] = picture
	_, err = d.record("cv.stttt", photo) // which another agency sent
	if f := d.wrong(err); f.Reason != errorsv1.Reason_EVIDENCE_NOT_STORED {
		t.Errorf("%+v", f)
	}
	recorded, err := d.record("cv.hongbang", photo)
	d.must(err)
	if diff := cmp.Diff(picture, recorded.GetEvidence()[0], protocmp.Transform()); diff != "" {
		t.Error(diff)
	}
	d.downloads(recorded.GetId(), picture)
	d.sends("cv2.stttt", "loa.png", png)
	_, err = d.record("cv2.stttt", photo)
	if f := d.wrong(err); f.Reason != errorsv1.Reason_EVIDENCE_USED {
		t.Errorf("%+v", f)
	}
}

// png is the smallest picture there is.
const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\nIDATx\x9cc\x00\x01\x00\x00\x05\x00\x01\r\n-\xb4\x00\x00\x00\x00IEND\xaeB`\x82"

// send uploads a file as evidence under item 9.
func (d *resultDesk) send(who, name, file string) (*planningv1.Evidence, error) {
	stream, err := d.client.AddEvidence(d.as(who, ""))
	d.must(err)
	for _, piece := range []*planningv1.AddEvidenceRequest{
		{Piece: &planningv1.AddEvidenceRequest_Target{Target: &planningv1.EvidenceTarget{Plan: d.plan, Item: "9"}}},
		{Piece: &planningv1.AddEvidenceRequest_Chunk{Chunk: []byte(file)}},
		{Piece: &planningv1.AddEvidenceRequest_Evidence{Evidence: &planningv1.Evidence{Name: name}}},
	} {
		if err := stream.Send(piece); err != nil && !errors.Is(err, io.EOF) {
			d.Fatal(err)
		}
	}
	return stream.CloseAndRecv()
}

func (d *resultDesk) sends(who, name, file string) *planningv1.Evidence {
	d.Helper()
	e, err := d.send(who, name, file)
	d.must(err)
	return e
}

// downloads holds that a result's file comes back as it was sent, and that no other does.
func (d *resultDesk) downloads(resultID string, e *planningv1.Evidence) {
	d.Helper()
	get := func(who, sha256 string) (body string, mediaType string, err error) {
		stream, err := d.client.GetEvidence(d.as(who, ""), &planningv1.GetEvidenceRequest{Result: resultID, Evidence: sha256})
		d.must(err)
		for {
			piece, err := stream.Recv()
			if errors.Is(err, io.EOF) {
				return body, mediaType, nil
			}
			if err != nil {
				return "", "", err
			}
			body, mediaType = body+string(piece.GetData()), piece.GetContentType()
		}
	}
	if body, mediaType, err := get("cv.snv", e.GetSha256()); err != nil || body != png || mediaType != "image/png" {
		d.Errorf("%d bytes, %s, %v", len(body), mediaType, err)
	}
	_, _, err := get("cv.snv", strings.Repeat("0", 64))
	d.refused(err, errorsv1.Reason_NOT_FOUND)
	_, _, err = get("nguoi.la", e.GetSha256())
	d.refused(err, errorsv1.Reason_FORBIDDEN)
}

// Evidence is sent by who is in charge of the item, and what runs something is not taken.
func TestEvidenceIsSent(t *testing.T) {
	d := desk38(t)
	_, err := d.send("cv.snv", "loa.png", png)
	d.refused(err, errorsv1.Reason_FORBIDDEN)
	_, err = d.send("cv.hongbang", "loa.html", "<html><script>alert(1)</script></html>")
	d.refused(err, errorsv1.Reason_FILE_ACTIVE)
	_, err = d.send("cv.hongbang", "loa.png", "")
	d.refused(err, errorsv1.Reason_FILE_EMPTY)
}

func (d *resultDesk) item(code string) string {
	d.Helper()
	for _, i := range d.items(d.as("cv.stttt", ""), d.plan) {
		if i.GetCode() == code {
			return i.GetId()
		}
	}
	d.Fatalf("no item %s", code)
	return ""
}

// publishes brings what distribution published.
func (d *resultDesk) publishes(publication, item, slug, hash string) {
	d.Helper()
	m := &distributionv1.PublicationPublished{Publication: publication, Slug: slug, Content: &contentv1.Content{PlanItem: item, Hash: hash}}
	d.must(pgx.BeginFunc(d.Context(), d.Host.Pool, func(tx pgx.Tx) error {
		return publishedPages().Handle(d.Context(), tx, []bus.Message{{Payload: m}, {Payload: m}})
	}))
}

// Two people who record the same evidence at once: one of them is refused.
func TestTheSameEvidenceAtOnce(t *testing.T) {
	d := desk38(t)
	const people = 8
	answers := make(chan error, people)
	for n := range people {
		who := []string{"cv.hongbang", "cv.stttt", "cv2.stttt", "tp.hongbang"}[n%4]
		ctx := d.as(who, fmt.Sprint(n))
		go func() {
			_, err := d.client.RecordResult(ctx, &planningv1.RecordResultRequest{Plan: d.plan, Item: "9", Result: bulletin("https://hongbang.gov.vn/a")})
			answers <- err
		}()
	}
	recorded := 0
	for range people {
		if err := <-answers; err == nil {
			recorded++
		} else if errs.ReasonOf(err) != errorsv1.Reason_INVALID {
			t.Error(err)
		}
	}
	if recorded != 1 {
		t.Errorf("%d of them were recorded", recorded)
	}
}

func TestResultsAreListed(t *testing.T) {
	d := desk38(t)
	var ids []string
	for n := range 5 {
		r, err := d.record("cv.hongbang", bulletin(fmt.Sprintf("https://hongbang.gov.vn/%d", n)))
		d.must(err)
		ids = append([]string{r.GetId()}, ids...)
	}
	confirmed, err := d.client.ConfirmResult(d.as("tp.stttt", ""), &planningv1.ConfirmResultRequest{Result: ids[1]})
	d.must(err)
	list := func(r *planningv1.ListResultsRequest) (found []string) {
		t.Helper()
		r.Plan, r.PageSize = d.plan, 2
		for {
			page, err := d.client.ListResults(d.reading("cv.snv"), r)
			d.must(err)
			for _, of := range page.GetResults() {
				found = append(found, of.GetId())
			}
			if r.PageToken = page.GetNextPageToken(); r.PageToken == "" {
				return found
			}
		}
	}
	for name, c := range map[string]struct {
		ask  *planningv1.ListResultsRequest
		want []string
	}{
		"of the plan":       {&planningv1.ListResultsRequest{}, ids},
		"of an item":        {&planningv1.ListResultsRequest{Item: "9"}, ids},
		"of another item":   {&planningv1.ListResultsRequest{Item: "1"}, nil},
		"confirmed":         {&planningv1.ListResultsRequest{State: "confirmed"}, []string{confirmed.GetId()}},
		"of another agency": {&planningv1.ListResultsRequest{Agency: "H24.02"}, nil},
	} {
		if diff := cmp.Diff(c.want, list(c.ask)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	_, err = d.client.ListResults(d.as("cv.snv", ""), &planningv1.ListResultsRequest{Plan: d.plan, State: "open"})
	d.refused(err, errorsv1.Reason_INVALID)
	for _, unknown := range []*planningv1.ListResultsRequest{{Plan: d.plan, Item: "99"}, {Plan: "plan_00000000000000000000000000"}} {
		_, err = d.client.ListResults(d.as("cv.snv", ""), unknown)
		d.refused(err, errorsv1.Reason_NOT_FOUND)
	}
	_, err = d.client.ListResults(d.as("nguoi.la", ""), &planningv1.ListResultsRequest{Plan: d.plan})
	d.refused(err, errorsv1.Reason_FORBIDDEN)
	live, err := readmodel.New(d.Host.Pool).Results(t.Context(), readmodel.ResultQuery{Plan: d.plan, Limit: 10})
	d.must(err)
	d.must(es.Replay(t.Context(), d.Host.Pool, d.Host.Module.Catalogue, readmodel.Results()))
	built, err := readmodel.New(d.Host.Pool).Results(t.Context(), readmodel.ResultQuery{Plan: d.plan, Limit: 10})
	if diff := cmp.Diff(live, built); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

// reading is a call by somebody who sees all that happened so far.
func (d *resultDesk) reading(who string) context.Context {
	d.Helper()
	head, err := readmodel.New(d.Host.Pool).Head(d.Context())
	d.must(err)
	return rpc.WithAtLeast(d.as(who, ""), es.Token{"planning": es.Reached{Epoch: d.Host.Log.Epoch(), Position: head}})
}

const header = "item,agency,quantity,unit,happened_at,place,channel,evidence_title,evidence_link,note\n"

// history is a file of so many rows, of items 7 and 9 in turn.
func history(rows int) []byte {
	var b strings.Builder
	b.WriteString(header)
	for n := range rows {
		if n%2 == 0 {
			fmt.Fprintf(&b, "7,H24.03,1,lớp,2022-03-%02d,Kiến An,training,Danh sách lớp,https://snv.gov.vn/lop/%d,\n", 1+n%14, n)
		} else {
			fmt.Fprintf(&b, "9,H24.31,2,bản tin,2022-03-%02dT06:00:00+07:00,,loudspeaker,,,Sổ phát thanh trang %d\n", 1+n%14, n)
		}
	}
	return []byte(b.String())
}

func (d *resultDesk) imports(csv []byte, dryRun bool) (*planningv1.ImportResultsResponse, error) {
	return d.client.ImportResults(d.as("luu.tru", ""), &planningv1.ImportResultsRequest{Plan: d.plan, Csv: csv, DryRun: dryRun})
}

// A file of history: rehearsed row by row, brought in whole, once, by who may; its results count at once and carry their mark.
func TestHistoryOfResults(t *testing.T) {
	d := desk38(t)
	_, err := d.client.ImportResults(d.as("cv.stttt", ""), &planningv1.ImportResultsRequest{Plan: d.plan, Csv: history(2)})
	d.refused(err, errorsv1.Reason_FORBIDDEN)
	before := d.events()
	rehearsed, err := d.imports(history(4), true)
	d.must(err)
	if d.events() != before || rehearsed.GetRows() != 4 || rehearsed.GetChanged() != 4 || len(rehearsed.GetUnderstood()) != 4 {
		t.Fatalf("%v, %d events", rehearsed, d.events()-before)
	}
	if row := rehearsed.GetUnderstood()[1]; row.GetRow() != 3 || row.GetResult().GetPlanItem() != d.item("9") || row.GetResult().GetQuantity() != 2 ||
		row.GetResult().GetState() != "confirmed" || !row.GetResult().GetImported() {
		t.Errorf("%v", row)
	}
	brought, err := d.imports(history(4), false)
	d.must(err)
	if brought.GetChanged() != 4 || brought.GetImport() != rehearsed.GetImport() || d.events() != before+5 {
		t.Errorf("%v, %d events", brought, d.events()-before)
	}
	page, err := d.client.ListResults(d.reading("cv.snv"), &planningv1.ListResultsRequest{Plan: d.plan})
	d.must(err)
	if len(page.GetResults()) != 4 {
		t.Fatalf("%v", page)
	}
	for _, r := range page.GetResults() {
		if r.GetState() != "confirmed" || !r.GetImported() || r.GetRecordedBy() != "luu.tru" {
			t.Errorf("%v", r)
		}
	}
	again, err := d.imports(history(4), false)
	d.must(err)
	if again.GetChanged() != 0 || d.events() != before+5 {
		t.Errorf("the same file: %v, %d events", again, d.events()-before)
	}
	// The same key is told what it was told first.
	request := &planningv1.ImportResultsRequest{Plan: d.plan, Csv: append(history(0), []byte("8,H24.03,1,bài,2022-03-02,,,,https://snv.gov.vn/bai/1,\n")...)}
	for range 2 {
		answer, err := d.client.ImportResults(d.as("luu.tru", "k1"), request)
		d.must(err)
		if answer.GetChanged() != 1 || d.events() != before+7 {
			t.Errorf("%v, %d events", answer, d.events()-before)
		}
	}
	// Another file with a row that is there already comes in not at all.
	_, err = d.imports(append(history(5), []byte("7,H24.03,1,lớp,2022-03-02,,,,https://snv.gov.vn/lop/99,\n")...), false)
	if wrong := d.places(err); len(wrong) != 4 || wrong[0].Row != 2 || wrong[0].Reason != errorsv1.Reason_EVIDENCE_USED || d.events() != before+7 {
		t.Errorf("%+v", wrong)
	}
}

// Every wrong place of a file is told by line and column, and then nothing of it comes in.
func TestAWrongFileOfHistoryComesInNotAtAll(t *testing.T) {
	d := desk38(t)
	before := d.events()
	d.publishes("publication_1", d.item("9"), "ban-tin-1", "h1")
	file := header + strings.Join([]string{
		"77,H24.03,1,lớp,2022-03-01,,,,https://a.vn/1,",
		"7,H24.98,1,lớp,2022-03-01,,,,https://a.vn/2,",
		"7,H24.03,1.000,lớp,2022-03-01,,,,https://a.vn/3,",
		"7,H24.03,0,lớp,2022-03-01,,,,https://a.vn/4,",
		"7,H24.03,1,,2022-03-01,,,,https://a.vn/5,",
		"7,H24.03,1,lớp,01/03/2022,,,,https://a.vn/6,",
		"7,H24.03,1,lớp,2021-03-01,,,,https://a.vn/7,",
		"7,H24.03,1,lớp,2022-03-01,,radio,,https://a.vn/8,",
		"7,H24.03,1,lớp,2022-03-01,,,,,",
		"7,H24.03,1,lớp,2022-03-01,,,,a.vn,",
		"7,H24.03,1,lớp,2022-03-01,,,,https://a.vn/11,", "7,H24.03,1,lớp,2022-03-01,,,,https://a.vn/11,",
	}, "\n")
	_, err := d.imports([]byte(file), false)
	var got []string
	for _, f := range d.places(err) {
		got = append(got, fmt.Sprintf("%d %s %s", f.Row, f.Column, f.Reason))
	}
	want := []string{
		"2 item UNKNOWN_PLAN_ITEM", "3 agency UNKNOWN_AGENCY", "4 quantity BAD_COUNT", "5 quantity OUT_OF_RANGE", "6 unit REQUIRED", "7 happened_at BAD_MOMENT",
		"8 happened_at RESULT_OUTSIDE_PLAN", "9 channel UNKNOWN_CHANNEL", "10 evidence_link ORIGIN_REQUIRED", "11 evidence_link BAD_FORMAT", "13  DUPLICATE",
	}
	if diff := cmp.Diff(want, got); diff != "" || d.events() != before {
		t.Error(diff)
	}
	for name, c := range map[string]struct {
		file   string
		reason errs.Reason
	}{
		"a page of ours": {header + "9,H24.31,1,bản tin,2022-03-01,,,,https://haiphong.gov.vn/tin/ban-tin-1,\n", errorsv1.Reason_EVIDENCE_IS_PUBLICATION},
		"the same page":  {header + "7,H24.03,1,lớp,2022-03-01,,,,https://a.vn/1,\n7,H24.03,2,lớp,2022-03-02,,,,http://a.vn/1/,\n", errorsv1.Reason_EVIDENCE_USED},
		"no rows":        {header, errorsv1.Reason_REQUIRED},
	} {
		_, err := d.imports([]byte(c.file), false)
		if f := d.wrong(err); f.Reason != c.reason {
			t.Errorf("%s: %+v", name, f)
		}
	}
	_, err = d.imports([]byte("item,agency\n"), false)
	if len(d.places(err)) != 8 {
		t.Errorf("%v", err)
	}
}

// The file is recorded and the process ends: at whatever row that was, the next one's follower completes it, once, however many run.
func TestAFileOfHistorySurvivesAKill(t *testing.T) {
	d := desk38(t)
	s := newResultServer(d.Host)
	rows := func(importID string) []result.Result {
		var out []result.Result
		for n, item := range []string{"9", "7", "9", "7", "8"} {
			r := result.Result{
				ID: result.RowID(importID, vn.Day(2022, 3, 1), n), Plan: d.plan, Item: d.item(item), Agency: "H24.02", Quantity: 1, Unit: "bài", HappenedAt: vn.Day(2022, 3, 1),
				Evidence: []result.Evidence{{Kind: result.Link, Link: fmt.Sprintf("https://a.vn/%s/%d", importID, n)}},
			}
			out = append(out, r)
		}
		return out
	}
	var ids []string
	for done := range 4 { // parts that were done before the process ended: of three items, none to all
		importID := result.ImportID(d.plan, fmt.Sprint(done))
		recorded, err := s.imports.Execute(t.Context(), importID, es.Command{Key: resultKey(done), Actor: "luu.tru"}, func(i *result.Import, _ int64) ([]any, error) {
			return i.ImportResults(d.plan, rows(importID), "luu.tru"), nil
		})
		d.must(err)
		file, _ := recorded.Recorded[0].Data.(result.ResultsImported)
		for _, item := range file.Items()[:done] {
			_, err := s.ledgers.Execute(t.Context(), result.LedgerID(item), expansion(recorded.Recorded[0], item), func(l *result.Results, _ int64) ([]any, error) {
				return l.Receive(importID, file.Of(item)), nil
			})
			d.must(err)
		}
		ids = append(ids, importID)
	}
	for range 2 {
		d.Loop(newResultServer(d.Host).expandFiles)
	}
	d.until(func() bool {
		page, err := d.client.ListResults(d.reading("cv.snv"), &planningv1.ListResultsRequest{Plan: d.plan, PageSize: 200})
		d.must(err)
		return len(page.GetResults()) == 5*len(ids)
	})
	events, err := d.Host.Log.Read(t.Context(), 0, 1000)
	d.must(err)
	seen := map[string]int{}
	for _, e := range events {
		if r, ok := e.Data.(result.ResultImported); ok {
			seen[r.Result.ID]++
		}
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("%s became a result %d times", id, times)
		}
	}
	from, err := readmodel.New(d.Host.Pool).ImportsFrom(t.Context())
	head, err2 := readmodel.New(d.Host.Pool).Head(t.Context())
	if err != nil || err2 != nil || from != head || len(seen) != 20 {
		t.Errorf("%d results; a new follower begins after %d of %d, %v, %v", len(seen), from, head, err, err2)
	}
}

// Every method of results says which roles of which agencies may call it. The item is led by H24.31 and coordinated by H24.03, the plan led
// by H24.02.
func TestWhoMayDoWhatWithResults(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	under := result.Under{Item: "item_1", Lead: "H24.31", Coordinators: []string{"H24.03"}, PlanLead: "H24.02"}
	of := resultResource(result.Result{ID: "result_1", Agency: "H24.31"}, under)
	works := []string{"leader", "deputy", "head", "deputy_head", "head_of_office", "officer"}
	anyone := func(string, string) bool { return true }
	in := func(agencies ...string) func(string, string) bool {
		return func(role, agency string) bool {
			return slices.Contains(works, role) && slices.Contains(agencies, agency)
		}
	}
	expected := map[string]struct {
		resource auth.Resource
		may      func(role, agency string) bool
	}{
		"RecordResult":   {itemResource(under), in("H24.31", "H24.03")},
		"AddEvidence":    {itemResource(under), in("H24.31", "H24.03")},
		"GetEvidence":    {of, anyone},
		"UpdateResult":   {of, in("H24.31")},
		"ConfirmResult":  {of, in("H24.02")},
		"QuestionResult": {of, in("H24.02")},
		"RetractResult":  {of, in("H24.31", "H24.02")},
		"GetResult":      {of, anyone},
		"ListResults":    {aPlan("plan_1"), anyone},
		"ImportResults":  {aPlan("plan_1"), func(role, _ string) bool { return role == "records_importer" }},
	}
	var methods []string
	for _, m := range planningv1.ResultService_ServiceDesc.Methods {
		methods = append(methods, m.MethodName)
	}
	for _, s := range planningv1.ResultService_ServiceDesc.Streams {
		methods = append(methods, s.StreamName)
	}
	for _, name := range methods {
		want, ok := expected[name]
		if !ok {
			t.Errorf("%s has no expectation", name)
			continue
		}
		for _, role := range directory.Roles() {
			for _, agency := range []string{"H24.02", "H24.03", "H24.31", "H24.63"} {
				p := auth.Principal{Subject: "x.y", Person: &replica.Person{ID: "x.y", Role: role, Agency: agency}}
				if got := policies.Authorize(auth.With(t.Context(), p), name, want.resource) == nil; got != want.may(role, agency) {
					t.Errorf("%s by a %s of %s: %v", name, role, agency, got)
				}
			}
		}
		for _, p := range []auth.Principal{{}, {Subject: "x"}, {Subject: auth.ServicePrefix + "worker", Service: "worker"}} {
			if policies.Authorize(auth.With(t.Context(), p), name, want.resource) == nil {
				t.Errorf("%s by %+v", name, p)
			}
		}
	}
}

// An amendment that takes an item out leaves what was done under it to be judged.
func TestOfAFormerItemThePlanStillTells(t *testing.T) {
	p := &plan.Plan{Document: plan.Document{Number: "1", From: "2022-01-01", To: "2022-12-31", Lead: "H24.02", Items: []plan.Item{{ID: "item_1", Code: "1", Lead: "H24.03"}}}}
	u, ok, err := underOf("plan_1", p, "item_9")
	if err != nil || ok || u.PlanLead != "H24.02" || u.Item != "item_9" || u.Lead != "" {
		t.Errorf("%+v %v %v", u, ok, err)
	}
	for _, name := range []string{"item_1", "1"} {
		if u, ok, err := underOf("plan_1", p, name); err != nil || !ok || u.Item != "item_1" || u.Lead != "H24.03" {
			t.Errorf("%s: %+v %v %v", name, u, ok, err)
		}
	}
	if m := resultProto(result.Result{}); !proto.Equal(m, &planningv1.Result{}) {
		t.Errorf("a rehearsed row shows what is not there: %v", m)
	}
}

func resultKey(n int) id.UUID { return id.Derive(time.Time{}, "test", fmt.Sprint(n)) }

// ifMatch is a call that edits the version with the ETag.
func ifMatch(ctx context.Context, etag string) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "if-match", etag)
}
