package report

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func period(t *testing.T, s string) vn.Period {
	t.Helper()
	p, err := vn.ParsePeriod(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func sheet(hash string) Sheet {
	return Sheet{Plan: "plan_38", PlanNumber: "38/KH-UBND", Agency: "H24.02", Period: "2022-M03", PeriodName: "tháng 3 năm 2022", Canonical: "{}", Hash: hash, CompiledBy: "cv.stttt"}
}

func given(events ...any) *Report {
	r := &Report{}
	for i, e := range events {
		r.Apply(es.Event{Version: int64(i + 1), Data: e})
	}
	return r
}

func want(t *testing.T, got []any, err error, events ...any) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(events, got); diff != "" && (len(events) > 0 || len(got) > 0) {
		t.Error(diff)
	}
}

// compile gives what is recorded of compiling.
func compile(t *testing.T, r *Report, s Sheet, author string) []any {
	t.Helper()
	got, err := r.CompileReport(s, author)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func compiled(hash string) ReportCompiled {
	return ReportCompiled{Sheet: sheet(hash), Author: "cv.stttt"}
}

func submitted(hash string) ReportSubmitted {
	return ReportSubmitted{Sheet: sheet(hash), SubmittedBy: "cv.stttt", Unit: "Phòng TTBCXB", Authors: []string{"cv.stttt"}}
}

func TestCompileTwice(t *testing.T) {
	want(t, compile(t, given(), sheet("h1"), "cv.stttt"), nil, compiled("h1"))
	want(t, compile(t, given(compiled("h1")), sheet("h1"), "cv.khac"), nil)
	want(t, compile(t, given(compiled("h1")), sheet("h2"), "cv.stttt"), nil, compiled("h2"))
}

// What approvers have before them, and what they approved, is never changed by a later fact.
func TestSettledFiguresStay(t *testing.T) {
	for _, r := range []*Report{
		given(compiled("h1"), submitted("h1")),
		given(compiled("h1"), submitted("h1"), ReportApproved{Sheet: sheet("h1")}),
	} {
		want(t, compile(t, r, sheet("h2"), "cv.stttt"), nil)
	}
	want(t, compile(t, given(compiled("h1"), submitted("h1"), ReportReturned{}), sheet("h2"), "cv.stttt"), nil, compiled("h2"))
}

func TestAuthorsAreWhoCompiledAndWhoSubmits(t *testing.T) {
	other := compiled("h1")
	other.Author = "cv.khac"
	got, err := given(other, compiled("h2")).SubmitReport("cv.stttt", "Phòng TTBCXB")
	e := submitted("h2")
	e.Authors = []string{"cv.khac", "cv.stttt"}
	want(t, got, err, e)
}

// A workflow that compiles is nobody's author.
func TestWorkflowIsNoAuthor(t *testing.T) {
	machine := compiled("h1")
	machine.Author = ""
	got, err := given(machine).SubmitReport("cv.stttt", "Phòng TTBCXB")
	want(t, got, err, submitted("h1"))
}

func TestSubmitOnlyWhatIsCompiledOrReturned(t *testing.T) {
	got, err := given(compiled("h1"), submitted("h1"), ReportReturned{Hash: "h1"}).SubmitReport("cv.stttt", "Phòng TTBCXB")
	want(t, got, err, submitted("h1"))
	for state, r := range map[string]*Report{
		"in_approval": given(compiled("h1"), submitted("h1")),
		"approved":    given(compiled("h1"), submitted("h1"), ReportApproved{}),
	} {
		got, err := r.SubmitReport("cv.stttt", "Phòng TTBCXB")
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || e.Reason != errorsv1.Reason_REPORT_STATE || len(got) > 0 {
			t.Fatalf("%v, %v", got, err)
		}
		if e.Args["state"] != state || e.Args["allowed"] != "compiled, returned" {
			t.Errorf("%v", e.Args)
		}
	}
}

func TestDecisionsAreOfTheHash(t *testing.T) {
	r := given(compiled("h1"), submitted("h1"))
	want(t, r.ReturnReport("dossier_1", "h0", "thiếu"), nil)
	want(t, r.ReturnReport("dossier_1", "h1", "thiếu"), nil, ReportReturned{Dossier: "dossier_1", Hash: "h1", Comment: "thiếu"})
	want(t, r.ApproveReport("report_x", "dossier_1", "h0", nil, time.Time{}), nil)
	at := vn.Day(2022, 3, 16)
	decisions := []Decision{{Outcome: "approved", Level: 1, Person: "tp.stttt"}}
	want(t, r.ApproveReport("report_01h455vb4pex5vsknk084sn02q", "dossier_1", "h1", decisions, at), nil, ReportApproved{
		Sheet: sheet("h1"), Dossier: "dossier_1", Decisions: decisions, ApprovedAt: at.UTC(),
		Path: "/bao-cao/2022/H24.02/thang-3-nam-2022-38-kh-ubnd-084sn02q",
	})
	done := given(compiled("h1"), submitted("h1"), ReportApproved{Sheet: sheet("h1")})
	want(t, done.ApproveReport("report_x", "dossier_1", "h1", nil, at), nil)
	want(t, done.ReturnReport("dossier_1", "h1", "thiếu"), nil)
}

func TestDossierIsKeptOnce(t *testing.T) {
	want(t, given(compiled("h1"), submitted("h1")).OpenDossier("dossier_1"), nil, ReportDossierOpened{Dossier: "dossier_1"})
	want(t, given(compiled("h1"), submitted("h1"), ReportDossierOpened{Dossier: "dossier_1"}).OpenDossier("dossier_1"), nil)
	want(t, given().OpenDossier("dossier_1"), nil)
}

// Plan 38 runs from 23/02/2022 to 14/12/2022: March begins before it and still is reported, February is not, nor is what comes after.
func TestPeriodsOfAPlan(t *testing.T) {
	from, to := vn.Day(2022, 2, 23), vn.Day(2022, 12, 14)
	for _, c := range []struct {
		period string
		now    time.Time
		reason errs.Reason
		vi     string
	}{
		{"2022-M03", vn.Day(2022, 3, 15), errorsv1.Reason_REASON_UNSPECIFIED, ""},
		{"2022-M03", vn.Day(2022, 3, 15).Add(-time.Nanosecond), errorsv1.Reason_PLAN_PERIOD_OPEN, "Kỳ 2022-M03 chưa kết thúc (chốt 14/03/2022)."},
		{"2022-M02", vn.Day(2022, 3, 15), errorsv1.Reason_PLAN_PERIOD_OUTSIDE, "Kỳ 2022-M02 nằm ngoài thời gian của kế hoạch."},
		{"2022-M12", vn.Day(2023, 1, 1), errorsv1.Reason_REASON_UNSPECIFIED, ""},
		{"2023-M01", vn.Day(2023, 3, 1), errorsv1.Reason_PLAN_PERIOD_OUTSIDE, "Kỳ 2023-M01 nằm ngoài thời gian của kế hoạch."},
		{"2022-Y", vn.Day(2022, 12, 15), errorsv1.Reason_REASON_UNSPECIFIED, ""},
	} {
		err := CheckPeriod(period(t, c.period), from, to, c.now)
		if errs.ReasonOf(err) != c.reason {
			t.Errorf("%s: %v", c.period, err)
			continue
		}
		if e, ok := errors.AsType[*errs.Error](err); ok && errs.Sentence(e.Reason, e.Args, errs.Vietnamese) != c.vi {
			t.Errorf("%s: %s", c.period, errs.Sentence(e.Reason, e.Args, errs.Vietnamese))
		}
	}
}

func TestThereIsOneReportOfAPlanAndPeriod(t *testing.T) {
	if got := ID("plan_38", period(t, "2022-M03")); got != "report_01fvwjtgm0gs9v52m2s8dsz3e4" {
		t.Errorf("%s: an identifier never changes", got)
	}
	if a, b := ID("plan_38", period(t, "2022-M03")), ID("plan_38", period(t, "2022-M04")); a >= b {
		t.Errorf("%s is not before %s", a, b)
	}
}

// A report gets its number after it was approved, of the hash that was, and once; it is issued when its documents are stored, once.
func TestNumberAndIssue(t *testing.T) {
	number := ReportNumbered{Dossier: "dossier_1", Number: "15/BC-STTTT", Date: "2022-03-16", Issuer: "H24.02", Signing: Signing{Person: "gd.stttt"}}
	pending := given(compiled("h1"), submitted("h1"))
	want(t, pending.NumberReport("h1", number), nil)
	history := []any{compiled("h1"), submitted("h1"), ReportApproved{Sheet: sheet("h1"), Dossier: "dossier_1", Path: "/bao-cao/x"}}
	want(t, given(history...).NumberReport("h0", number), nil)
	want(t, given(history...).NumberReport("h1", number), nil, number)
	want(t, given(history...).IssueReport(nil), nil)
	history = append(history, number)
	want(t, given(history...).NumberReport("h1", number), nil)
	stored := []StoredDocument{{Format: "pdf", SHA256: "00", Size: 1}}
	issued := ReportIssued{Sheet: sheet("h1"), Dossier: "dossier_1", Path: "/bao-cao/x", Number: "15/BC-STTTT", Date: "2022-03-16", Documents: stored}
	want(t, given(history...).IssueReport(stored), nil, issued)
	done := given(append(history, issued)...)
	want(t, done.IssueReport(stored), nil)
	if !done.Settled() || done.State != Issued {
		t.Errorf("%+v", done)
	}
}
