package chaos

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"google.golang.org/protobuf/encoding/protojson"

	plan38 "github.com/loa-vn/loa/examples/plan-38"

	"github.com/loa-vn/loa/e2e/journey"
	"github.com/loa-vn/loa/pkg/vn"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// line is what agencies do with Loa, from the empty directory to issued reports, each step by the person whose it is. Nothing in it can be
// done out of order, so every undisturbed walk of it leaves the same logs but for ids and times.
type line struct {
	*people
	portals []string
	*watch
	// day is when the current plan is written; walks that are compared have the same.
	day time.Time

	plan38, current *planningv1.Plan
	items38, items  map[string]*planningv1.PlanItem
	// drafted is the plan that was written in Loa.
	drafted *drafted
	// now was published at once, timed at a set time; notice was corrected, void withdrawn; article and past came in as history.
	now, timed, notice, void, article *paper
	past                              []*paper
	// kept was confirmed, retracted was taken back after that.
	kept, retracted *result
	march, april    *report
	// numbers are what was given, by the document that has it.
	numbers map[string]string
}

func newLine(p *people, portals []string, day time.Time) *line {
	l := &line{people: p, portals: portals, watch: newWatch(portals), day: day, numbers: map[string]string{}}
	l.now, l.timed = &paper{line: l, key: "now", item: "1"}, &paper{line: l, key: "timed", item: "1"}
	l.notice, l.void = &paper{line: l, key: "notice", item: "2"}, &paper{line: l, key: "void", item: "2"}
	l.article = &paper{line: l, key: "article", item: "1"}
	l.drafted = &drafted{
		line: l, first: &paper{line: l, key: "plan"}, amendment: &paper{line: l, key: "amendment"},
	}
	l.kept, l.retracted = &result{line: l, key: "result/kept"}, &result{line: l, key: "result/retracted"}
	l.march, l.april = newReport(l, "2022-M03"), newReport(l, "2022-M04")
	return l
}

// date is a day so many days after the line's, as YYYY-MM-DD.
func (l *line) date(days int) string {
	return l.day.In(vn.Location()).AddDate(0, 0, days).Format(time.DateOnly)
}

// step is one act of the line, or one thing that a person waits for.
type step struct {
	name string
	run  func(ctx context.Context) error
}

// steps are the line in order.
func (l *line) steps() []step {
	return slices.Concat([]step{
		{"agencies", l.csv("agencies.csv", "/v1/agencies:import")},
		{"people", l.csv("people.csv", "/v1/people:import?example=true")},
		{"everybody is known", l.known},
		{"routes", l.routes},
		{"plan 38", l.importPlan38},
		{"current plan", l.importCurrent},
		{"workflow of the current plan", l.workflow},
		{"article of 2022", l.bringArticle},
		{"register of the city", l.register("vt.ubnd", "H24", int32(l.day.Year()), 91, "KH", "plan", "amendment")}, //nolint:gosec // a year
		{"register of the department", l.register("vt.stttt", "H24.02", 2022, 15, "BC", "report")},
	}, l.publishing(), l.reporting(), l.planning(), l.changing(), l.recording(), l.issuing())
}

// publishing is an item published at once, after a return, and one at a set time.
func (l *line) publishing() []step {
	return slices.Concat([]step{
		{"draft", l.now.draft("Thủ tục mới trong tháng: nộp hồ sơ ở đâu, mang theo gì")},
		{"revision", l.now.revise("summary", &contentv1.Content{Summary: "Thủ tục mới, nơi tiếp nhận và giấy tờ cần mang theo."})},
		{"submission", l.now.submit("submit")},
		{"return", l.now.sendBack("Thêm số điện thoại hướng dẫn.")},
		{"mending", l.now.revise("body", &contentv1.Content{Body: "Hướng dẫn: gọi số ghi tại **Bộ phận Một cửa**."})},
	}, l.now.up("submit/again"), []step{
		{"publication", l.now.publish},
		{"public", l.now.public},
		{"its delivery", l.delivered("1", 1, "planned")},
		{"draft for a set time", l.timed.draft("Lịch tiếp công dân và trả kết quả ngoài giờ")},
	}, l.timed.up("submit"), []step{
		{"publication at a set time", l.timed.publishAtTime},
		{"public at its time", l.timed.public},
		{"deliveries", l.delivered("1", 2, "done")},
	})
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
	for _, person := range []string{"quan.tri", "luu.tru", "cv.stttt", "tp.stttt", "pgd.stttt", "bt.cong", "cv2.stttt", "vt.stttt", "vt.ubnd", "chanh.vp", "pho.chu.tich", "cv.hongbang"} {
		for _, path := range []string{"/v1/me", "/v1/contents", "/v1/dossiers", "/v1/publications", "/v1/reports"} {
			if _, err := l.send(ctx, request{as: person, method: http.MethodGet, path: path}, nil); err != nil {
				return err
			}
		}
	}
	return nil
}

func (l *line) routes(ctx context.Context) error {
	text, err := plan38.Files.ReadFile("routes.json")
	if err != nil {
		return err
	}
	var routes map[string]json.RawMessage
	if err := json.Unmarshal(text, &routes); err != nil {
		return err
	}
	for _, of := range slices.Sorted(maps.Keys(routes)) {
		r := request{as: "quan.tri", method: http.MethodPut, path: "/v1/routes/" + of, body: routes[of], key: "route/" + of}
		if err := l.write(ctx, "approvals", r, &approvalsv1.Route{}); err != nil {
			return err
		}
	}
	return nil
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

// bringArticle brings in what was published before Loa, and waits until it is public.
func (l *line) bringArticle(ctx context.Context) error {
	fields, err1 := plan38.Files.ReadFile("article.json")
	text, err2 := plan38.Files.ReadFile("article.md")
	content := &contentv1.Content{}
	if err := errors.Join(err1, err2, protojson.Unmarshal(fields, content)); err != nil {
		return err
	}
	content.Body, content.Plan, content.PlanItem = string(text), l.plan38.GetId(), l.items38["1"].GetId()
	l.article.content = &contentv1.Content{}
	if err := l.json(ctx, "content", "luu.tru", http.MethodPost, "/v1/contents:importPublished", content, "article", l.article.content); err != nil {
		return err
	}
	return l.article.public(ctx)
}

// delivered waits until so many publications count for an item of the current plan.
func (l *line) delivered(item string, count int64, state string) func(context.Context) error {
	return func(ctx context.Context) error {
		page := &planningv1.ListPlanItemsResponse{}
		return l.read(ctx, "cv.stttt", "/v1/plans/"+l.current.GetId()+"/items", page, func() bool {
			return slices.ContainsFunc(page.GetItems(), func(i *planningv1.PlanItem) bool {
				return i.GetCode() == item && i.GetDelivered() == count && i.GetState() == state
			})
		})
	}
}
