// Package approvals walks dossiers along routes that are data: who decides at which level, on which hash, and what an edit or a return
// makes of it. A document that every level has approved is published as such, with the decisions that stand for it.
package approvals

import (
	"context"
	"embed"
	"slices"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/register"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is approvals.
func Module() app.Module {
	return app.Module{
		Name: "approvals", Database: true, Directory: true, Policies: policies,
		Catalogue: catalogue(), Projections: []es.Projection{readmodel.Dossiers(), readmodel.Delegations(), readmodel.Registers()}, Publish: publish, Start: start,
	}
}

func catalogue() *es.Catalogue {
	return es.NewCatalogue(slices.Concat(route.Types(), calendar.Types(), delegation.Types(), dossier.Types(), register.Types())...)
}

func start(_ context.Context, h *app.Host) error {
	s, err := newServer(h)
	if err != nil {
		return err
	}
	approvalsv1.RegisterApprovalServiceServer(h.GRPC(), s)
	approvalsv1.RegisterRegisterServiceServer(h.GRPC(), s)
	for _, c := range s.consumers() {
		h.Consume(c)
	}
	h.Go("approvals.issues", s.finishIssues)
	h.Go("approvals.terms", s.keepTerms)
	return nil
}

func newServer(h *app.Host) (*server, error) {
	data, err := calendar.InitialData()
	if err != nil {
		return nil, err
	}
	terms, err := route.DefaultTerms()
	return &server{
		host: h, data: data, terms: terms, recounts: make(chan struct{}, 1),
		routes:      es.NewRepo[route.Route](h.Log, route.Prefix),
		calendars:   es.NewRepo[calendar.Calendar](h.Log, calendar.Prefix),
		delegations: es.NewRepo[delegation.Delegation](h.Log, delegation.Prefix),
		dossiers:    es.NewRepo[dossier.Dossier](h.Log, dossier.Prefix),
		registries:  es.NewRepo[register.Registry](h.Log, register.RegistryPrefix),
	}, err
}
