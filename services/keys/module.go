// Package keys keeps one key per person, wrapped by an envelope key that is no part of its database, and gives it to the service whose
// person it is. Deleting a key is how Loa erases what a citizen told it, from records that cannot be rewritten.
package keys

import (
	"context"
	"embed"
	"fmt"

	"github.com/loa-vn/loa/pkg/app"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

//go:embed policies/*.cedar
var policies embed.FS

//go:embed tables.sql
var tables string

// Name is the module's, of its database and of its peer.
const Name = "keys"

// Module is what the service is made of. It has no log: a key in an append-only record could not be deleted.
func Module() app.Module {
	return app.Module{Name: Name, Database: true, Migrations: tables, Policies: policies, Start: start}
}

func start(_ context.Context, h *app.Host) error {
	w, err := newWrap(h.Config.EnvelopeKey)
	if err != nil {
		return fmt.Errorf("%w: LOA_ENVELOPE_KEY: %w", app.ErrConfiguration, err)
	}
	s, err := newServer(h.Pool, w, h.Policies)
	if err != nil {
		return err
	}
	keysv1.RegisterKeyServiceServer(h.GRPC(), s)
	return nil
}
