package rpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
)

// ServerOptions are what one service's server needs.
type ServerOptions struct {
	// Service is the service's name: "planning".
	Service string
	// Verifier checks the callers' tokens.
	Verifier *auth.Verifier
	// People says who a subject is: the service's replica of the directory; nil for a service that only services call.
	People auth.People
	// Policies decide; a handler asks them, and so does the server for the methods every service has.
	Policies *auth.Policies
	// AtLeast waits until the service has seen what Loa-At-Least names, or answers READ_MODEL_BEHIND; nil waits for nothing.
	AtLeast func(ctx context.Context, token es.Token) error
	// AsOf makes a context in which the service's log is as it was at a moment; nil where there is no log.
	AsOf func(ctx context.Context, at time.Time) (context.Context, error)
	// DigestKey keys the digests of requests kept with idempotency keys.
	DigestKey []byte
	// Logger gets what callers must not see; nil discards it.
	Logger *slog.Logger
	// TLS makes connections other than in-process ones mutual TLS; nil is plaintext, which Listen allows on loopback only.
	TLS *tls.Config
	// Clock is when a command happens unless it says otherwise; nil means the machine's.
	Clock Clock
}

// NewServer makes a gRPC server on which a method without an authorization decision does not answer. It serves any number of
// listeners, those of Pipe among them.
func NewServer(o ServerOptions) *Server {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	e := &edge{o}
	s := &Server{
		unary: map[string]unary{}, chain: chained(e.answer, e.recover, e.identify, e.past, e.gate),
		stats: otelgrpc.NewServerHandler(otelgrpc.WithPropagators(propagator())),
	}
	s.life, s.end = context.WithCancel(context.Background())
	s.Server = grpc.NewServer(
		grpc.Creds(serverCredentials(o.TLS)),
		grpc.StatsHandler(s.stats),
		grpc.KeepaliveParams(keepalive.ServerParameters{Time: time.Minute}),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: 20 * time.Second, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(s.chain),
		grpc.StreamInterceptor(e.stream),
	)
	return s
}

// chained makes one interceptor of several, outermost first.
func chained(layers ...grpc.UnaryServerInterceptor) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		for _, layer := range slices.Backward(layers) {
			inner := handle
			handle = func(ctx context.Context, request any) (any, error) { return layer(ctx, request, info, inner) }
		}
		return handle(ctx, request)
	}
}

// isPublic recognises what anybody may ask, also before the identity provider is up: whether the service serves, and the proofs of its
// log, which tell hashes, places and times (docs/adr/0013). Who asks is not looked at.
func isPublic(method string) bool {
	return isHealth(method) || strings.HasPrefix(method, "/"+proofv1.ProofService_ServiceDesc.ServiceName+"/")
}

// edge is the server's side of every call, outermost first: answer, recover, identify, past, gate.
type edge struct{ ServerOptions }

// answer gives the call its request id and maps its error; what is not a refusal is logged here and told as internal.
func (e *edge) answer(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	requestID := incoming(ctx, requestIDKey)
	if !ValidRequestID(requestID) {
		requestID = NewRequestID()
	}
	c := &call{service: e.Service, requestID: requestID, digestKey: e.DigestKey, now: e.Clock}
	ctx = context.WithValue(ctx, callKey, c)
	response, err := next(ctx, request)
	if err == nil {
		return response, nil
	}
	log := e.Logger.With("method", info.FullMethod, "request", requestID, "caller", c.caller)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil, status.FromContextError(context.Canceled).Err()
	}
	refused, ok := errors.AsType[*errs.Error](err)
	if !ok {
		refused = away(err, e.Service)
	}
	if refused != nil && refused.Reason == errorsv1.Reason_IN_DOUBT {
		// The log knows the key it derived; the caller can send only their own again.
		if key := callersKey(ctx); key != "" {
			refused = errs.New(errorsv1.Reason_IN_DOUBT, "key", key).Because(err)
		}
	}
	switch {
	case refused == nil, refused.Reason == errorsv1.Reason_REASON_UNSPECIFIED:
		log.ErrorContext(ctx, "call failed", "error", err)
		refused = errs.New(errorsv1.Reason_REASON_UNSPECIFIED, "trace", TraceID(ctx))
	case errs.Transient(refused):
		log.WarnContext(ctx, "call refused for now", "error", refused)
	default:
		log.DebugContext(ctx, "call refused", "error", refused)
	}
	return nil, toStatus(refused)
}

func (e *edge) recover(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (response any, err error) {
	defer func() {
		if p := recover(); p != nil {
			response, err = nil, fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return next(ctx, request)
}

// identify verifies the token, then waits for what the caller has already seen, and only then asks the directory who that is: the
// caller may be somebody whose import it was.
func (e *edge) identify(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if isPublic(info.FullMethod) {
		return next(ctx, request)
	}
	raw, err := auth.Bearer(incoming(ctx, authorizationKey))
	if err != nil {
		return nil, err
	}
	token, err := e.Verifier.Verify(ctx, raw)
	if err != nil {
		return nil, err
	}
	c := callFrom(ctx)
	c.caller = token.Subject
	if header := incoming(ctx, atLeastKey); header != "" {
		if c.atLeast, err = es.ParseToken(header); err != nil {
			return nil, errs.New(errorsv1.Reason_UNREADABLE, "what", "Loa-At-Least").Because(err)
		}
		if e.AtLeast != nil {
			if err := e.AtLeast(ctx, c.atLeast); err != nil {
				return nil, err
			}
		}
	}
	principal, err := auth.Resolve(ctx, e.People, token.Subject, e.Clock())
	if err != nil {
		return nil, err
	}
	return next(auth.With(WithCaller(ctx, raw), principal), request)
}

// gate lets nothing out that nobody decided on. Refusals that tell only of the request itself, or of nothing, may come before the
// decision; an answer, or a refusal that tells of a resource's state, may not.
func (e *edge) gate(ctx context.Context, request any, info *grpc.UnaryServerInfo, next grpc.UnaryHandler) (any, error) {
	if isPublic(info.FullMethod) {
		return next(ctx, request)
	}
	ctx, decision := auth.WithDecision(ctx)
	if name, ok := strings.CutPrefix(info.FullMethod, "/"+busv1.PublishedService_ServiceDesc.ServiceName+"/"); ok {
		if err := e.Policies.Authorize(ctx, name, auth.Resource{Type: "Log", ID: e.Service}); err != nil {
			return nil, err
		}
	}
	response, err := next(ctx, request)
	if isHealth(info.FullMethod) || decision.Made() || err != nil && !tellsState(err) {
		return response, err
	}
	return nil, fmt.Errorf("%s answered without an authorization decision: %w", info.FullMethod, errors.Join(errUndecided, hide(err)))
}

// isHealth recognises the health protocol of gRPC, which tells anyone whether the service serves, and nothing else.
func isHealth(method string) bool {
	return strings.HasPrefix(method, "/"+healthv1.Health_ServiceDesc.ServiceName+"/")
}

var errUndecided = errors.New("default deny")

func tellsState(err error) bool {
	switch errs.Status(errs.ReasonOf(err)) {
	case 409, 412, 428:
		return true
	default:
		return false
	}
}

// hide keeps an error's text for the log and takes its meaning away, so that it is answered as internal.
func hide(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(err.Error())
}
