package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	"go.temporal.io/sdk/client"
	temporalotel "go.temporal.io/sdk/contrib/opentelemetry"
	"go.temporal.io/sdk/interceptor"
	temporallog "go.temporal.io/sdk/log"
	"golang.org/x/sync/errgroup"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/kafka"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/relay"
	"github.com/loa-vn/loa/pkg/rpc"

	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// serve opens the listeners: gRPC in process and, where a setting names an address, on the network; HTTP when a module has routes.
func (r *runner) serve(ctx context.Context, group *errgroup.Group) error {
	mux := http.NewServeMux()
	routes := 0
	for _, p := range r.parts {
		for _, route := range p.routes {
			mux.Handle(route.pattern, route.handler)
			routes++
		}
		if p.server == nil {
			continue
		}
		group.Go(func() error { return p.server.Serve(p.pipe) })
		address := r.Config.RPCListen[p.module.Name]
		if address == "" {
			continue
		}
		listener, err := rpc.Listen(ctx, address, r.certificates)
		if err != nil {
			return fmt.Errorf("%w: LOA_RPC_LISTEN: %s=%s: %w", ErrConfiguration, p.module.Name, address, err)
		}
		group.Go(func() error { return p.server.Serve(listener) })
	}
	if routes == 0 {
		return nil
	}
	var err error
	r.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", r.Config.HTTPAddr)
	if err != nil {
		return fmt.Errorf("%w: LOA_HTTP_ADDR: %s cannot be listened on (%w); set another address", ErrConfiguration, r.Config.HTTPAddr, err)
	}
	r.site = &http.Server{
		Handler: mux, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	group.Go(func() error {
		if err := r.site.Serve(r.listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return nil
}

// loop starts what a module does all the time. A consumer, relay or projector that cannot go on is an alarm and makes the module not
// ready; the others go on, since what they do is still right.
func (p *part) loop(ctx context.Context, group *errgroup.Group, r *runner) {
	alarmed := func(what string, run func(ctx context.Context, stopped func(error), goesOn func()) error) {
		var isStopped atomic.Bool
		p.checks = append(p.checks, func() string {
			if isStopped.Load() {
				return p.module.Name + ": " + what + " has stopped, see the log"
			}
			return ""
		})
		stopped := func(err error) {
			isStopped.Store(true)
			p.host.Logger.ErrorContext(ctx, "stopped; see docs/operations.md", "what", what, "error", err)
		}
		goesOn := func() {
			isStopped.Store(false)
			p.host.Logger.InfoContext(ctx, "goes on", "what", what)
		}
		group.Go(func() error {
			if err := run(ctx, stopped, goesOn); err != nil && ctx.Err() == nil {
				stopped(err)
			}
			return nil
		})
	}
	once := func(run func(ctx context.Context) error) func(context.Context, func(error), func()) error {
		return func(ctx context.Context, _ func(error), _ func()) error { return run(ctx) }
	}
	p.watchLog(ctx, group)
	for _, projection := range p.module.Projections {
		alarmed("projection "+projection.Name, once(func(ctx context.Context) error { return p.host.Log.Run(ctx, projection) }))
	}
	if p.module.Publish != nil {
		alarmed("relay", once(func(ctx context.Context) error { return relay.Run(ctx, r.relayDeps(p), p.module.Publish) }))
	}
	if p.module.Catalogue != nil {
		alarmed("sealer", once(func(ctx context.Context) error { return r.seal(ctx, p) }))
	}
	for _, c := range p.consumers {
		deps := bus.Deps{
			Client: r.kafka, Pool: p.host.Pool, Logger: p.host.Logger,
			Source: func(service string) busv1.PublishedServiceClient {
				return busv1.NewPublishedServiceClient(r.dial(p, service))
			},
		}
		alarmed("consumer "+c.Name, func(ctx context.Context, stopped func(error), goesOn func()) error {
			return p.consume(ctx, deps, c, stopped, goesOn)
		})
	}
	for _, l := range p.loops {
		group.Go(func() error {
			if err := p.again(ctx, l); err != nil && ctx.Err() == nil {
				return fmt.Errorf("%s of %s: %w", l.name, p.module.Name, err)
			}
			return nil
		})
	}
}

// again runs a loop, and begins it anew when what it needs is away, or when it had followed the log to where the log is no more: the
// module's database, back or restored, says itself how far that work has come.
func (p *part) again(ctx context.Context, l loopOf) error {
	for {
		err := l.run(ctx)
		if ctx.Err() != nil || !es.Lost(err) && !rpc.Passing(err) {
			return err
		}
		p.host.Logger.WarnContext(ctx, "a loop begins again from what the database has", "loop", l.name, "error", err)
		t := time.NewTimer(time.Second)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil
		}
	}
}

// started makes the topics, waits until every module may serve, runs Options.Started and says ready.
func (r *runner) started(ctx context.Context) error {
	var topics []string
	for _, p := range r.parts {
		if p.module.Publish != nil {
			topics = append(topics, bus.Topic(p.module.Name))
		}
	}
	if err := kafka.EnsureTopics(ctx, r.Config.KafkaBrokers, topics, bus.Partitions); err != nil {
		return fmt.Errorf("topics: %w", err)
	}
	if err := r.verifier.Wait(ctx); err != nil {
		return fmt.Errorf("LOA_OIDC_ISSUER: %w", err)
	}
	for _, p := range r.parts {
		if p.health != nil {
			p.health.SetServingStatus("", healthv1.HealthCheckResponse_SERVING)
		}
	}
	if r.Options.Started != nil {
		if err := r.Options.Started(ctx); err != nil {
			return err
		}
	}
	if err := r.settled(ctx); err != nil {
		return err
	}
	r.isReady.Store(true)
	if r.Options.Ready != nil {
		r.Options.Ready()
	}
	return nil
}

// settled waits until every module says that it waits for nothing: whoever acts on the word that the process is ready is answered.
func (r *runner) settled(ctx context.Context) error {
	const often, patience = 5 * time.Millisecond, 10 * time.Second
	begun, told := time.Now(), false
	for {
		var waiting []string
		for _, p := range r.parts {
			waiting = append(waiting, p.waiting(p.waits)...)
		}
		if len(waiting) == 0 {
			return nil
		}
		if !told && time.Since(begun) > patience {
			r.Logger.WarnContext(ctx, "not ready yet", "waiting_for", waiting)
			told = true
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(often):
		}
	}
}

// waiting asks checks.
func (p *part) waiting(checks []func() string) []string {
	var waiting []string
	for _, check := range checks {
		if w := check(); w != "" {
			waiting = append(waiting, w)
		}
	}
	return waiting
}

// Waiting lists what the process and the services it depends on still wait for; empty means ready.
func (h *Host) Waiting(ctx context.Context) []string {
	var waiting []string
	if !h.run.isReady.Load() {
		// Checks are still being added while the process starts.
		waiting = append(waiting, "start")
	} else {
		for _, p := range h.run.parts {
			waiting = append(waiting, p.waiting(p.waits)...)
			waiting = append(waiting, p.waiting(p.checks)...)
		}
	}
	for _, service := range h.Services() {
		checking, cancel := context.WithTimeout(ctx, 2*time.Second)
		answer, err := healthv1.NewHealthClient(h.Dial(service)).Check(checking, &healthv1.HealthCheckRequest{})
		cancel()
		if err != nil || answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
			waiting = append(waiting, service)
		}
	}
	return waiting
}

// shutdown lets what is under way end: HTTP first, then gRPC.
func (r *runner) shutdown(ctx context.Context) {
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.Config.StopTimeout/2)
	defer cancel()
	if r.site != nil {
		if err := r.site.Shutdown(ending); err != nil {
			r.Logger.WarnContext(ending, "requests were cut off", "error", err)
		}
	}
	for _, p := range r.parts {
		if p.server == nil {
			continue
		}
		p.health.Shutdown()
		done := make(chan struct{})
		go func() { defer close(done); p.server.GracefulStop() }()
		select {
		case <-done:
		case <-ending.Done():
			p.server.Stop()
			<-done
		}
	}
}

func (r *runner) close() {
	if r.engine != nil {
		r.engine.Close()
	}
	for _, conn := range r.conns {
		_ = conn.Close()
	}
	for _, p := range r.parts {
		if p.server != nil {
			p.server.Stop()
		}
		if p.host == nil {
			continue
		}
		if p.host.Log != nil {
			p.host.Log.Close()
		}
		if p.host.Pool != nil {
			p.host.Pool.Close()
		}
	}
	if r.seals.place != nil {
		_ = r.seals.place.Close()
	}
	if r.listener != nil {
		_ = r.listener.Close()
	}
}

// temporal connects once; the client reconnects by itself.
func (r *runner) temporal() (client.Client, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.engine != nil {
		return r.engine, nil
	}
	if r.Config.TemporalAddr == "" {
		return nil, fmt.Errorf("%w: LOA_TEMPORAL_ADDR is not set", ErrConfiguration)
	}
	tracing, err := temporalotel.NewTracingInterceptor(temporalotel.TracerOptions{Tracer: otel.Tracer("loa/workflows")})
	if err != nil {
		return nil, err
	}
	r.engine, err = client.NewLazyClient(client.Options{
		HostPort: r.Config.TemporalAddr, Namespace: r.Config.TemporalNamespace,
		Logger: temporallog.NewStructuredLogger(r.Logger.With("engine", "temporal")), Interceptors: []interceptor.ClientInterceptor{tracing},
	})
	return r.engine, err
}

// waitForMark waits briefly for a consumer's mark. When it is long in coming, the source is asked whether it can come at all.
func (p *part) waitForMark(ctx context.Context, consumer, source string, partition, epoch int, position int64) error {
	waiting, cancel := context.WithTimeout(ctx, freshnessPatience)
	defer cancel()
	soon, cancelSoon := context.WithTimeout(waiting, freshnessDoubt)
	defer cancelSoon()
	err := bus.WaitForMark(soon, p.host.Pool, consumer, source, partition, epoch, position)
	if err != nil && soon.Err() != nil && waiting.Err() == nil {
		position = p.kept(waiting, p.host.run, source, partition, epoch, position)
		err = bus.WaitForMark(waiting, p.host.Pool, consumer, source, partition, epoch, position)
	}
	if waiting.Err() != nil {
		return errs.New(errorsv1.Reason_READ_MODEL_BEHIND).Because(err)
	}
	return err
}

const (
	// freshnessPatience is how long a read waits for what it must not miss.
	freshnessPatience = 2 * time.Second
	// freshnessDoubt is after how long it asks whether what it waits for was lost.
	freshnessDoubt = 500 * time.Millisecond
)

// databaseOf names a module's database.
func databaseOf(module string) string { return "loa_" + strings.ReplaceAll(module, "-", "_") }
