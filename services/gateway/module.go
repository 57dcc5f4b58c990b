package gateway

import (
	"context"
	"time"

	"github.com/loa-vn/loa/pkg/app"
)

// Module is the gateway.
func Module() app.Module {
	return app.Module{Name: "gateway", Start: start}
}

func start(ctx context.Context, h *app.Host) error {
	handler, err := Handler(ctx, Options{
		Dial: h.Dial, Verifier: h.Verifier(), PublicURL: h.Config.BaseURL(), RatePerSecond: h.Config.RatePerSecond, Logger: h.Logger,
		Ready: func() []string {
			checking, cancel := context.WithTimeout(ctx, 3*time.Second)
			defer cancel()
			return h.Waiting(checking)
		},
	})
	if err != nil {
		return err
	}
	for _, pattern := range Patterns() {
		h.HTTP(pattern, handler)
	}
	return nil
}
