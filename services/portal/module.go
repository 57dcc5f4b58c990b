// Package portal is the public site: it renders what was published when it is published and answers from memory.
package portal

import (
	"context"
	_ "embed"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/services/portal/internal/page"
	"github.com/loa-vn/loa/services/portal/internal/site"

	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
)

//go:embed tables.sql
var tables string

// Module is the portal.
func Module() app.Module {
	return app.Module{Name: "portal", Database: true, Directory: true, Blobs: true, Migrations: tables, Start: start}
}

func start(_ context.Context, h *app.Host) error {
	s := site.New(site.Options{
		Pool: h.Pool, Logger: h.Logger, BaseURL: h.Config.BaseURL(), TagAuthority: h.Config.TagAuthority,
		Memory: int64(h.Config.PortalMemory) << 20, Distribution: distributionv1.NewDistributionServiceClient(h.Dial("distribution")),
		Content: contentv1.NewContentServiceClient(h.Dial("content")), Blobs: h.Blobs,
	})
	h.Consume(bus.Consumer{
		Name: "portal", Sources: []string{"planning", "distribution", "reporting"}, Handle: consume, Types: followed(),
	})
	static, err := page.Static()
	if err != nil {
		return err
	}
	h.HTTP(page.StaticPath, static)
	h.HTTP("/", s)
	h.Go("site", s.Follow)
	h.Go("lease", s.Vouch)
	h.Go("receipts", s.SendReceipts)
	h.Go("search", s.IndexSearch)
	h.Go("warm", s.Warm)
	h.Ready(s.Waiting)
	return nil
}
