package chaos

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/pkg/vn"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// bulletins is the item of Plan 38 that is carried out outside Loa.
const bulletins = "9"

// result is something that a district has done outside Loa, with a file that shows it.
type result struct {
	*line
	key      string
	bytes    string
	evidence *planningv1.Evidence
	result   *planningv1.Result
}

// recording is what was done outside Loa: two results, one of which is taken back, and history by files.
func (l *line) recording() []step {
	return []step{
		{"result: evidence", l.kept.prove("loa phường.txt", "Lịch phát của loa phường, tháng 4.")},
		{"result", l.kept.record(2, 2)},
		{"result: confirmation", l.kept.act("tp.stttt", "confirm", &planningv1.ConfirmResultRequest{})},
		{"another: evidence", l.retracted.prove("sổ trực.txt", "Sổ trực phát thanh, tháng 4.")},
		{"another", l.retracted.record(5, 3)},
		{"another: confirmation", l.retracted.act("tp.stttt", "confirm", &planningv1.ConfirmResultRequest{})},
		{"results count", l.counts(7)},
		{"another: taken back", l.retracted.act("cv.hongbang", "retract", &planningv1.RetractResultRequest{Reason: "Ghi nhầm phường."})},
		{"it counts no more", l.counts(2)},
		{"history of results", l.historyOfResults},
		{"history counts", l.counts(4)},
		{"history of contents", l.historyOfContents},
		{"history is public", l.historyIsPublic},
		{"its delivery", l.delivered("4", 1, "done")},
	}
}

// prove uploads what shows the result. It writes nothing into the log.
func (r *result) prove(name, bytes string) func(context.Context) error {
	return func(ctx context.Context) error {
		r.bytes, r.evidence = bytes, &planningv1.Evidence{}
		contentType, body := journey.Form(name, bytes)
		_, err := r.send(ctx, request{
			as: "cv.hongbang", method: http.MethodPost, path: "/v1/plans/" + r.plan38.GetId() + "/items/" + bulletins + "/evidence",
			contentType: contentType, body: body, key: r.key + "/evidence",
		}, r.evidence)
		if err == nil && r.evidence.GetSha256() != digest([]byte(bytes)) {
			err = fmt.Errorf("the evidence is %v", r.evidence)
		}
		return err
	}
}

func (r *result) record(quantity int64, day int) func(context.Context) error {
	return func(ctx context.Context) error {
		r.result = &planningv1.Result{}
		return r.json(ctx, "planning", "cv.hongbang", http.MethodPost, "/v1/plans/"+r.plan38.GetId()+"/items/"+bulletins+"/results", &planningv1.Result{
			Quantity: quantity, Unit: "bản tin", HappenedAt: timestamppb.New(time.Date(2022, 4, day, 17, 0, 0, 0, vn.Location())),
			Place: "Phường Hoàng Văn Thụ", Channel: "loudspeaker", Evidence: []*planningv1.Evidence{r.evidence}, Example: true,
		}, r.key, r.result)
	}
}

func (r *result) act(as, verb string, body proto.Message) func(context.Context) error {
	return func(ctx context.Context) error {
		return r.json(ctx, "planning", as, http.MethodPost, "/v1/results/"+r.result.GetId()+":"+verb, body, r.key+"/"+verb, r.result)
	}
}

// counts waits until so many bulletins count in the progress of Plan 38.
func (l *line) counts(bulletinsDone int64) func(context.Context) error {
	return func(ctx context.Context) error {
		p := &reportingv1.Progress{}
		return l.read(ctx, "cv.stttt", "/v1/plans/"+l.plan38.GetId()+"/progress", p, func() bool {
			return slices.ContainsFunc(p.GetFigures().GetItems(), func(i *reportingv1.Line) bool {
				return i.GetLine() == "item:"+bulletins && i.GetActual() == bulletinsDone && i.GetByResults() == bulletinsDone
			})
		})
	}
}

// historyOfResults brings in a result from before Loa, by a file.
func (l *line) historyOfResults(ctx context.Context) error {
	file := "item,agency,quantity,unit,happened_at,place,channel,evidence_title,evidence_link,note\n" +
		bulletins + ",H24.31,2,bản tin,2022-03-01,Phường Minh Khai,loudspeaker,,,Sổ trực năm 2022\n"
	in := &planningv1.ImportResultsResponse{}
	err := l.write(ctx, "planning", request{
		as: "luu.tru", method: http.MethodPost, path: "/v1/plans/" + l.plan38.GetId() + "/results:import?example=true", contentType: "text/csv",
		body: []byte(file), key: "history/results",
	}, in)
	if err == nil && in.GetChanged() != 1 {
		err = fmt.Errorf("the file of results has brought %v", in)
	}
	return err
}

// historyOfContents brings in what was published before Loa, under two plans, by one file.
func (l *line) historyOfContents(ctx context.Context) error {
	lines := []string{
		"plan_item,title,summary,body,published_at,example",
		l.items38["1"].GetId() + ",Một bài của năm 2022,Tóm tắt.,Nội dung của năm 2022.,2022-06-15,true",
		l.items["4"].GetId() + ",Một bài của kỳ này,Tóm tắt.,Nội dung của kỳ này.," + l.date(-20) + ",true",
	}
	in := &contentv1.ImportPublishedCsvResponse{}
	err := l.write(ctx, "content", request{
		as: "luu.tru", method: http.MethodPost, path: "/v1/contents:importPublishedCsv", contentType: "text/csv",
		body: []byte(strings.Join(lines, "\n") + "\n"), key: "history/contents",
	}, in)
	if err != nil {
		return err
	}
	if len(in.GetRows()) != 2 {
		return fmt.Errorf("the file of contents has brought %v", in)
	}
	for n, row := range in.GetRows() {
		l.past = append(l.past, &paper{line: l, key: fmt.Sprintf("past/%d", n), item: []string{"1", "4"}[n], content: &contentv1.Content{Id: row.GetContent()}})
	}
	return nil
}

func (l *line) historyIsPublic(ctx context.Context) error {
	for _, p := range l.past {
		if err := p.is("published")(ctx); err != nil {
			return err
		}
		if err := p.public(ctx); err != nil {
			return err
		}
	}
	return nil
}
