package distribution

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// bench is the service on a database of its own, with its projection running. It is called over gRPC by people with real tokens, and
// fed as the bus feeds it.
type bench struct {
	*desk
	t        *testing.T
	host     *app.Host
	issuer   *authtest.Issuer
	client   distributionv1.DistributionServiceClient
	messages int
}

func staff() []*planningv1.Person {
	var people []*planningv1.Person
	for _, r := range [][]string{
		{"pgd.stttt", "H24.02", "Lãnh đạo Sở", "deputy"},
		{"tp.stttt", "H24.02", "Phòng TTBCXB", "head"},
		{"cv.stttt", "H24.02", "Phòng TTBCXB", "officer"},
		{"cv.snv", "H24.03", "Phòng Cải cách hành chính", "officer"},
		{"cv.khac", "H24.05", "Phòng Tổng hợp", "officer"},
		{"thanh.tra", "H24.19", "Phòng Nghiệp vụ", "auditor"},
		{"bt.cong", "H24.63", "Ban Biên tập", "portal_editor"},
	} {
		people = append(people, &planningv1.Person{Id: r[0], Name: r[0], Agency: r[1], Unit: r[2], Role: r[3], ValidFrom: "2022-01-01", Example: true})
	}
	return people
}

func newBench(t *testing.T) *bench {
	t.Helper()
	pool, _ := engines.Clone(t, Module().Name, migrate)
	return benchOn(t, pool)
}

func migrate(ctx context.Context, owner *pgx.Conn) error {
	m := Module()
	if err := errors.Join(es.Migrate(ctx, owner, "postgres", m.Projections), directory.Migrate(ctx, owner, "postgres")); err != nil {
		return err
	}
	_, err := owner.Exec(ctx, "CREATE SCHEMA "+m.Name+"; "+m.Migrations, pgx.QueryExecModeSimpleProtocol)
	return err
}

func benchOn(t *testing.T, pool *pgxpool.Pool) *bench {
	t.Helper()
	m := Module()
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- log.Run(ctx, m.Projections[0]) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		log.Close()
	})
	policies, err := auth.NewPolicies(m.Policies)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{
		desk: newDesk(pool, log), t: t, issuer: authtest.NewIssuer(t),
		host: &app.Host{Module: m, Pool: pool, Log: log, Directory: directory.New(pool), Policies: policies},
	}
	b.client = distributionv1.NewDistributionServiceClient(b.serve())
	people := b.message(&planningv1.PeopleImported{People: staff()})
	b.messages = 0
	if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		return b.host.Directory.Consumer(m.Name).Handle(t.Context(), tx, []bus.Message{people})
	}); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *bench) serve() rpc.Conn {
	b.t.Helper()
	grpcServer := rpc.NewServer(rpc.ServerOptions{
		Service: b.host.Module.Name, Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: b.issuer.URL}), People: b.host.Directory,
		Policies: b.host.Policies, DigestKey: []byte("a key for tests"), AsOf: b.asOf,
		AtLeast: func(ctx context.Context, token es.Token) error {
			return b.log.WaitFor(ctx, b.host.Module.Projections[0].Name, token[b.host.Module.Name].Position)
		},
	})
	distributionv1.RegisterDistributionServiceServer(grpcServer, &server{host: b.host, desk: b.desk})
	pipe := rpc.NewPipe()
	ended := make(chan error, 1)
	go func() { ended <- grpcServer.Serve(pipe) }()
	conn, err := pipe.Dial(rpc.ClientOptions{Service: b.host.Module.Name})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		grpcServer.Stop()
		if err := errors.Join(conn.Close(), <-ended); err != nil {
			b.t.Error(err)
		}
	})
	return conn
}

// as is a call by a person or a service ("service:worker") who has seen all that happened so far.
func (b *bench) as(subject string) context.Context {
	b.t.Helper()
	var head int64
	if err := b.pool.QueryRow(b.t.Context(), "SELECT coalesce(max(position), 0) FROM es.event").Scan(&head); err != nil {
		b.t.Fatal(err)
	}
	seen := es.Token{b.host.Module.Name: es.Reached{Epoch: b.log.Epoch(), Position: head}}
	return rpc.WithAtLeast(rpc.WithCaller(b.t.Context(), b.issuer.Token(b.t, subject)), seen)
}

// sentences holds a refusal against a reason and what it says in both languages.
func (b *bench) sentences(err error, reason errs.Reason, vietnamese, english string) {
	b.t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != reason {
		b.t.Fatalf("got %v, want %s", err, reason)
	}
	for language, want := range map[errs.Language]string{errs.Vietnamese: vietnamese, errs.English: english} {
		if got := errs.Sentence(e.Reason, e.Args, language); got != want {
			b.t.Errorf("%s: %s", language, got)
		}
	}
}

// message makes a message of its own, as the bus would give it.
func (b *bench) message(payload proto.Message) bus.Message {
	b.messages++
	return bus.Message{
		ID: fmt.Sprintf("message-%d", b.messages), Type: string(payload.ProtoReflect().Descriptor().FullName()), Payload: payload,
		HappenedAt: time.Now().UTC().Truncate(time.Microsecond), Epoch: 1, Position: int64(b.messages), Actor: "cv.stttt", Agency: "H24.02",
		Traceparent: fmt.Sprintf("00-%032x-%016x-01", b.messages, b.messages),
	}
}

// deliver hands messages to whichever consumer wants them, in the transaction that would move its mark.
func (b *bench) deliver(messages ...bus.Message) {
	b.t.Helper()
	for _, m := range messages {
		handle := b.handleContents
		switch m.Payload.(type) {
		case *approvalsv1.DossierApproved, *approvalsv1.DossierReturned, *approvalsv1.DossierVoided, *approvalsv1.DossierReviewed:
			handle = b.handleDossiers
		}
		if err := pgx.BeginFunc(b.t.Context(), b.pool, func(tx pgx.Tx) error { return handle(b.t.Context(), tx, []bus.Message{m}) }); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) submitted(content, hash string, revision int32) bus.Message {
	return b.message(&contentv1.ContentSubmitted{BodyHtml: "<p>" + hash + "</p>", Content: text(content, hash, revision)})
}

func text(content, hash string, revision int32) *contentv1.Content {
	return &contentv1.Content{
		Id: content, Hash: hash, Revision: revision, Plan: "plan_1", PlanItem: "item_1", Agency: "H24.02", Unit: "Phòng TTBCXB",
		Title: "Hải Phòng đẩy mạnh cải cách hành chính", Body: hash, Theme: "chu-truong", Audiences: []string{"nguoi-dan"},
		Channels: []string{"cong"}, Language: "vi", Authors: []string{"cv.stttt"}, Example: true,
	}
}

func (b *bench) revised(content, hash string, revision int32) bus.Message {
	return b.message(&contentv1.ContentRevised{Content: content, Hash: hash, Revision: revision, Author: "cv.stttt"})
}

func (b *bench) approved(content, hash string) bus.Message {
	return b.approvedRevision(content, hash, 0)
}

func (b *bench) approvedRevision(content, hash string, revision int32) bus.Message {
	return b.message(&approvalsv1.DossierApproved{Dossier: "dossier_1", DocumentType: "content", Document: content, Hash: hash, Revision: revision, Decisions: []*approvalsv1.Decision{
		{Outcome: "approved", Level: 1, Person: "tp.stttt", PersonName: "Trần Văn A", Hash: hash, At: timestamppb.New(time.UnixMicro(1_700_000_000_000_000))},
	}})
}

func (b *bench) returned(content, hash string) bus.Message {
	return b.message(&approvalsv1.DossierReturned{Dossier: "dossier_1", DocumentType: "content", Document: content, Hash: hash, Comment: "sửa"})
}

func (b *bench) voided(content, hash string) bus.Message {
	return b.message(&approvalsv1.DossierVoided{Dossier: "dossier_1", DocumentType: "content", Document: content, Hash: hash})
}

func command(name string) es.Command {
	return es.Command{Key: id.Derive(time.Time{}, "test", name), HappenedAt: time.Now(), Actor: "bt.cong", Agency: "H24.20"}
}

func newContent() string { return id.Format("content", id.NewUUID(time.Now())) }

func (b *bench) publish(content, key string) (string, result, error) {
	return b.schedule(b.t.Context(), content, time.Time{}, time.Time{}, command(key))
}

// later schedules for the next day.
func (b *bench) later(content, key string) (string, result, error) {
	return b.schedule(b.t.Context(), content, time.Now().Add(24*time.Hour), time.Time{}, command(key))
}

func (b *bench) refused(content string, reason errs.Reason, arguments ...string) {
	b.t.Helper()
	_, _, err := b.publish(content, rand(b))
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != reason {
		b.t.Fatalf("got %v, want %s", err, reason)
	}
	for i := 0; i+1 < len(arguments); i += 2 {
		if got := e.Args[arguments[i]]; got != arguments[i+1] {
			b.t.Errorf("%s is %q, want %q", arguments[i], got, arguments[i+1])
		}
	}
}

// receipt is the portal's of the first act.
func receipt(place string) publication.Receipt {
	return publication.Receipt{Channel: publication.Portal, Place: place}
}

func rand(b *bench) string {
	b.messages++
	return fmt.Sprintf("key-%d", b.messages)
}

func (b *bench) state(id string) publication.State {
	b.t.Helper()
	p, _, err := b.publications.Load(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return p.State
}

// field holds a refusal of one place against its reason, and gives the place.
func (b *bench) field(err error, reason errs.Reason) string {
	b.t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) != 1 || e.Fields[0].Reason != reason {
		b.t.Errorf("got %v, want %s", err, reason)
		return ""
	}
	return e.Fields[0].Field
}

func (b *bench) asOf(ctx context.Context, at time.Time) (context.Context, error) {
	return b.log.AsOf(ctx, at, b.host.Module.Projections)
}
