// Package planning is the service of the directory (agencies, units, people, positions) and of communication plans with their items.
// Other services follow its events: what it says is who people are and what was planned.
package planning

import (
	"context"
	"embed"

	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is what the service is made of.
func Module() app.Module {
	return app.Module{
		Name: "planning", Database: true, Directory: true, Policies: policies,
		Catalogue:   es.Join(directory.Catalogue(), plan.Catalogue()),
		Projections: []es.Projection{readmodel.Directory(), readmodel.Plans()},
		Publish:     publish,
		Start:       start,
	}
}

func start(_ context.Context, h *app.Host) error {
	register(h, h.GRPC())
	h.Consume(deliveries(es.NewRepo[plan.Plan](h.Log, plan.Prefix)))
	return nil
}

// register puts the service's methods on a server.
func register(h *app.Host, server grpc.ServiceRegistrar) {
	directories := es.NewRepo[directory.Directory](h.Log, directory.Prefix)
	plans := es.NewRepo[plan.Plan](h.Log, plan.Prefix)
	model := readmodel.New(h.Pool)
	planningv1.RegisterDirectoryServiceServer(server, &directoryServer{host: h, repo: directories, model: model})
	planningv1.RegisterPlanServiceServer(server, &planServer{host: h, directory: directories, repo: plans, model: model})
}
