package keys

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/personal"
	"github.com/loa-vn/loa/pkg/rpc"
	keysv1 "github.com/loa-vn/loa/proto/gen/loa/keys/v1"
)

// house is the service on a real server and a real database that has the module's role and grants.
type house struct {
	config *config.Config
	issuer *authtest.Issuer
	log    *lockedBuffer
	pipe   rpc.Pipe
	owner  *pgx.Conn
}

var (
	oldKey = config.EnvelopeKey{Name: "2025", Key: config.Secret(strings.Repeat("1a", 32))}
	newKey = config.EnvelopeKey{Name: "2026", Key: config.Secret(strings.Repeat("2b", 32))}
)

func newHouse(t *testing.T, envelope ...config.EnvelopeKey) *house {
	t.Helper()
	if len(envelope) == 0 {
		envelope = []config.EnvelopeKey{oldKey}
	}
	admin := engines.Postgres(t)
	own, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	own.User, own.Path = url.UserPassword("loa_keys", "word"), "/loa_keys"
	h := &house{
		config: &config.Config{PostgresURL: config.Secret(admin), Databases: config.Databases{Name: own.String()}, EnvelopeKey: envelope},
		issuer: authtest.NewIssuer(t), log: &lockedBuffer{},
	}
	if err := app.Migrate(t.Context(), h.config, []app.Module{Module()}, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	dsn, err := app.OwnerURL(h.config, Module())
	if err != nil {
		t.Fatal(err)
	}
	if h.owner, err = pgx.Connect(t.Context(), dsn); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.owner.Close(context.WithoutCancel(t.Context())) })
	h.serve(t, h.config.Databases[Name])
	return h
}

// serve serves the module as app does, on a database.
func (h *house) serve(t *testing.T, dsn string) {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	p, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWrap(h.config.EnvelopeKey)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newServer(pool, w, p)
	if err != nil {
		t.Fatal(err)
	}
	server := rpc.NewServer(rpc.ServerOptions{
		Service: Name, Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: h.issuer.URL}), Policies: p, DigestKey: []byte("key"),
		Logger: slog.New(slog.NewTextHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	keysv1.RegisterKeyServiceServer(server, s)
	pipe := rpc.NewPipe()
	h.pipe = pipe
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := server.Serve(pipe); err != nil && !errors.Is(err, grpc.ErrServerStopped) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() { server.Stop(); <-done })
}

// client calls as a service.
func (h *house) client(t *testing.T, service string) keysv1.KeyServiceClient {
	t.Helper()
	h.issuer.Secrets[auth.ServicePrefix+service] = service
	verifier := auth.NewVerifier(auth.VerifierOptions{Issuer: h.issuer.URL})
	conn, err := h.pipe.Dial(rpc.ClientOptions{Service: Name, Machine: rpc.Machine(verifier, service, service)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return keysv1.NewKeyServiceClient(conn)
}

// somebody is a person of whom nothing is known yet.
func somebody() personal.Person { return personal.NewPerson(id.NewUUID(time.Now())) }

func (h *house) erase(t *testing.T, p personal.Person) (at time.Time, before bool) {
	t.Helper()
	at, before, err := Erase(t.Context(), h.owner, Erasure{Person: p, Reason: "HS-17/2026", By: "van.hanh", Unseen: true})
	if err != nil {
		t.Fatal(err)
	}
	return at, before
}

type lockedBuffer struct {
	mutex sync.Mutex
	bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.Buffer.String()
}
