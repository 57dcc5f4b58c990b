// Package apptest stands one module on a database of its own for its tests: its log, its read models running, its edge with real
// tokens. What other services would tell it is handed to it as the bus hands it over.
package apptest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
)

// Stand is a module that runs.
type Stand struct {
	testing.TB
	Host     *app.Host
	Issuer   *authtest.Issuer
	messages int
}

// Database is a new database with the module's tables.
func Database(t testing.TB, m app.Module) *pgxpool.Pool {
	t.Helper()
	pool, _ := engines.Clone(t, m.Name, func(ctx context.Context, owner *pgx.Conn) error { return Migrate(ctx, owner, m) })
	return pool
}

// Migrate makes the module's tables in an empty database, whose owner is also who will use them.
func Migrate(ctx context.Context, owner *pgx.Conn, m app.Module) error {
	role := owner.Config().User
	if err := errors.Join(es.Migrate(ctx, owner, role, m.Projections), directory.Migrate(ctx, owner, role)); err != nil {
		return err
	}
	if m.Migrations == "" {
		return nil
	}
	// As a start does, which may come again on the same tables.
	for range 2 {
		statements := fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %s; SET search_path TO %[1]s; %s", m.Name, m.Migrations)
		if _, err := owner.Exec(ctx, statements, pgx.QueryExecModeSimpleProtocol); err != nil {
			return err
		}
	}
	return nil
}

// New stands a module on a database with its tables, and runs its read models until the test ends.
func New(t testing.TB, m app.Module, pool *pgxpool.Pool) *Stand {
	t.Helper()
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	policies, err := auth.NewPolicies(m.Policies)
	if err != nil {
		t.Fatal(err)
	}
	s := &Stand{TB: t, Issuer: authtest.NewIssuer(t), Host: &app.Host{
		Module: m, Config: &config.Config{PublicURL: "https://loa.example"}, Pool: pool, Log: log, Directory: directory.New(pool), Policies: policies,
	}}
	for _, p := range m.Projections {
		s.Loop(func(ctx context.Context) error { return log.Run(ctx, p) })
	}
	return s
}

// Loop runs until the test ends, and must end without an error.
func (s *Stand) Loop(run func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	ended := make(chan error, 1)
	go func() { ended <- run(ctx) }()
	s.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			s.Error(err)
		}
	})
}

// Staff brings agencies and people into the module's replica of the directory.
func (s *Stand) Staff(agencies []string, people []*planningv1.Person) {
	s.Helper()
	imported := &planningv1.AgenciesImported{}
	for _, code := range agencies {
		imported.Agencies = append(imported.Agencies, &planningv1.Agency{Code: code})
	}
	var messages []bus.Message
	for _, payload := range []proto.Message{imported, &planningv1.PeopleImported{People: people}} {
		messages = append(messages, bus.Message{Source: "planning", Type: name(payload), Payload: payload})
	}
	s.Deliver(s.Host.Directory.Consumer(s.Host.Module.Name).Handle, messages...)
}

// Serve serves what is registered behind the edge that every service has, until the test ends.
func (s *Stand) Serve(register func(grpc.ServiceRegistrar)) rpc.Conn {
	s.Helper()
	m := s.Host.Module
	server := rpc.NewServer(rpc.ServerOptions{
		Service: m.Name, Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: s.Issuer.URL}), People: s.Host.Directory, Policies: s.Host.Policies,
		DigestKey: []byte("a key for tests"),
		AsOf: func(ctx context.Context, at time.Time) (context.Context, error) {
			return s.Host.Log.AsOf(ctx, at, m.Projections)
		},
		AtLeast: func(ctx context.Context, token es.Token) error {
			for _, p := range m.Projections {
				if err := s.Host.Log.WaitFor(ctx, p.Name, token[m.Name].Position); err != nil {
					return err
				}
			}
			return nil
		},
	})
	register(server)
	pipe := rpc.NewPipe()
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(pipe) }()
	conn, err := pipe.Dial(rpc.ClientOptions{Service: m.Name})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		server.Stop()
		if err := errors.Join(conn.Close(), <-ended); err != nil {
			s.Error(err)
		}
	})
	return conn
}

// Away is a connection to a service that does not run.
func (s *Stand) Away(service string) rpc.Conn {
	s.Helper()
	conn, err := rpc.Dial("127.0.0.1:1", rpc.ClientOptions{Service: service})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() {
		if err := conn.Close(); err != nil {
			s.Error(err)
		}
	})
	return conn
}

// As is a call by a person or a service ("service:worker") who has seen all that happened so far, with more metadata as name, value
// pairs.
func (s *Stand) As(subject string, more ...string) context.Context {
	s.Helper()
	var head int64
	if err := s.Host.Pool.QueryRow(s.Context(), "SELECT coalesce(max(position), 0) FROM es.event").Scan(&head); err != nil {
		s.Fatal(err)
	}
	seen := es.Token{s.Host.Module.Name: es.Reached{Epoch: s.Host.Log.Epoch(), Position: head}}
	ctx := rpc.WithAtLeast(rpc.WithCaller(s.Context(), s.Issuer.Token(s, subject)), seen)
	return metadata.AppendToOutgoingContext(ctx, more...)
}

// Message is a message of its own, as the bus would give it.
func (s *Stand) Message(source string, payload proto.Message) bus.Message {
	s.messages++
	now := time.Now().UTC().Truncate(time.Microsecond)
	return bus.Message{
		ID: fmt.Sprintf("message-%d", s.messages), Source: source, Type: name(payload), Payload: payload, HappenedAt: now, RecordedAt: now,
		Epoch: 1, Position: int64(s.messages), Actor: "cv.stttt", Agency: "H24.02",
		Traceparent: fmt.Sprintf("00-%032x-%016x-01", s.messages, s.messages),
	}
}

func name(payload proto.Message) string {
	return string(payload.ProtoReflect().Descriptor().FullName())
}

// Deliver hands messages to a handler twice, as a bus may, each time in the transaction that would move its mark.
func (s *Stand) Deliver(handle bus.Handler, messages ...bus.Message) {
	s.Helper()
	for range 2 {
		if err := s.TryDeliver(handle, messages...); err != nil {
			s.Fatal(err)
		}
	}
}

// TryDeliver hands messages to a handler once.
func (s *Stand) TryDeliver(handle bus.Handler, messages ...bus.Message) error {
	return pgx.BeginFunc(s.Context(), s.Host.Pool, func(tx pgx.Tx) error { return handle(s.Context(), tx, messages) })
}

// Recorded counts the events of the log.
func (s *Stand) Recorded() (n int) {
	s.Helper()
	if err := s.Host.Pool.QueryRow(s.Context(), "SELECT count(*) FROM es.event").Scan(&n); err != nil {
		s.Fatal(err)
	}
	return n
}
