// Package gateway is the REST face of Loa for agencies: /v1 over gRPC, the API's description and its reference, and whether the
// system is ready. It knows who calls and how a request must look; what may be done is decided in the services.
package gateway

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/gateway/internal/apidoc"
)

const (
	// bodyLimit is the most bytes a request's body may have (design: api.md, Limits).
	bodyLimit = 1 << 20
	// answerWithin is how long a request may take before it is answered as unavailable or in doubt.
	answerWithin = 30 * time.Second

	defaultRate = 50 // requests a second of one caller
	burstFactor = 4
)

// Options are what the gateway needs.
type Options struct {
	// Dial gives the connection to a service by its name, made by pkg/rpc so that its errors are refusals.
	Dial func(service string) grpc.ClientConnInterface
	// Verifier checks bearer tokens at the edge; each service checks them again.
	Verifier *auth.Verifier
	// PublicURL is the address citizens use, without a slash at its end. Problem types are named under it.
	PublicURL string
	// RatePerSecond is how many requests a second one caller may make, with bursts of four times that; 0 means 50.
	RatePerSecond float64
	// Ready tells what the process still waits for, in words for an operator; nil or an empty list means ready.
	Ready  func() []string
	Logger *slog.Logger
	// Clock drives the rate limit; nil means the machine's.
	Clock func() time.Time
}

// Patterns are what Handler serves, as patterns of net/http.
func Patterns() []string {
	return []string{"/v1/", "/openapi.json", "/docs", "/docs/", "/healthz", "/readyz"}
}

// Handler serves the paths of Patterns.
func Handler(ctx context.Context, o Options) (http.Handler, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.RatePerSecond <= 0 {
		o.RatePerSecond = defaultRate
	}
	g := &gateway{Options: o, operations: operations(), callers: newCallers(o.RatePerSecond, o.Clock)}
	mux := runtime.NewServeMux(
		runtime.WithMarshalerOption(runtime.MIMEWildcard, &marshaler{}),
		runtime.WithMiddlewares(g.check),
		runtime.WithErrorHandler(g.failed),
		runtime.WithRoutingErrorHandler(g.unrouted),
		runtime.WithStreamErrorHandler(streamFailed),
		runtime.WithForwardResponseOption(nameFile),
		runtime.WithIncomingHeaderMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithMetadata(metadataOf),
		runtime.WithOutgoingHeaderMatcher(answerHeader),
		runtime.WithOutgoingTrailerMatcher(func(string) (string, bool) { return "", false }),
		runtime.WithDisablePathLengthFallback(),
		runtime.WithDisableHTTPMethodOverride(),
		runtime.WithWriteContentLength(),
	)
	for _, s := range services() {
		if err := s.register(ctx, mux, o.Dial(s.name)); err != nil {
			return nil, err
		}
	}
	if err := proofService().register(ctx, mux, named{o.Dial}); err != nil {
		return nil, err
	}
	reference, err := apidoc.Handler()
	if err != nil {
		return nil, err
	}
	handler := otelhttp.NewHandler(g.route(g.edge(g.uploads(mux)), reference), "gateway",
		otelhttp.WithPropagators(propagation.TraceContext{}),
		otelhttp.WithFilter(func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/v1/") }),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string { return r.Method + " " + r.Pattern }),
	)
	return handler, nil
}

type gateway struct {
	Options
	operations map[string]operation
	callers    *callers
}

func (g *gateway) route(api, reference http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		switch path := r.URL.Path; {
		case strings.HasPrefix(path, "/v1/"):
			api.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), outermostKey{}, r)))
		case path == "/healthz":
			healthy(w, r)
		case path == "/readyz":
			g.readiness(w, r)
		case path == "/openapi.json", path == "/docs", strings.HasPrefix(path, "/docs/"):
			reference.ServeHTTP(w, r)
		default:
			g.refuse(w, r, errs.New(errorsv1.Reason_NOT_FOUND, "what", path))
		}
	})
}

type outermostKey struct{}

// nameRoute tells the request that telemetry holds which route it took: span and metrics are named after it, not after ids.
func nameRoute(r *http.Request, route string) {
	if outermost, ok := r.Context().Value(outermostKey{}).(*http.Request); ok {
		outermost.Pattern = route
	}
}

// unrouted answers a path that no operation has, or not with this method.
func (g *gateway) unrouted(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, status int) {
	if status == http.StatusBadRequest {
		g.refuse(w, r, errs.New(errorsv1.Reason_UNREADABLE, "what", r.URL.Path))
		return
	}
	if allowed := methodsAt(g.operations, r.URL.Path); allowed != nil {
		g.refuse(w, r, errs.New(errorsv1.Reason_METHOD_NOT_ALLOWED, "path", r.URL.Path, "method", r.Method, "allowed", strings.Join(allowed, ", ")))
		return
	}
	g.refuse(w, r, errs.New(errorsv1.Reason_NOT_FOUND, "what", r.Method+" "+r.URL.Path))
}

// failed answers an error of a service, or one of the generated code, which only ever says that a value cannot be read.
func (g *gateway) failed(ctx context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	if what, ok := unreadable(err); ok {
		g.refuse(w, r, errs.New(errorsv1.Reason_UNREADABLE, "what", what).Because(err))
		return
	}
	g.refuse(w, r, rpc.FromError(ctx, err))
}
