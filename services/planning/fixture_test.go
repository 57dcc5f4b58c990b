package planning

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/config"
	replica "github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
)

// service is planning on a real log behind its real edge. What the bus would bring to its own replica is carried over directly.
type service struct {
	*testing.T
	host   *app.Host
	issuer *authtest.Issuer
	conn   rpc.Conn
	desk   *planServer
	plans  *es.Repo[plan.Plan, *plan.Plan]
}

func start38(t *testing.T) *service {
	t.Helper()
	m := Module()
	pool, _ := engines.Clone(t, "planning", func(ctx context.Context, owner *pgx.Conn) error {
		role := owner.Config().User
		if err := errors.Join(es.Migrate(ctx, owner, role, m.Projections), replica.Migrate(ctx, owner, role)); err != nil {
			return err
		}
		_, err := owner.Exec(ctx, "CREATE SCHEMA planning; "+m.Migrations, pgx.QueryExecModeSimpleProtocol)
		return err
	})
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	policies, err := auth.NewPolicies(m.Policies)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{
		T: t, issuer: authtest.NewIssuer(t), plans: es.NewRepo[plan.Plan](log, plan.Prefix),
		host: &app.Host{
			Module: m, Config: &config.Config{BootstrapAdmin: "quan.tri", PublicURL: "https://loa.haiphong.example"}, Pool: pool, Log: log, Policies: policies,
			Directory: replica.New(pool),
		},
	}
	s.loop(func(ctx context.Context) error { return log.Follow(ctx, "replica", 0, 10, s.carry) })
	for _, p := range m.Projections {
		s.loop(func(ctx context.Context) error { return log.Run(ctx, p) })
	}
	s.serve()
	return s
}

// carry brings published events to the replica.
func (s *service) carry(ctx context.Context, events []es.Event) error {
	consumer := s.host.Directory.Consumer("planning")
	for _, e := range events {
		payload, err := publish(e)
		if err != nil {
			return err
		}
		if payload == nil {
			continue
		}
		name := string(payload.ProtoReflect().Descriptor().FullName())
		if !slices.Contains(consumer.Types, name) {
			continue
		}
		err = pgx.BeginFunc(ctx, s.host.Pool, func(tx pgx.Tx) error {
			return consumer.Handle(ctx, tx, []bus.Message{{Type: name, Payload: payload}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *service) loop(run func(ctx context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			s.Errorf("a loop ended: %v", err)
		}
	}()
	s.Cleanup(func() { cancel(); <-done })
}

func (s *service) serve() {
	server := rpc.NewServer(rpc.ServerOptions{
		Service: "planning", Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: s.issuer.URL}), People: s.host.Directory,
		Policies: s.host.Policies, DigestKey: []byte("key"),
		AtLeast: func(ctx context.Context, token es.Token) error {
			for _, p := range s.host.Module.Projections {
				if err := s.host.Log.WaitFor(ctx, p.Name, token["planning"].Position); err != nil {
					return err
				}
			}
			return nil
		},
	})
	// Approvals are away: who is in the plan's agencies needs to ask nobody. Across services the journeys walk.
	away, err := rpc.Dial("127.0.0.1:1", rpc.ClientOptions{Service: "approvals"})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = away.Close() })
	s.desk = register(s.host, server, approvalsv1.NewApprovalServiceClient(away))
	pipe := rpc.NewPipe()
	go func() { _ = server.Serve(pipe) }() // says that it was stopped
	s.Cleanup(server.Stop)
	conn, err := pipe.Dial(rpc.ClientOptions{Service: "planning"})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	s.conn = conn
}

// as is the context of a call as a subject, under an idempotency key unless it is empty.
func (s *service) as(subject, key string) context.Context {
	ctx := rpc.WithCaller(s.Context(), s.issuer.Token(s, subject))
	if key != "" {
		ctx = rpc.WithIdempotencyKey(ctx, key)
	}
	return ctx
}

func (s *service) directory() planningv1.DirectoryServiceClient {
	return planningv1.NewDirectoryServiceClient(s.conn)
}

func (s *service) planService() planningv1.PlanServiceClient {
	return planningv1.NewPlanServiceClient(s.conn)
}

func (s *service) example(name string) []byte {
	s.Helper()
	text, err := os.ReadFile("../../examples/plan-38/" + name)
	if err != nil {
		s.Fatal(err)
	}
	return []byte(strings.ReplaceAll(string(text), "${YEAR}", time.Now().In(vn.Location()).Format("2006")))
}

func (s *service) refused(err error, want errs.Reason) {
	s.Helper()
	if errs.ReasonOf(err) != want {
		s.Fatalf("got %v, want %s", err, want)
	}
}

// places are those that an INVALID refusal names.
func (s *service) places(err error) []errs.Field {
	s.Helper()
	s.refused(err, errorsv1.Reason_INVALID)
	e, _ := errors.AsType[*errs.Error](err)
	return e.Fields
}

func (s *service) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// staffed loads the directory and waits until the edge knows its people.
func (s *service) staffed() {
	s.Helper()
	_, err := s.directory().ImportAgencies(s.as("quan.tri", "a"), &planningv1.ImportAgenciesRequest{Csv: s.example("agencies.csv")})
	s.must(err)
	_, err = s.directory().ImportPeople(s.as("quan.tri", "p"), &planningv1.ImportPeopleRequest{Csv: s.example("people.csv"), Example: true})
	s.must(err)
	s.must(s.host.Log.WaitFor(s.Context(), "directory", int64(s.events())))
	s.until(func() bool {
		_, err := s.directory().GetMe(s.as("luu.tru", ""), &planningv1.GetMeRequest{})
		return err == nil
	})
}

// until asks again until the answer is yes.
func (s *service) until(yes func() bool) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !yes() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			s.Fatal("it did not come about in time")
		}
	}
}

func (s *service) events() int {
	s.Helper()
	events, err := s.host.Log.Read(s.Context(), 0, 1000)
	s.must(err)
	return len(events)
}
