package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	plan38 "github.com/loa-vn/loa/examples/plan-38"

	"github.com/loa-vn/loa/e2e/journey"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// line is Loa's main line, from the empty directory to the public report, each step by the person whose it is. Nothing in it can be
// done out of order, so every undisturbed walk of it leaves the same logs but for ids and times.
type line struct {
	*people
	portal string
	// day is when the current plan is written; walks that are compared have the same.
	day time.Time

	plan38, current *planningv1.Plan
	items38, items  map[string]*planningv1.PlanItem
	report          *reportingv1.Report
}

// step is one act of the line, or one thing that a person waits for.
type step struct {
	name string
	run  func(ctx context.Context) error
}

// steps are the line in order.
func (l *line) steps() []step {
	steps := []step{
		{"agencies", l.csv("agencies.csv", "/v1/agencies:import")},
		{"people", l.csv("people.csv", "/v1/people:import?example=true")},
		{"everybody is known", l.known},
		{"route of contents", l.route("content")},
		{"route of reports", l.route("report")},
		{"plan 38", l.importPlan38},
		{"current plan", l.importCurrent},
		{"workflow of the current plan", l.workflow},
		{"article of 2022", l.article},
	}
	now, timed := &paper{line: l, key: "now"}, &paper{line: l, key: "timed"}
	steps = append(steps,
		step{"draft", now.draft("Thủ tục mới trong tháng: nộp hồ sơ ở đâu, mang theo gì")},
		step{"revision", now.revise("summary", "Thủ tục mới, nơi tiếp nhận và giấy tờ cần mang theo.")},
		step{"submission", now.submit("submit")},
		step{"return", now.sendBack("Thêm số điện thoại hướng dẫn.")},
		step{"mending", now.revise("body", "Hướng dẫn: gọi số ghi tại **Bộ phận Một cửa**.")},
		step{"submission again", now.submit("submit/again")},
		step{"first approval", now.approve("tp.stttt")},
		step{"second approval", now.approve("pgd.stttt")},
		step{"approved", now.is("approved")},
		step{"publication", now.publish},
		step{"public", now.public},
		step{"draft for a set time", timed.draft("Lịch tiếp công dân và trả kết quả ngoài giờ")},
		step{"its submission", timed.submit("submit")},
		step{"its first approval", timed.approve("tp.stttt")},
		step{"its second approval", timed.approve("pgd.stttt")},
		step{"it is approved", timed.is("approved")},
		step{"publication at a set time", timed.publishAtTime},
		step{"public at its time", timed.public},
		step{"deliveries", l.delivered},
		step{"report of March 2022", l.compile},
	)
	report := &paper{line: l, key: "report"}
	return append(steps,
		step{"submission of the report", l.submitReport(report)},
		step{"first approval of the report", report.approve("tp.stttt")},
		step{"second approval of the report", report.approve("pgd.stttt")},
		step{"public report", l.publicReport},
	)
}

func (l *line) csv(name, path string) func(context.Context) error {
	return func(ctx context.Context) error {
		body, err := plan38.Files.ReadFile(name)
		if err != nil {
			return err
		}
		return l.write(ctx, "planning", request{as: "quan.tri", method: http.MethodPost, path: path, contentType: "text/csv", body: body, key: name}, &planningv1.ImportResponse{})
	}
}

// known waits until every service that a person meets has the people.
func (l *line) known(ctx context.Context) error {
	for _, person := range []string{"quan.tri", "luu.tru", "cv.stttt", "tp.stttt", "pgd.stttt", "bt.cong"} {
		for _, path := range []string{"/v1/me", "/v1/contents", "/v1/dossiers", "/v1/publications", "/v1/reports"} {
			if _, err := l.send(ctx, request{as: person, method: http.MethodGet, path: path}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *line) route(of string) func(context.Context) error {
	return func(ctx context.Context) error {
		text, err := plan38.Files.ReadFile("routes.json")
		if err != nil {
			return err
		}
		var routes map[string]json.RawMessage
		if err := json.Unmarshal(text, &routes); err != nil {
			return err
		}
		return l.write(ctx, "approvals", request{as: "quan.tri", method: http.MethodPut, path: "/v1/routes/" + of, body: routes[of], key: "route/" + of}, &approvalsv1.Route{})
	}
}

func (l *line) importPlan(ctx context.Context, body []byte, key string) (*planningv1.Plan, map[string]*planningv1.PlanItem, error) {
	plan := &planningv1.Plan{}
	err := l.write(ctx, "planning", request{as: "luu.tru", method: http.MethodPost, path: "/v1/plans:import", contentType: "application/yaml", body: body, key: key}, plan)
	if err != nil {
		return nil, nil, err
	}
	page := &planningv1.ListPlanItemsResponse{}
	items := map[string]*planningv1.PlanItem{}
	err = l.read(ctx, "luu.tru", "/v1/plans/"+plan.GetId()+"/items?pageSize=200", page, func() bool { return len(page.GetItems()) == int(plan.GetItemCount()) })
	for _, i := range page.GetItems() {
		items[i.GetCode()] = i
	}
	return plan, items, err
}

func (l *line) importPlan38(ctx context.Context) error {
	body, err := plan38.Files.ReadFile("plan.yaml")
	if err == nil {
		l.plan38, l.items38, err = l.importPlan(ctx, body, "plan 38")
	}
	return err
}

func (l *line) importCurrent(ctx context.Context) (err error) {
	l.current, l.items, err = l.importPlan(ctx, journey.Plan("7/KH-UBND", l.day), "current plan")
	return err
}

// workflow waits until the plan's workflow has done all it has to do at its start.
func (l *line) workflow(ctx context.Context) error {
	items := &planningv1.ListPlanItemsResponse{}
	err := l.read(ctx, "cv.stttt", "/v1/plans/"+l.current.GetId()+"/items", items, func() bool {
		overdue := 0
		for _, i := range items.GetItems() {
			if i.GetState() == "overdue" {
				overdue++
			}
		}
		return overdue == 2
	})
	if err != nil {
		return err
	}
	reports := &reportingv1.ListReportsResponse{}
	return l.read(ctx, "cv.stttt", "/v1/reports?plan="+l.current.GetId(), reports, func() bool { return len(reports.GetReports()) == 1 })
}

// article brings in what was published before Loa, and waits until it is public.
func (l *line) article(ctx context.Context) error {
	fields, err1 := plan38.Files.ReadFile("article.json")
	text, err2 := plan38.Files.ReadFile("article.md")
	content := &contentv1.Content{}
	if err := errors.Join(err1, err2, protojson.Unmarshal(fields, content)); err != nil {
		return err
	}
	content.Body, content.Plan, content.PlanItem = string(text), l.plan38.GetId(), l.items38["1"].GetId()
	a := &paper{line: l, key: "article", content: &contentv1.Content{}}
	if err := l.json(ctx, "content", "luu.tru", http.MethodPost, "/v1/contents:importPublished", content, "article", a.content); err != nil {
		return err
	}
	return a.public(ctx)
}

// delivered waits until both publications count for their item.
func (l *line) delivered(ctx context.Context) error {
	items := &planningv1.ListPlanItemsResponse{}
	return l.read(ctx, "cv.stttt", "/v1/plans/"+l.current.GetId()+"/items", items, func() bool {
		i := items.GetItems()[0]
		return i.GetCode() == "1" && i.GetDelivered() == 2 && i.GetState() == "done"
	})
}

// compile compiles until the article counts, which comes by the bus and not in the order of what else comes.
func (l *line) compile(ctx context.Context) error {
	l.report = &reportingv1.Report{}
	body := &reportingv1.CompileReportRequest{Plan: l.plan38.GetId(), Period: "2022-M03"}
	if err := l.json(ctx, "reporting", "cv.stttt", http.MethodPost, "/v1/reports:compile", body, "report", l.report); err != nil {
		return err
	}
	if l.report.GetFigures().GetPublished() != 1 {
		return fmt.Errorf("the report of March 2022 counts %d publications", l.report.GetFigures().GetPublished())
	}
	return nil
}

func (l *line) submitReport(p *paper) func(context.Context) error {
	return func(ctx context.Context) error {
		p.content = &contentv1.Content{Id: l.report.GetId()}
		err := l.json(ctx, "reporting", "cv.stttt", http.MethodPost, "/v1/reports/"+l.report.GetId()+":submit", &reportingv1.SubmitReportRequest{}, "report/submit", l.report)
		p.content.Hash = l.report.GetHash()
		return err
	}
}

func (l *line) publicReport(ctx context.Context) error {
	if err := l.read(ctx, "cv.stttt", "/v1/reports/"+l.report.GetId(), l.report, func() bool { return l.report.GetState() == "approved" }); err != nil {
		return err
	}
	return l.page(ctx, l.portal, l.report.GetPath(), l.report.GetHash())
}

// paper is a document on its way: a content, or a report as far as its approval is concerned.
type paper struct {
	*line
	key     string
	content *contentv1.Content
}

func (p *paper) post(ctx context.Context, as, verb, key string) error {
	return p.json(ctx, "content", as, http.MethodPost, "/v1/contents/"+p.content.GetId()+verb, &contentv1.SubmitContentRequest{}, p.key+"/"+key, p.content)
}

func (p *paper) draft(title string) func(context.Context) error {
	return func(ctx context.Context) error {
		item := p.items["1"]
		p.content = &contentv1.Content{}
		return p.json(ctx, "content", "cv.stttt", http.MethodPost, "/v1/contents", &contentv1.Content{
			Plan: p.current.GetId(), PlanItem: item.GetId(), Title: title, Summary: "Danh sách thủ tục mới và nơi tiếp nhận hồ sơ.",
			Body: "Thủ tục mới được công bố tại **Bộ phận Một cửa**.", Theme: item.GetTheme(), Audiences: item.GetAudiences(),
			Channels: []string{"portal"}, Language: "vi", Example: true, SourceLine: "Sở Thông tin và Truyền thông",
		}, p.key+"/draft", p.content)
	}
}

// revise changes one field under the ETag that the author saw.
func (p *paper) revise(field, value string) func(context.Context) error {
	return func(ctx context.Context) error {
		body, err := json.Marshal(map[string]string{field: value})
		if err != nil {
			return err
		}
		return p.write(ctx, "content", request{
			as: "cv.stttt", method: http.MethodPatch, path: "/v1/contents/" + p.content.GetId() + "?updateMask=" + field, body: body,
			ifMatch: p.content.GetEtag(), key: p.key + "/" + field,
		}, p.content)
	}
}

func (p *paper) submit(key string) func(context.Context) error {
	return func(ctx context.Context) error { return p.post(ctx, "cv.stttt", ":submit", key) }
}

// is waits until the content is in a state.
func (p *paper) is(state string) func(context.Context) error {
	return func(ctx context.Context) error {
		return p.read(ctx, "cv.stttt", "/v1/contents/"+p.content.GetId(), p.content, func() bool { return p.content.GetState() == state })
	}
}

// dossier waits until the paper's dossier, with the hash that was submitted, waits for a person.
func (p *paper) dossier(ctx context.Context, as string) (*approvalsv1.Dossier, error) {
	page := &approvalsv1.ListDossiersResponse{}
	err := p.read(ctx, as, "/v1/dossiers?waitingFor=me&document="+p.content.GetId(), page, func() bool {
		return len(page.GetDossiers()) == 1 && page.GetDossiers()[0].GetHash() == p.content.GetHash()
	})
	if err != nil {
		return nil, err
	}
	return page.GetDossiers()[0], nil
}

func (p *paper) sendBack(comment string) func(context.Context) error {
	return func(ctx context.Context) error {
		d, err := p.dossier(ctx, "tp.stttt")
		if err != nil {
			return err
		}
		body := &approvalsv1.ReturnRequest{Hash: d.GetHash(), Comment: comment}
		if err := p.json(ctx, "approvals", "tp.stttt", http.MethodPost, "/v1/dossiers/"+d.GetId()+":return", body, p.key+"/return", d); err != nil {
			return err
		}
		return p.is("returned")(ctx)
	}
}

func (p *paper) approve(as string) func(context.Context) error {
	return func(ctx context.Context) error {
		d, err := p.dossier(ctx, as)
		if err != nil {
			return err
		}
		return p.json(ctx, "approvals", as, http.MethodPost, "/v1/dossiers/"+d.GetId()+":approve", &approvalsv1.ApproveRequest{Hash: d.GetHash()}, p.key+"/approve/"+as, d)
	}
}

func (p *paper) publish(ctx context.Context) error { return p.publishAt(ctx, time.Time{}, "publish") }

func (p *paper) publishAt(ctx context.Context, at time.Time, key string) error {
	body := &distributionv1.PublishContentRequest{}
	if !at.IsZero() {
		body.PublishAt = timestamppb.New(at)
	}
	return p.json(ctx, "distribution", "bt.cong", http.MethodPost, "/v1/contents/"+p.content.GetId()+":publish", body, p.key+"/"+key, &distributionv1.Publication{})
}

// publishAtTime sets a time a little ahead. When Loa was away for so long that it has passed, the editor is told so and sets another.
func (p *paper) publishAtTime(ctx context.Context) error {
	for n := 1; ; n++ {
		at := time.Now().Add(3 * time.Second).Truncate(time.Millisecond)
		err := p.publishAt(ctx, at, fmt.Sprintf("publish/%d", n))
		refused, ok := errors.AsType[refusal](err)
		if !ok || !bytes.Contains(refused.answer.body, []byte(`"EMBARGO_PAST"`)) || time.Now().Before(at) {
			return err
		}
	}
}

// public waits until the content is published, its channel has said so, and readers have it; then it has one publication.
func (p *paper) public(ctx context.Context) error {
	page := &distributionv1.ListPublicationsResponse{}
	err := p.read(ctx, "bt.cong", "/v1/publications?content="+p.content.GetId(), page, func() bool {
		return len(page.GetPublications()) == 1 && page.GetPublications()[0].GetState() == "published" && page.GetPublications()[0].GetVerified()
	})
	if err != nil {
		return err
	}
	if err := p.is("published")(ctx); err != nil {
		return err
	}
	return p.page(ctx, p.portal, page.GetPublications()[0].GetPath(), p.content.GetTitle())
}
