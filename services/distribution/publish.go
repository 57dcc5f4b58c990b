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
		return &distributionv1.PublicationScheduled{
			Publication: e.Aggregate, Content: event.Snapshot.Content, Hash: event.Snapshot.Hash, PublishAt: timestamppb.New(event.PublishAt),
		}, nil
	case publication.PublicationPublished:
		return published(e.Aggregate, event.Snapshot, event.Slug, event.PublishedAt, event.Decisions, false), nil
	case publication.PublicationImported:
		return published(e.Aggregate, event.Snapshot, event.Slug, event.PublishedAt, nil, true), nil
	case publication.PublicationCancelled:
		return &distributionv1.PublicationCancelled{Publication: e.Aggregate, Content: event.Content, Hash: event.Hash}, nil
	case publication.ReceiptRecorded:
		return &distributionv1.ReceiptRecorded{Publication: e.Aggregate, Channel: event.Channel, Place: event.Place, Complete: event.Complete}, nil
	default:
		return nil, nil
	}
}

func published(id string, s publication.Snapshot, slug string, at time.Time, decisions []publication.Decision, imported bool) *distributionv1.PublicationPublished {
	c := contentOf(s)
	c.State, c.PublishedAt, c.Imported = string(publication.Published), timestamppb.New(at), imported
	m := &distributionv1.PublicationPublished{
		Publication: id, Content: c, BodyHtml: s.BodyHTML, Slug: slug, PublishedAt: timestamppb.New(at), Imported: imported,
	}
	for _, d := range decisions {
		m.Decisions = append(m.Decisions, &approvalsv1.Decision{
			Outcome: d.Outcome, Level: d.Level, Person: d.Person, PersonName: d.PersonName, Position: d.Position,
			PersonExample: d.PersonExample, Hash: d.Hash, Comment: d.Comment, At: timestamppb.New(d.At),
		})
	}
	return m
}

// contentOf leaves out who wrote it: what is public is the agency's word.
func contentOf(s publication.Snapshot) *contentv1.Content {
	c := &contentv1.Content{
		Id: s.Content, Plan: s.Plan, PlanItem: s.PlanItem, Agency: s.Agency, Unit: s.Unit, Title: s.Title, Summary: s.Summary, Body: s.Body,
		Theme: s.Theme, Audiences: s.Audiences, Channels: s.Channels, Language: s.Language, SourceLine: s.SourceLine, Example: s.Example,
		Revision: s.Revision, Hash: s.Hash,
	}
	if a := s.Attachment; a != (publication.Attachment{}) {
		c.Attachment = &contentv1.AttachmentLine{Title: a.Title, Form: a.Form, Issuer: a.Issuer, Number: a.Number, Date: a.Date, Abstract: a.Abstract}
	}
	if !s.CreatedAt.IsZero() {
		c.CreatedAt = timestamppb.New(s.CreatedAt)
	}
	if !s.UpdatedAt.IsZero() {
		c.UpdatedAt = timestamppb.New(s.UpdatedAt)
	}
	return c
}

// snapshotOf takes what was submitted or imported; the zero Snapshot for nil.
func snapshotOf(m *contentv1.ContentSubmitted) publication.Snapshot {
	c := m.GetContent()
	a := c.GetAttachment()
	return publication.Snapshot{
		Content: c.GetId(), Revision: c.GetRevision(), Hash: c.GetHash(), Plan: c.GetPlan(), PlanItem: c.GetPlanItem(), Agency: c.GetAgency(),
		Unit: c.GetUnit(), Title: c.GetTitle(), Summary: c.GetSummary(), Body: c.GetBody(), BodyHTML: m.GetBodyHtml(), Theme: c.GetTheme(),
		Audiences: c.GetAudiences(), Channels: c.GetChannels(), Language: c.GetLanguage(), SourceLine: c.GetSourceLine(),
		Attachment: publication.Attachment{
			Title: a.GetTitle(), Form: a.GetForm(), Issuer: a.GetIssuer(), Number: a.GetNumber(), Date: a.GetDate(), Abstract: a.GetAbstract(),
		},
		Authors: c.GetAuthors(), Example: c.GetExample(), CreatedAt: moment(c.GetCreatedAt()), UpdatedAt: moment(c.GetUpdatedAt()),
	}
}

func decisionsOf(decisions []*approvalsv1.Decision) []publication.Decision {
	out := make([]publication.Decision, 0, len(decisions))
	for _, d := range decisions {
		out = append(out, publication.Decision{
			Outcome: d.GetOutcome(), Level: d.GetLevel(), Person: d.GetPerson(), PersonName: d.GetPersonName(), Position: d.GetPosition(),
			PersonExample: d.GetPersonExample(), Hash: d.GetHash(), Comment: d.GetComment(), At: moment(d.GetAt()),
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
