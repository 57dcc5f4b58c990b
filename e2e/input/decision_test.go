package input

import (
	"encoding/json"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
)

func (s *stand) decision(t *testing.T, person, dossier, verb string, body map[string]any, key string) probe.Call {
	t.Helper()
	c := probe.Call{As: person, Method: http.MethodPost, Path: "/v1/dossiers/" + dossier + ":" + verb, Body: encode(t, body)}
	if key != "" {
		c.Header = map[string]string{"Idempotency-Key": key}
	}
	return c
}

func (s *stand) approve(t *testing.T, person string, d dossier, hash string) {
	t.Helper()
	if answer := s.Send(t, s.decision(t, person, d.ID, "approve", map[string]any{"hash": hash}, "")); answer.Status != http.StatusOK {
		t.Fatalf("%s approves: %d %s", person, answer.Status, answer.Body)
	}
}

func (s *stand) edit(t *testing.T, person, content string, fields map[string]any) item {
	t.Helper()
	var now item
	s.Get(t, person, "/v1/contents/"+content, &now)
	answer := s.Send(t, probe.Call{
		As: person, Method: http.MethodPatch, Path: "/v1/contents/" + content, Body: encode(t, fields), Header: map[string]string{"If-Match": now.Etag},
	})
	if answer.Status != http.StatusOK {
		t.Fatalf("%s edits: %d %s", person, answer.Status, answer.Body)
	}
	decode(t, answer.Body, &now)
	return now
}

func forbidden(reason, vi, en string) refusal {
	return refusal{status: http.StatusForbidden, reason: reason, vi: vi, en: en}
}

func conflict(reason, vi, en string) refusal {
	return refusal{status: http.StatusConflict, reason: reason, vi: vi, en: en}
}

func notYourLevel(level string) refusal {
	return forbidden("NOT_YOUR_LEVEL", "Hồ sơ đang chờ cấp “"+level+"”; vị trí của bạn không thuộc cấp này.",
		"The dossier waits at the level “"+level+"”; your position does not act there.")
}

func fourEyes() refusal {
	return forbidden("FOUR_EYES", "Bạn đã soạn hoặc sửa mục này nên không được duyệt nó.", "You wrote or edited this item, so you may not approve it.")
}

func decisions(t *testing.T, s *stand) {
	t.Run("a hash that moved", func(t *testing.T) {
		seen, d := s.submitted(t, "Bản thứ nhất")
		s.edit(t, "cv.stttt", seen.ID, map[string]any{"body": "Bản thứ hai."})
		var now item
		s.Post(t, "cv.stttt", "/v1/contents/"+seen.ID+":submit", map[string]any{}, &now)
		if d2 := s.dossierOf(t, now); d2.ID != d.ID || now.Hash == seen.Hash {
			t.Fatalf("the second submission: %+v %+v", d2, now)
		}
		want := conflict("HASH_MOVED", "Nội dung đã đổi sau bản bạn xem. Hãy mở bản mới (mã băm "+now.Hash+") rồi quyết định.",
			"The content changed after the version you saw. Open the new one (hash "+now.Hash+") and decide again.")
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{"hash": seen.Hash}, ""), want)
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "return", map[string]any{"hash": seen.Hash, "comment": "Chưa đạt."}, ""), want)
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{}, ""), invalid(
			place{field: "hash", reason: "REQUIRED", vi: "Thiếu “hash”.", en: "“hash” is missing."}))
	})
	t.Run("the same decision twice", func(t *testing.T) {
		i, d := s.submitted(t, "Duyệt hai lần")
		call := s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{"hash": i.Hash}, "duyệt hai lần")
		first := s.Send(t, call)
		if first.Status != http.StatusOK {
			t.Fatalf("%d %s", first.Status, first.Body)
		}
		written := s.Written(t)
		if again := s.Send(t, call); again.Status != http.StatusOK || !reflect.DeepEqual(again.JSON(t), first.JSON(t)) {
			t.Errorf("the repeat is answered with %s, the first was %s", again.Body, first.Body)
		}
		if now := s.Written(t); now["approvals"] != written["approvals"] {
			t.Errorf("the repeat wrote %d events", now["approvals"]-written["approvals"])
		}
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{"hash": i.Hash}, "duyệt lần nữa"), conflict("ALREADY_DECIDED",
			"Bạn đã quyết định hồ sơ này ở cấp “Lãnh đạo phòng” rồi.", "You have already decided on this dossier at the level “Lãnh đạo phòng”."))
		s.approve(t, "pgd.stttt", d, i.Hash)
		s.refused(t, s.decision(t, "pgd.stttt", d.ID, "approve", map[string]any{"hash": i.Hash}, ""), conflict("DOSSIER_STATE",
			"Hồ sơ đang ở trạng thái “approved”; việc này chỉ làm được khi: in_approval.", "The dossier is “approved”; this is possible only when: in_approval."))
		// The key still gets the first answer, whatever the dossier is by now.
		if again := s.Send(t, call); again.Status != http.StatusOK || !reflect.DeepEqual(again.JSON(t), first.JSON(t)) {
			t.Errorf("the late repeat is answered with %s, the first was %s", again.Body, first.Body)
		}
	})
	t.Run("an author approves", func(t *testing.T) {
		made := s.draft(t, "Bốn mắt")
		s.edit(t, "tp.stttt", made.ID, map[string]any{"summary": "Trưởng phòng sửa."})
		s.Post(t, "cv.stttt", "/v1/contents/"+made.ID+":submit", map[string]any{}, &made)
		d := s.dossierOf(t, made)
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{"hash": made.Hash}, ""), fourEyes())
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "return", map[string]any{"hash": made.Hash, "comment": "Trả lại."}, ""), fourEyes())
		s.refused(t, s.decision(t, "cv.stttt", d.ID, "approve", map[string]any{"hash": made.Hash}, ""), notYourLevel("Lãnh đạo phòng"))
		s.refused(t, s.decision(t, "pgd.stttt", d.ID, "approve", map[string]any{"hash": made.Hash}, ""), notYourLevel("Lãnh đạo phòng"))
		s.approve(t, "ptp.stttt", d, made.Hash) // somebody else of that level may
	})
	t.Run("one person at two levels", func(t *testing.T) { twoLevels(t, s) })
	t.Run("a return", func(t *testing.T) {
		i, d := s.submitted(t, "Trả lại")
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "return", map[string]any{"hash": i.Hash, "comment": "  "}, ""), refusal{
			status: http.StatusUnprocessableEntity, reason: "COMMENT_REQUIRED", vi: "Trả lại hồ sơ cần ghi lý do.", en: "A return needs a comment.",
		})
		s.refused(t, s.decision(t, "tp.stttt", d.ID, "return", map[string]any{"hash": i.Hash, "comment": "Sửa.", "toLevel": 1}, ""), refusal{
			status: http.StatusUnprocessableEntity, reason: "UNKNOWN_LEVEL", vi: "Quy trình không có cấp 1 để trả về.", en: "The route has no level 1 to return to.",
		})
	})
	t.Run("a second submission", func(t *testing.T) {
		i, _ := s.submitted(t, "Trình hai lần")
		s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + i.ID + ":submit", Body: "{}"}, conflict("CONTENT_STATE",
			"Mục tin đang ở trạng thái “in_approval”; việc này chỉ làm được khi: draft, returned.",
			"The item is “in_approval”; this is possible only when: draft, returned."))
	})
}

// twoLevels sets a route whose two levels the same people may act at, and sets back what was there.
func twoLevels(t *testing.T, s *stand) {
	was := s.Send(t, probe.Call{As: "quan.tri", Method: http.MethodGet, Path: "/v1/routes/content"})
	var route struct {
		Levels json.RawMessage `json:"levels"`
		Etag   string          `json:"etag"`
	}
	decode(t, was.Body, &route)
	set := func(levels json.RawMessage) {
		answer := s.Send(t, probe.Call{
			As: "quan.tri", Method: http.MethodPut, Path: "/v1/routes/content", Body: `{"levels":` + string(levels) + `}`,
			Header: map[string]string{"If-Match": route.Etag},
		})
		if answer.Status != http.StatusOK {
			t.Fatalf("setting the route: %d %s", answer.Status, answer.Body)
		}
		var now struct{ Etag string }
		decode(t, answer.Body, &now)
		route.Etag = now.Etag
	}
	levels := route.Levels
	set(json.RawMessage(`[{"name":"Cấp một","roles":["head","deputy_head"],"scope":"unit"},{"name":"Cấp hai","roles":["head","deputy_head"],"scope":"agency"}]`))
	defer set(levels)
	i, d := s.submitted(t, "Hai cấp")
	s.approve(t, "tp.stttt", d, i.Hash)
	s.refused(t, s.decision(t, "tp.stttt", d.ID, "approve", map[string]any{"hash": i.Hash}, ""), forbidden("TWO_LEVELS",
		"Bạn đã quyết định hồ sơ này ở cấp “Cấp một”; một người không duyệt hai cấp.",
		"You already decided on this dossier at the level “Cấp một”; nobody acts at two levels."))
	s.approve(t, "ptp.stttt", d, i.Hash)
	s.state(t, i.ID, "approved")
}

// approved is a new item that every level has approved.
func (s *stand) approved(t *testing.T, title string) item {
	t.Helper()
	i, d := s.submitted(t, title)
	s.approve(t, "tp.stttt", d, i.Hash)
	s.approve(t, "pgd.stttt", d, i.Hash)
	return s.state(t, i.ID, "approved")
}

func (s *stand) publish(t *testing.T, content string, at time.Time) probe.Call {
	t.Helper()
	body := map[string]string{}
	if !at.IsZero() {
		body["publishAt"] = at.UTC().Format(time.RFC3339)
	}
	return probe.Call{As: "bt.cong", Method: http.MethodPost, Path: "/v1/contents/" + content + ":publish", Body: encode(t, body)}
}

func publishing(t *testing.T, s *stand) {
	notApproved := func(state string) refusal {
		return conflict("NOT_APPROVED", "Mục tin chưa được duyệt (đang “"+state+"”), nên chưa đăng được.",
			"The item is not approved yet (it is “"+state+"”), so it cannot be published.")
	}
	t.Run("before approval", func(t *testing.T) {
		i, d := s.submitted(t, "Chưa duyệt")
		// Distribution hears of the submission by itself; until then it does not know the item.
		probe.Until(t, s.Probe, "cv.stttt", "/v1/contents/"+i.ID, func(x item) bool {
			return s.Send(t, s.publish(t, i.ID, time.Time{})).Status == http.StatusConflict
		})
		s.refused(t, s.publish(t, i.ID, time.Time{}), notApproved("in_approval"))
		s.approve(t, "tp.stttt", d, i.Hash)
		s.refused(t, s.publish(t, i.ID, time.Time{}), notApproved("in_approval"))
	})
	t.Run("a draft", func(t *testing.T) {
		i := s.draft(t, "Bản nháp")
		s.refused(t, s.publish(t, i.ID, time.Time{}), notFound(i.ID))
	})
	t.Run("an embargo in the past, twice, and an edit after it", func(t *testing.T) {
		i := s.approved(t, "Hẹn giờ")
		past := time.Now().Add(-time.Hour).Truncate(time.Second)
		at := past.In(hanoi()).Format("15:04 02/01/2006")
		probe.Until(t, s.Probe, "cv.stttt", "/v1/contents/"+i.ID, func(x item) bool {
			return s.Send(t, s.publish(t, i.ID, past)).Status == http.StatusUnprocessableEntity
		})
		s.refused(t, s.publish(t, i.ID, past), refusal{
			status: http.StatusUnprocessableEntity, reason: "EMBARGO_PAST",
			vi: "Giờ hẹn đăng " + at + " đã qua. Hãy bỏ trống để đăng ngay hoặc chọn giờ sau.",
			en: "The time " + at + " has passed. Leave it empty to publish now, or choose a later one.",
		})
		call := s.publish(t, i.ID, time.Time{})
		call.Body = `{"publishAt":"mai"}`
		s.refused(t, call, unreadable("publishAt", badFormat("publishAt", "mai", "RFC 3339 (2026-01-31T08:00:00+07:00)")))
		if a := s.Send(t, s.publish(t, i.ID, time.Now().Add(24*time.Hour))); a.Status != http.StatusOK {
			t.Fatalf("%d %s", a.Status, a.Body)
		}
		s.state(t, i.ID, "scheduled")
		s.refused(t, s.publish(t, i.ID, time.Time{}), conflict("ALREADY_PUBLISHED", "Mục tin này đã đăng hoặc đã hẹn đăng.", "This item is already published or scheduled."))
		s.edit(t, "cv.stttt", i.ID, map[string]any{"title": "Hẹn giờ, đã sửa"})
		type page struct{ Publications []struct{ State string } }
		probe.Until(t, s.Probe, "bt.cong", "/v1/publications?content="+i.ID, func(p page) bool {
			return len(p.Publications) == 1 && p.Publications[0].State == "cancelled"
		})
		s.refused(t, s.publish(t, i.ID, time.Time{}), notApproved("draft"))
	})
	t.Run("what is published sent up again unedited", func(t *testing.T) {
		var page struct{ Contents []item }
		s.Get(t, "cv.stttt", "/v1/contents?state=published", &page)
		s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/contents/" + page.Contents[0].ID + ":submit", Body: "{}"},
			conflict("CONTENT_STATE", "Mục tin đang ở trạng thái “published”; việc này chỉ làm được khi: draft, returned.",
				"The item is “published”; this is possible only when: draft, returned."))
	})
}

func reports(t *testing.T, s *stand) {
	compile := func(plan, period string) probe.Call {
		return probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/reports:compile", Body: encode(t, map[string]string{"plan": plan, "period": period})}
	}
	for _, period := range []string{"2022-M13", "2022-Q5", "03/2022", ""} {
		t.Run("unknown period "+period, func(t *testing.T) {
			s.refused(t, compile(s.future, period), refusal{
				status: http.StatusUnprocessableEntity, reason: "UNKNOWN_PERIOD",
				vi: "“" + period + "” không phải kỳ báo cáo; hãy viết như 2022-M03, 2022-Q1, 2022-H1, 2022-Y.",
				en: "“" + period + "” is not a reporting period; write 2022-M03, 2022-Q1, 2022-H1 or 2022-Y.",
			})
		})
	}
	t.Run("a period that is open", func(t *testing.T) {
		next := itoa(thisYear() + 1)
		s.refused(t, compile(s.future, next+"-Y"), conflict("PLAN_PERIOD_OPEN", "Kỳ "+next+"-Y chưa kết thúc (chốt 14/12/"+next+").",
			"Period "+next+"-Y has not ended yet (cut-off 14/12/"+next+")."))
	})
	t.Run("a period outside the plan", func(t *testing.T) {
		s.refused(t, compile(s.future, "2001-M03"), refusal{
			status: http.StatusUnprocessableEntity, reason: "PLAN_PERIOD_OUTSIDE",
			vi: "Kỳ 2001-M03 nằm ngoài thời gian của kế hoạch.", en: "Period 2001-M03 lies outside the plan.",
		})
	})
	t.Run("a plan that does not exist", func(t *testing.T) {
		s.refused(t, compile("plan_00000000000000000000000000", "2022-M03"), notFound("plan_00000000000000000000000000"))
	})
	t.Run("a second submission", func(t *testing.T) {
		var list struct{ Reports []struct{ ID, State string } }
		s.Get(t, "cv.stttt", "/v1/reports?pageSize=200", &list)
		for _, r := range list.Reports {
			if r.State == "approved" {
				s.refused(t, probe.Call{As: "cv.stttt", Method: http.MethodPost, Path: "/v1/reports/" + r.ID + ":submit", Body: "{}"}, conflict("REPORT_STATE",
					"Báo cáo đang ở trạng thái “approved”; việc này chỉ làm được khi: compiled, returned.",
					"The report is “approved”; this is possible only when: compiled, returned."))
				return
			}
		}
		t.Fatal("the example has no approved report")
	})
}
