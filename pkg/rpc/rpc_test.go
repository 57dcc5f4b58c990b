package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.opentelemetry.io/otel"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	busv1 "github.com/loa-vn/loa/proto/gen/loa/bus/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

const policy = `
permit (principal is Loa::Person, action == Loa::Action::"SubmitContent", resource) when { principal.role == "officer" };
permit (principal == Loa::Service::"worker", action == Loa::Action::"SubmitContent", resource);
`

// contents is a service of this test: it serves SubmitContent as the test says.
type contents struct {
	contentv1.UnimplementedContentServiceServer
	busv1.UnimplementedPublishedServiceServer
	submit func(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error)
}

func (c *contents) SubmitContent(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
	return c.submit(ctx, r)
}

func (c *contents) GetHeads(context.Context, *busv1.GetHeadsRequest) (*busv1.GetHeadsResponse, error) {
	return &busv1.GetHeadsResponse{Epoch: 7}, nil
}

// house is one service on a real server, its directory in a real database, its issuer over HTTP.
type house struct {
	issuer   *authtest.Issuer
	policies *auth.Policies
	server   *rpc.Server
	idle     *rpc.Server // another of the same kind that serves nothing yet
	pipe     rpc.Pipe
	log      *lockedBuffer
	contents *contents
	options  rpc.ServerOptions
}

func newHouse(t *testing.T, change ...func(*rpc.ServerOptions)) *house {
	t.Helper()
	pool, _ := engines.Clone(t, "rpc", func(ctx context.Context, owner *pgx.Conn) error {
		return directory.Migrate(ctx, owner, "public")
	})
	people := directory.New(pool)
	err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return people.Consumer("content").Handle(t.Context(), tx, []bus.Message{{Payload: &planningv1.PeopleImported{People: []*planningv1.Person{
			{Id: "cv.stttt", Agency: "H24.02", Role: "officer"}, {Id: "vt.stttt", Agency: "H24.02", Role: "clerk"},
		}}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	policies, err := auth.NewPolicies(fstest.MapFS{"a.cedar": {Data: []byte(policy)}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{issuer: authtest.NewIssuer(t), policies: policies, log: &lockedBuffer{}, contents: &contents{}, pipe: rpc.NewPipe()}
	h.options = rpc.ServerOptions{
		Service: "content", Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: h.issuer.URL}), People: people, Policies: policies,
		DigestKey: []byte("key"), Logger: slog.New(slog.NewTextHandler(h.log, nil)),
	}
	for _, c := range change {
		c(&h.options)
	}
	h.server, h.idle = rpc.NewServer(h.options), rpc.NewServer(h.options)
	contentv1.RegisterContentServiceServer(h.server, h.contents)
	busv1.RegisterPublishedServiceServer(h.server, h.contents)
	h.serve(t, h.pipe)
	h.contents.submit = func(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		if err := h.authorize(ctx); err != nil {
			return nil, err
		}
		return &contentv1.Content{Id: r.GetContent()}, nil
	}
	return h
}

func (h *house) serve(t *testing.T, l net.Listener) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.server.Serve(l); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { h.server.Stop(); <-done })
}

func (h *house) authorize(ctx context.Context) error {
	return h.policies.Authorize(ctx, "SubmitContent", auth.Resource{Type: "Content", ID: "c"})
}

func (h *house) dial(t *testing.T, o rpc.ClientOptions) rpc.Conn {
	t.Helper()
	o.Service = "content"
	conn, err := h.pipe.Dial(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// submit calls as the subject and gives the answer's header too.
func (h *house) submit(t *testing.T, subject string, change ...func(context.Context) context.Context) (*contentv1.Content, metadata.MD, error) {
	t.Helper()
	ctx := t.Context()
	if subject != "" {
		ctx = rpc.WithCaller(ctx, h.issuer.Token(t, subject))
	}
	for _, c := range change {
		ctx = c(ctx)
	}
	var head metadata.MD
	answer, err := contentv1.NewContentServiceClient(h.dial(t, rpc.ClientOptions{})).
		SubmitContent(ctx, &contentv1.SubmitContentRequest{Content: "content_1"}, grpc.Header(&head))
	return answer, head, err
}

type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

func TestCallerIsIdentified(t *testing.T) {
	h := newHouse(t)
	for subject, want := range map[string]errs.Reason{
		"cv.stttt": errorsv1.Reason_REASON_UNSPECIFIED, "vt.stttt": errorsv1.Reason_FORBIDDEN, "nobody": errorsv1.Reason_FORBIDDEN,
		"service:worker": errorsv1.Reason_REASON_UNSPECIFIED, "service:portal": errorsv1.Reason_FORBIDDEN,
		"": errorsv1.Reason_UNAUTHENTICATED,
	} {
		answer, _, err := h.submit(t, subject)
		if (err == nil) != (want == errorsv1.Reason_REASON_UNSPECIFIED) || errs.ReasonOf(err) != want {
			t.Errorf("%q: %v, %v", subject, answer, err)
		}
	}
	if _, _, err := h.submit(t, "", func(ctx context.Context) context.Context { return rpc.WithCaller(ctx, "spoilt") }); errs.ReasonOf(err) != errorsv1.Reason_UNAUTHENTICATED {
		t.Errorf("a spoilt token: %v", err)
	}
}

// A handler that never asked the policies must not answer, nor tell of a resource's state; what it may tell is that the request is wrong.
func TestUndecidedDoesNotAnswer(t *testing.T) {
	h := newHouse(t)
	for name, c := range map[string]struct {
		err  error
		want errs.Reason
		hide bool
	}{
		"an answer":       {nil, errorsv1.Reason_REASON_UNSPECIFIED, true},
		"a state":         {errs.New(errorsv1.Reason_CONTENT_STATE, "state", "approved", "allowed", "draft"), errorsv1.Reason_REASON_UNSPECIFIED, true},
		"a version":       {errs.New(errorsv1.Reason_ETAG_STALE), errorsv1.Reason_REASON_UNSPECIFIED, true},
		"unknown":         {errs.New(errorsv1.Reason_NOT_FOUND, "what", "content_1"), errorsv1.Reason_NOT_FOUND, false},
		"a wrong request": {errs.Invalid([]errs.Field{errs.At("title", errorsv1.Reason_REQUIRED, "field", "title")}), errorsv1.Reason_INVALID, false},
		"being away":      {errs.New(errorsv1.Reason_UNAVAILABLE, "what", "x"), errorsv1.Reason_UNAVAILABLE, false},
		"a cut wire":      {fmt.Errorf("reading: %w", io.ErrUnexpectedEOF), errorsv1.Reason_UNAVAILABLE, false},
	} {
		h.contents.submit = func(context.Context, *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
			return &contentv1.Content{Title: "secret"}, c.err
		}
		answer, _, err := h.submit(t, "cv.stttt")
		if answer != nil || err == nil || errs.ReasonOf(err) != c.want {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
		if c.hide != (status.Code(err) == codes.Internal) || strings.Contains(err.Error(), "approved") && c.hide {
			t.Errorf("%s: %v", name, err)
		}
	}
	if !strings.Contains(h.log.String(), "answered without an authorization decision") {
		t.Errorf("the log does not say so: %s", h.log.String())
	}
}

func TestEveryReasonCrossesTheWire(t *testing.T) {
	h := newHouse(t)
	values := errorsv1.Reason_REASON_UNSPECIFIED.Descriptor().Values()
	for i := range values.Len() {
		reason := errorsv1.Reason(values.Get(i).Number())
		if reason == errorsv1.Reason_REASON_UNSPECIFIED {
			continue
		}
		h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
			if err := h.authorize(ctx); err != nil {
				return nil, err
			}
			e := errs.New(reason, "value", "Ệ", "state", "draft")
			e.Fields = []errs.Field{{Field: "rows", Row: 3, Column: "name", Reason: errorsv1.Reason_REQUIRED, Args: map[string]string{"field": "name"}}}
			return nil, e.Because(errors.New("password=hunter2"))
		}
		_, _, err := h.submit(t, "cv.stttt")
		got, ok := errors.AsType[*errs.Error](err)
		if !ok || got.Reason != reason || got.Args["value"] != "Ệ" || got.Args["state"] != "draft" || len(got.Fields) != 1 ||
			got.Fields[0].Row != 3 || got.Fields[0].Column != "name" || got.Fields[0].Args["field"] != "name" {
			t.Errorf("%s: %v", reason, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s tells its cause", reason)
		}
	}
}

// What is no refusal is told as internal with the trace id alone; the cause stands in the log.
func TestUnknownErrorsStayInside(t *testing.T) {
	tracing(t)
	h := newHouse(t)
	for name, fail := range map[string]func() error{
		"an error": func() error { return errors.New("SELECT hunter2") },
		"a panic":  func() error { panic("SELECT hunter2") },
		"a status": func() error { return status.Error(codes.NotFound, "SELECT hunter2") },
	} {
		before := len(h.log.String())
		h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
			return nil, errors.Join(h.authorize(ctx), fail())
		}
		_, _, err := h.submit(t, "cv.stttt")
		if status.Code(err) != codes.Internal || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
		e, ok := errors.AsType[*errs.Error](err)
		if !ok || len(e.Args["trace"]) != 32 {
			t.Errorf("%s: no trace id in %v", name, err)
		}
		if log := h.log.String()[before:]; !strings.Contains(log, "hunter2") || !strings.Contains(log, "cv.stttt") {
			t.Errorf("%s: the log says %s", name, log)
		}
	}
}

func TestEnginesThatAreAwayAreUnavailable(t *testing.T) {
	h := newHouse(t)
	_, unreachable := pgconn.Connect(t.Context(), "postgres://nobody@127.0.0.1:1/x?connect_timeout=1")
	for name, cause := range map[string]error{
		"connection refused": unreachable, "shutting down": &pgconn.PgError{Code: "57P01"}, "starting": &pgconn.PgError{Code: "57P03"},
		"too late": context.DeadlineExceeded,
	} {
		h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
			return nil, errors.Join(h.authorize(ctx), cause)
		}
		if _, _, err := h.submit(t, "cv.stttt"); errs.ReasonOf(err) != errorsv1.Reason_UNAVAILABLE {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		return nil, errors.Join(h.authorize(ctx), &pgconn.PgError{Code: "23505", Message: "duplicate"})
	}
	if _, _, err := h.submit(t, "cv.stttt"); status.Code(err) != codes.Internal {
		t.Errorf("a constraint: %v", err)
	}
}

func TestCommandOfACall(t *testing.T) {
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	h := newHouse(t, func(o *rpc.ServerOptions) { o.Clock = func() time.Time { return at } })
	var got es.Command
	h.contents.submit = func(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		var err error
		got, err = rpc.Command(ctx, "SubmitContent", r)
		return &contentv1.Content{}, errors.Join(h.authorize(ctx), err)
	}
	with := func(key string) es.Command {
		t.Helper()
		if _, _, err := h.submit(t, "cv.stttt", func(ctx context.Context) context.Context { return rpc.WithIdempotencyKey(ctx, key) }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	first := with("k1")
	if first.Actor != "cv.stttt" || first.Agency != "H24.02" || !first.HappenedAt.Equal(at) || first.Correlation == "" || len(first.Digest) != 32 {
		t.Errorf("%+v", first)
	}
	if again := with("k1"); again.Key != first.Key || !bytes.Equal(again.Digest, first.Digest) {
		t.Error("the same key and body make another command")
	}
	if other := with("k2"); other.Key == first.Key {
		t.Error("another key makes the same command")
	}
	if strange := with("khóa ệ"); strange.Key == first.Key {
		t.Error("a key beyond ASCII is lost")
	}
	if _, _, err := h.submit(t, "service:worker", func(ctx context.Context) context.Context { return rpc.WithIdempotencyKey(ctx, "k1") }); err != nil || got.Key == first.Key {
		t.Errorf("another caller's key is the same: %v", err)
	}
	if _, _, err := h.submit(t, "cv.stttt", func(ctx context.Context) context.Context {
		return rpc.WithIdempotencyKey(ctx, strings.Repeat("k", 129))
	}); errs.ReasonOf(err) != errorsv1.Reason_IDEMPOTENCY_KEY_TOO_LONG {
		t.Errorf("a key of 129 bytes: %v", err)
	}
	_, head, err := h.submit(t, "cv.stttt")
	if err != nil || len(head.Get("idempotency-key")) != 1 {
		t.Fatalf("no key was made: %v, %v", head, err)
	}
	made := got
	if again := with(head.Get("idempotency-key")[0]); again.Key != made.Key {
		t.Error("the key that was told is not the one that was used")
	}
}

// The caller's token goes on to the services that are called for the caller; a service calls as itself only for itself.
func TestTokenIsForwarded(t *testing.T) {
	inner := newHouse(t)
	inner.issuer.Secrets["service:content"] = "secret"
	machine := rpc.Machine(auth.NewVerifier(auth.VerifierOptions{Issuer: inner.issuer.URL}), "content", "secret")
	var saw, requestID string
	inner.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		saw, requestID = auth.From(ctx).Subject, rpc.RequestID(ctx)
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", "x")
	}
	client := contentv1.NewContentServiceClient(inner.dial(t, rpc.ClientOptions{Machine: machine}))
	outer := newHouse(t, func(o *rpc.ServerOptions) {
		o.Verifier = auth.NewVerifier(auth.VerifierOptions{Issuer: inner.issuer.URL})
	})
	outer.issuer = inner.issuer
	asService := false
	var outerID string
	outer.contents.submit = func(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		outerID = rpc.RequestID(ctx)
		if asService {
			ctx = rpc.AsService(ctx)
		}
		return client.SubmitContent(ctx, r)
	}
	if _, _, err := outer.submit(t, "cv.stttt"); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND || saw != "cv.stttt" {
		t.Errorf("as the caller: %q, %v", saw, err)
	}
	if requestID == "" || requestID != outerID {
		t.Errorf("request ids %q and %q", outerID, requestID)
	}
	asService = true
	if _, _, err := outer.submit(t, "cv.stttt"); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND || saw != "service:content" {
		t.Errorf("as the service: %q, %v", saw, err)
	}
	if _, err := client.SubmitContent(t.Context(), &contentv1.SubmitContentRequest{}); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND || saw != "service:content" {
		t.Errorf("for nobody: %q, %v", saw, err)
	}
}

func TestPublishedEventsAreForServices(t *testing.T) {
	h := newHouse(t)
	client := busv1.NewPublishedServiceClient(h.dial(t, rpc.ClientOptions{}))
	heads, err := client.GetHeads(rpc.WithCaller(t.Context(), h.issuer.Token(t, "service:portal")), &busv1.GetHeadsRequest{})
	if err != nil || heads.GetEpoch() != 7 {
		t.Errorf("a service: %v, %v", heads, err)
	}
	if _, err := client.GetHeads(rpc.WithCaller(t.Context(), h.issuer.Token(t, "cv.stttt")), &busv1.GetHeadsRequest{}); errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
		t.Errorf("a person: %v", err)
	}
}

// Whether a service serves is told to anyone, whatever the identity provider does; it opens nothing else.
func TestHealthIsOpen(t *testing.T) {
	h := newHouse(t)
	healthv1.RegisterHealthServer(h.idle, health.NewServer())
	pipe := rpc.NewPipe()
	done := make(chan struct{})
	go func() { defer close(done); _ = h.idle.Serve(pipe) }()
	t.Cleanup(func() { h.idle.Stop(); <-done })
	nowhere := auth.NewVerifier(auth.VerifierOptions{Issuer: "http://127.0.0.1:1"})
	conn, err := pipe.Dial(rpc.ClientOptions{Service: "content", Machine: rpc.Machine(nowhere, "portal", "secret")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	answer, err := healthv1.NewHealthClient(conn).Check(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil || answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("check: %v, %v", answer, err)
	}
	watch, err := healthv1.NewHealthClient(conn).Watch(t.Context(), &healthv1.HealthCheckRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if answer, err := watch.Recv(); err != nil || answer.GetStatus() != healthv1.HealthCheckResponse_SERVING {
		t.Errorf("watch: %v, %v", answer, err)
	}
}

// A read waits for what its caller has seen, and only then asks who that is; a write tells where the log has come, with what was known.
func TestFreshness(t *testing.T) {
	seen := es.Token{"planning": {Epoch: 1, Position: 5}}
	var asked es.Token
	var refuse error
	h := newHouse(t, func(o *rpc.ServerOptions) {
		o.AtLeast = func(_ context.Context, token es.Token) error { asked = token; return refuse }
	})
	h.contents.submit = func(ctx context.Context, _ *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
		return &contentv1.Content{}, errors.Join(h.authorize(ctx), rpc.SetPosition(ctx, es.Token{"content": {Epoch: 2, Position: 9}}), rpc.SetETag(ctx, `"3"`))
	}
	fresh := func(ctx context.Context) context.Context { return rpc.WithAtLeast(ctx, seen) }
	_, head, err := h.submit(t, "cv.stttt", fresh)
	if err != nil || asked["planning"].Position != 5 {
		t.Fatalf("%v, %v", asked, err)
	}
	told, err := es.ParseToken(head.Get("loa-position")[0])
	if err != nil || told["planning"].Position != 5 || told["content"].Position != 9 || head.Get("etag")[0] != `"3"` {
		t.Errorf("%v, %v", head, err)
	}
	refuse = errs.New(errorsv1.Reason_READ_MODEL_BEHIND)
	if _, _, err := h.submit(t, "cv.stttt", fresh); errs.ReasonOf(err) != errorsv1.Reason_READ_MODEL_BEHIND {
		t.Errorf("behind: %v", err)
	}
	asked = nil
	if _, _, err := h.submit(t, "", fresh); errs.ReasonOf(err) != errorsv1.Reason_UNAUTHENTICATED || asked != nil {
		t.Errorf("nobody can make it wait: %v, %v", asked, err)
	}
	garbage := func(ctx context.Context) context.Context {
		return metadata.AppendToOutgoingContext(ctx, "loa-at-least", "???")
	}
	if _, _, err := h.submit(t, "cv.stttt", garbage); errs.ReasonOf(err) != errorsv1.Reason_UNREADABLE {
		t.Errorf("garbage: %v", err)
	}
}

func TestOneTraceAcrossTheCall(t *testing.T) {
	spans := tracing(t)
	h := newHouse(t)
	ctx, span := otel.Tracer("test").Start(t.Context(), "caller")
	_, err := contentv1.NewContentServiceClient(h.dial(t, rpc.ClientOptions{})).
		SubmitContent(rpc.WithCaller(ctx, h.issuer.Token(t, "cv.stttt")), &contentv1.SubmitContentRequest{Content: "c"})
	span.End()
	if err != nil {
		t.Fatal(err)
	}
	h.server.GracefulStop()
	kinds := map[string]bool{}
	for _, s := range spans.Ended() {
		if s.SpanContext().TraceID() == span.SpanContext().TraceID() {
			kinds[s.SpanKind().String()] = true
		}
	}
	if !kinds["client"] || !kinds["server"] || !kinds["internal"] {
		t.Errorf("the trace holds %v", kinds)
	}
}

func tracing(t *testing.T) *tracetest.SpanRecorder {
	t.Helper()
	recorder := tracetest.NewSpanRecorder()
	before := otel.GetTracerProvider()
	otel.SetTracerProvider(sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder)))
	t.Cleanup(func() { otel.SetTracerProvider(before) })
	return recorder
}
