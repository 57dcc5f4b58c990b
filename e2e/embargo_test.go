package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

// Everything is killed while publications become public, and while one that is public comes to its end. Each of them is public once, none
// before its time by the log, and each has its page and its receipt; so does one whose time came while nothing ran. The one that ended is
// gone a moment after the start, and a process that says it is ready has its pages.
func TestEmbargoThroughKills(t *testing.T) {
	t.Parallel()
	s := system.Start(t, system.Options{Shape: system.One, Example: true})
	e := &embargo{Probe: probe.New(s), t: t}
	e.findPlan()
	var contents []string
	for n := range 4 {
		contents = append(contents, e.approved(fmt.Sprintf("Tin hẹn giờ %d", n)))
	}
	withEnd := e.approved("Tin có hạn")
	at := time.Now().Add(3 * time.Second).Truncate(time.Millisecond)
	ending := at.Add(1500 * time.Millisecond)
	var shown struct{ ID, Path string }
	e.until("bt.cong", "/v1/contents/"+withEnd+":publish", map[string]string{"expiresAt": ending.UTC().Format(time.RFC3339Nano)}, &shown)
	times := map[string]time.Time{}
	pages := map[string]string{}
	for n, content := range contents {
		due := at.Add(time.Duration(n) * 400 * time.Millisecond)
		var made struct{ ID, Path, State string }
		e.until("bt.cong", "/v1/contents/"+content+":publish", map[string]string{"publishAt": due.UTC().Format(time.RFC3339Nano)}, &made)
		if made.State != "scheduled" {
			t.Fatalf("%s is %s", made.ID, made.State)
		}
		times[made.ID], pages[made.ID] = due, made.Path
	}
	s.UntilPage(t, shown.Path, func(system.Page) bool { return true })
	<-time.After(time.Until(at.Add(500 * time.Millisecond))) // the first is being released, the second is on its way, the others wait
	s.Kill("loa-local")
	<-time.After(time.Until(at.Add(2 * time.Second))) // the time of all has come
	s.StartOne("loa-local")
	if home := s.Page(t, "/"); home.Status != http.StatusOK {
		t.Errorf("the home page answers %d when the process says that it is ready", home.Status)
	}
	started := time.Now()
	system.Eventually(t, probe.Patience, func() (bool, string) {
		page := s.Page(t, shown.Path)
		return page.Status == http.StatusGone, fmt.Sprint(page.Status)
	})
	t.Logf("gone %v after the start, which was %v after its end", time.Since(started), started.Sub(ending))
	probe.Until(t, e.Probe, "bt.cong", "/v1/publications/"+shown.ID, func(p struct {
		State    string
		Verified bool
	},
	) bool {
		return p.State == "expired" && p.Verified
	})
	for id, path := range pages {
		probe.Until(t, e.Probe, "bt.cong", "/v1/publications/"+id, func(p struct {
			State    string
			Verified bool
		},
		) bool {
			return p.State == "published" && p.Verified
		})
		if page := s.Page(t, path); page.Status != http.StatusOK {
			t.Errorf("%s: %d", path, page.Status)
		}
	}
	published := map[string]int{}
	for _, event := range s.Events(t, "distribution") {
		due, ours := times[event.Aggregate]
		if !ours || event.Type != "distribution.publication_published.v3" {
			continue
		}
		published[event.Aggregate]++
		var data struct{ PublishedAt time.Time }
		if err := json.Unmarshal(event.Data, &data); err != nil {
			t.Fatal(err)
		}
		if data.PublishedAt.Before(due) {
			t.Errorf("%s: set for %v, public at %v", event.Aggregate, due, data.PublishedAt)
		}
	}
	for id := range times {
		if published[id] != 1 {
			t.Errorf("%s became public %d times", id, published[id])
		}
	}
}

// embargo makes approved items of the example's plan.
type embargo struct {
	*probe.Probe
	t           *testing.T
	plan        string
	item, theme string
}

func (e *embargo) findPlan() {
	e.t.Helper()
	var plans struct{ Plans []struct{ ID, Number string } }
	e.Get(e.t, "cv.stttt", "/v1/plans", &plans)
	for _, p := range plans.Plans {
		if p.Number != "38/KH-UBND" {
			e.plan = p.ID
		}
	}
	var items struct {
		Items []struct{ ID, Theme, Lead string }
	}
	e.Get(e.t, "cv.stttt", "/v1/plans/"+e.plan+"/items", &items)
	i := slices.IndexFunc(items.Items, func(i struct{ ID, Theme, Lead string }) bool { return i.Lead == "H24.02" })
	if i < 0 {
		e.t.Fatal("the example's plan has no item of H24.02")
	}
	e.item, e.theme = items.Items[i].ID, items.Items[i].Theme
}

// approved is an item that every level approved.
func (e *embargo) approved(title string) string {
	e.t.Helper()
	var c struct{ ID, Hash string }
	e.Post(e.t, "cv.stttt", "/v1/contents", map[string]any{
		"plan": e.plan, "planItem": e.item, "theme": e.theme, "language": "vi", "title": title, "summary": "Tin hẹn giờ.", "body": "Nội dung.",
		"audiences": []string{"nguoi-dan"}, "channels": []string{"portal"}, "example": true,
	}, &c)
	e.Post(e.t, "cv.stttt", "/v1/contents/"+c.ID+":submit", map[string]any{}, nil)
	for _, person := range []string{"tp.stttt", "pgd.stttt"} {
		type list struct{ Dossiers []struct{ ID string } }
		waiting := probe.Until(e.t, e.Probe, person, "/v1/dossiers?waitingFor=me&document="+c.ID, func(l list) bool { return len(l.Dossiers) == 1 })
		e.Post(e.t, person, "/v1/dossiers/"+waiting.Dossiers[0].ID+":approve", map[string]any{"hash": c.Hash}, nil)
	}
	return c.ID
}

// until sends a command until what it needs has come by the bus.
func (e *embargo) until(as, path string, body, into any) {
	e.t.Helper()
	raw, err := json.Marshal(body)
	if err != nil {
		e.t.Fatal(err)
	}
	system.Eventually(e.t, probe.Patience, func() (bool, string) {
		a := e.Send(e.t, probe.Call{As: as, Method: http.MethodPost, Path: path, Body: string(raw)})
		return a.Status == http.StatusOK && json.Unmarshal(a.Body, into) == nil, string(a.Body)
	})
}
