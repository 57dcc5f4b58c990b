package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	proofv1 "github.com/loa-vn/loa/proto/gen/loa/proof/v1"
	"github.com/loa-vn/loa/services/gateway"
)

// behind is the gRPC service of this test behind the gateway. It keeps what it was asked and answers as the test says.
type behind struct {
	contentv1.UnimplementedContentServiceServer
	planningv1.UnimplementedDirectoryServiceServer
	planningv1.UnimplementedPlanServiceServer
	policies *auth.Policies

	mu     sync.Mutex
	method string
	asked  proto.Message
	head   metadata.MD
	answer func(ctx context.Context) (*contentv1.Content, error)
}

func (b *behind) take(ctx context.Context, method string, request proto.Message) error {
	b.mu.Lock()
	b.method, b.asked = method, request
	b.head, _ = metadata.FromIncomingContext(ctx)
	b.mu.Unlock()
	return b.policies.Authorize(ctx, method, auth.Resource{Type: "Thing", ID: "1"})
}

func (b *behind) content(ctx context.Context, method string, request proto.Message) (*contentv1.Content, error) {
	if err := b.take(ctx, method, request); err != nil {
		return nil, err
	}
	if b.answer != nil {
		return b.answer(ctx)
	}
	return &contentv1.Content{Id: "content_1"}, errors.Join(
		rpc.SetETag(ctx, `"3"`), rpc.SetLocation(ctx, "/v1/contents/content_1"),
		rpc.SetPosition(ctx, es.Token{"content": {Epoch: 1, Position: 9}}))
}

func (b *behind) CreateContent(ctx context.Context, r *contentv1.CreateContentRequest) (*contentv1.Content, error) {
	return b.content(ctx, "CreateContent", r)
}

func (b *behind) GetContent(ctx context.Context, r *contentv1.GetContentRequest) (*contentv1.Content, error) {
	return b.content(ctx, "GetContent", r)
}

func (b *behind) UpdateContent(ctx context.Context, r *contentv1.UpdateContentRequest) (*contentv1.Content, error) {
	return b.content(ctx, "UpdateContent", r)
}

func (b *behind) SubmitContent(ctx context.Context, r *contentv1.SubmitContentRequest) (*contentv1.Content, error) {
	return b.content(ctx, "SubmitContent", r)
}

func (b *behind) ImportPublished(ctx context.Context, r *contentv1.ImportPublishedRequest) (*contentv1.Content, error) {
	return b.content(ctx, "ImportPublished", r)
}

func (b *behind) ListContents(ctx context.Context, r *contentv1.ListContentsRequest) (*contentv1.ListContentsResponse, error) {
	return &contentv1.ListContentsResponse{Contents: []*contentv1.Content{{Id: "content_1"}}}, b.take(ctx, "ListContents", r)
}

func (b *behind) ImportPeople(ctx context.Context, r *planningv1.ImportPeopleRequest) (*planningv1.ImportResponse, error) {
	return &planningv1.ImportResponse{}, b.take(ctx, "ImportPeople", r)
}

func (b *behind) ImportPlan(ctx context.Context, r *planningv1.ImportPlanRequest) (*planningv1.Plan, error) {
	return &planningv1.Plan{ItemCount: 2}, b.take(ctx, "ImportPlan", r)
}

// house is the gateway over HTTP before that service.
type house struct {
	url     string
	issuer  *authtest.Issuer
	behind  *behind
	server  *rpc.Server
	waiting []string
	token   string
}

func newHouse(t *testing.T, change ...func(*gateway.Options)) *house {
	t.Helper()
	pool, _ := engines.Clone(t, "gateway", func(ctx context.Context, owner *pgx.Conn) error {
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
	policies, err := auth.NewPolicies(fstest.MapFS{"a.cedar": {Data: []byte(`permit (principal is Loa::Person, action, resource) when { principal.role == "officer" };`)}})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{issuer: authtest.NewIssuer(t), behind: &behind{policies: policies}}
	verifier := auth.NewVerifier(auth.VerifierOptions{Issuer: h.issuer.URL})
	h.server = rpc.NewServer(rpc.ServerOptions{Service: "content", Verifier: verifier, People: people, Policies: policies, DigestKey: []byte("k")})
	contentv1.RegisterContentServiceServer(h.server, h.behind)
	planningv1.RegisterDirectoryServiceServer(h.server, h.behind)
	planningv1.RegisterPlanServiceServer(h.server, h.behind)
	proofv1.RegisterProofServiceServer(h.server, witness{})
	pipe := rpc.NewPipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.server.Serve(pipe); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { h.server.Stop(); <-done })
	options := gateway.Options{
		Dial: func(service string) grpc.ClientConnInterface {
			conn, err := pipe.Dial(rpc.ClientOptions{Service: service})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			return conn
		},
		Verifier: verifier, PublicURL: "https://loa.example", Logger: slog.New(slog.DiscardHandler),
		Ready: func() []string { return h.waiting },
	}
	for _, c := range change {
		c(&options)
	}
	handler, err := gateway.Handler(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	for _, pattern := range gateway.Patterns() {
		mux.Handle(pattern, handler)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url, h.token = server.URL, h.issuer.Token(t, "cv.stttt")
	return h
}

// answer is what came back over HTTP.
type answer struct {
	status int
	head   http.Header
	body   []byte
}

func (a answer) problem(t *testing.T) problem {
	t.Helper()
	var p problem
	if err := json.Unmarshal(a.body, &p); err != nil || a.head.Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d %s is no problem: %s", a.status, a.head.Get("Content-Type"), a.body)
	}
	return p
}

type problem struct {
	Type, Title, Detail, Reason, TraceID string
	Status                               int
	Errors                               []struct {
		Field, Column, Reason, Detail string
		Row                           int
	}
}

// call makes one request as cv.stttt; head holds name, value pairs, and an empty value removes the header.
func (h *house) call(t *testing.T, method, path, body string, head ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, h.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+h.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i+1 < len(head); i += 2 {
		r.Header.Del(head[i])
		if head[i+1] != "" {
			r.Header.Set(head[i], head[i+1])
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{status: response.StatusCode, head: response.Header, body: bytes.TrimSpace(raw)}
}

func (h *house) asked() (method string, request proto.Message, head metadata.MD) {
	h.behind.mu.Lock()
	defer h.behind.mu.Unlock()
	return h.behind.method, h.behind.asked, h.behind.head
}

// refused asserts the status and reason of a refusal that never reached a service.
func (h *house) refused(t *testing.T, name string, a answer, status int, reason string) problem {
	t.Helper()
	p := a.problem(t)
	if a.status != status || p.Status != status || p.Reason != reason || p.Detail == "" || strings.Contains(p.Detail, "{") {
		t.Errorf("%s: %d %+v", name, a.status, p)
	}
	if method, _, _ := h.asked(); method != "" {
		t.Errorf("%s: reached the service's %s", name, method)
	}
	return p
}
