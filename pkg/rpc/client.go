package rpc

import (
	"context"
	"crypto/tls"
	"fmt"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/propagation"
	"golang.org/x/oauth2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// ClientOptions are what a connection to one service needs.
type ClientOptions struct {
	// Service is the name of the service that is called, for errors.
	Service string
	// Machine gives the calling service's own token, for calls that nobody waits for; nil calls without one.
	Machine oauth2.TokenSource
	// TLS is needed for addresses other than loopback.
	TLS *tls.Config
}

// Dial connects to host:port, at the first call and again whenever the connection is lost. Without TLS only loopback is dialled.
func Dial(address string, o ClientOptions) (Conn, error) {
	if err := guard(address, o.TLS); err != nil {
		return nil, err
	}
	return dial("dns:///"+address, clientCredentials(o.TLS), o)
}

func dial(target string, credentials grpc.DialOption, o ClientOptions, more ...grpc.DialOption) (*grpc.ClientConn, error) {
	return grpc.NewClient(target, append(more,
		credentials,
		grpc.WithStatsHandler(clientStats()),
		grpc.WithChainUnaryInterceptor(o.call),
		grpc.WithChainStreamInterceptor(o.stream),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 1.6, Jitter: 0.2, MaxDelay: 3 * time.Second},
			MinConnectTimeout: 3 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
	)...)
}

// call adds identity and request id, and turns the status of an answer back into a refusal.
func (o ClientOptions) call(ctx context.Context, method string, request, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	ctx, key, err := o.outgoing(ctx, method)
	if err != nil {
		return err
	}
	var reached peer.Peer
	err = invoke(ctx, method, request, reply, conn, append(options, grpc.Peer(&reached))...)
	if err == nil {
		return nil
	}
	return o.understand(err, key, reached.Addr != nil)
}

// outgoing adds identity and request id to what a call carries, and gives its idempotency key.
func (o ClientOptions) outgoing(ctx context.Context, method string) (with context.Context, key string, err error) {
	out, _ := metadata.FromOutgoingContext(ctx)
	var add []string
	// What the gateway copied from an HTTP header is replaced by the token it verified, never joined by another.
	if len(out.Get(authorizationKey)) == 0 && !isHealth(method) {
		token, err := o.token(ctx)
		if err != nil {
			return nil, "", err
		}
		if token != "" {
			add = append(add, authorizationKey, "Bearer "+token)
		}
	}
	if id := RequestID(ctx); id != "" && len(out.Get(requestIDKey)) == 0 {
		add = append(add, requestIDKey, id)
	}
	if len(add) > 0 {
		ctx = metadata.AppendToOutgoingContext(ctx, add...)
	}
	return ctx, idempotencyOf(out), nil
}

func (o ClientOptions) token(ctx context.Context) (string, error) {
	if token := callerToken(ctx); token != "" {
		return token, nil
	}
	if o.Machine == nil {
		return "", nil
	}
	token, err := o.Machine.Token()
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// understand gives the refusal an answer carries. An answer that never came is UNAVAILABLE when the request cannot have arrived or
// asks for nothing to be written, else IN_DOUBT: the same key sent again settles it.
func (o ClientOptions) understand(err error, key string, sent bool) error {
	s, ok := status.FromError(err)
	if !ok {
		return err
	}
	for _, detail := range s.Details() {
		if p, ok := detail.(*errorsv1.Problem); ok {
			return refusal(p, err)
		}
	}
	switch s.Code() {
	case codes.Unavailable, codes.DeadlineExceeded:
		if sent && key != "" {
			return errs.New(errorsv1.Reason_IN_DOUBT, "key", key).Because(err)
		}
		return errs.New(errorsv1.Reason_UNAVAILABLE, "what", o.Service).Because(err)
	default:
		return fmt.Errorf("calling %s: %w", o.Service, err)
	}
}

func idempotencyOf(out metadata.MD) string {
	for _, name := range []string{idempotencyBinaryKey, idempotencyKey} {
		if values := out.Get(name); len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

func clientStats() stats.Handler {
	return otelgrpc.NewClientHandler(otelgrpc.WithPropagators(propagator()))
}

func propagator() propagation.TextMapPropagator { return propagation.TraceContext{} }

// Machine is the token source of a service's own calls; a service without a secret gets nil and calls only for its callers.
func Machine(v *auth.Verifier, service, secret string) oauth2.TokenSource {
	if secret == "" {
		return nil
	}
	return v.Machine(auth.ServicePrefix+service, secret)
}
