package app

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/rpc"
)

// Connect gives an operator's command what a module is given to call services and the workflow engine, as that module and without
// running it. Services are reached by LOA_PEERS. Close ends the connections.
func Connect(ctx context.Context, c *config.Config, modules []Module, name string, logger *slog.Logger) (h *Host, closeAll func(), err error) {
	r := &runner{Options: Options{Config: c, Modules: modules, Logger: logger}, conns: map[string]rpc.Conn{}}
	if err := r.loadCertificates(); err != nil {
		return nil, nil, err
	}
	r.verifier = auth.NewVerifier(auth.VerifierOptions{Issuer: c.OIDCIssuer, Audience: c.OIDCAudience, Logger: logger})
	for _, m := range modules {
		if m.Name == name {
			p := &part{module: m}
			p.host = &Host{Module: m, Config: c, Logger: logger, run: r, part: p}
			return p.host, r.close, r.verifier.Wait(ctx)
		}
	}
	return nil, nil, fmt.Errorf("%w: no module %q", ErrConfiguration, name)
}
