package roles

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
)

// requests builds the request of every case of the table.
func (f *fixture) requests(t *testing.T) map[string]probe.Call {
	t.Helper()
	past := `{"publishAt":"` + time.Now().Add(-time.Hour).UTC().Format(time.RFC3339) + `"}`
	old := map[string]string{"If-Match": `"0"`}
	edit := `{"title":"Tiêu đề không được ghi"}`
	moved := `{"hash":"` + strings.Repeat("0", 64) + `"}`
	hashOf := func(state string) string { return `{"hash":"` + f.contents[state].Hash + `"}` }
	const csv, yaml = "text/csv", "application/yaml"

	all := map[string]probe.Call{
		"GET /v1/agencies":        {Path: "/v1/agencies"},
		"GET /v1/agencies/{code}": {Path: "/v1/agencies/H24.02"},
		"POST /v1/agencies:import | the file that is in already, dryRun": {Path: "/v1/agencies:import?dryRun=true", Type: csv, Body: example(t, "agencies.csv")},
		"GET /v1/units":  {Path: "/v1/units"},
		"GET /v1/people": {Path: "/v1/people"},
		"POST /v1/people:import | the file that is in already, dryRun": {Path: "/v1/people:import?dryRun=true&example=true", Type: csv, Body: example(t, "people.csv")},
		"GET /v1/me":                 {Path: "/v1/me"},
		"GET /v1/plans":              {Path: "/v1/plans"},
		"GET /v1/plans/{plan}":       {Path: "/v1/plans/" + f.plan38},
		"GET /v1/plans/{plan}/items": {Path: "/v1/plans/" + f.plan38 + "/items"},
		"POST /v1/plans:import | the file that is in already, dryRun": {Path: "/v1/plans:import?dryRun=true", Type: yaml, Body: example(t, "plan.yaml")},

		"GET /v1/contents": {Path: "/v1/contents"},
		"POST /v1/contents | under an item of H24.02 and H24.03, without a title": {Path: "/v1/contents", Body: `{"planItem":"` + f.item + `"}`},
		"POST /v1/contents | under an item that does not exist":                   {Path: "/v1/contents", Body: `{"planItem":"item_không-có","title":"Tiêu đề"}`},
		"POST /v1/contents:importPublished | an article of 2022, dryRun":          {Path: "/v1/contents:importPublished?dryRun=true", Body: f.article},

		"GET /v1/routes/{documentType}":                                           {Path: "/v1/routes/content"},
		"PUT /v1/routes/{documentType} | the route that is set, without If-Match": {Path: "/v1/routes/content", Body: f.route},
		"GET /v1/dossiers": {Path: "/v1/dossiers"},
		"POST /v1/dossiers/{dossier}:return | waiting for the head or the deputy head, without a comment": {Path: f.dossier("waiting") + ":return", Body: hashOf("waiting")},
		"POST /v1/dossiers/{dossier}:return | waiting for the leader or a deputy, without a comment":      {Path: f.dossier("leadership") + ":return", Body: hashOf("leadership")},
		"POST /v1/dossiers/{dossier}:approve | waiting, a hash that moved":                                {Path: f.dossier("waiting") + ":approve", Body: moved},

		"GET /v1/publications":                                {Path: "/v1/publications"},
		"GET /v1/reports":                                     {Path: "/v1/reports"},
		"POST /v1/reports:compile | an unknown plan":          {Path: "/v1/reports:compile", Body: `{"plan":"plan_00000000000000000000000000","period":"2022-M03"}`},
		"POST /v1/reports:compile | an unknown period":        {Path: "/v1/reports:compile", Body: `{"plan":"` + f.plan38 + `","period":"tháng ba"}`},
		"GET /v1/proof/{service}/checkpoint":                  {Path: "/v1/proof/planning/checkpoint"},
		"GET /v1/proof/{service}/events/{event}":              {Path: "/v1/proof/planning/events/1.1"},
		"GET /v1/proof/{service}/consistency":                 {Path: "/v1/proof/planning/consistency?from=1"},
		"POST /v1/reports:compile | a period before the plan": {Path: "/v1/reports:compile", Body: `{"plan":"` + f.plan38 + `","period":"2021-M03"}`},

		"PATCH /v1/contents/{content} | draft, an old If-Match":       {Path: f.content("draft"), Body: edit, Header: old},
		"PATCH /v1/contents/{content} | approved, an old If-Match":    {Path: f.content("approved"), Body: edit, Header: old},
		"PATCH /v1/contents/{content} | published, an old If-Match":   {Path: f.content("published"), Body: edit, Header: old},
		"POST /v1/contents/{content}:submit | waiting":                {Path: f.content("waiting") + ":submit", Body: "{}"},
		"POST /v1/contents/{content}:submit | draft":                  {Path: f.content("draft") + ":submit", Body: "{}"},
		"POST /v1/contents/{content}:publish | approved, an hour ago": {Path: f.content("approved") + ":publish", Body: past},
		"POST /v1/contents/{content}:publish | waiting":               {Path: f.content("waiting") + ":publish", Body: "{}"},
		"POST /v1/contents/{content}:publish | draft":                 {Path: f.content("draft") + ":publish", Body: "{}"},
		"GET /v1/contents/{content}/revisions | draft":                {Path: f.content("draft") + "/revisions"},
		"GET /v1/contents/{content}/revisions | published":            {Path: f.content("published") + "/revisions"},
		"GET /v1/dossiers/{dossier} | waiting":                        {Path: f.dossier("waiting")},
		"GET /v1/dossiers/{dossier} | published":                      {Path: f.dossier("published")},
	}
	for _, state := range []string{"draft", "waiting", "approved", "scheduled", "published"} {
		all["GET /v1/contents/{content} | "+state] = probe.Call{Path: f.content(state)}
	}
	for state, id := range f.publications {
		all["GET /v1/publications/{publication}/versions | "+state] = probe.Call{Path: "/v1/publications/" + id + "/versions"}
		all["GET /v1/publications/{publication} | "+state] = probe.Call{Path: "/v1/publications/" + id}
		all["GET /v1/publications/{publication}/receipts | "+state] = probe.Call{Path: "/v1/publications/" + id + "/receipts"}
	}
	for state, id := range f.reports {
		all["GET /v1/reports/{report} | "+state] = probe.Call{Path: "/v1/reports/" + id}
		all["PATCH /v1/reports/{report} | "+state+", an old If-Match"] = probe.Call{
			Path: "/v1/reports/" + id, Body: `{"narrative":{"proposals":"x"}}`, Header: map[string]string{"If-Match": `"0"`},
		}
		all["POST /v1/reports/{report}:submit | "+state] = probe.Call{Path: "/v1/reports/" + id + ":submit", Body: "{}"}
		all["GET /v1/reports/{report}/document | "+state] = probe.Call{Path: "/v1/reports/" + id + "/document?format=csv"}
		all["GET /v1/reports/{report}/evidence | "+state] = probe.Call{Path: "/v1/reports/" + id + "/evidence"}
	}
	for _, more := range []map[string]probe.Call{f.planRequests(), f.resultRequests(), f.dossierRequests(), f.officeRequests(), f.contentRequests(), f.publicationRequests()} {
		for name, call := range more {
			if _, twice := all[name]; twice {
				t.Fatalf("two requests for %s", name)
			}
			all[name] = call
		}
	}
	for name, call := range all {
		call.Method, _, _ = strings.Cut(name, " ")
		if call.Method == http.MethodGet && call.Body != "" {
			t.Fatalf("%s reads and sends a body", name)
		}
		all[name] = call
	}
	return all
}

func (f *fixture) content(state string) string { return "/v1/contents/" + f.contents[state].ID }

func (f *fixture) dossier(state string) string { return "/v1/dossiers/" + f.contents[state].Dossier }
