package reporting

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
)

const plan38 = "plan_01h455vb4pex5vsknk084sn02q"

// bench is the service on a database of its own, with its projection running. It is called over gRPC by people with real tokens, and
// fed as the bus feeds it.
type bench struct {
	*desk
	t        testing.TB
	host     *app.Host
	issuer   *authtest.Issuer
	client   reportingv1.ReportServiceClient
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

func newBench(t testing.TB) *bench {
	t.Helper()
	m := Module()
	pool, _ := engines.Clone(t, m.Name, func(ctx context.Context, owner *pgx.Conn) error {
		if err := errors.Join(es.Migrate(ctx, owner, "postgres", m.Projections), directory.Migrate(ctx, owner, "postgres")); err != nil {
			return err
		}
		_, err := owner.Exec(ctx, "CREATE SCHEMA "+m.Name+"; "+m.Migrations, pgx.QueryExecModeSimpleProtocol)
		return err
	})
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
		host: &app.Host{
			Module: m, Config: &config.Config{PublicURL: "https://haiphong.gov.vn"}, Pool: pool, Log: log, Directory: directory.New(pool), Policies: policies,
		},
	}
	b.client = reportingv1.NewReportServiceClient(b.serve())
	people := b.message(&planningv1.PeopleImported{People: staff()})
	b.messages = 0
	if err := pgx.BeginFunc(t.Context(), pool, func(tx pgx.Tx) error {
		agencies := b.agencies()
		b.messages = 0
		return b.host.Directory.Consumer(m.Name).Handle(t.Context(), tx, []bus.Message{people, agencies})
	}); err != nil {
		t.Fatal(err)
	}
	b.deliver(b.agencies(), b.issued())
	return b
}

func (b *bench) serve() rpc.Conn {
	b.t.Helper()
	grpcServer := rpc.NewServer(rpc.ServerOptions{
		Service: b.host.Module.Name, Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: b.issuer.URL}), People: b.host.Directory,
		Policies: b.host.Policies, DigestKey: []byte("a key for tests"),
		AsOf: func(ctx context.Context, at time.Time) (context.Context, error) {
			return b.log.AsOf(ctx, at, b.host.Module.Projections)
		},
		AtLeast: func(ctx context.Context, token es.Token) error {
			return b.log.WaitFor(ctx, b.host.Module.Projections[0].Name, token[b.host.Module.Name].Position)
		},
	})
	// Who may read a dossier approvals would say; it is away.
	away, err := rpc.Dial("127.0.0.1:1", rpc.ClientOptions{Service: "approvals"})
	if err != nil {
		b.t.Fatal(err)
	}
	reportingv1.RegisterReportServiceServer(grpcServer, &server{host: b.host, desk: b.desk, approvals: approvalsv1.NewApprovalServiceClient(away)})
	pipe := rpc.NewPipe()
	ended := make(chan error, 1)
	go func() { ended <- grpcServer.Serve(pipe) }()
	conn, err := pipe.Dial(rpc.ClientOptions{Service: b.host.Module.Name})
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() {
		grpcServer.Stop()
		if err := errors.Join(conn.Close(), away.Close(), <-ended); err != nil {
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
		HappenedAt: time.Now().UTC().Truncate(time.Microsecond), RecordedAt: time.Now().UTC().Truncate(time.Microsecond), Epoch: 1, Position: int64(b.messages), Actor: "pgd.stttt", Agency: "H24.02",
		Traceparent: fmt.Sprintf("00-%032x-%016x-01", b.messages, b.messages),
	}
}

// deliver hands messages to whichever consumer wants them, in the transaction that would move its mark.
func (b *bench) deliver(messages ...bus.Message) {
	b.t.Helper()
	for _, m := range messages {
		handle := handleFacts
		switch m.Payload.(type) {
		case *approvalsv1.DossierOpened, *approvalsv1.DossierApproved, *approvalsv1.DossierReturned, *approvalsv1.DossierIssued:
			handle = b.handleDossiers
		}
		if err := pgx.BeginFunc(b.t.Context(), b.pool, func(tx pgx.Tx) error { return handle(b.t.Context(), tx, []bus.Message{m}) }); err != nil {
			b.t.Fatal(err)
		}
	}
}

func (b *bench) agencies() bus.Message {
	return b.message(&planningv1.AgenciesImported{Agencies: []*planningv1.Agency{
		{Code: "H24", Name: "Ủy ban nhân dân thành phố Hải Phòng"},
		{Code: "H24.02", Name: "Sở Thông tin và Truyền thông", Parent: "H24"},
		{Code: "H24.03", Name: "Sở Nội vụ", Parent: "H24"},
	}})
}

func (b *bench) issued() bus.Message {
	return b.message(&planningv1.PlanIssued{
		Plan: &planningv1.Plan{
			Id: plan38, Number: "38/KH-UBND", Date: "2022-02-23", Issuer: "H24", Title: "Tuyên truyền cải cách hành chính năm 2022",
			From: "2022-02-23", To: "2022-12-14", Lead: "H24.02", Coordinators: []string{"H24.03"}, Imported: true,
			Themes:    []*planningv1.Theme{{Code: "chu-truong", Name: "Chủ trương, chính sách"}},
			Audiences: []*planningv1.Audience{{Code: "nguoi-dan", Name: "Người dân"}},
			Channels:  []*planningv1.Channel{{Code: "cong", Name: "Cổng thông tin điện tử"}},
		},
		Items: []*planningv1.PlanItem{
			{Id: "item_1", Code: "1", Title: "Tin trên cổng", Theme: "chu-truong", Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, Lead: "H24.02", Coordinators: []string{"H24.04"}, Deadline: "2022-03-14", Target: &planningv1.Target{Quantity: 2, Unit: "tin", CountsPublications: true}},
			{Id: "item_2", Code: "2", Title: "Lớp tập huấn", Theme: "chu-truong", Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, Lead: "H24.03", Deadline: "2022-06-30", Target: &planningv1.Target{Quantity: 4, Unit: "lớp"}, Example: true},
		},
	})
}

func (b *bench) published(publication string, at time.Time) bus.Message {
	return b.message(&distributionv1.PublicationPublished{
		Publication: publication, Slug: "tin-" + publication, PublishedAt: timestamppb.New(at), Imported: true,
		Content: &contentv1.Content{
			Id: "content_" + publication, Plan: plan38, PlanItem: "item_1", Agency: "H24.02", Title: "Tin " + publication, Theme: "chu-truong",
			Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, Hash: "h-" + publication,
		},
	})
}

func opened(document string) *approvalsv1.DossierOpened {
	return &approvalsv1.DossierOpened{Dossier: "dossier_1", DocumentType: "report", Document: document}
}

func returned(document, hash string) *approvalsv1.DossierReturned {
	return &approvalsv1.DossierReturned{Dossier: "dossier_1", DocumentType: "report", Document: document, Hash: hash, Comment: "thiếu lớp tập huấn"}
}

func approved(document, hash string) *approvalsv1.DossierApproved {
	return &approvalsv1.DossierApproved{Dossier: "dossier_1", DocumentType: "report", Document: document, Hash: hash, Decisions: []*approvalsv1.Decision{
		{Outcome: "approved", Level: 1, Person: "tp.stttt", PersonName: "Trần Văn A", PersonExample: true, Hash: hash, At: timestamppb.New(vn.Day(2022, 3, 16))},
		{Outcome: "approved", Level: 2, Person: "pgd.stttt", PersonName: "Lê Thị B", PersonExample: true, Hash: hash, At: timestamppb.New(vn.Day(2022, 3, 17))},
	}}
}

func (b *bench) command() es.Command {
	b.messages++
	return es.Command{Key: id.Derive(time.Time{}, "test", fmt.Sprint(b.messages)), HappenedAt: time.Now(), Actor: "cv.stttt", Agency: "H24.02"}
}

func march(t testing.TB) vn.Period {
	t.Helper()
	p, err := vn.ParsePeriod("2022-M03")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *bench) plan38() facts.Plan {
	b.t.Helper()
	p, err := b.desk.plan(b.t.Context(), plan38)
	if err != nil || p == nil {
		b.t.Fatalf("%v, %v", p, err)
	}
	return *p
}

func officer() compiler { return compiler{Name: "cv.stttt", Person: true} }

// compiled compiles March 2022 and gives the report's id.
func (b *bench) compiled() (string, result) {
	b.t.Helper()
	id, r, err := b.compile(b.t.Context(), b.plan38(), march(b.t), officer(), b.command())
	if err != nil {
		b.t.Fatal(err)
	}
	return id, r
}

// extend makes an issued plan run to the end of a year.
func (b *bench) extend(m bus.Message, year int) {
	b.t.Helper()
	m.Payload.(*planningv1.PlanIssued).Plan.To = fmt.Sprintf("%04d-12-14", year)
}
