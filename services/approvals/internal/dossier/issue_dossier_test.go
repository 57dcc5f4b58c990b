package dossier_test

import (
	"testing"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/es/estest"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// signed is what stood for the text when everybody had approved.
func signed() []dossier.Decision {
	return []dossier.Decision{
		{Outcome: dossier.ApprovedOutcome, Level: 1, Person: "tp.stttt", Hash: "h"},
		{Outcome: dossier.ApprovedOutcome, Level: 2, Person: "pho.chu.tich", Hash: "h"},
	}
}

type issuing = estest.Case[dossier.Dossier, *dossier.Dossier]

// approved is a plan of the department that the committee's leadership signed.
func approved(t *testing.T) *issuing {
	t.Helper()
	return estest.Given[dossier.Dossier](t, es.NewCatalogue(dossier.Types()...),
		dossier.Opened{
			DocumentType: "plan", Document: "plan_1", Title: "Kế hoạch", Agency: agency, Unit: unit, Authors: []string{"cv.stttt"}, Hash: "h", Revision: 3,
			Levels: []route.Level{
				{Name: "Trưởng phòng", Roles: []string{"head"}, Scope: route.ScopeUnit}, {Name: "Lãnh đạo", Roles: []string{"deputy"}, Scope: "H24"},
			}, RouteVersion: 1,
		},
		dossier.Completed{DocumentType: "plan", Document: "plan_1", Hash: "h", Revision: 3, Decisions: signed()})
}

func begin(o dossier.IssueOrder, stands bool) func(*dossier.Dossier, int64) ([]any, error) {
	return func(d *dossier.Dossier, _ int64) ([]any, error) { return d.BeginIssue(o, stands) }
}

func finish(attempt int, number string) func(*dossier.Dossier, int64) ([]any, error) {
	return func(d *dossier.Dossier, _ int64) ([]any, error) {
		return d.FinishIssue(attempt, dossier.Numbers{Number: number, Date: "2022-02-23", Register: "register_1"}), nil
	}
}

func abandon(attempt int) func(*dossier.Dossier, int64) ([]any, error) {
	return func(d *dossier.Dossier, _ int64) ([]any, error) { return d.AbandonIssue(attempt, "NUMBER_TAKEN"), nil }
}

func void(hash string) func(*dossier.Dossier, int64) ([]any, error) {
	return func(d *dossier.Dossier, _ int64) ([]any, error) { return d.Void(hash) }
}

func asked() dossier.IssueOrder { return dossier.IssueOrder{Issuer: "H24", Year: 2022} }

func numberedAs(number, hash string, attempt int) dossier.Numbered {
	return dossier.Numbered{
		DocumentType: "plan", Document: "plan_1", Hash: hash, Revision: 3, Number: number, Date: "2022-02-23", Issuer: "H24", Register: "register_1",
		Attempt: attempt, Decisions: signed(),
	}
}

// Who signs issues: the plan that the department drafted is the committee's.
func TestAnApprovedDossierIsIssuedByWhoSigned(t *testing.T) {
	c := approved(t).When(begin(asked(), false)).Then(dossier.IssueBegun{
		DocumentType: "plan", Document: "plan_1", Title: "Kế hoạch", Hash: "h", Attempt: 1, Order: asked(),
	})
	c.When(begin(asked(), false)).ThenRefused(errorsv1.Reason_DOSSIER_STATE, "state", "issuing", "allowed", "approved")
	c = c.When(finish(1, "38/KH-UBND")).Then(numberedAs("38/KH-UBND", "h", 1))
	c.When(finish(1, "38/KH-UBND")).Then() // somebody else carried it out
	c.When(abandon(1)).Then()
	c.When(begin(asked(), true)).ThenRefused(errorsv1.Reason_DOSSIER_STATE, "state", "issued")
	if d := c.State(); d.State != dossier.Issued || d.Issue.Number != "38/KH-UBND" || d.Issue.Date != "2022-02-23" || d.Issuer() != "H24" {
		t.Errorf("%+v", d)
	}
}

// Between the order and the register's answer the text stays what was approved: an edit waits, and then finds the dossier settled.
func TestNothingHappensToADossierThatWaitsForItsNumber(t *testing.T) {
	c := approved(t).When(begin(asked(), false)).And()
	c.When(void("other")).ThenRefused(errorsv1.Reason_DOSSIER_ISSUING)
	c.When(void("h")).Then()
	c.When(func(d *dossier.Dossier, _ int64) ([]any, error) {
		return d.Submit(dossier.Submission{DocumentType: "plan", Document: "plan_1", Authors: []string{"cv.stttt"}, Hash: "other"}, &route.Route{}, dossier.Office{})
	}).ThenRefused(errorsv1.Reason_DOSSIER_ISSUING)
	c = c.When(abandon(1)).Then(dossier.IssueAbandoned{Attempt: 1, Reason: "NUMBER_TAKEN"})
	if d := c.State(); d.State != dossier.Approved || d.Issue.Refused != "NUMBER_TAKEN" {
		t.Errorf("%+v", d)
	}
	c.When(void("other")).And()
	again := c.When(begin(asked(), false)).And()
	if d := again.State(); d.Issue.Attempt != 2 || d.Issue.Refused != "" {
		t.Errorf("%+v", d.Issue)
	}
	again.When(finish(1, "38/KH-UBND")).Then() // an answer to what was abandoned
	again.When(finish(2, "39/KH-UBND")).Then(numberedAs("39/KH-UBND", "h", 2))
}

// An edit after the issue voids the approvals as ever; approved again, the document is issued with the number it has, as long as that
// stands in the register.
func TestADocumentKeepsItsNumber(t *testing.T) {
	c := approved(t).When(begin(asked(), false)).And().When(finish(1, "38/KH-UBND")).And().When(void("other")).And()
	if d := c.State(); d.State != dossier.Voided || d.Issue.Number != "38/KH-UBND" {
		t.Errorf("%+v", d)
	}
	past := estest.Given[dossier.Dossier](t, es.NewCatalogue(dossier.Types()...),
		dossier.Opened{
			DocumentType: "plan", Document: "plan_1", Agency: agency, Authors: []string{"cv.stttt"}, Hash: "h", Revision: 3,
			Levels: []route.Level{{Name: "Lãnh đạo", Roles: []string{"deputy"}, Scope: "H24"}}, RouteVersion: 1,
		},
		dossier.Completed{DocumentType: "plan", Document: "plan_1", Hash: "h", Revision: 3, Decisions: signed()},
		dossier.IssueBegun{DocumentType: "plan", Document: "plan_1", Hash: "h", Attempt: 1, Order: asked()},
		numberedAs("38/KH-UBND", "h", 1),
		dossier.MadeVoid{DocumentType: "plan", Document: "plan_1", Hash: "h", NewHash: "other"},
		dossier.Completed{DocumentType: "plan", Document: "plan_1", Hash: "other", Decisions: signed()})
	want := numberedAs("38/KH-UBND", "other", 1)
	want.Revision = 0
	past.When(begin(dossier.IssueOrder{Issuer: "H24", Year: 2023}, true)).Then(want)
	begun := past.When(begin(asked(), false)).And()
	if d := begun.State(); d.State != dossier.Issuing || d.Issue.Attempt != 2 {
		t.Errorf("%+v", d)
	}
}
