package roles

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/loa-vn/loa/e2e/probe"
	"github.com/loa-vn/loa/e2e/system"
)

func decode(t *testing.T, body []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
}

// written has an officer of H24.02 write an item and send it up.
func (f *fixture) written(t *testing.T, p *probe.Probe, title string) content {
	t.Helper()
	var made content
	p.Post(t, "cv.stttt", "/v1/contents", map[string]any{"planItem": f.item, "title": title, "summary": "Tóm tắt.", "body": "Nội dung.", "example": true}, &made)
	return f.sentUp(t, p, made.ID)
}

// sentUp sends an item up and waits for its dossier.
func (f *fixture) sentUp(t *testing.T, p *probe.Probe, id string) content {
	t.Helper()
	var made content
	p.Post(t, "cv.stttt", "/v1/contents/"+id+":submit", map[string]any{}, &made)
	made.Dossier = dossierOf(t, p, id, made.Hash)
	return made
}

type dossier struct{ ID, State, Hash string }

// dossierOf waits for the dossier in which a text is to be approved.
func dossierOf(t *testing.T, p *probe.Probe, document, hash string) string {
	t.Helper()
	found := ""
	probe.Until(t, p, "cv.stttt", "/v1/dossiers?document="+document, func(page struct{ Dossiers []dossier }) bool {
		for _, d := range page.Dossiers {
			if d.State == "in_approval" && (hash == "" || d.Hash == hash) {
				found = d.ID
			}
		}
		return found != ""
	})
	return found
}

// approve takes a dossier through both levels of H24.02.
func approve(t *testing.T, p *probe.Probe, id string) {
	t.Helper()
	var d dossier
	p.Get(t, "cv.stttt", "/v1/dossiers/"+id, &d)
	for _, person := range []string{"tp.stttt", "pgd.stttt"} {
		p.Post(t, person, "/v1/dossiers/"+id+":approve", map[string]string{"hash": d.Hash}, nil)
	}
}

// consult has an officer of H24.02 ask a division of H24.03 for its opinion of an item that waits.
func (f *fixture) consult(t *testing.T, p *probe.Probe) {
	t.Helper()
	asked := f.written(t, p, "Mục được hỏi ý kiến")
	p.Post(t, "cv.stttt", "/v1/dossiers/"+asked.Dossier+":consult", map[string]any{
		"question": "Có ý kiến gì không?", "targets": []any{map[string]string{"agency": "H24.03", "unit": "Phòng Cải cách hành chính"}},
	}, nil)
	f.contents["asked"] = asked
}

// findOffice finds the registers and the dossier that waits for its number, and has the leader of H24.02 delegate for a week later on.
func (f *fixture) findOffice(t *testing.T, p *probe.Probe) {
	t.Helper()
	var registers struct {
		Registers []struct {
			ID, Issuer string
			Year       int
		}
	}
	p.Get(t, "thanh.tra", "/v1/registers?pageSize=200", &registers)
	for _, r := range registers.Registers {
		if r.Year == 2022 {
			f.registers[r.Issuer] = r.ID
		}
	}
	if f.registers["H24"] == "" || f.registers["H24.02"] == "" {
		t.Fatalf("the example lacks registers: %+v", registers)
	}
	var dossiers struct{ Dossiers []dossier }
	p.Get(t, "cv.stttt", "/v1/dossiers?document="+f.reports["approved"], &dossiers)
	f.numbered = dossiers.Dossiers[0].ID
	from := time.Now().AddDate(0, 2, 0).UTC().Truncate(time.Second)
	var given struct{ ID string }
	p.Post(t, "gd.stttt", "/v1/delegations", map[string]any{
		"delegate": "pgd.stttt", "from": from.Format(time.RFC3339), "to": from.AddDate(0, 0, 7).Format(time.RFC3339), "paper": "12/GUQ-STTTT",
	}, &given)
	f.delegation = given.ID
}

func (f *fixture) dossierRequests() map[string]probe.Call {
	moved := `{"hash":"` + strings.Repeat("0", 64) + `","reason":"Không chờ được."}`
	ask := `{"question":"Ý kiến?","targets":[{"agency":"H24.04"}]}`
	all := map[string]probe.Call{
		"POST /v1/dossiers/{dossier}:bypass | waiting, a hash that moved": {Path: f.dossier("waiting") + ":bypass", Body: moved},
		"POST /v1/dossiers/{dossier}:bypass | waiting, without a reason":  {Path: f.dossier("waiting") + ":bypass", Body: `{"hash":"` + f.contents["waiting"].Hash + `"}`},
		"POST /v1/dossiers/{dossier}:review | not bypassed":               {Path: f.dossier("published") + ":review", Body: `{"outcome":"upheld"}`},
		"POST /v1/dossiers/{dossier}:consult | waiting":                   {Path: f.dossier("waiting") + ":consult", Body: ask},
		"POST /v1/dossiers/{dossier}:consult | asked, without a question": {Path: f.dossier("asked") + ":consult", Body: `{"targets":[{"agency":"H24.04"}]}`},
		"POST /v1/dossiers/{dossier}:giveOpinion | asked, without a text": {Path: f.dossier("asked") + ":giveOpinion", Body: `{"outcome":"disagree"}`},
		"POST /v1/dossiers/{dossier}:giveOpinion | waiting, nobody asked": {Path: f.dossier("waiting") + ":giveOpinion", Body: `{"outcome":"agree"}`},
		"POST /v1/dossiers/{dossier}:issue | approved, no day":            {Path: "/v1/dossiers/" + f.numbered + ":issue", Body: `{"date":"2022-02-30"}`},
		"POST /v1/dossiers/{dossier}:issue | waiting":                     {Path: f.dossier("waiting") + ":issue", Body: "{}"},
		"POST /v1/dossiers/{dossier}:approve | asked, a hash that moved":  {Path: f.dossier("asked") + ":approve", Body: moved[:strings.Index(moved, `,"reason"`)] + "}"},
		"GET /v1/dossiers/{dossier} | asked":                              {Path: f.dossier("asked")},
		"GET /v1/contents/{content} | asked":                              {Path: f.content("asked")},
	}
	return all
}

func (f *fixture) officeRequests() map[string]probe.Call {
	other := map[string]string{"If-Match": `"99"`}
	all := map[string]probe.Call{
		"GET /v1/routes/{documentType} | of an agency that has none":                            {Path: "/v1/routes/content?agency=H24.02"},
		"PUT /v1/routes/{documentType} | of H24.02 alone, another If-Match":                     {Path: "/v1/routes/content", Body: strings.Replace(f.route, "{", `{"agency":"H24.02",`, 1), Header: other},
		"GET /v1/calendars/{year}":                                                              {Path: "/v1/calendars/2022"},
		"PUT /v1/calendars/{year} | another If-Match":                                           {Path: "/v1/calendars/2022", Body: "{}", Header: other},
		"GET /v1/delegations":                                                                   {Path: "/v1/delegations"},
		"GET /v1/delegations/{delegation}":                                                      {Path: "/v1/delegations/" + f.delegation},
		"POST /v1/delegations | one's own, to nobody":                                           {Path: "/v1/delegations", Body: "{}"},
		"POST /v1/delegations | of the leader of H24.02, to nobody":                             {Path: "/v1/delegations", Body: `{"delegator":"gd.stttt"}`},
		"POST /v1/delegations/{delegation}:revoke | of the leader of H24.02, too long a reason": {Path: "/v1/delegations/" + f.delegation + ":revoke", Body: `{"reason":"` + strings.Repeat("dài ", 2000) + `"}`},
		"GET /v1/registers":                                                                     {Path: "/v1/registers"},
		"POST /v1/registers | of H24, without types":                                            {Path: "/v1/registers", Body: `{"issuer":"H24","year":2023,"name":"Sổ"}`},
		"POST /v1/registers | of H24.02, without types":                                         {Path: "/v1/registers", Body: `{"issuer":"H24.02","year":2023,"name":"Sổ"}`},
		"POST /v1/registers/{register}/numbers/{number}:void | of H24, without a reason":        {Path: "/v1/registers/" + f.registers["H24"] + "/numbers/39:void", Body: "{}"},
		"POST /v1/registers/{register}/numbers/{number}:void | of H24.02, without a reason":     {Path: "/v1/registers/" + f.registers["H24.02"] + "/numbers/1:void", Body: "{}"},
	}
	for issuer, id := range f.registers {
		all["GET /v1/registers/{register} | of "+issuer] = probe.Call{Path: "/v1/registers/" + id}
		all["GET /v1/registers/{register}/numbers | of "+issuer] = probe.Call{Path: "/v1/registers/" + id + "/numbers"}
		all["GET /v1/registers/{register}/document | of "+issuer] = probe.Call{Path: "/v1/registers/" + id + "/document?format=xlsx"}
	}
	return all
}

// endPublications has two items published: of one a correction waits for its time while its withdrawal is being approved, the other one is
// withdrawn.
func (f *fixture) endPublications(t *testing.T, p *probe.Probe) {
	t.Helper()
	for _, state := range []string{"corrected", "withdrawn"} {
		c := f.written(t, p, "Bài sẽ "+state)
		approve(t, p, c.Dossier)
		f.publications[state] = published(t, p, c.ID)
		path := "/v1/publications/" + f.publications[state]
		if state == "corrected" {
			f.correct(t, p, c.ID, path)
		}
		p.Post(t, "cv2.stttt", path+":withdraw", map[string]string{"reason": "Lý do thu hồi, " + state}, nil)
		withdrawal := dossierOf(t, p, strings.Replace(f.publications[state], "publication_", "withdrawal_", 1), "")
		if state == "withdrawn" {
			approve(t, p, withdrawal)
			probe.Until(t, p, "cv.stttt", path, func(x struct{ State string }) bool { return x.State == "withdrawn" })
		}
	}
}

// published publishes an item once distribution has heard of its approval.
func published(t *testing.T, p *probe.Probe, id string) string {
	t.Helper()
	eventually(t, p, probe.Call{As: "bt.cong", Method: http.MethodPost, Path: "/v1/contents/" + id + ":publish", Body: "{}"})
	var page struct{ Publications []struct{ ID string } }
	p.Get(t, "cv.stttt", "/v1/publications?content="+id, &page)
	probe.Until(t, p, "cv.stttt", "/v1/publications/"+page.Publications[0].ID, func(x struct{ Verified bool }) bool { return x.Verified })
	probe.Until(t, p, "cv.stttt", "/v1/contents/"+id, func(x struct{ State string }) bool { return x.State == "published" })
	return page.Publications[0].ID
}

// correct has a correction written, approved and set for a time next year.
func (f *fixture) correct(t *testing.T, p *probe.Probe, id, publication string) {
	t.Helper()
	var now content
	p.Get(t, "cv.stttt", "/v1/contents/"+id, &now)
	answer := p.Send(t, probe.Call{
		As: "cv.stttt", Method: http.MethodPatch, Path: "/v1/contents/" + id, Header: map[string]string{"If-Match": now.Etag},
		Body: `{"title":"Tên mới chưa ai biết","correction":{"kind":"content","reason":"Lý do đính chính chưa ai biết."}}`,
	})
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	c := f.sentUp(t, p, id)
	approve(t, p, c.Dossier)
	at := time.Now().AddDate(1, 0, 0).UTC().Format(time.RFC3339)
	eventually(t, p, probe.Call{As: "bt.cong", Method: http.MethodPost, Path: publication + ":correct", Body: `{"publishAt":"` + at + `"}`})
	f.contents["corrected"] = probe.Until(t, p, "cv.stttt", "/v1/contents/"+id, func(x content) bool { return x.State == "scheduled" })
}

func eventually(t *testing.T, p *probe.Probe, call probe.Call) {
	t.Helper()
	system.Eventually(t, probe.Patience, func() (bool, string) {
		answer := p.Send(t, call)
		return answer.Status == http.StatusOK, string(answer.Body)
	})
}

func (f *fixture) publicationRequests() map[string]probe.Call {
	old := map[string]string{"If-Match": `"0"`}
	all := map[string]probe.Call{}
	for _, state := range []string{"scheduled", "published"} {
		path := "/v1/publications/" + f.publications[state]
		for verb, body := range map[string]string{
			"reschedule": `{"publishAt":"2099-01-01T00:00:00Z"}`, "cancel": "{}", "correct": "{}", "withdraw": `{"reason":"Lý do."}`,
		} {
			all["POST /v1/publications/{publication}:"+verb+" | "+state+", an old If-Match"] = probe.Call{Path: path + ":" + verb, Body: body, Header: old}
		}
	}
	all["GET /v1/contents/{content} | corrected"] = probe.Call{Path: f.content("corrected")}
	return all
}

func (f *fixture) contentRequests() map[string]probe.Call {
	draft, published := f.content("draft"), f.content("published")
	file := draft + "/attachments/" + strings.Repeat("0", 64)
	old := map[string]string{"If-Match": `"0"`}
	return map[string]probe.Call{
		"GET /v1/contents/{content}/revisions/{revision} | draft":                         {Path: draft + "/revisions/1"},
		"GET /v1/contents/{content}/revisions/{revision} | published":                     {Path: published + "/revisions/1"},
		"GET /v1/contents/{content}/revisions:compare | draft":                            {Path: draft + "/revisions:compare"},
		"GET /v1/contents/{content}/revisions:compare | published":                        {Path: published + "/revisions:compare"},
		"GET /v1/contents/{content}/checks | draft":                                       {Path: draft + "/checks"},
		"GET /v1/contents/{content}/checks | published":                                   {Path: published + "/checks"},
		"GET /v1/contents/{content}/attachments/{attachment} | draft, no such file":       {Path: file},
		"PATCH /v1/contents/{content}/attachments/{attachment} | draft, an old If-Match":  {Path: file, Body: `{"alternative":"x"}`, Header: old},
		"DELETE /v1/contents/{content}/attachments/{attachment} | draft, an old If-Match": {Path: file, Header: old},
		"POST /v1/contents/{content}/attachments | draft, an archive":                     {Path: draft + "/attachments", Type: form, Body: upload("a.zip", archive)},
		"POST /v1/contents/{content}:restore | draft, an old If-Match":                    {Path: draft + ":restore", Body: `{"revision":1}`, Header: old},
		"POST /v1/contents/{content}:preview | draft":                                     {Path: draft + ":preview", Body: "{}"},
		"POST /v1/contents:importPublishedCsv | another column, dryRun":                   {Path: "/v1/contents:importPublishedCsv?dryRun=true", Type: "text/csv", Body: "x\n"},
	}
}
