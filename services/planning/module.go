// Package planning is the service of the directory (agencies, units, people, positions) and of communication plans with their items.
// Other services follow its events: what it says is who people are and what was planned.
package planning

import (
	"context"
	"embed"

	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/directory"
	"github.com/loa-vn/loa/services/planning/internal/evidence"
	"github.com/loa-vn/loa/services/planning/internal/pages"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"github.com/loa-vn/loa/services/planning/internal/readmodel"
	"github.com/loa-vn/loa/services/planning/internal/result"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is what the service is made of.
func Module() app.Module {
	return app.Module{
		Name: "planning", Database: true, Directory: true, Policies: policies,
		Catalogue:   es.Join(directory.Catalogue(), plan.Catalogue(), result.Catalogue()),
		Projections: []es.Projection{readmodel.Directory(), readmodel.Plans(), readmodel.Results()},
		Publish:     publish,
		Migrations:  pages.Tables() + evidence.Tables(),
		Blobs:       true,
		Start:       start,
	}
}

func start(_ context.Context, h *app.Host) error {
	plans := register(h, h.GRPC(), approvalsv1.NewApprovalServiceClient(h.Dial("approvals")))
	h.Go("plan documents", plans.storeIssued)
	h.Consume(deliveries(h))
	h.Consume(outcomes(h))
	h.Consume(dossiers(h))
	h.Consume(publishedPages())
	h.Go(follower, newResultServer(h).expandFiles)
	return nil
}

// register puts the service's methods on a server, and gives the one of plans.
func register(h *app.Host, server grpc.ServiceRegistrar, approvals approvalsv1.ApprovalServiceClient) *planServer {
	directories := es.NewRepo[directory.Directory](h.Log, directory.Prefix)
	plans := es.NewRepo[plan.Plan](h.Log, plan.Prefix)
	model := readmodel.New(h.Pool)
	planningv1.RegisterDirectoryServiceServer(server, &directoryServer{host: h, repo: directories, model: model})
	s := &planServer{host: h, directory: directories, repo: plans, model: model, approvals: approvals}
	planningv1.RegisterPlanServiceServer(server, s)
	planningv1.RegisterResultServiceServer(server, newResultServer(h))
	return s
}
