package app

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"go.temporal.io/sdk/client"
	"golang.org/x/sync/errgroup"
	"google.golang.org/grpc"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/relay"
	"github.com/loa-vn/loa/pkg/rpc"

	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// ErrConfiguration is wrapped by what a setting has to mend.
var ErrConfiguration = errors.New("configuration")

// Options of a process.
type Options struct {
	Config  *config.Config
	Modules []Module
	Logger  *slog.Logger
	// Started runs when every module serves, before the process is ready; nil for nothing.
	Started func(ctx context.Context) error
	// Ready is called once, when the process is ready.
	Ready func()
	// Failed receives an error when something the process stands on, and started itself, has ended; the process then stops. Nil: never.
	Failed <-chan error
}

// Run runs the modules that Config.Target names until ctx ends, and stops them within Config.StopTimeout.
func Run(ctx context.Context, o Options) error {
	spareTheCollector()
	r := &runner{Options: o, conns: map[string]rpc.Conn{}}
	if err := r.selectTargets(); err != nil {
		return err
	}
	defer r.close()
	// Loops end before connections do, so they have a context of their own that the end of ctx does not reach at once.
	loops, stopLoops := context.WithCancel(context.WithoutCancel(ctx))
	defer stopLoops()
	group, loops := errgroup.WithContext(loops)
	if err := r.open(ctx); err != nil {
		return err
	}
	for _, p := range r.parts {
		if p.module.Start == nil {
			continue
		}
		if err := p.module.Start(loops, p.host); err != nil {
			return fmt.Errorf("start %s: %w", p.module.Name, err)
		}
	}
	if err := r.serve(ctx, group); err != nil {
		return err
	}
	for _, p := range r.parts {
		p.loop(loops, group, r)
	}
	started := make(chan error, 1)
	go func() { started <- r.started(loops) }()
	var failed error
	for running := true; running; {
		select {
		case <-ctx.Done():
			running = false
		case <-loops.Done():
			running = false
		case failed = <-r.Failed:
			running = false
		case err := <-started:
			started = nil
			if failed = err; failed != nil {
				running = false
			}
		}
	}
	r.shutdown(ctx)
	stopLoops()
	if err := group.Wait(); failed == nil && !errors.Is(err, context.Canceled) {
		failed = err
	}
	return failed
}

// spareTheCollector lets the heap grow to four times what is in use before it is collected, instead of to twice: little of it is in use
// (docs/performance.md), and a request spends a seventh of its time on collections otherwise. GOGC, where it is set, is obeyed.
func spareTheCollector() {
	const usual, spared = 100, 300
	if set := debug.SetGCPercent(spared); set != usual {
		debug.SetGCPercent(set)
	}
}

// runner is one process.
type runner struct {
	Options
	parts    []*part
	verifier *auth.Verifier
	kafka    *kafka.Client
	site     *http.Server
	listener net.Listener
	isReady  atomic.Bool
	// certificates are those of mutual TLS between services; nil without it.
	certificates *tls.Config
	seals        seals
	blobs        *blob.Store

	mutex  sync.Mutex
	conns  map[string]rpc.Conn
	engine client.Client
}

// part is one module of the process.
type part struct {
	module    Module
	host      *Host
	server    *rpc.Server
	health    *health.Server
	pipe      rpc.Pipe
	consumers []bus.Consumer
	loops     []loopOf
	routes    []routeOf
	checks    []func() string // of what runs: whether it has stopped
	waits     []func() string // of the module itself
}

func (r *runner) selectTargets() error {
	names := make([]string, 0, len(r.Modules))
	for _, m := range r.Modules {
		names = append(names, m.Name)
	}
	all := slices.Contains(r.Config.Target, "all")
	for _, t := range r.Config.Target {
		if t != "all" && !slices.Contains(names, t) {
			return fmt.Errorf("%w: LOA_TARGET: no module %q; there are %s", ErrConfiguration, t, strings.Join(names, ", "))
		}
	}
	for _, m := range r.Modules {
		if all || slices.Contains(r.Config.Target, m.Name) {
			r.parts = append(r.parts, &part{module: m})
		}
	}
	return nil
}

// open makes everything a module is given.
func (r *runner) open(ctx context.Context) error {
	c := r.Config
	for name, value := range map[string]string{
		"LOA_OIDC_ISSUER": c.OIDCIssuer, "LOA_KAFKA_BROKERS": strings.Join(c.KafkaBrokers, ","), "LOA_DIGEST_KEY": c.DigestKey.Reveal(),
	} {
		if value == "" {
			return fmt.Errorf("%w: %s is not set", ErrConfiguration, name)
		}
	}
	digestKey, err := hex.DecodeString(c.DigestKey.Reveal())
	if err != nil {
		return fmt.Errorf("%w: LOA_DIGEST_KEY: %w", ErrConfiguration, err)
	}
	if err := r.loadCertificates(); err != nil {
		return err
	}
	if err := r.openSeals(ctx); err != nil {
		return err
	}
	if err := r.openBlobs(ctx); err != nil {
		return err
	}
	r.verifier = auth.NewVerifier(auth.VerifierOptions{Issuer: c.OIDCIssuer, Audience: c.OIDCAudience, Logger: r.Logger})
	if r.kafka, err = kafka.NewClient(c.KafkaBrokers, r.Logger); err != nil {
		return fmt.Errorf("%w: LOA_KAFKA_BROKERS: %w", ErrConfiguration, err)
	}
	for _, p := range r.parts {
		if err := r.openPart(ctx, p, digestKey); err != nil {
			return fmt.Errorf("open %s: %w", p.module.Name, err)
		}
	}
	return nil
}

func (r *runner) openBlobs(ctx context.Context) (err error) {
	if r.Config.Blobs != "" {
		if r.blobs, err = blob.Open(ctx, r.Config.Blobs); err != nil {
			return fmt.Errorf("%w: LOA_BLOBS: %w", ErrConfiguration, err)
		}
		return nil
	}
	for _, p := range r.parts {
		if p.module.Blobs {
			return fmt.Errorf("%w: LOA_BLOBS is not set, and %s keeps files", ErrConfiguration, p.module.Name)
		}
	}
	return nil
}

func (r *runner) loadCertificates() (err error) {
	files := rpc.Files{Authority: r.Config.RPCTLS.CA, Certificate: r.Config.RPCTLS.Cert, Key: r.Config.RPCTLS.Key}
	if r.certificates, err = files.Load(); err != nil {
		return fmt.Errorf("%w: LOA_RPC_TLS_…: %w", ErrConfiguration, err)
	}
	return nil
}

func (r *runner) openPool(ctx context.Context, name string) (*pgxpool.Pool, error) {
	dsn := r.Config.Databases[name]
	if dsn == "" {
		return nil, fmt.Errorf("%w: LOA_DATABASES names no database for %s", ErrConfiguration, name)
	}
	pc, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("%w: LOA_DATABASES: %s: %w", ErrConfiguration, name, err)
	}
	pc.MaxConns = 16
	pc.MaxConnIdleTime = time.Minute
	pc.ConnConfig.RuntimeParams["application_name"] = "loa " + name
	return pgxpool.NewWithConfig(ctx, pc)
}

// dial gives one connection per calling module and service: in process when the service is here, else to its peer.
func (r *runner) dial(from *part, service string) grpc.ClientConnInterface {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	key := from.module.Name + ">" + service
	if conn := r.conns[key]; conn != nil {
		return conn
	}
	conn, err := r.connect(from, service)
	if err != nil {
		return noConn{service: service, cause: err}
	}
	r.conns[key] = conn
	return conn
}

func (r *runner) connect(from *part, service string) (rpc.Conn, error) {
	options := rpc.ClientOptions{Service: service, Machine: rpc.Machine(r.verifier, from.module.Name, r.Config.OIDCClientSecrets[from.module.Name])}
	for _, p := range r.parts {
		if p.module.Name == service {
			return p.pipe.Dial(options)
		}
	}
	address := r.Config.Peers[service]
	if address == "" {
		return nil, fmt.Errorf("%w: LOA_PEERS names no address for %s", ErrConfiguration, service)
	}
	options.TLS = r.certificates
	return rpc.Dial(address, options)
}

// noConn answers every call with what keeps the service from being reached.
type noConn struct {
	service string
	cause   error
}

func (c noConn) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return errs.New(errorsv1.Reason_UNAVAILABLE, "what", c.service).Because(c.cause)
}

func (c noConn) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, errs.New(errorsv1.Reason_UNAVAILABLE, "what", c.service).Because(c.cause)
}

func (r *runner) services() []string {
	var names []string
	for _, m := range r.Modules {
		if m.Policies != nil {
			names = append(names, m.Name)
		}
	}
	return names
}

// openPart opens one module.
func (r *runner) openPart(ctx context.Context, p *part, digestKey []byte) error {
	m := p.module
	logger := r.Logger.With("service", m.Name)
	p.host = &Host{Module: m, Config: r.Config, Logger: logger, Blobs: r.blobs, run: r, part: p}
	var err error
	if m.Database {
		if p.host.Pool, err = r.openPool(ctx, m.Name); err != nil {
			return err
		}
	}
	if m.Catalogue != nil {
		if p.host.Log, err = es.Open(ctx, p.host.Pool, m.Catalogue, es.Options{Service: m.Name, Logger: logger}); err != nil {
			return err
		}
	}
	if m.Directory {
		p.host.Directory = directory.New(p.host.Pool)
		p.consumers = append(p.consumers, p.host.Directory.Consumer(m.Name))
	}
	if m.Policies == nil {
		return nil
	}
	if p.host.Policies, err = auth.NewPolicies(m.Policies); err != nil {
		return err
	}
	var people auth.People // none without a replica: only services are known then
	if p.host.Directory != nil {
		people = p.host.Directory
	}
	p.pipe = rpc.NewPipe()
	p.server = rpc.NewServer(rpc.ServerOptions{
		Service: m.Name, Verifier: r.verifier, People: people, Policies: p.host.Policies, AtLeast: p.atLeast, AsOf: p.asOf,
		DigestKey: digestKey, Logger: logger, TLS: r.certificates,
	})
	p.health = health.NewServer()
	healthv1.RegisterHealthServer(p.server, p.health)
	if m.Publish != nil {
		busv1.RegisterPublishedServiceServer(p.server, relay.Server(r.relayDeps(p), m.Name, m.Publish))
	}
	r.prove(p)
	return nil
}

func (r *runner) relayDeps(p *part) relay.Deps {
	return relay.Deps{Log: p.host.Log, Pool: p.host.Pool, Client: r.kafka, Logger: p.host.Logger}
}
