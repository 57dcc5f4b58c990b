// Package reporting says what was done of what was planned. It keeps the facts that other services publish, compiles them into the
// report of a plan and a period, and has that approved up its route.
package reporting

import (
	"context"
	"embed"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"github.com/loa-vn/loa/services/reporting/internal/readmodel"
	"github.com/loa-vn/loa/services/reporting/internal/report"
)

//go:embed policies/*.cedar
var policies embed.FS

// Module is the service reporting.
func Module() app.Module {
	return app.Module{
		Name:        "reporting",
		Database:    true,
		Directory:   true,
		Catalogue:   es.NewCatalogue(report.EventTypes()...),
		Publish:     publish,
		Projections: []es.Projection{readmodel.Reports()},
		Migrations:  facts.Tables(),
		Policies:    policies,
		Blobs:       true,
		Start:       start,
	}
}

func start(_ context.Context, h *app.Host) error {
	d := newDesk(h.Pool, h.Log)
	reportingv1.RegisterReportServiceServer(h.GRPC(), &server{host: h, desk: d, approvals: approvalsv1.NewApprovalServiceClient(h.Dial("approvals"))})
	h.Consume(d.facts())
	h.Consume(d.dossiers())
	h.Go(issuing, press{printer: printer{desk: d, directory: h.Directory, home: h.Config.BaseURL()}, blobs: h.Blobs, logger: h.Logger}.run)
	return nil
}
