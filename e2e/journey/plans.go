package journey

import (
	"fmt"
	"net/http"
	"time"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// Plan writes a plan whose days lie around now: it began more than two reporting months ago and has as long to run. Item 1 is
// reached by two publications, item 2 was due yesterday, item 3 yesterday too in a unit that Loa does not count, item 4 is far off.
func Plan(number string, now time.Time) []byte {
	day := func(days int) string { return now.In(vn.Location()).AddDate(0, 0, days).Format(time.DateOnly) }
	return fmt.Appendf(nil, `number: %[5]s
date: %[1]s
issuer: H24
title: Kế hoạch tuyên truyền của kỳ này
from: %[1]s
to: %[2]s
lead: H24.02
coordinators: [H24.63]
purposes: [Thông tin kịp thời về thủ tục hành chính.]
example: true
themes:
  - { code: thu-tuc-mot-cua, name: "Thủ tục hành chính, cơ chế một cửa" }
audiences:
  - { code: nguoi-dan, name: Người dân }
  - { code: doanh-nghiep, name: Doanh nghiệp }
channels:
  - { code: portal, name: Cổng Thông tin điện tử thành phố }
  - { code: training, name: "Hội nghị, lớp tập huấn" }
report_periods: [month]
items:
  - { code: "1", title: "Tin về thủ tục mới", theme: thu-tuc-mot-cua, audiences: [nguoi-dan, doanh-nghiep], channels: [portal], lead: H24.02, deadline: %[3]s, target: { quantity: 2, unit: "tin, bài", counts_publications: true } }
  - { code: "2", title: "Tin về kết quả giải quyết", theme: thu-tuc-mot-cua, audiences: [nguoi-dan], channels: [portal], lead: H24.02, deadline: %[4]s, target: { quantity: 3, unit: "tin, bài", counts_publications: true } }
  - { code: "3", title: "Lớp tập huấn", theme: thu-tuc-mot-cua, audiences: [doanh-nghiep], channels: [training], lead: H24.02, deadline: %[4]s, target: { quantity: 1, unit: "lớp" } }
  - { code: "4", title: "Tin tổng kết", theme: thu-tuc-mot-cua, audiences: [nguoi-dan], channels: [portal], lead: H24.02, deadline: %[2]s, target: { quantity: 1, unit: "tin, bài", counts_publications: true } }
`, day(-75), day(75), day(40), day(-1), number)
}

// plans: Plan 38 keeps its number and its day; the same file again is the same plan, another under its number is refused.
func (j *Journey) plans() {
	t := j.t
	t.Helper()
	file := func(as string, body []byte, key string) system.Request {
		return system.Request{As: as, Method: "POST", Path: "/v1/plans:import", Body: body, ContentType: "application/yaml", Key: "journey/" + key}
	}
	issued38, current := j.file("plan.yaml"), Plan("7/KH-UBND", time.Now())
	j.Client.Refused(file("cv.stttt", issued38, "plan-38/officer"), http.StatusForbidden, "FORBIDDEN")
	j.Plan38 = &planningv1.Plan{}
	j.Client.Must(file("luu.tru", issued38, "plan-38"), j.Plan38)
	issued := time.Date(2022, 2, 23, 0, 0, 0, 0, vn.Location())
	if p := j.Plan38; p.GetNumber() != "38/KH-UBND" || p.GetDate() != "2022-02-23" || p.GetIssuer() != "H24" || !p.GetImported() || p.GetState() != "issued" ||
		p.GetExample() || !p.GetExampleItems() || p.GetItemCount() != 9 || !p.GetHappenedAt().AsTime().Equal(issued) || time.Since(p.GetRecordedAt().AsTime()) > time.Hour {
		t.Fatalf("Plan 38 came in as %v", p)
	}
	again := &planningv1.Plan{}
	j.Client.Must(file("luu.tru", issued38, "plan-38/again"), again)
	check(t, "the same file again is the plan", again.GetId(), j.Plan38.GetId())
	other := append([]byte("# another\n"), issued38...)
	other = append(other, []byte("\n  - { code: \"10\", title: Mục thêm, theme: thu-tuc-mot-cua, audiences: [nguoi-dan], channels: [portal], lead: H24.02, deadline: 2022-12-14, target: { quantity: 1, unit: tin } }\n")...)
	j.Client.Refused(file("luu.tru", other, "plan-38/other"), http.StatusConflict, "PLAN_EXISTS")

	j.Current = &planningv1.Plan{}
	j.Client.Must(file("luu.tru", current, "plan-current"), j.Current)
	if p := j.Current; p.GetNumber() != "7/KH-UBND" || !p.GetExample() || p.GetItemCount() != 4 {
		t.Fatalf("the current plan came in as %v", p)
	}
	j.items38, j.items = j.itemsOf(j.Plan38), j.itemsOf(j.Current)
}

func (j *Journey) itemsOf(plan *planningv1.Plan) map[string]*planningv1.PlanItem {
	j.t.Helper()
	page := &planningv1.ListPlanItemsResponse{}
	j.get("luu.tru", "/v1/plans/"+plan.GetId()+"/items?pageSize=200", page)
	items := map[string]*planningv1.PlanItem{}
	for _, i := range page.GetItems() {
		items[i.GetCode()] = i
	}
	check(j.t, "items of "+plan.GetNumber(), len(items), int(plan.GetItemCount()))
	return items
}
