// Package content is what agencies write: items under a plan item, their revisions, and history brought in from before Loa. It keeps
// drafts inside the agency that wrote them and publishes an item when it is submitted.
package content

import (
	"context"
	"embed"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/readmodel"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is content.
func Module() app.Module {
	return app.Module{
		Name: "content", Database: true, Directory: true, Blobs: true, Policies: policies,
		Catalogue: item.Catalogue(), Projections: []es.Projection{readmodel.Contents()}, Publish: publish, Migrations: replica.Tables(),
		Start: start,
	}
}

func start(_ context.Context, h *app.Host) error {
	s := newServer(h)
	contentv1.RegisterContentServiceServer(h.GRPC(), s)
	for _, c := range s.consumers() {
		h.Consume(c)
	}
	h.Go("imports", s.expand)
	return nil
}

func newServer(h *app.Host) *server {
	return &server{
		host: h, items: es.NewRepo[item.Item](h.Log, item.Prefix), histories: es.NewRepo[item.History](h.Log, item.HistoryPrefix),
		replica: replica.Replica{Pool: h.Pool},
	}
}
