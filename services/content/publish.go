package content

import (
	"google.golang.org/protobuf/proto"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/content/internal/item"
)

// publish maps a stored event to its published form. Drafts are private, and so is what other services told content.
func publish(e es.Event) (proto.Message, error) {
	switch d := e.Data.(type) {
	case item.Submitted:
		c := textMessage(d.Text, d.WordsRevision)
		c.Id, c.Agency, c.Unit, c.Edition, c.Publication = e.Aggregate, d.Agency, d.Unit, d.Edition, d.Publication
		c.State, c.Revision, c.Hash, c.Authors, c.Etag = string(item.InApproval), d.Revision, d.Hash, d.Authors, etag(e.Version)
		c.CreatedAt, c.UpdatedAt = moment(d.CreatedAt), moment(e.RecordedAt)
		blockers, warnings := checkMessages(d.Checks)
		return &contentv1.ContentSubmitted{Content: c, BodyHtml: d.HTML, Blockers: blockers, Warnings: warnings}, nil
	case item.Revised:
		return &contentv1.ContentRevised{Content: e.Aggregate, Hash: d.Hash, Author: d.Author, Revision: d.Revision, Edition: d.Edition}, nil
	case item.Imported:
		c := textMessage(d.Text, 1)
		c.Id, c.Agency, c.Unit, c.Imported, c.Edition = e.Aggregate, d.Agency, d.Unit, true, 1
		c.State, c.Revision, c.Hash, c.Etag = string(item.Published), 1, d.Hash, etag(e.Version)
		c.CreatedAt, c.UpdatedAt, c.PublishedAt = moment(e.RecordedAt), moment(e.RecordedAt), moment(d.PublishedAt)
		return &contentv1.ContentImported{Content: c, BodyHtml: d.HTML}, nil
	default:
		return nil, nil
	}
}
