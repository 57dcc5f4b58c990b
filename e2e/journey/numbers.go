package journey

import (
	"bytes"
	"net/http"

	"github.com/loa-vn/loa/e2e/system"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
)

// numbers: the clerk of the department opens its register of 2022 and gives the approved report of March its number, once however often
// it is asked; the register lists it, and as a workbook.
func (j *Journey) numbers() {
	t := j.t
	t.Helper()
	register := &approvalsv1.Register{}
	opened := j.post("vt.stttt", "/v1/registers", &approvalsv1.OpenRegisterRequest{
		Issuer: "H24.02", Year: 2022, First: 15, Types: []*approvalsv1.RegisterType{{DocumentType: "report", Abbreviation: "BC"}},
	}, "register", register)
	check(t, "where the register is", opened.Header.Get("Location"), "/v1/registers/"+register.GetId())
	j.Client.Refused(system.Request{
		As: "vt.stttt", Method: http.MethodPost, Path: "/v1/registers", Key: "journey/register/again",
		Body: &approvalsv1.OpenRegisterRequest{Issuer: "H24.02", Year: 2022, Types: []*approvalsv1.RegisterType{{DocumentType: "report", Abbreviation: "BC"}}},
	}, http.StatusConflict, "REGISTER_TYPE_TAKEN")

	waiting := &approvalsv1.ListDossiersResponse{}
	j.get("vt.stttt", "/v1/dossiers?waitingFor=number&document="+j.March.GetId(), waiting)
	if len(waiting.GetDossiers()) != 1 {
		t.Fatalf("for the clerk wait %v", waiting)
	}
	issue := "/v1/dossiers/" + waiting.GetDossiers()[0].GetId() + ":issue"
	j.Client.Refused(system.Request{As: "pgd.stttt", Method: http.MethodPost, Path: issue, Body: struct{}{}}, http.StatusForbidden, "FORBIDDEN")
	j.Client.Refused(system.Request{
		As: "vt.stttt", Method: http.MethodPost, Path: issue, Body: &approvalsv1.IssueRequest{Date: "2022-03-15", Number: "15/BC-STTTT"},
	}, http.StatusUnprocessableEntity, "NUMBER_ALLOCATED")
	for range 2 {
		issued := &approvalsv1.Dossier{}
		j.post("vt.stttt", issue, &approvalsv1.IssueRequest{Date: "2022-03-15"}, "issue", issued)
		if issued.GetState() != "issued" || issued.GetNumber() != "15/BC-STTTT" || issued.GetIssueDate() != "2022-03-15" || issued.GetIssuer() != "H24.02" {
			t.Fatalf("the dossier is issued as %v", issued)
		}
	}
	numbers := &approvalsv1.ListNumbersResponse{}
	j.get("thanh.tra", "/v1/registers/"+register.GetId()+"/numbers", numbers)
	if n := numbers.GetNumbers(); len(n) != 1 || n[0].GetText() != "15/BC-STTTT" || n[0].GetState() != "issued" || n[0].GetDocument() != j.March.GetId() {
		t.Fatalf("the register lists %v", n)
	}
	file := j.Client.Must(system.Request{As: "thanh.tra", Method: http.MethodGet, Path: "/v1/registers/" + register.GetId() + "/document?format=xlsx"}, nil)
	check(t, "the workbook's type", file.Header.Get("Content-Type"), "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	if !bytes.HasPrefix(file.Body, []byte("PK")) {
		t.Fatalf("the workbook begins with %q", file.Body[:min(8, len(file.Body))])
	}
	j.Client.Refused(system.Request{As: "cv.snv", Method: http.MethodGet, Path: "/v1/registers/" + register.GetId()}, http.StatusNotFound, "NOT_FOUND")
}
