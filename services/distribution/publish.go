package distribution

import (
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// publish maps a stored event to its published form.
func publish(e es.Event) (proto.Message, error) {
	switch event := e.Data.(type) {
	case publication.PublicationScheduled:
		return scheduled(e.Aggregate, event.Snapshot, event.PublishAt), nil
	case publication.CorrectionScheduled:
		return scheduled(e.Aggregate, event.Snapshot, event.PublishAt), nil
	case publication.PublicationPublished:
		m := published(e.Aggregate, event.Snapshot, event.Slug, event.PublishedAt, event.Decisions, false)
		m.ExpiresAt, m.Bypass = timestamp(event.ExpiresAt), bypassTo(event.Decisions, event.Review)
		return m, nil
	case publication.PublicationImported:
		return published(e.Aggregate, event.Snapshot, event.Slug, event.PublishedAt, nil, true), nil
	case publication.PublicationCorrected:
		return corrected(e.Aggregate, event), nil
	case publication.PublicationCancelled:
		return &distributionv1.PublicationCancelled{Publication: e.Aggregate, Content: event.Content, Hash: event.Hash}, nil
	case publication.CorrectionCancelled:
		return &distributionv1.PublicationCancelled{Publication: e.Aggregate, Content: event.Content, Hash: event.Hash}, nil
	case publication.PublicationRescheduled:
		return &distributionv1.PublicationRescheduled{
			Publication: e.Aggregate, Content: event.Content, Hash: event.Hash, PublishAt: timestamp(event.PublishAt), ExpiresAt: timestamp(event.ExpiresAt),
		}, nil
	case publication.PublicationExpired:
		return &distributionv1.PublicationExpired{
			Publication: e.Aggregate, Content: event.Content, Slug: event.Slug, ExpiredAt: timestamp(event.ExpiredAt),
		}, nil
	case publication.WithdrawalSubmitted:
		return &distributionv1.WithdrawalSubmitted{
			Withdrawal: event.Withdrawal, Publication: e.Aggregate, Title: event.Title, Reason: event.Reason, Replacement: event.Replacement,
			Agency: event.Agency, Unit: event.Unit, Authors: event.Authors, Hash: event.Hash, Example: event.Example,
		}, nil
	case publication.PublicationWithdrawn:
		return withdrawn(e.Aggregate, event), nil
	case publication.BypassReviewed:
		return &distributionv1.PublicationReviewed{
			Publication: e.Aggregate, Content: event.Content, Hash: event.Hash, Withdrawal: event.Withdrawal, Review: reviewTo(event.Review),
		}, nil
	case publication.ReceiptRecorded:
		return received(e.Aggregate, event), nil
	default: // also that a withdrawal was returned, which approvals tells
		return nil, nil
	}
}

func scheduled(id string, s publication.Snapshot, at time.Time) *distributionv1.PublicationScheduled {
	return &distributionv1.PublicationScheduled{Publication: id, Content: s.Content, Hash: s.Hash, PublishAt: timestamppb.New(at)}
}

func published(id string, s publication.Snapshot, slug string, at time.Time, decisions []publication.Decision, imported bool) *distributionv1.PublicationPublished {
	c := contentOf(s)
	c.State, c.PublishedAt, c.Imported, c.Publication, c.Edition = string(publication.Published), timestamppb.New(at), imported, id, 1
	return &distributionv1.PublicationPublished{
		Publication: id, Content: c, BodyHtml: s.BodyHTML, Slug: slug, PublishedAt: timestamppb.New(at), Imported: imported,
		Decisions: decisionsTo(decisions),
	}
}

func corrected(id string, e publication.PublicationCorrected) *distributionv1.PublicationCorrected {
	c := contentOf(e.Snapshot)
	c.State, c.PublishedAt, c.Publication = string(publication.Published), timestamppb.New(e.PublishedAt), id
	c.Correction = &contentv1.ContentCorrection{Kind: e.Kind, Reason: e.Reason}
	c.Edition = e.Number + 1
	return &distributionv1.PublicationCorrected{
		Publication: id, Content: c, BodyHtml: e.Snapshot.BodyHTML, Slug: e.Slug, PublishedAt: timestamppb.New(e.PublishedAt),
		CorrectedAt: timestamppb.New(e.CorrectedAt), Kind: e.Kind, Reason: e.Reason, PreviousHash: e.PreviousHash, Number: e.Number,
		Decisions: decisionsTo(e.Decisions), Bypass: bypassTo(e.Decisions, e.Review),
	}
}

func withdrawn(id string, e publication.PublicationWithdrawn) *distributionv1.PublicationWithdrawn {
	return &distributionv1.PublicationWithdrawn{
		Publication: id, Content: e.Content, Slug: e.Slug, Title: e.Title, Agency: e.Agency, Reason: e.Reason, Replacement: e.Replacement,
		ReplacementPath: e.ReplacementPath, PublishedAt: timestamppb.New(e.PublishedAt), WithdrawnAt: timestamppb.New(e.WithdrawnAt),
		Decisions: decisionsTo(e.Decisions), Example: e.Example, Bypass: bypassTo(e.Decisions, publication.Review{}),
	}
}

func received(id string, e publication.ReceiptRecorded) *distributionv1.ReceiptRecorded {
	return &distributionv1.ReceiptRecorded{
		Publication: id, Channel: e.Channel, Place: e.Place, Complete: e.Complete, Act: string(e.Act), Number: e.Number,
	}
}

func decisionsTo(decisions []publication.Decision) []*approvalsv1.Decision {
	var out []*approvalsv1.Decision
	for _, d := range decisions {
		out = append(out, &approvalsv1.Decision{
			Outcome: d.Outcome, Level: d.Level, Person: d.Person, PersonName: d.PersonName, Position: d.Position,
			PersonExample: d.PersonExample, Hash: d.Hash, Comment: d.Comment, At: timestamppb.New(d.At), Capacity: d.Capacity,
			OnBehalfOf: d.OnBehalfOf, OnBehalfOfName: d.OnBehalfOfName, OnBehalfOfPosition: d.OnBehalfOfPosition, Delegation: d.Delegation,
			Bypass: d.Bypass,
		})
	}
	return out
}

// contentOf leaves out who wrote it: what is public is the agency's word.
func contentOf(s publication.Snapshot) *contentv1.Content {
	c := &contentv1.Content{
		Id: s.Content, Plan: s.Plan, PlanItem: s.PlanItem, Agency: s.Agency, Unit: s.Unit, Title: s.Title, Summary: s.Summary, Body: s.Body,
		Theme: s.Theme, Audiences: s.Audiences, Channels: s.Channels, Language: s.Language, SourceLine: s.SourceLine, Example: s.Example,
		Revision: s.Revision, Hash: s.Hash, BodyFormat: s.BodyFormat, Attachment: lineTo(s.Attachment),
		CreatedAt: timestamp(s.CreatedAt), UpdatedAt: timestamp(s.UpdatedAt), UrgentUntil: timestamp(s.UrgentUntil),
	}
	for _, f := range s.Attachments {
		c.Attachments = append(c.Attachments, &contentv1.Attachment{
			Sha256: f.SHA256, Name: f.Name, MediaType: f.MediaType, Size: f.Size, Line: lineTo(f.Line), Alternative: f.Alternative,
		})
	}
	for _, t := range s.Translations {
		c.Translations = append(c.Translations, &contentv1.Translation{
			Language: t.Language, Title: t.Title, Summary: t.Summary, Body: t.Body, BodyHtml: t.BodyHTML, OfRevision: t.OfRevision, Behind: t.Behind,
		})
	}
	return c
}

// lineTo is nil for none.
func lineTo(a publication.Attachment) *contentv1.AttachmentLine {
	if a == (publication.Attachment{}) {
		return nil
	}
	return &contentv1.AttachmentLine{Title: a.Title, Form: a.Form, Issuer: a.Issuer, Number: a.Number, Date: a.Date, Abstract: a.Abstract}
}

func lineOf(a *contentv1.AttachmentLine) publication.Attachment {
	return publication.Attachment{
		Title: a.GetTitle(), Form: a.GetForm(), Issuer: a.GetIssuer(), Number: a.GetNumber(), Date: a.GetDate(), Abstract: a.GetAbstract(),
	}
}

// snapshotOf takes what was submitted or imported; the zero Snapshot for nil.
func snapshotOf(m *contentv1.ContentSubmitted) publication.Snapshot {
	c := m.GetContent()
	s := publication.Snapshot{
		Content: c.GetId(), Revision: c.GetRevision(), Hash: c.GetHash(), Plan: c.GetPlan(), PlanItem: c.GetPlanItem(), Agency: c.GetAgency(),
		Unit: c.GetUnit(), Title: c.GetTitle(), Summary: c.GetSummary(), Body: c.GetBody(), BodyFormat: c.GetBodyFormat(), BodyHTML: m.GetBodyHtml(),
		Theme: c.GetTheme(), Audiences: c.GetAudiences(), Channels: c.GetChannels(), Language: c.GetLanguage(), SourceLine: c.GetSourceLine(),
		Attachment: lineOf(c.GetAttachment()), Authors: c.GetAuthors(), Example: c.GetExample(), CreatedAt: moment(c.GetCreatedAt()),
		UpdatedAt: moment(c.GetUpdatedAt()), UrgentUntil: moment(c.GetUrgentUntil()),
	}
	for _, f := range c.GetAttachments() {
		s.Attachments = append(s.Attachments, publication.File{
			SHA256: f.GetSha256(), Name: f.GetName(), MediaType: f.GetMediaType(), Size: f.GetSize(), Line: lineOf(f.GetLine()),
			Alternative: f.GetAlternative(),
		})
	}
	for _, t := range c.GetTranslations() {
		s.Translations = append(s.Translations, publication.Translation{
			Language: t.GetLanguage(), Title: t.GetTitle(), Summary: t.GetSummary(), Body: t.GetBody(), BodyHTML: t.GetBodyHtml(),
			OfRevision: t.GetOfRevision(), Behind: t.GetBehind(),
		})
	}
	return s
}

func decisionsOf(decisions []*approvalsv1.Decision) []publication.Decision {
	out := make([]publication.Decision, 0, len(decisions))
	for _, d := range decisions {
		out = append(out, publication.Decision{
			Outcome: d.GetOutcome(), Level: d.GetLevel(), Person: d.GetPerson(), PersonName: d.GetPersonName(), Position: d.GetPosition(),
			PersonExample: d.GetPersonExample(), Hash: d.GetHash(), Comment: d.GetComment(), At: moment(d.GetAt()),
			Capacity: d.GetCapacity(), OnBehalfOf: d.GetOnBehalfOf(), OnBehalfOfName: d.GetOnBehalfOfName(),
			OnBehalfOfPosition: d.GetOnBehalfOfPosition(), Delegation: d.GetDelegation(), Bypass: d.GetBypass(),
		})
	}
	return out
}

// moment is the zero time for none, not 1970.
func moment(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime()
}

// timestamp is none for the zero time.
func timestamp(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
