package journey

import (
	"net/http"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

// press: an article in a newspaper counts under the item that it was written for, once, beside what Loa published; somebody else than who
// recorded it confirms it.
func (j *Journey) press() {
	t := j.t
	const link = "https://baohaiphong.vn/cai-cach-hanh-chinh-1234.html"
	at := "/v1/plans/" + j.Plan38.GetId()
	happened := timestamppb.New(time.Date(2022, 5, 12, 7, 0, 0, 0, vn.Location()))
	record := func(as string, key string, change func(*planningv1.Result)) system.Request {
		r := &planningv1.Result{
			Quantity: 1, Unit: "tin, bài", HappenedAt: happened, Channel: "press", Place: "Báo Hải Phòng", Example: true,
			Evidence: []*planningv1.Evidence{{Kind: "link", Title: "Bài trên Báo Hải Phòng", Link: link}},
		}
		if change != nil {
			change(r)
		}
		return system.Request{As: as, Method: http.MethodPost, Path: at + "/items/5/results", Body: r, Key: "journey/press/" + key}
	}
	for field, wrong := range map[string]struct {
		reason string
		change func(*planningv1.Result)
	}{
		"channel":          {"UNKNOWN_CHANNEL", func(r *planningv1.Result) { r.Channel = "zalo" }},
		"quantity":         {"OUT_OF_RANGE", func(r *planningv1.Result) { r.Quantity = -1 }},
		"evidence":         {"REQUIRED", func(r *planningv1.Result) { r.Evidence = nil }},
		"evidence[0].link": {"BAD_FORMAT", func(r *planningv1.Result) { r.Evidence[0].Link = "javascript:alert(1)" }},
		"happenedAt": {"RESULT_OUTSIDE_PLAN", func(r *planningv1.Result) {
			r.HappenedAt = timestamppb.New(time.Date(2021, 5, 12, 7, 0, 0, 0, vn.Location()))
		}},
		"note": {"SECRECY_MARK", func(r *planningv1.Result) { r.Note = "TỐI MẬT" }},
	} {
		p := j.Client.Refused(record("cv.stttt", "wrong/"+field, wrong.change), http.StatusUnprocessableEntity, "INVALID")
		if len(p.Errors) != 1 || p.Errors[0].Field != field || p.Errors[0].Reason != wrong.reason {
			t.Fatalf("a press article with a wrong %s: %+v", field, p.Errors)
		}
	}
	r := &planningv1.Result{}
	j.Client.Must(record("cv.stttt", "record", nil), r)
	again := j.Client.Refused(record("cv.snv", "again", nil), http.StatusUnprocessableEntity, "INVALID")
	if len(again.Errors) != 1 || again.Errors[0].Reason != "EVIDENCE_USED" {
		t.Fatalf("the same article by another agency: %+v", again.Errors)
	}
	act := func(as, verb string, body map[string]string, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/results/" + r.GetId() + verb, Body: body, Key: "journey/press/" + key}
	}
	j.Client.Refused(act("cv.stttt", ":confirm", map[string]string{}, "own"), http.StatusForbidden, "RESULT_OWN")
	j.Client.Refused(act("tp.stttt", ":question", map[string]string{}, "why"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Must(act("cv2.stttt", ":confirm", map[string]string{}, "confirm"), r)
	j.Client.Refused(act("cv2.stttt", ":confirm", map[string]string{}, "confirm/again"), http.StatusConflict, "RESULT_STATE")
	p := &reportingv1.Progress{}
	j.Client.Until("cv.snv", at+"/progress", p, func() bool {
		l := lineOf(t, p.GetFigures().GetItems(), "item:5")
		return l.GetActual() == 1 && l.GetByResults() == 1 && l.GetByPublications() == 0
	})
	check(t, "press articles by channel", lineOf(t, p.GetFigures().GetChannels(), "channel:press").GetByResults(), 1)
	items := &planningv1.ListPlanItemsResponse{}
	j.Client.Until("cv.snv", at+"/items", items, func() bool { return items.GetItems()[4].GetDelivered() == 1 })
}
