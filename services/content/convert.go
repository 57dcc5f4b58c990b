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
	c := textMessage(i.Text)
	c.Id, c.Agency, c.Unit = i.ID, i.Agency, i.Unit
	c.State, c.Revision, c.Hash, c.Authors, c.Etag = string(i.State), i.Revision, i.Hash, i.Authors, etag(i.Version)
	c.CreatedAt, c.UpdatedAt, c.PublishedAt = moment(i.CreatedAt), moment(i.UpdatedAt), moment(i.PublishedAt)
	c.Imported, c.ReturnComment, c.Dossier = i.Imported, i.ReturnComment, dossier
	return c
}

func textMessage(t item.Text) *contentv1.Content {
	c := &contentv1.Content{
		Plan: t.Plan, PlanItem: t.PlanItem, Title: t.Title, Summary: t.Summary, Body: t.Body, Theme: t.Theme,
		Audiences: t.Audiences, Channels: t.Channels, Language: t.Language, SourceLine: t.SourceLine, Example: t.Example,
	}
	if a := t.Attachment; a != (item.Attachment{}) {
		c.Attachment = &contentv1.AttachmentLine{
			Title: a.Title, Form: a.Form, Issuer: a.Issuer, Number: a.Number, Date: a.Date, Abstract: a.Abstract,
		}
	}
	return c
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
	r := &contentv1.Revision{RecordedAt: moment(e.RecordedAt), Author: e.Actor}
	var t item.Text
	switch d := e.Data.(type) {
	case item.Drafted:
		r.Revision, r.Hash, t = 1, d.Hash, d.Text
	case item.Revised:
		r.Revision, r.Hash, t = d.Revision, d.Hash, d.Text
	case item.Imported:
		r.Revision, r.Hash, t = 1, d.Hash, d.Text
	default:
		return nil, false
	}
	r.Title, r.Summary, r.Body = t.Title, t.Summary, t.Body
	return r, true
}
