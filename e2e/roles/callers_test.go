package roles

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	plan38 "github.com/loa-vn/loa/examples/plan-38"

	"github.com/loa-vn/loa/e2e/probe"
)

// caller is one column of one row.
type caller struct {
	name, token string
	person      bool
}

// seeded are the people of people.csv who stand in the table, by row and role. Whoever is missing is added to the directory.
func seeded() map[string]map[string]string {
	return map[string]map[string]string{
		"H24.02": {
			"leader": "gd.stttt", "deputy": "pgd.stttt", "officer": "cv.stttt", "clerk": "vt.stttt", "head": "tp.stttt", "deputy_head": "ptp.stttt",
			"records_importer": "luu.tru", "administrator": "quan.tri",
		},
		"H24.03": {"leader": "gd.snv", "officer": "cv.snv", "clerk": "vt.snv", "head": "tp.snv"},
		"elsewhere": {
			"leader": "ct.hongbang", "deputy": "pho.chu.tich", "head_of_office": "chanh.vp", "officer": "cv.hongbang", "clerk": "vt.ubnd",
			"head": "tp.hongbang", "portal_editor": "bt.cong", "auditor": "thanh.tra",
		},
	}
}

// agencyOf is where somebody who is added to a row works.
func agencyOf(row, role string) string {
	switch {
	case row != "elsewhere":
		return row
	case role == "deputy_head":
		return "H24.04" // which no plan names
	default:
		return "H24.31"
	}
}

// callers gives everybody of the table a token, by row and column, and brings the missing ones into the directory.
func callers(t *testing.T, p *probe.Probe) map[string][]caller {
	t.Helper()
	all := map[string][]caller{}
	file := &strings.Builder{}
	fmt.Fprintln(file, "id,name,agency,unit,position,role,valid_from,valid_to")
	for _, row := range rows()[:3] {
		for _, role := range columns() {
			id := seeded()[row][role]
			var token string
			if id == "" {
				id = strings.ReplaceAll(role, "_", ".") + "." + strings.ToLower(row)
				fmt.Fprintf(file, "%s,Người thử %s,%s,Phòng thử,Người thử,%s,2022-01-01,\n", id, role, agencyOf(row, role), role)
				token = p.Signed(t, probe.Claims{"sub": id})
			} else {
				token = p.System.Token(id)
			}
			all[row] = append(all[row], caller{id + " (" + role + ")", token, true})
		}
	}
	fmt.Fprintln(file, "da.nghi,Người đã nghỉ,H24.02,Phòng thử,Chuyên viên,administrator,2022-01-01,2022-12-31")
	all["outside"] = []caller{
		{name: "nobody"},
		{name: "forged", token: p.Forged(t)},
		{name: "expired", token: p.Expired(t)},
		{name: "absent", token: p.Signed(t, probe.Claims{"sub": "khong.co.trong.danh.ba"})},
		{name: "former", token: p.Signed(t, probe.Claims{"sub": "da.nghi"})},
		{name: "worker", token: p.Machine(t, "worker")},
	}
	answer := p.Send(t, probe.Call{As: "quan.tri", Method: http.MethodPost, Path: "/v1/people:import?example=true", Type: "text/csv", Body: file.String()})
	if answer.Status != http.StatusOK {
		t.Fatalf("adding the people who are missing: %d %s", answer.Status, answer.Body)
	}
	return all
}

// example is a file of the example as the loader sends it.
func example(t *testing.T, name string) string {
	t.Helper()
	content, err := plan38.Files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
