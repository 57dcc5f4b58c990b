package approvals

import (
	"slices"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// What others hear: a bypass is marked, a term says whose it is and until when, and what is said among units stays there.
func TestWhatIsPublished(t *testing.T) {
	due := time.Date(2022, 2, 7, 10, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		data any
		want func(proto.Message) bool
	}{
		"a bypass": {dossier.Completed{Document: "content_1", Hash: "a", Bypassed: true, Decisions: []dossier.Decision{{Person: "gd", Bypass: true, Capacity: "TUQ.", OnBehalfOf: "ct"}}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierApproved)
			return ok && a.GetBypassed() && a.GetDecisions()[0].GetBypass() && a.GetDecisions()[0].GetCapacity() == "TUQ." && a.GetDecisions()[0].GetOnBehalfOf() == "ct"
		}},
		"terms": {dossier.LevelsEntered{Entries: []dossier.Entry{{Level: 2, Name: "Lãnh đạo", Due: due, Candidates: []string{"gd"}}}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierTermsSet)
			return ok && a.GetDossier() == "dossier_1" && a.GetTerms()[0].GetLevel() == 2 && a.GetTerms()[0].GetDueAt().AsTime().Equal(due) && a.GetTerms()[0].GetPeople()[0] == "gd"
		}},
		"terms that moved": {dossier.TermsMoved{Entries: []dossier.Entry{{Level: 1}}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierTermsSet)
			return ok && len(a.GetTerms()) == 1
		}},
		"a reminder": {dossier.Reminded{Title: "Tin", LevelName: "Phòng", Reminder: dossier.Reminder{Level: 1, Percent: 80, People: []string{"tp"}, Due: due}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierReminded)
			return ok && a.GetPercent() == 80 && a.GetPeople()[0] == "tp" && a.GetLevelName() == "Phòng" && a.GetDueAt().AsTime().Equal(due)
		}},
		"an escalation": {dossier.Escalated{Escalation: dossier.Escalation{Level: 1, People: []string{"gd"}}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierEscalated)
			return ok && a.GetPeople()[0] == "gd"
		}},
		"a review": {dossier.Reviewed{Hash: "a", Review: dossier.Review{Outcome: dossier.Objected, Person: "gd"}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierReviewed)
			return ok && a.GetOutcome() == "objected" && a.GetReviewer() == "gd"
		}},
		"a question": {dossier.OpinionsAsked{Number: 3, Targets: []dossier.Target{{Agency: "H24.03", Unit: "Phòng"}}, Due: due}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.OpinionsRequested)
			return ok && a.GetConsultation() == 3 && a.GetTargets()[0].GetUnit() == "Phòng"
		}},
		"an opinion": {dossier.OpinionGiven{Consultation: 3, Opinion: dossier.Opinion{Outcome: dossier.Agree, Text: "riêng", Target: dossier.Target{Agency: "H24.03"}}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.OpinionGiven)
			return ok && a.GetOutcome() == "agree" && a.GetAgency() == "H24.03"
		}},
		"silence": {dossier.SilenceRecorded{Consultation: 3, Targets: []dossier.Target{{Agency: "H24.03"}}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.OpinionsSilent)
			return ok && a.GetTargets()[0].GetAgency() == "H24.03"
		}},
		"a delegation": {delegation.Given{Delegator: "gd", Delegate: "pgd", To: due, DocumentTypes: []route.DocumentType{route.Report}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DelegationGiven)
			return ok && a.GetDelegation().GetId() == "dossier_1" && a.GetDelegation().GetDelegate() == "pgd" && a.GetDelegation().GetDocumentTypes()[0] == "report"
		}},
		"its end": {delegation.TakenBack{By: "gd", At: due}, func(m proto.Message) bool { _, ok := m.(*approvalsv1.DelegationRevoked); return ok }},
		"a dossier": {dossier.Opened{Agency: "H24.02", Unit: "Phòng", Levels: []route.Level{
			{Roles: []string{"head"}, Scope: "unit"},
			{Roles: []string{"leader", "deputy"}, Scope: "agency"},
			{Roles: []string{"leader", "officer"}, Scope: "H24.01"},
			{Roles: []string{"leader"}, Scope: "H24.02"},
		}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierOpened)
			return ok && a.GetAgency() == "H24.02" && a.GetIssuer() == "H24.02" && slices.EqualFunc(a.GetSeats(), []*approvalsv1.Seat{
				{Role: "head", Agency: "H24.02", OfUnit: true, Unit: "Phòng"},
				{Role: "leader", Agency: "H24.02"},
				{Role: "deputy", Agency: "H24.02"},
				{Role: "leader", Agency: "H24.01"},
				{Role: "officer", Agency: "H24.01"},
			}, func(x, y *approvalsv1.Seat) bool { return proto.Equal(x, y) })
		}},
		"one approval": {dossier.LevelApproved{Decision: dossier.Decision{Level: 2, Person: "pgd", OnBehalfOf: "gd", Comment: "riêng"}}, func(m proto.Message) bool {
			return proto.Equal(m, &approvalsv1.DossierLevelApproved{Dossier: "dossier_1", Level: 2, Person: "pgd", OnBehalfOf: "gd"})
		}},
		"a return": {dossier.SentBack{ToLevel: 1, Decision: dossier.Decision{Person: "pgd", OnBehalfOf: "gd", Comment: "Sửa."}}, func(m proto.Message) bool {
			a, ok := m.(*approvalsv1.DossierReturned)
			return ok && a.GetToLevel() == 1 && a.GetPerson() == "pgd" && a.GetOnBehalfOf() == "gd" && a.GetComment() == "Sửa."
		}},
		"a bypass alone": {dossier.Bypassed{}, func(m proto.Message) bool { return m == nil }},
		"a route":        {route.Set{}, func(m proto.Message) bool { return m == nil }},
		"a calendar":     {calendar.Set{}, func(m proto.Message) bool { return m == nil }},
	} {
		m, err := publish(es.Event{Data: c.data, Meta: es.Meta{Aggregate: "dossier_1"}})
		if err != nil || !c.want(m) {
			t.Errorf("%s: %v, %v", name, m, err)
		}
	}
}
