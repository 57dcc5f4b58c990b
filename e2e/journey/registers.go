package journey

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/loa-vn/loa/e2e/system"
	"github.com/loa-vn/loa/pkg/vn"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

// registers: a register begins in mid-year, has no gap, no date before the last one, and keeps what was voided; where the office numbers
// in its own system, Loa takes the number that is entered, once.
func (j *Journey) registers() {
	t := j.t
	notices := []*approvalsv1.RegisterType{{DocumentType: "content", Abbreviation: "TB"}}
	open := func(as string, r *approvalsv1.OpenRegisterRequest, key string) system.Request {
		return system.Request{As: as, Method: http.MethodPost, Path: "/v1/registers", Body: r, Key: "journey/registers/" + key}
	}
	midYear := &approvalsv1.OpenRegisterRequest{Issuer: "H24.02", Year: 2022, First: 7, Types: notices}
	j.Client.Refused(open("cv.stttt", midYear, "officer"), http.StatusForbidden, "FORBIDDEN")
	j.Client.Refused(open("vt.snv", midYear, "stranger"), http.StatusForbidden, "FORBIDDEN")
	for field, wrong := range map[string]*approvalsv1.OpenRegisterRequest{
		"first":                 {Issuer: "H24.02", Year: 2022, First: 3, Managed: "elsewhere", Types: notices},
		"managed":               {Issuer: "H24.02", Year: 2022, Managed: "nơi khác", Types: notices},
		"types[1].documentType": {Issuer: "H24.02", Year: 2022, Types: append(notices[:1:1], notices[0])},
		"year":                  {Issuer: "H24.02", Year: 2099, Types: notices},
	} {
		if p := j.Client.Refused(open("vt.stttt", wrong, field), http.StatusUnprocessableEntity, "INVALID"); len(p.Errors) != 1 || p.Errors[0].Field != field {
			t.Fatalf("a register with a wrong %s: %+v", field, p)
		}
	}
	ours, theirs := &approvalsv1.Register{}, &approvalsv1.Register{}
	j.Client.Must(open("vt.stttt", midYear, "here"), ours)
	today := time.Now().In(vn.Location())
	day, tomorrow := today.Format(time.DateOnly), today.AddDate(0, 0, 1)
	j.Client.Must(open("vt.stttt", &approvalsv1.OpenRegisterRequest{Issuer: "H24.02", Year: int32(today.Year()), Managed: "elsewhere", Types: notices}, "elsewhere"), theirs)
	check(t, "where the numbers are given", ours.GetManaged()+" "+theirs.GetManaged(), "loa elsewhere")

	var dossiers [4]*approvalsv1.Dossier
	for n := range dossiers {
		key := fmt.Sprintf("registers/%d", n)
		c := j.Submit(j.Draft(fmt.Sprintf("Thông báo có số, thứ %d", n+1), key).GetId(), key+"/submit")
		dossiers[n] = j.approve("tp.stttt", c.GetId(), key+"/approve")
		check(t, "state of what waits for its number", dossiers[n].GetState(), "approved")
	}
	issue := func(n int, date, number, key string) system.Request {
		return onDossier("vt.stttt", dossiers[n].GetId(), ":issue", &approvalsv1.IssueRequest{Date: date, Number: number}, "registers/issue/"+key)
	}
	given := func(n int, date, number, want string) {
		t.Helper()
		issued := &approvalsv1.Dossier{}
		j.Client.Must(issue(n, date, number, want), issued)
		if issued.GetState() != "issued" || issued.GetNumber() != want || issued.GetIssueDate() != date {
			t.Fatalf("issued: %v, wanted %s of %s", issued, want, date)
		}
	}
	given(0, "2022-03-10", "", "07/TB-STTTT")
	j.Client.Refused(issue(1, "2022-03-09", "", "early"), http.StatusConflict, "NUMBER_DATE_EARLY")
	j.Client.Refused(issue(1, "2021-12-31", "", "year"), http.StatusConflict, "REGISTER_MISSING")
	j.Client.Refused(issue(1, "2022-02-30", "", "day"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Refused(issue(1, "2022-03-10", "8/TB-STTTT", "entered"), http.StatusUnprocessableEntity, "NUMBER_ALLOCATED")
	given(1, "2022-03-10", "", "08/TB-STTTT")
	j.voided(ours.GetId())
	given(2, "2022-03-11", "", "09/TB-STTTT")

	future := "NUMBER_DATE_FUTURE"
	if tomorrow.Year() != today.Year() {
		future = "REGISTER_MISSING"
	}
	a := j.Client.Do(issue(3, tomorrow.Format(time.DateOnly), "38/TB-STTTT", "future"))
	holds(t, "a date that has not come", string(a.Body), future)
	j.Client.Refused(issue(3, day, "", "none"), http.StatusUnprocessableEntity, "REQUIRED")
	for _, malformed := range []string{"38a/TB-STTTT", "038/TB-STTTT", "38/TB-SNV", "38/BC-STTTT", "38"} {
		j.Client.Refused(issue(3, day, malformed, malformed), http.StatusUnprocessableEntity, "NUMBER_FORM")
	}
	given(3, day, "38/TB-STTTT", "38/TB-STTTT")
	last := j.Submit(j.Draft("Thông báo mang số đã có", "registers/last").GetId(), "registers/last/submit")
	dossiers[0] = j.approve("tp.stttt", last.GetId(), "registers/last/approve")
	j.Client.Refused(issue(0, day, "38/TB-STTTT", "taken"), http.StatusConflict, "NUMBER_TAKEN")
	given(0, day, "12/TB-STTTT", "12/TB-STTTT") // a lesser number that comes later is the office's own affair

	// A number keeps nothing from becoming public.
	j.Client.Patiently(Publish(last.GetId(), time.Time{}, "registers/publish"), &distributionv1.Publication{})
	j.published(last.GetId())
	check(t, "the register of the office's own system", j.listed(theirs.GetId()), "12 issued, 38 issued")
	check(t, "the register that began at 7", j.listed(ours.GetId()), "7 issued, 8 voided (Cấp nhầm cho văn bản chưa ký), 9 issued")
	sheet := j.Client.Must(system.Request{As: "thanh.tra", Method: http.MethodGet, Path: "/v1/registers/" + ours.GetId() + "/document?format=xlsx"}, nil)
	holds(t, "the register as a workbook", j.unzipped(sheet.Body), "08/TB-STTTT", "Cấp nhầm cho văn bản chưa ký", "09/TB-STTTT")
}

// voided: the second number was given in error. It stays with its reason.
func (j *Journey) voided(register string) {
	void := func(as, number, reason, key string) system.Request {
		return system.Request{
			As: as, Method: http.MethodPost, Path: "/v1/registers/" + register + "/numbers/" + number + ":void", Key: "journey/registers/void/" + key,
			Body: map[string]string{"reason": reason},
		}
	}
	const reason = "Cấp nhầm cho văn bản chưa ký"
	j.Client.Refused(void("vt.stttt", "8", "", "why"), http.StatusUnprocessableEntity, "INVALID")
	j.Client.Refused(void("cv.stttt", "8", reason, "officer"), http.StatusForbidden, "FORBIDDEN")
	j.Client.Refused(void("vt.snv", "8", reason, "stranger"), http.StatusNotFound, "NOT_FOUND")
	j.Client.Refused(void("vt.stttt", "99", reason, "none"), http.StatusNotFound, "NOT_FOUND")
	gone := &approvalsv1.RegisterNumber{}
	j.Client.Must(void("vt.stttt", "08", reason, "8"), gone)
	if gone.GetState() != "voided" || gone.GetReason() != reason || gone.GetText() != "08/TB-STTTT" {
		j.t.Fatalf("voided: %v", gone)
	}
	j.Client.Refused(void("vt.stttt", "8", reason, "again"), http.StatusConflict, "NUMBER_VOIDED")
}

// listed is a register in words.
func (j *Journey) listed(register string) string {
	j.t.Helper()
	numbers := &approvalsv1.ListNumbersResponse{}
	j.get("thanh.tra", "/v1/registers/"+register+"/numbers", numbers)
	var all []string
	for _, n := range numbers.GetNumbers() {
		word := fmt.Sprintf("%d %s", n.GetNumber(), n.GetState())
		if n.GetReason() != "" {
			word += " (" + n.GetReason() + ")"
		}
		all = append(all, word)
	}
	return strings.Join(all, ", ")
}
