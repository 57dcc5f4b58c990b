package roles

import (
	"encoding/json"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
)

// fixture is what the requests of the walk are about: items of H24.02 in each state, and what hangs on them.
type fixture struct {
	plan38, item string
	// contents are by state; waiting is in approval at the first level, leadership at the second.
	contents map[string]content
	// publications and reports are by state.
	publications, reports map[string]string
	// plans are by state; drafted is an item of the draft, amendment one of the issued plan that is being drafted.
	plans              map[string]string
	drafted, amendment string
	// results are by state and recorded by H24.03; evidence is the digest of the file that those have.
	results  map[string]string
	evidence string
	// registers are by issuer. delegation is of the leader of H24.02, for later.
	registers  map[string]string
	delegation string
	// numbered is the dossier that waits for its number.
	numbered string
	route    string
	article  string
}

type content struct {
	ID, State, Hash, Dossier, Title, Etag string
	PublishedAt                           time.Time
}

func prepare(t *testing.T, p *probe.Probe) fixture {
	t.Helper()
	f := fixture{
		contents: map[string]content{}, publications: map[string]string{}, reports: map[string]string{}, plans: map[string]string{},
		results: map[string]string{}, registers: map[string]string{},
	}
	var plans struct{ Plans []struct{ ID, Number string } }
	p.Get(t, "cv.stttt", "/v1/plans", &plans)
	current := ""
	for _, plan := range plans.Plans {
		if plan.Number == "38/KH-UBND" {
			f.plan38 = plan.ID
		} else {
			current = plan.ID
		}
	}
	var items struct{ Items []struct{ ID, Code string } }
	p.Get(t, "cv.stttt", "/v1/plans/"+current+"/items", &items)
	for _, item := range items.Items {
		if item.Code == "5" { // led by H24.02, coordinated by H24.03
			f.item = item.ID
		}
	}
	f.findContents(t, p)
	f.findOutcomes(t, p)
	f.draftPlans(t, p, current)
	f.recordResults(t, p)
	f.consult(t, p)
	f.findOffice(t, p)
	f.endPublications(t, p)
	var route json.RawMessage
	p.Get(t, "quan.tri", "/v1/routes/content", &route)
	var levels struct {
		Levels json.RawMessage `json:"levels"`
	}
	if err := json.Unmarshal(route, &levels); err != nil {
		t.Fatal(err)
	}
	f.route = `{"levels":` + string(levels.Levels) + `}`
	f.article = f.pastArticle(t, p)
	return f
}

func (f *fixture) findContents(t *testing.T, p *probe.Probe) {
	t.Helper()
	var page struct{ Contents []content }
	p.Get(t, "cv.stttt", "/v1/contents?pageSize=200", &page)
	for _, c := range page.Contents {
		state := c.State
		if state == "in_approval" {
			var dossier struct{ CurrentLevel int }
			p.Get(t, "cv.stttt", "/v1/dossiers/"+c.Dossier, &dossier)
			state = map[int]string{1: "waiting", 2: "leadership"}[dossier.CurrentLevel]
		}
		if c.Dossier != "" || state == "draft" { // the imported article has none
			f.contents[state] = c
		}
	}
	for _, state := range []string{"draft", "waiting", "leadership", "approved", "scheduled", "published"} {
		if f.contents[state].ID == "" {
			t.Fatalf("the example has no item of the state %s: %+v", state, page)
		}
	}
}

func (f *fixture) findOutcomes(t *testing.T, p *probe.Probe) {
	t.Helper()
	var publications struct {
		Publications []struct{ ID, State, Content string }
	}
	p.Get(t, "cv.stttt", "/v1/publications?pageSize=200", &publications)
	for _, x := range publications.Publications {
		if x.Content == f.contents[x.State].ID {
			f.publications[x.State] = x.ID
		}
	}
	var reports struct {
		Reports []struct{ ID, State, Plan string }
	}
	p.Get(t, "cv.stttt", "/v1/reports?pageSize=200&plan="+url.QueryEscape(f.plan38), &reports)
	for _, x := range reports.Reports {
		f.reports[x.State] = x.ID
	}
	// An officer compiles the next month and leaves it at that.
	var compiled struct{ ID, State string }
	p.Post(t, "cv.stttt", "/v1/reports:compile", map[string]string{"plan": f.plan38, "period": "2022-M04"}, &compiled)
	f.reports[compiled.State] = compiled.ID
	if f.publications["scheduled"] == "" || f.publications["published"] == "" || f.reports["compiled"] == "" || f.reports["approved"] == "" {
		t.Fatalf("the example lacks some: %v %v", f.publications, f.reports)
	}
}

// pastArticle is what a records importer would bring in.
func (f *fixture) pastArticle(t *testing.T, p *probe.Probe) string {
	t.Helper()
	var items struct{ Items []struct{ ID, Code string } }
	p.Get(t, "cv.stttt", "/v1/plans/"+f.plan38+"/items", &items)
	article := map[string]any{}
	if err := json.Unmarshal([]byte(example(t, "article.json")), &article); err != nil {
		t.Fatal(err)
	}
	article["title"], article["body"], article["plan"], article["planItem"] = "Một bài khác của năm 2022", "Nội dung.", f.plan38, items.Items[0].ID
	raw, err := json.Marshal(article)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// states are the answers that must be the same after the walk as before.
func (f *fixture) states(t *testing.T, p *probe.Probe) map[string]any {
	t.Helper()
	found := map[string]any{}
	see := func(path string) {
		answer := p.Send(t, probe.Call{As: "thanh.tra", Method: http.MethodGet, Path: path})
		if answer.Status != http.StatusOK {
			t.Fatalf("%s: %d %s", path, answer.Status, answer.Body)
		}
		found[path] = answer.JSON(t)
	}
	for _, c := range f.contents {
		see("/v1/contents/" + c.ID)
		see("/v1/contents/" + c.ID + "/revisions")
		if c.Dossier != "" {
			see("/v1/dossiers/" + c.Dossier)
		}
	}
	for _, id := range f.publications {
		see("/v1/publications/" + id)
	}
	for _, id := range f.reports {
		see("/v1/reports/" + id)
	}
	for _, id := range f.plans {
		see("/v1/plans/" + id)
		see("/v1/plans/" + id + "/items")
	}
	for _, id := range f.results {
		see("/v1/results/" + id)
	}
	for _, path := range []string{
		"/v1/routes/content", "/v1/contents?pageSize=200", "/v1/plans/" + f.plan38, "/v1/plans", "/v1/registers", "/v1/delegations", "/v1/calendars/2022",
	} {
		see(path)
	}
	return found
}
