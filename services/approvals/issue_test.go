package approvals

import (
	"testing"
	"time"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/register"
)

// What a crash leaves between two of the three commands is ended by whoever looks, with the one number.
func TestWhatACrashLeftIsFinished(t *testing.T) {
	for _, left := range []string{"begun", "allocated"} {
		t.Run(left, func(t *testing.T) {
			t.Parallel() // each waits for the loop's grace
			s := newNumbering(t)
			of := s.mustOpen("vt.ubnd", "H24", nil)
			plan := s.approved("plan_1", "H24")
			order := dossier.IssueOrder{Issuer: "H24", Year: s.year}
			command := es.Command{Key: id.NewUUID(time.Now()), Actor: "vt.ubnd", Agency: "H24.01", HappenedAt: time.Now()}
			begun, err := s.server.dossiers.Execute(t.Context(), plan, command, func(d *dossier.Dossier, _ int64) ([]any, error) {
				return s.server.beginIssue(t.Context(), d, order)
			})
			if err != nil {
				t.Fatal(err)
			}
			if left == "allocated" {
				if _, err := s.server.answerAttempt(t.Context(), begun.State); err != nil {
					t.Fatal(err)
				}
			}
			go func() { _ = s.server.finishIssues(t.Context()) }()
			until(t, "it is issued", func() bool {
				d, _, err := s.server.dossiers.Load(t.Context(), plan)
				return err == nil && d.State == dossier.Issued
			})
			if got := s.numbers("vt.ubnd", of.GetId()); got != "1 01/KH-UBND issued plan_1" {
				t.Error(got)
			}
			if got := s.published(); len(got) != 1 {
				t.Errorf("%v", got)
			}
			events, err := s.Host.Log.ReadStream(t.Context(), begun.Recorded[0].Stream, 3)
			if err != nil || len(events) != 1 || events[0].Actor != "vt.ubnd" {
				t.Errorf("%v %v", events, err)
			}
		})
	}
}

// An edit that is heard of while a document waits for its number comes again when it has it, voids what was approved as ever, and leaves
// the number with the document. The consumer tries what is transient again until it is done.
func TestAnEditWaitsUntilTheNumberIsGiven(t *testing.T) {
	s := newNumbering(t)
	s.mustOpen("vt.ubnd", "H24", nil)
	plan := s.approved("content_1", "H24")
	begun, err := s.server.dossiers.Execute(t.Context(), plan, es.Command{Key: id.NewUUID(time.Now())}, func(d *dossier.Dossier, _ int64) ([]any, error) {
		return s.server.beginIssue(t.Context(), d, dossier.IssueOrder{Issuer: "H24", Year: s.year})
	})
	if err != nil {
		t.Fatal(err)
	}
	edit := s.Message("content", &contentv1.ContentRevised{Content: "content_1", Hash: "other"})
	err = s.TryDeliver(s.server.follow, edit)
	if reason(t, err, errorsv1.Reason_DOSSIER_ISSUING); !errs.Transient(err) {
		t.Error("the consumer would not try again")
	}
	if _, _, err := s.server.finishIssue(t.Context(), begun.State); err != nil {
		t.Fatal(err)
	}
	s.Deliver(s.server.follow, edit)
	d, err := s.GetDossier(s.As("vt.ubnd"), &approvalsv1.GetDossierRequest{Dossier: plan})
	if err != nil || d.GetState() != "voided" || d.GetNumber() != "01/KH-UBND" {
		t.Errorf("%v %v", d, err)
	}
}

// A register that refuses an order which it would have taken when it was begun answers once, and the dossier is approved as before.
func TestAnAttemptThatIsOvertakenIsAbandoned(t *testing.T) {
	s := newNumbering(t)
	s.mustOpen("vt.ubnd", "H24", func(r *approvalsv1.OpenRegisterRequest) { r.Managed = "elsewhere" })
	one, two := s.approved("plan_1", "H24"), s.approved("plan_2", "H24")
	order := dossier.IssueOrder{Issuer: "H24", Year: s.year, Number: "38/KH-UBND"}
	begun, err := s.server.dossiers.Execute(t.Context(), one, es.Command{Key: id.NewUUID(time.Now())}, func(d *dossier.Dossier, _ int64) ([]any, error) {
		return s.server.beginIssue(t.Context(), d, order)
	})
	if err != nil {
		t.Fatal(err)
	}
	number := func(r *approvalsv1.IssueRequest) { r.Number = "38/KH-UBND" }
	if _, err := s.issue("vt.ubnd", two, number); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		result, refusal, err := s.server.finishIssue(t.Context(), begun.State)
		if err != nil {
			t.Fatal(err)
		}
		reason(t, refusal, errorsv1.Reason_NUMBER_TAKEN)
		if result.State.State != dossier.Approved || result.State.Issue.Refused != "NUMBER_TAKEN" {
			t.Errorf("%+v", result.State)
		}
	}
	if d, err := s.issue("vt.ubnd", one, func(r *approvalsv1.IssueRequest) { r.Number = "39/KH-UBND" }); err != nil || d.GetNumber() != "39/KH-UBND" || d.GetIssueRefused() != "" {
		t.Errorf("%v %v", d, err)
	}
	registry, _, err := s.server.registries.Load(t.Context(), register.RegistryID("H24", s.year))
	if err != nil || len(registry.Registers) != 1 || registry.Registers[0].Last != 39 {
		t.Errorf("%+v %v", registry, err)
	}
}
