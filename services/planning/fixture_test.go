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

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/planning/internal/plan"
	"google.golang.org/grpc"
)

// service is planning on a real log behind its real edge. What the bus would bring to its own replica is carried over directly.
type service struct {
	*apptest.Stand
	conn  rpc.Conn
	desk  *planServer
	plans *es.Repo[plan.Plan, *plan.Plan]
}

func start38(t *testing.T) *service {
	t.Helper()
	m := Module()
	s := &service{Stand: apptest.New(t, m, apptest.Database(t, m))}
	s.Host.Config.BootstrapAdmin = "quan.tri"
	s.plans = es.NewRepo[plan.Plan](s.Host.Log, plan.Prefix)
	s.Loop(func(ctx context.Context) error { return s.Host.Log.Follow(ctx, "replica", 0, 10, s.carry) })
	// Approvals are away: who is in the plan's agencies needs to ask nobody. Across services the journeys walk.
	away := approvalsv1.NewApprovalServiceClient(s.Away("approvals"))
	s.conn = s.Serve(func(g grpc.ServiceRegistrar) { s.desk = register(s.Host, g, away) })
	return s
}

// carry brings published events to the replica.
func (s *service) carry(ctx context.Context, events []es.Event) error {
	consumer := s.Host.Directory.Consumer("planning")
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
		err = pgx.BeginFunc(ctx, s.Host.Pool, func(tx pgx.Tx) error {
			return consumer.Handle(ctx, tx, []bus.Message{{Type: name, Payload: payload}})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// as is the context of a call as a subject, under an idempotency key unless it is empty.
func (s *service) as(subject, key string) context.Context {
	ctx := rpc.WithCaller(s.Context(), s.Issuer.Token(s, subject))
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
	s.must(s.Host.Log.WaitFor(s.Context(), "directory", int64(s.events())))
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
	events, err := s.Host.Log.Read(s.Context(), 0, 1000)
	s.must(err)
	return len(events)
}
