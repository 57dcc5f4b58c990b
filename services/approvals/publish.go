package approvals

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// publish maps a stored event to its published form. Routes, calendars and resubmissions are private.
func publish(e es.Event) (proto.Message, error) {
	switch d := e.Data.(type) {
	case dossier.Opened:
		opened := &dossier.Dossier{}
		opened.Apply(e)
		return &approvalsv1.DossierOpened{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash, Agency: d.Agency, Seats: seatMessages(opened), Issuer: opened.Issuer(),
		}, nil
	case dossier.LevelApproved:
		return &approvalsv1.DossierLevelApproved{
			Dossier: e.Aggregate, Level: int32(d.Decision.Level), Person: d.Decision.Person, OnBehalfOf: d.Decision.OnBehalfOf,
		}, nil
	case dossier.SentBack:
		return &approvalsv1.DossierReturned{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Decision.Hash, ToLevel: int32(d.ToLevel),
			Comment: d.Decision.Comment, Revision: d.Revision, Person: d.Decision.Person, OnBehalfOf: d.Decision.OnBehalfOf,
		}, nil
	case dossier.Completed:
		return &approvalsv1.DossierApproved{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash, Revision: d.Revision,
			Decisions: decisionMessages(d.Decisions), Bypassed: d.Bypassed,
		}, nil
	case dossier.MadeVoid:
		return &approvalsv1.DossierVoided{Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash}, nil
	case dossier.Numbered:
		issued := &approvalsv1.DossierIssued{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash, Revision: d.Revision,
			Number: d.Number, Date: d.Date, Issuer: d.Issuer, Decisions: decisionMessages(d.Decisions),
		}
		if !d.Entered {
			issued.Register = d.Register
		}
		return issued, nil
	case delegation.Given:
		return &approvalsv1.DelegationGiven{Delegation: &approvalsv1.Delegation{
			Id: e.Aggregate, Delegator: d.Delegator, Delegate: d.Delegate, DocumentTypes: typesOf(d.DocumentTypes), Agencies: d.Agencies,
			From: timestamppb.New(d.From), To: timestamppb.New(d.To), Paper: d.Paper, Agency: d.Agency, RecordedBy: d.RecordedBy,
		}}, nil
	case delegation.TakenBack:
		return &approvalsv1.DelegationRevoked{Delegation: &approvalsv1.Delegation{
			Id: e.Aggregate, RevokedAt: timestamppb.New(d.At), RevokedBy: d.By,
		}}, nil
	default:
		return publishTerm(e), nil
	}
}

// publishTerm maps the events about time and about who is heard beside the route; nil for what stays private.
func publishTerm(e es.Event) proto.Message {
	switch d := e.Data.(type) {
	case dossier.LevelsEntered:
		return &approvalsv1.DossierTermsSet{Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Terms: termMessages(d.Entries)}
	case dossier.TermsMoved:
		return &approvalsv1.DossierTermsSet{Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Terms: termMessages(d.Entries)}
	case dossier.Reminded:
		return &approvalsv1.DossierReminded{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Title: d.Title, Level: int32(d.Reminder.Level), LevelName: d.LevelName,
			Percent: int32(d.Reminder.Percent), People: d.Reminder.People, DueAt: timestamppb.New(d.Reminder.Due),
		}
	case dossier.Escalated:
		return &approvalsv1.DossierEscalated{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Title: d.Title, Level: int32(d.Escalation.Level), LevelName: d.LevelName,
			People: d.Escalation.People, DueAt: timestamppb.New(d.Escalation.Due),
		}
	case dossier.Reviewed:
		return &approvalsv1.DossierReviewed{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Hash: d.Hash, Outcome: string(d.Review.Outcome),
			Reviewer: d.Review.Person, Position: d.Review.Position, At: timestamppb.New(d.Review.At),
		}
	case dossier.OpinionsAsked:
		return &approvalsv1.OpinionsRequested{
			Dossier: e.Aggregate, DocumentType: string(d.DocumentType), Document: d.Document, Title: d.Title, Consultation: int32(d.Number),
			Targets: targetMessages(d.Targets), DueAt: timestamppb.New(d.Due),
		}
	case dossier.OpinionGiven:
		return &approvalsv1.OpinionGiven{
			Dossier: e.Aggregate, Consultation: int32(d.Consultation), Agency: d.Opinion.Target.Agency, Unit: d.Opinion.Target.Unit, Outcome: string(d.Opinion.Outcome),
		}
	case dossier.SilenceRecorded:
		return &approvalsv1.OpinionsSilent{Dossier: e.Aggregate, Consultation: int32(d.Consultation), Targets: targetMessages(d.Targets)}
	default:
		return nil
	}
}

func seatMessages(d *dossier.Dossier) []*approvalsv1.Seat {
	messages := []*approvalsv1.Seat{}
	for _, s := range d.EverySeat() {
		messages = append(messages, &approvalsv1.Seat{Role: s.Role, Agency: s.Agency, OfUnit: s.OfUnit, Unit: s.Unit})
	}
	return messages
}

func termMessages(entries []dossier.Entry) []*approvalsv1.LevelTerm {
	terms := make([]*approvalsv1.LevelTerm, 0, len(entries))
	for _, x := range entries {
		terms = append(terms, &approvalsv1.LevelTerm{
			Level: int32(x.Level), Name: x.Name, EnteredAt: timestamppb.New(x.At), DueAt: timestamppb.New(x.Due), People: x.Candidates,
		})
	}
	return terms
}

func targetMessages(targets []dossier.Target) []*approvalsv1.ConsultTarget {
	messages := make([]*approvalsv1.ConsultTarget, 0, len(targets))
	for _, t := range targets {
		messages = append(messages, &approvalsv1.ConsultTarget{Agency: t.Agency, Unit: t.Unit})
	}
	return messages
}

func typesOf(types []route.DocumentType) []string {
	out := make([]string, 0, len(types))
	for _, t := range types {
		out = append(out, string(t))
	}
	return out
}
