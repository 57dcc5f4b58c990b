// Package app runs modules: it opens each one's database, log, bus and connections, starts what the module registers, and stops
// it all in order. Nothing in a module knows whether others share its process.
package app

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/relay"
)

// Module is what a service is made of. Its module.go is the one place that fills it.
type Module struct {
	// Name is the target's name, and names its database, role, topic and gRPC peer: "planning".
	Name string
	// Database says that it keeps state of its own: a database loa_<name> with a role of the same name.
	Database bool
	// Directory says that it keeps the replica of agencies and people.
	Directory bool
	// Catalogue lists the events of its log; nil for a module without one.
	Catalogue *es.Catalogue
	// Projections are its read models over its own log.
	Projections []es.Projection
	// Publish maps a stored event to its published form; nil for a module that publishes nothing.
	Publish relay.Mapper
	// Migrations is SQL that creates the tables it feeds from the bus, in a schema named after the module. It may run again.
	Migrations string
	// Blobs says that it keeps or reads files, and cannot do without Host.Blobs.
	Blobs bool
	// Policies holds its *.cedar files; nil for a module without gRPC methods.
	Policies fs.FS
	// Start registers what the module serves and does. It must not block.
	Start func(ctx context.Context, h *Host) error
}

// Host is what a module is given.
type Host struct {
	Module Module
	Config *config.Config
	Logger *slog.Logger
	// Pool is the module's own database; nil without one.
	Pool *pgxpool.Pool
	// Log is its event log; nil without one.
	Log *es.Log
	// Directory is its replica; nil without one.
	Directory *directory.Directory
	// Blobs is where every process keeps its files; nil when LOA_BLOBS is not set, which a module that says Blobs does not run with.
	Blobs *blob.Store
	// Policies decide on its gRPC methods.
	Policies *auth.Policies

	run  *runner
	part *part
}

// GRPC takes the module's gRPC services.
func (h *Host) GRPC() grpc.ServiceRegistrar { return h.part.server }

// Dial gives the connection to a service, wherever it runs. A call carries the caller's token when its context has one, else the
// module's own.
func (h *Host) Dial(service string) grpc.ClientConnInterface { return h.run.dial(h.part, service) }

// Temporal gives the client of the workflow engine, connecting at the first use.
func (h *Host) Temporal() (client.Client, error) { return h.run.temporal() }

// Consume follows other services' events until the module stops.
func (h *Host) Consume(c bus.Consumer) { h.part.consumers = append(h.part.consumers, c) }

// Go runs a loop until the module stops; an error ends the process, except that what it needs is away for now, or that the log has lost in
// a restore what the loop had seen: then it is run again, so it reads from the database how far it has come.
func (h *Host) Go(name string, loop func(ctx context.Context) error) {
	h.part.loops = append(h.part.loops, loopOf{name: name, run: loop})
}

// HTTP serves a pattern of net/http on LOA_HTTP_ADDR.
func (h *Host) HTTP(pattern string, handler http.Handler) {
	h.part.routes = append(h.part.routes, routeOf{pattern: pattern, handler: handler})
}

// Ready adds a check to /readyz: it returns what is waited for, or "" when nothing is. The process does not call itself ready before it has
// said so once.
func (h *Host) Ready(check func() string) { h.part.waits = append(h.part.waits, check) }

// Services names every module that serves gRPC, in the order of services.go.
func (h *Host) Services() []string { return h.run.services() }

// Now is the process's clock, for the edge.
func (h *Host) Now() time.Time { return time.Now() }

type loopOf struct {
	name string
	run  func(ctx context.Context) error
}

type routeOf struct {
	pattern string
	handler http.Handler
}

// Verifier checks bearer tokens.
func (h *Host) Verifier() *auth.Verifier { return h.run.verifier }
