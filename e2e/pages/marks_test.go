package pages

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

// marked publishes an urgent notice that was approved in an emergency, so that every page that follows is seen with it: the strip above the
// home page, and what the notice itself says of its approval, before it is reviewed and after.
func marked(t *testing.T, s *system.System) {
	t.Helper()
	p := probe.New(s)
	var plans struct{ Plans []struct{ ID, Number string } }
	p.Get(t, "cv.stttt", "/v1/plans", &plans)
	var plan, item, theme string
	for _, found := range plans.Plans {
		var items struct {
			Items []struct{ ID, Theme, Lead string }
		}
		p.Get(t, "cv.stttt", "/v1/plans/"+found.ID+"/items", &items)
		if i := slices.IndexFunc(items.Items, func(i struct{ ID, Theme, Lead string }) bool { return i.Lead == "H24.02" }); i >= 0 && found.Number != "38/KH-UBND" {
			plan, item, theme = found.ID, items.Items[i].ID, items.Items[i].Theme
		}
	}
	var c struct{ ID, Hash string }
	p.Post(t, "cv.stttt", "/v1/contents", map[string]any{
		"plan": plan, "planItem": item, "theme": theme, "language": "vi", "title": "Cấm tàu thuyền ra khơi trong bão số 3", "summary": "Tàu thuyền về bến trước 18:00.",
		"body": "Tàu thuyền về bến trước **18:00**.", "audiences": []string{"nguoi-dan"}, "channels": []string{"portal"}, "example": true,
		"urgentUntil":  time.Now().Add(2 * time.Hour).UTC().Format(time.RFC3339),
		"translations": []map[string]string{{"language": "en", "title": "No ship leaves the harbour in storm No. 3", "summary": "Return by 18:00.", "body": "Return by **18:00**."}},
	}, &c)
	p.Post(t, "cv.stttt", "/v1/contents/"+c.ID+":submit", map[string]any{}, nil)
	type list struct{ Dossiers []struct{ ID string } }
	dossiers := probe.Until(t, p, "tp.stttt", "/v1/dossiers?waitingFor=me&document="+c.ID, func(l list) bool { return len(l.Dossiers) == 1 })
	dossier := "/v1/dossiers/" + dossiers.Dossiers[0].ID
	p.Post(t, "pgd.stttt", dossier+":bypass", map[string]any{"hash": c.Hash, "reason": "Bão vào bờ trong đêm."}, nil)
	var made struct{ ID, Path, State string }
	system.Eventually(t, probe.Patience, func() (bool, string) {
		a := p.Send(t, probe.Call{As: "bt.cong", Method: http.MethodPost, Path: "/v1/contents/" + c.ID + ":publish", Body: "{}"})
		return a.Status == http.StatusOK && json.Unmarshal(a.Body, &made) == nil, string(a.Body)
	})
	says := func(path string, parts ...string) {
		t.Helper()
		s.UntilPage(t, path, func(page system.Page) bool {
			return !slices.ContainsFunc(parts, func(part string) bool { return !bytes.Contains(page.Body, []byte(part)) })
		})
	}
	says("/", `<aside class="urgent"`, made.Path)
	says("/en", `<aside class="urgent"`, "/en"+made.Path, "No ship leaves")
	says(made.Path, "Duyệt khẩn ngày", "Bão vào bờ trong đêm.", "Chưa được hậu kiểm")
	p.Post(t, "gd.stttt", dossier+":review", map[string]any{"outcome": "upheld"}, nil)
	says(made.Path, "Duyệt khẩn ngày", "xác nhận lần duyệt khẩn này")
	said := probe.Until(t, p, "cv.stttt", "/v1/publications/"+made.ID, func(p struct {
		Bypass struct {
			Reason string
			Review struct{ Outcome, Position string }
		}
	},
	) bool {
		return p.Bypass.Review.Outcome == "upheld"
	})
	if said.Bypass.Reason != "Bão vào bờ trong đêm." || said.Bypass.Review.Position == "" {
		t.Errorf("%+v", said)
	}
}
