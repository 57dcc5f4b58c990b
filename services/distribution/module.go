// Package distribution publishes what is approved, once and at its time, and keeps what each channel answered. Content and approvals
// reach it by their events.
package distribution

import (
	"context"
	"embed"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	"github.com/loa-vn/loa/services/distribution/internal/candidate"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is the service distribution.
func Module() app.Module {
	return app.Module{
		Name:        "distribution",
		Database:    true,
		Directory:   true,
		Catalogue:   es.NewCatalogue(publication.EventTypes()...),
		Publish:     publish,
		Projections: []es.Projection{readmodel.Publications()},
		Migrations:  candidate.Tables(),
		Policies:    policies,
		Start:       start,
	}
}

func start(_ context.Context, h *app.Host) error {
	d := newDesk(h.Pool, h.Log)
	distributionv1.RegisterDistributionServiceServer(h.GRPC(), &server{host: h, desk: d})
	h.Consume(d.contents())
	h.Consume(d.dossiers())
	h.Go("times", func(ctx context.Context) error { return d.keepTimes(ctx, h.Logger) })
	return nil
}
