package roles

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/loa-vn/loa/e2e/probe"
)

// secret is a word of what is not public, though it hangs on something that is.
type secret struct {
	word string
	// knows says who may read it.
	knows func(row, role string) bool
}

func notYetPublic() []secret {
	inside := func(roles ...string) func(row, role string) bool {
		return func(row, role string) bool {
			return row == "H24.02" || role == "auditor" || slices.Contains(roles, row+" "+role)
		}
	}
	editors := inside("H24.03 portal_editor", "elsewhere portal_editor")
	return []secret{
		{"Tên mới chưa ai biết", editors},                    // a correction that waits for its time
		{"Lý do đính chính chưa ai biết.", editors},          // and why
		{"Lý do thu hồi, corrected", editors},                // a withdrawal that is being approved
		{"Chưa ai biết vì sao.", inside("elsewhere deputy")}, // an amendment that is being drafted
		{"Kế hoạch chưa ai biết, draft", inside("elsewhere deputy")},
		{"Kế hoạch chưa ai biết, waiting", inside("elsewhere deputy", "elsewhere head_of_office", "elsewhere clerk")},
		{"Mục được hỏi ý kiến", inside("H24.03 officer", "H24.03 head")},
		{"12/GUQ-STTTT", inside()}, // a delegation in writing
	}
}

// secrets reads what is open to everybody, as everybody, and the lists.
func secrets(t *testing.T, p *probe.Probe, all map[string][]caller, f fixture) {
	t.Helper()
	plan, publication := "/v1/plans/"+f.plans["issued"], "/v1/publications/"+f.publications["corrected"]
	seen := map[string]bool{}
	for _, path := range []string{
		"/v1/plans?pageSize=200", plan, plan + "/items?pageSize=200", plan + "/progress", plan + "/progress/events?pageSize=200", plan + "/results?pageSize=200",
		"/v1/publications?pageSize=200", publication, publication + "/versions", publication + "/receipts",
		"/v1/contents?pageSize=200", "/v1/dossiers?pageSize=200", "/v1/registers?pageSize=200", "/v1/delegations?pageSize=200",
	} {
		for _, row := range rows()[:3] {
			for i, who := range all[row] {
				answer := p.Send(t, probe.Call{Token: who.token, Method: http.MethodGet, Path: path})
				if answer.Status != http.StatusOK {
					t.Errorf("%s as %s: %d %s", path, who.name, answer.Status, answer.Body)
				}
				for _, s := range notYetPublic() {
					told := strings.Contains(string(answer.Body), s.word)
					if told && !s.knows(row, columns()[i]) {
						t.Errorf("%s tells %s, %s: %s", path, row, who.name, s.word)
					}
					seen[s.word] = seen[s.word] || told
				}
			}
		}
	}
	for _, s := range notYetPublic() {
		if !seen[s.word] {
			t.Errorf("nobody at all was told %q, so that its being hidden proves nothing", s.word)
		}
	}
}

// hidden asserts that somebody of another agency cannot tell what is hidden from what is not there: but for the name asked for, the answers
// are the same.
func hidden(t *testing.T, p *probe.Probe, f fixture) {
	t.Helper()
	const nothing = "00000000000000000000000000"
	for _, c := range []struct{ id, path string }{
		{f.plans["draft"], "/v1/plans/%"},
		{f.plans["waiting"], "/v1/plans/%/items"},
		{f.amendment, "/v1/plans/" + f.plans["issued"] + "?amendment=%"},
		{f.amendment, "/v1/plans/" + f.plans["issued"] + "/document?amendment=%"},
		{f.plans["draft"], "/v1/plans/%/progress"},
		{f.plans["draft"], "/v1/plans/%/results"},
		{f.contents["draft"].ID, "/v1/contents/%"},
		{f.contents["waiting"].ID, "/v1/contents/%/revisions:compare"},
		{f.contents["draft"].ID, "/v1/contents/%/checks"},
		{f.contents["waiting"].Dossier, "/v1/dossiers/%"},
		{f.publications["scheduled"], "/v1/publications/%"},
		{f.publications["scheduled"], "/v1/publications/%/versions"},
		{f.registers["H24"], "/v1/registers/%/numbers"},
		{f.delegation, "/v1/delegations/%"},
	} {
		kind, _, _ := strings.Cut(c.id, "_")
		said := map[string]string{}
		for _, id := range []string{c.id, kind + "_" + nothing} {
			answer := p.Send(t, probe.Call{As: "vt.snv", Method: http.MethodGet, Path: strings.Replace(c.path, "%", id, 1)})
			problem := answer.Problem()
			if answer.Status != http.StatusNotFound {
				t.Errorf("%s: %d %s", c.path, answer.Status, answer.Body)
			}
			said[id] = problem.Reason + " " + strings.ReplaceAll(problem.Detail, id, "%")
		}
		if said[c.id] != said[kind+"_"+nothing] {
			t.Errorf("%s: what is hidden is %q, what is not there %q", c.path, said[c.id], said[kind+"_"+nothing])
		}
	}
}
