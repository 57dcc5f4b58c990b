// Package portal is the public site: it renders what was published when it is published and answers from memory.
package portal

import (
	"context"
	_ "embed"

	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/services/portal/internal/page"
	"github.com/loa-vn/loa/services/portal/internal/site"

	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
)

//go:embed tables.sql
var tables string

// Module is the portal.
func Module() app.Module {
	return app.Module{Name: "portal", Database: true, Directory: true, Migrations: tables, Start: start}
}

func start(_ context.Context, h *app.Host) error {
	s := site.New(site.Options{
		Pool: h.Pool, Directory: h.Directory, Logger: h.Logger, BaseURL: h.Config.BaseURL(), TagAuthority: h.Config.TagAuthority,
		Distribution: distributionv1.NewDistributionServiceClient(h.Dial("distribution")),
	})
	h.Consume(bus.Consumer{
		Name: "portal", Sources: []string{"planning", "distribution", "reporting"}, Handle: consume,
		Types: []string{
			name(&planningv1.PlanIssued{}), name(&planningv1.AgenciesImported{}),
			name(&distributionv1.PublicationPublished{}), name(&reportingv1.ReportApproved{}),
		},
	})
	static, err := page.Static()
	if err != nil {
		return err
	}
	h.HTTP(page.StaticPath, static)
	h.HTTP("/", s)
	h.Go("site", s.Follow)
	h.Go("receipts", s.SendReceipts)
	h.Ready(s.Waiting)
	return nil
}

func name(m proto.Message) string { return string(m.ProtoReflect().Descriptor().FullName()) }
