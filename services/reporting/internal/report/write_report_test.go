package report

import (
	"os"
	"testing"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/reporting/internal/figures"
	"github.com/loa-vn/loa/services/reporting/internal/narrative"
)

// figured is a sheet of a whole document, of today's form or of the first.
func figured(t *testing.T, d figures.Document) Sheet {
	t.Helper()
	s := sheet("")
	var err error
	if s.Canonical, s.Hash, err = d.Canonical(); err != nil {
		t.Fatal(err)
	}
	return s
}

func to(n narrative.Narrative) func(narrative.Narrative) (narrative.Narrative, []errs.Field) {
	return func(narrative.Narrative) (narrative.Narrative, []errs.Field) { return n, nil }
}

func write(t *testing.T, r *Report, n narrative.Narrative) ReportWritten {
	t.Helper()
	got, err := r.WriteReport("cv.khac", to(n))
	if err != nil || len(got) != 1 {
		t.Fatalf("%v, %v", got, err)
	}
	return got[0].(ReportWritten)
}

// What is written is part of the hash, of which nothing else changes; taking it out again gives the hash from before.
func TestWordsAreInTheHash(t *testing.T) {
	first, err := os.ReadFile("../figures/testdata/canonical_form1.json")
	if err != nil {
		t.Fatal(err)
	}
	old, err := figures.Read(string(first))
	if err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]figures.Document{"today": {Form: 2, Plan: "plan_38", Annex: &figures.Annex{SHA256: "00"}}, "first form": old} {
		r := given(ReportCompiled{Sheet: figured(t, d)})
		before := r.Sheet
		e := write(t, r, narrative.Narrative{Proposals: " Bổ sung kinh phí.\n\n"})
		r.Apply(event(e))
		document, err := figures.Read(r.Sheet.Canonical)
		if err != nil || document.Narrative == nil || *document.Narrative != (narrative.Narrative{Proposals: "Bổ sung kinh phí."}) || r.Sheet.Hash == before.Hash {
			t.Fatalf("%s: %v, %v", name, document.Narrative, err)
		}
		if got, err := r.WriteReport("cv.khac", to(narrative.Narrative{Proposals: "Bổ sung kinh phí."})); err != nil || got != nil {
			t.Errorf("%s: the same words are told again: %v, %v", name, got, err)
		}
		if back := write(t, r, narrative.Narrative{}); back.Sheet.Hash != before.Hash || back.Sheet.Canonical != before.Canonical {
			t.Errorf("%s: without words it is not what it was", name)
		}
	}
}

// Compiled anew a report keeps its words; who wrote them is an author.
func TestWordsStayBesideNewFigures(t *testing.T) {
	r := given(ReportCompiled{Sheet: figured(t, figures.Document{Plan: "plan_38"})})
	r.Apply(event(write(t, r, narrative.Narrative{Assessment: "Tốt."})))
	if got := compile(t, r, figured(t, figures.Document{Plan: "plan_38"}), "cv.stttt"); got != nil {
		t.Errorf("the same figures are told again: %v", got)
	}
	more := figures.Document{Plan: "plan_38"}
	more.Published = 7
	got := compile(t, r, figured(t, more), "cv.stttt")
	if len(got) != 1 {
		t.Fatalf("%v", got)
	}
	r.Apply(event(got[0]))
	more.Narrative = &narrative.Narrative{Assessment: "Tốt."}
	if want := figured(t, more); r.Sheet.Canonical != want.Canonical || r.Sheet.Hash != want.Hash {
		t.Error(r.Sheet.Canonical)
	}
	submitted, err := r.SubmitReport("cv.stttt", "")
	if err != nil {
		t.Fatal(err)
	}
	if authors := submitted[0].(ReportSubmitted).Authors; len(authors) != 2 || authors[0] != "cv.khac" {
		t.Errorf("%v", authors)
	}
}

func TestWhenWordsAreWritten(t *testing.T) {
	words := to(narrative.Narrative{Direction: "a"})
	full := ReportCompiled{Sheet: figured(t, figures.Document{})}
	returned := given(full, submitted("h1"), ReportReturned{})
	got, err := returned.WriteReport("cv.stttt", words)
	if err != nil || len(got) != 1 {
		t.Fatal(err)
	}
	returned.Apply(event(got[0]))
	if returned.State != Compiled {
		t.Errorf("%s", returned.State)
	}
	for state, r := range map[string]*Report{
		"in_approval": given(full, submitted("h1")), "approved": given(full, submitted("h1"), ReportApproved{}),
		"issued": given(full, submitted("h1"), ReportApproved{}, ReportIssued{}),
	} {
		if _, err := r.WriteReport("cv.stttt", words); errs.ReasonOf(err) != errorsv1.Reason_REPORT_STATE {
			t.Errorf("%s: %v", state, err)
		}
	}
	wrong := []errs.Field{errs.At("updateMask", errorsv1.Reason_BAD_FORMAT)}
	_, err = given(full).WriteReport("cv.stttt", func(n narrative.Narrative) (narrative.Narrative, []errs.Field) { return n, wrong })
	if errs.ReasonOf(err) != errorsv1.Reason_INVALID {
		t.Errorf("%v", err)
	}
	if _, err = given(full).WriteReport("cv.stttt", to(narrative.Narrative{Direction: "TỐI MẬT"})); errs.ReasonOf(err) != errorsv1.Reason_INVALID {
		t.Errorf("%v", err)
	}
}

func event(data any) es.Event { return es.Event{Data: data} }
