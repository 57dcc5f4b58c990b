package content

import (
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// messageOf is an item as the API shows it.
func messageOf(i *item.Item, dossier string) *contentv1.Content {
	c := textMessage(i.Text, i.WordsRevision)
	c.Id, c.Agency, c.Unit = i.ID, i.Agency, i.Unit
	c.State, c.Revision, c.Hash, c.Authors, c.Etag = string(i.State), i.Revision, i.Hash, i.Authors, etag(i.Version)
	c.CreatedAt, c.UpdatedAt, c.PublishedAt = moment(i.CreatedAt), moment(i.UpdatedAt), moment(i.PublishedAt)
	c.Imported, c.ReturnComment, c.Dossier = i.Imported, i.ReturnComment, dossier
	c.Edition, c.Publication = i.Edition, i.Publication
	return c
}

// textMessage is a text as the API shows it; words is the revision that wrote its words in the original's language.
func textMessage(t item.Text, words int32) *contentv1.Content {
	c := &contentv1.Content{
		Plan: t.Plan, PlanItem: t.PlanItem, Title: t.Title, Summary: t.Summary, Body: t.Body, Theme: t.Theme,
		Audiences: t.Audiences, Channels: t.Channels, Language: t.Language, SourceLine: t.SourceLine, Example: t.Example,
		BodyFormat: item.Markdown, Attachment: lineMessage(t.Attachment), UrgentUntil: moment(t.UrgentUntil),
	}
	if t.BodyFormat != "" {
		c.BodyFormat = t.BodyFormat
	}
	for _, f := range t.Attachments {
		c.Attachments = append(c.Attachments, fileMessage(f))
	}
	for _, to := range t.Translations {
		c.Translations = append(c.Translations, &contentv1.Translation{
			Language: to.Language, Title: to.Title, Summary: to.Summary, Body: to.Body, OfRevision: to.OfRevision, Behind: to.OfRevision < words,
			BodyHtml: to.HTML,
		})
	}
	if k := t.Correction; k != (item.Correction{}) {
		c.Correction = &contentv1.ContentCorrection{Kind: k.Kind, Reason: k.Reason}
	}
	return c
}

// lineMessage is what is said of a document; nil when nothing is.
func lineMessage(a item.Attachment) *contentv1.AttachmentLine {
	if a == (item.Attachment{}) {
		return nil
	}
	return &contentv1.AttachmentLine{Title: a.Title, Form: a.Form, Issuer: a.Issuer, Number: a.Number, Date: a.Date, Abstract: a.Abstract}
}

func lineOf(a *contentv1.AttachmentLine) item.Attachment {
	return item.Attachment{
		Title: a.GetTitle(), Form: a.GetForm(), Issuer: a.GetIssuer(), Number: a.GetNumber(), Date: a.GetDate(), Abstract: a.GetAbstract(),
	}
}

func fileMessage(f item.File) *contentv1.Attachment {
	return &contentv1.Attachment{
		Sha256: f.SHA256, Name: f.Name, MediaType: f.MediaType, Size: f.Size, Line: lineMessage(f.Line), Alternative: f.Alternative,
	}
}

// etag is the version of an item, quoted as RFC 9110 has it.
func etag(version int64) string { return strconv.Quote(strconv.FormatInt(version, 10)) }

func moment(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}

// timeOf is the zero time when none was given.
func timeOf(t *timestamppb.Timestamp) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.AsTime().Truncate(time.Microsecond)
}

// revisionsOf gives the revisions that events made, after the one of a number.
func revisionsOf(events []es.Event, after int32) []*contentv1.Revision {
	var revisions []*contentv1.Revision
	for _, e := range events {
		if r, ok := revisionOf(e); ok && r.GetRevision() > after {
			revisions = append(revisions, r)
		}
	}
	return revisions
}

// revisionOf gives the revision that an event made, if it made one.
func revisionOf(e es.Event) (*contentv1.Revision, bool) {
	v, ok := textOfEvent(e)
	return &contentv1.Revision{
		RecordedAt: moment(e.RecordedAt), Author: e.Actor, Revision: v.number, Hash: v.hash, Title: v.text.Title, Summary: v.text.Summary, Body: v.text.Body,
	}, ok
}

// version is one revision of an item's text.
type version struct {
	number, words int32
	hash          string
	text          item.Text
	event         es.Event
}

// textOfEvent gives the revision that an event made, if it made one.
func textOfEvent(e es.Event) (version, bool) {
	switch d := e.Data.(type) {
	case item.Drafted:
		return version{1, 1, d.Hash, d.Text, e}, true
	case item.Revised:
		return version{d.Revision, d.WordsRevision, d.Hash, d.Text, e}, true
	case item.Imported:
		return version{1, 1, d.Hash, d.Text, e}, true
	default:
		return version{}, false
	}
}
