package roles

import (
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/probe"
)

// newPlan is a plan that can be sent up as it is, once it has an item.
func newPlan(title string) map[string]any {
	return map[string]any{
		"issuer": "H24", "title": title, "from": "2027-01-01", "to": "2027-12-31", "coordinators": []string{"H24.03", "H24.31"}, "example": true,
		"purposes": []string{"Người dân biết và dùng dịch vụ công trực tuyến."}, "themes": []any{map[string]string{"code": "truc-tuyen", "name": "Trực tuyến"}},
		"audiences": []any{map[string]string{"code": "nguoi-dan", "name": "Người dân"}},
		"channels":  []any{map[string]string{"code": "portal", "name": "Cổng Thông tin điện tử"}},
	}
}

// draftPlans has an officer of H24.02 draft two plans, send one of them up, and begin to amend the current one.
func (f *fixture) draftPlans(t *testing.T, p *probe.Probe, current string) {
	t.Helper()
	for _, state := range []string{"draft", "waiting"} {
		var made, item struct{ ID string }
		p.Post(t, "cv.stttt", "/v1/plans", newPlan("Kế hoạch chưa ai biết, "+state), &made)
		p.Post(t, "cv.stttt", "/v1/plans/"+made.ID+"/items", map[string]any{
			"code": "1", "title": "Tin về dịch vụ công", "theme": "truc-tuyen", "audiences": []string{"nguoi-dan"}, "channels": []string{"portal"},
			"deadline": "2027-06-30", "target": map[string]any{"quantity": "1", "unit": "tin, bài", "countsPublications": true},
		}, &item)
		f.plans[state] = made.ID
		if state == "draft" {
			f.drafted = item.ID
			continue
		}
		p.Post(t, "cv.stttt", "/v1/plans/"+made.ID+":submit", map[string]any{}, nil)
	}
	f.plans["issued"] = current
	var amended struct{ Amendments []struct{ ID string } }
	p.Post(t, "cv.stttt", "/v1/plans/"+current+":amend", map[string]string{"reason": "Chưa ai biết vì sao."}, &amended)
	f.amendment = amended.Amendments[0].ID
	type opened struct{ Dossier string }
	probe.Until(t, p, "cv.stttt", "/v1/plans/"+f.plans["waiting"], func(x opened) bool { return x.Dossier != "" })
	probe.Until(t, p, "vt.ubnd", "/v1/plans/"+f.plans["waiting"], func(x opened) bool { return x.Dossier != "" })
}

func (f *fixture) planRequests() map[string]probe.Call {
	draft, issued, past := "/v1/plans/"+f.plans["draft"], "/v1/plans/"+f.plans["issued"], "/v1/plans/"+f.plan38
	old := map[string]string{"If-Match": `"0"`}
	unnumbered := "title: Kế hoạch trong tệp\n"
	all := map[string]probe.Call{
		"POST /v1/plans | without anything":                             {Path: "/v1/plans", Body: "{}"},
		"POST /v1/plans:import | a draft without anything else, dryRun": {Path: "/v1/plans:import?dryRun=true", Type: "application/yaml", Body: unnumbered},
		"GET /v1/plans:template":                                        {Path: "/v1/plans:template"},

		"PATCH /v1/plans/{plan} | draft, an old If-Match":                         {Path: draft, Body: `{"title":"Không được ghi"}`, Header: old},
		"PATCH /v1/plans/{plan} | issued, without an amendment":                   {Path: past, Body: `{"title":"Không được ghi"}`, Header: old},
		"PATCH /v1/plans/{plan} | an amendment, an old If-Match":                  {Path: issued + "?amendment=" + f.amendment, Body: `{"title":"Không được ghi"}`, Header: old},
		"POST /v1/plans/{plan}/items | draft, an unknown theme":                   {Path: draft + "/items", Body: `{"code":"9","title":"Mục chín","theme":"chu-la"}`},
		"PATCH /v1/plans/{plan}/items/{item} | draft, an old If-Match":            {Path: draft + "/items/" + f.drafted, Body: `{"title":"Không được ghi"}`, Header: old},
		"DELETE /v1/plans/{plan}/items/{item} | draft, an item that is not there": {Path: draft + "/items/item_00000000000000000000000000"},
		"POST /v1/plans/{plan}:submit | waiting":                                  {Path: "/v1/plans/" + f.plans["waiting"] + ":submit", Body: "{}"},
		"POST /v1/plans/{plan}:amend | without a reason":                          {Path: past + ":amend", Body: "{}"},
		"POST /v1/plans/{plan}:close | without a reason":                          {Path: past + ":close", Body: "{}"},
		"POST /v1/plans/{plan}:close | draft":                                     {Path: draft + ":close", Body: `{"reason":"Thôi."}`},
		"POST /v1/plans/{plan}:discard | issued":                                  {Path: past + ":discard", Body: "{}"},
		"POST /v1/plans/{plan}:discard | an amendment":                            {Path: issued + ":discard", Body: `{"amendment":"` + f.amendment + `"}`},

		"GET /v1/plans/{plan} | an amendment":            {Path: issued + "?amendment=" + f.amendment},
		"GET /v1/plans/{plan}/items | an amendment":      {Path: issued + "/items?amendment=" + f.amendment},
		"GET /v1/plans/{plan}/document | an amendment":   {Path: issued + "/document?format=docx&amendment=" + f.amendment},
		"GET /v1/plans/{plan}/document":                  {Path: past + "/document?format=docx"},
		"GET /v1/plans/{plan}/progress":                  {Path: past + "/progress"},
		"GET /v1/plans/{plan}/progress/events":           {Path: past + "/progress/events"},
		"GET /v1/plans/{plan}/progress | draft":          {Path: draft + "/progress"},
		"GET /v1/plans/{plan}/progress/events | waiting": {Path: "/v1/plans/" + f.plans["waiting"] + "/progress/events"},
		"GET /v1/plans/{plan}/results | draft":           {Path: draft + "/results"},
	}
	for _, state := range []string{"draft", "waiting"} {
		path := "/v1/plans/" + f.plans[state]
		all["GET /v1/plans/{plan} | "+state] = probe.Call{Path: path}
		all["GET /v1/plans/{plan}/items | "+state] = probe.Call{Path: path + "/items"}
		all["GET /v1/plans/{plan}/document | "+state] = probe.Call{Path: path + "/document?format=xlsx"}
	}
	return all
}

// recordResults has H24.03 record three results under an item that it coordinates; H24.02, which leads the plan, confirms one.
func (f *fixture) recordResults(t *testing.T, p *probe.Probe) {
	t.Helper()
	path := "/v1/plans/" + f.plans["issued"] + "/items/" + f.item
	var file struct{ SHA256 string }
	answer := p.Send(t, probe.Call{
		As: "cv.snv", Method: "POST", Path: path + "/evidence", Type: form, Body: upload("anh.txt", "Ảnh chụp màn hình được kể lại bằng chữ.\n"),
	})
	if answer.Status != 200 {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	decode(t, answer.Body, &file)
	f.evidence = file.SHA256
	for state, link := range map[string]string{"recorded": "https://bao.example/1", "confirmed": "https://bao.example/2"} {
		body := map[string]any{
			"quantity": "1", "unit": "tin, bài", "happenedAt": "2026-03-01T01:00:00Z", "place": "Quận Lê Chân", "example": true,
			"evidence": []any{map[string]string{"kind": "link", "link": link, "title": "Báo"}},
		}
		if state == "recorded" {
			body["evidence"] = []any{map[string]string{"kind": "file", "sha256": f.evidence, "title": "Tệp"}}
		}
		var made struct{ ID string }
		p.Post(t, "cv.snv", path+"/results", body, &made)
		f.results[state] = made.ID
	}
	p.Post(t, "tp.stttt", "/v1/results/"+f.results["confirmed"]+":confirm", map[string]any{}, nil)
}

func (f *fixture) resultRequests() map[string]probe.Call {
	item, recorded, confirmed := "/v1/plans/"+f.plans["issued"]+"/items/"+f.item, "/v1/results/"+f.results["recorded"], "/v1/results/"+f.results["confirmed"]
	return map[string]probe.Call{
		"GET /v1/plans/{plan}/items/{item}/results":                           {Path: item + "/results"},
		"GET /v1/plans/{plan}/results":                                        {Path: "/v1/plans/" + f.plans["issued"] + "/results"},
		"POST /v1/plans/{plan}/items/{item}/results | without a quantity":     {Path: item + "/results", Body: `{"unit":"tin, bài"}`},
		"POST /v1/plans/{plan}/items/{item}/results | an item of a draft":     {Path: "/v1/plans/" + f.plans["draft"] + "/items/" + f.drafted + "/results", Body: `{"unit":"tin, bài"}`},
		"POST /v1/plans/{plan}/items/{item}/evidence | an archive":            {Path: item + "/evidence", Type: form, Body: upload("a.zip", archive)},
		"POST /v1/plans/{plan}/results:import | another column, dryRun":       {Path: "/v1/plans/" + f.plan38 + "/results:import?dryRun=true", Type: "text/csv", Body: "x\n1\n"},
		"GET /v1/results/{result} | recorded":                                 {Path: recorded},
		"GET /v1/results/{result}/evidence/{evidence} | recorded":             {Path: recorded + "/evidence/" + f.evidence},
		"GET /v1/results/{result}/evidence/{evidence} | a file of another":    {Path: confirmed + "/evidence/" + f.evidence},
		"PATCH /v1/results/{result} | recorded, an old If-Match":              {Path: recorded, Body: `{"note":"Không được ghi"}`, Header: map[string]string{"If-Match": `"0"`}},
		"POST /v1/results/{result}:confirm | confirmed":                       {Path: confirmed + ":confirm", Body: "{}"},
		"POST /v1/results/{result}:question | recorded, without a reason":     {Path: recorded + ":question", Body: "{}"},
		"POST /v1/results/{result}:retract | recorded, without a reason":      {Path: recorded + ":retract", Body: "{}"},
		"GET /v1/results/{result} | one that is not there":                    {Path: "/v1/results/result_00000000000000000000000000"},
		"POST /v1/results/{result}:retract | one that is not there, a reason": {Path: "/v1/results/result_00000000000000000000000000:retract", Body: `{"reason":"Thôi."}`},
	}
}

const (
	// form is the type of an upload, archive the beginning of a ZIP file.
	form    = "multipart/form-data; boundary=loa-boundary"
	archive = "PK\x03\x04\x14\x00\x00\x00\x00\x00"
)

func upload(name, content string) string {
	return strings.Join([]string{
		"--loa-boundary", `Content-Disposition: form-data; name="file"; filename="` + name + `"`, "Content-Type: application/octet-stream", "", content,
		"--loa-boundary--", "",
	}, "\r\n")
}
