// Package approvals walks dossiers along routes that are data: who decides at which level, on which hash, and what an edit or a return
// makes of it. A document that every level has approved is published as such, with the decisions that stand for it.
package approvals

import (
	"context"
	"embed"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is approvals.
func Module() app.Module {
	return app.Module{
		Name: "approvals", Database: true, Directory: true, Policies: policies,
		Catalogue: catalogue(), Projections: []es.Projection{readmodel.Dossiers()}, Publish: publish, Start: start,
	}
}

func catalogue() *es.Catalogue { return es.NewCatalogue(append(route.Types(), dossier.Types()...)...) }

func start(_ context.Context, h *app.Host) error {
	s := newServer(h)
	approvalsv1.RegisterApprovalServiceServer(h.GRPC(), s)
	for _, c := range s.consumers() {
		h.Consume(c)
	}
	return nil
}

func newServer(h *app.Host) *server {
	return &server{
		host: h, routes: es.NewRepo[route.Route](h.Log, route.Prefix), dossiers: es.NewRepo[dossier.Dossier](h.Log, dossier.Prefix),
	}
}
