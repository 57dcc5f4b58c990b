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
		c := textMessage(d.Text)
		c.Id, c.Agency, c.Unit = e.Aggregate, d.Agency, d.Unit
		c.State, c.Revision, c.Hash, c.Authors, c.Etag = string(item.InApproval), d.Revision, d.Hash, d.Authors, etag(e.Version)
		c.CreatedAt, c.UpdatedAt = moment(d.CreatedAt), moment(e.RecordedAt)
		return &contentv1.ContentSubmitted{Content: c, BodyHtml: d.HTML}, nil
	case item.Revised:
		return &contentv1.ContentRevised{Content: e.Aggregate, Hash: d.Hash, Author: d.Author, Revision: d.Revision}, nil
	case item.Imported:
		c := textMessage(d.Text)
		c.Id, c.Agency, c.Unit, c.Imported = e.Aggregate, d.Agency, d.Unit, true
		c.State, c.Revision, c.Hash, c.Etag = string(item.Published), 1, d.Hash, etag(e.Version)
		c.CreatedAt, c.UpdatedAt, c.PublishedAt = moment(e.RecordedAt), moment(e.RecordedAt), moment(d.PublishedAt)
		return &contentv1.ContentImported{Content: c, BodyHtml: d.HTML}, nil
	default:
		return nil, nil
	}
}
