package content

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/config"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
)

// service is content on a database of its own, called over gRPC by people with real tokens, and fed as the bus feeds it.
type service struct {
	contentv1.ContentServiceClient
	t        *testing.T
	server   *server
	issuer   *authtest.Issuer
	messages int
}

func staff() []*planningv1.Person {
	rows := [][]string{
		{"pho.chu.tich", "Lê Thị Thanh Vân", "H24", "Lãnh đạo UBND thành phố", "Phó Chủ tịch", "deputy"},
		{"cv.vp", "Đặng Thùy Linh", "H24.01", "Phòng Văn xã", "Chuyên viên thẩm tra", "officer"},
		{"gd.stttt", "Lê Quang Vinh", "H24.02", "Lãnh đạo Sở", "Giám đốc", "leader"},
		{"pgd.stttt", "Trần Thị Minh Nguyệt", "H24.02", "Lãnh đạo Sở", "Phó Giám đốc", "deputy"},
		{"tp.stttt", "Nguyễn Văn Hùng", "H24.02", "Phòng Thông tin", "Trưởng phòng", "head"},
		{"ptp.stttt", "Vũ Đức Anh", "H24.02", "Phòng Thông tin", "Phó Trưởng phòng", "deputy_head"},
		{"tp2.stttt", "Ngô Văn Bình", "H24.02", "Phòng Bưu chính", "Trưởng phòng", "head"},
		{"cv.stttt", "Phạm Thu Hà", "H24.02", "Phòng Thông tin", "Chuyên viên", "officer"},
		{"cv2.stttt", "Lưu Thanh Mai", "H24.02", "Phòng Thông tin", "Chuyên viên", "officer"},
		{"vt.stttt", "Bùi Thị Ngọc", "H24.02", "Văn phòng Sở", "Văn thư", "clerk"},
		{"luu.tru", "Mai Văn Tiến", "H24.02", "Văn phòng Sở", "Cán bộ số hóa hồ sơ", "records_importer"},
		{"quan.tri", "Hoàng Gia Bảo", "H24.02", "Trung tâm Thông tin", "Quản trị hệ thống", "administrator"},
		{"tp.snv", "Trịnh Hải Yến", "H24.03", "Phòng Cải cách hành chính", "Trưởng phòng", "head"},
		{"cv.snv", "Bùi Quốc Khánh", "H24.03", "Phòng Cải cách hành chính", "Chuyên viên", "officer"},
		{"thanh.tra", "Cao Thị Bích", "H24.19", "Phòng Nghiệp vụ", "Thanh tra viên", "auditor"},
		{"bt.cong", "Đỗ Thị Lan", "H24.63", "Ban Biên tập", "Biên tập viên", "portal_editor"},
	}
	people := make([]*planningv1.Person, 0, len(rows))
	for _, r := range rows {
		people = append(people, &planningv1.Person{Id: r[0], Name: r[1], Agency: r[2], Unit: r[3], Position: r[4], Role: r[5], ValidFrom: "2022-01-01", Example: true})
	}
	return people
}

func newService(t *testing.T) *service {
	t.Helper()
	m := Module()
	pool, _ := engines.Clone(t, m.Name, func(ctx context.Context, owner *pgx.Conn) error {
		if err := errors.Join(es.Migrate(ctx, owner, "postgres", m.Projections), directory.Migrate(ctx, owner, "postgres")); err != nil {
			return err
		}
		for range 2 { // it may run again
			if _, err := owner.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS content; SET search_path TO content; "+m.Migrations, pgx.QueryExecModeSimpleProtocol); err != nil {
				return err
			}
		}
		return nil
	})
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	follow(t, log, m.Projections[0])
	policies, err := auth.NewPolicies(m.Policies)
	if err != nil {
		t.Fatal(err)
	}
	h := &app.Host{
		Module: m, Pool: pool, Log: log, Directory: directory.New(pool), Policies: policies, Blobs: store(t),
		Config: &config.Config{PublicURL: "https://loa.example"},
	}
	s := &service{t: t, server: newServer(h), issuer: authtest.NewIssuer(t)}
	s.ContentServiceClient = contentv1.NewContentServiceClient(s.serve())
	s.deliver(h.Directory.Consumer(m.Name).Handle, s.message("planning", &planningv1.AgenciesImported{Agencies: []*planningv1.Agency{
		{Code: "H24"}, {Code: "H24.01"}, {Code: "H24.02"}, {Code: "H24.03"}, {Code: "H24.19"}, {Code: "H24.63"},
	}}), s.message("planning", &planningv1.PeopleImported{People: staff()}))
	s.deliver(s.server.followPlanning, s.message("planning", issued()))
	return s
}

// store is an empty place for files.
func store(t *testing.T) *blob.Store {
	t.Helper()
	blobs, err := blob.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := blobs.Close(); err != nil {
			t.Error(err)
		}
	})
	return blobs
}

// issued is a plan that H24.02 leads and H24.03 helps with.
func issued() *planningv1.PlanIssued {
	return &planningv1.PlanIssued{
		Plan: &planningv1.Plan{
			Id: "plan_1", Number: "1/KH-UBND",
			Themes: []*planningv1.Theme{{Code: "chi-tieu"}, {Code: "mot-cua"}}, Audiences: []*planningv1.Audience{{Code: "nguoi-dan"}, {Code: "doanh-nghiep"}},
			Channels: []*planningv1.Channel{{Code: "cong"}, {Code: "fanpage"}},
		},
		Items: []*planningv1.PlanItem{
			{Id: "item_1", Theme: "chi-tieu", Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, Lead: "H24.02", Coordinators: []string{"H24.03"}},
			{Id: "item_2", Theme: "mot-cua", Audiences: []string{"doanh-nghiep"}, Channels: []string{"cong"}, Lead: "H24.03"},
		},
	}
}

// follow runs the projection until the test ends.
func follow(t *testing.T, log *es.Log, p es.Projection) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- log.Run(ctx, p) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func (s *service) serve() rpc.Conn {
	s.t.Helper()
	h := s.server.host
	grpcServer := rpc.NewServer(rpc.ServerOptions{
		Service: h.Module.Name, Verifier: auth.NewVerifier(auth.VerifierOptions{Issuer: s.issuer.URL}), People: h.Directory, Policies: h.Policies,
		DigestKey: []byte("a key for tests"),
		AtLeast: func(ctx context.Context, token es.Token) error {
			return h.Log.WaitFor(ctx, h.Module.Projections[0].Name, token[h.Module.Name].Position)
		},
	})
	contentv1.RegisterContentServiceServer(grpcServer, s.server)
	pipe := rpc.NewPipe()
	ended := make(chan error, 1)
	go func() { ended <- grpcServer.Serve(pipe) }()
	conn, err := pipe.Dial(rpc.ClientOptions{Service: h.Module.Name})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		grpcServer.Stop()
		if err := errors.Join(conn.Close(), <-ended); err != nil {
			s.t.Error(err)
		}
	})
	return conn
}

// as is a call by a person who has seen all that happened so far, with more metadata as name, value pairs.
func (s *service) as(person string, more ...string) context.Context {
	s.t.Helper()
	var head int64
	if err := s.server.host.Pool.QueryRow(s.t.Context(), "SELECT coalesce(max(position), 0) FROM es.event").Scan(&head); err != nil {
		s.t.Fatal(err)
	}
	seen := es.Token{s.server.host.Module.Name: es.Reached{Epoch: s.server.host.Log.Epoch(), Position: head}}
	more = append(more, "loa-at-least", seen.String())
	return metadata.AppendToOutgoingContext(rpc.WithCaller(s.t.Context(), s.issuer.Token(s.t, person)), more...)
}

// message makes a message of its own, as the bus would give it.
func (s *service) message(source string, payload proto.Message) bus.Message {
	s.messages++
	return bus.Message{
		ID: fmt.Sprintf("message-%d", s.messages), Source: source, Type: string(payload.ProtoReflect().Descriptor().FullName()), Payload: payload,
		HappenedAt: time.Now(), Epoch: 1, Position: int64(s.messages), Actor: "cv.stttt", Agency: "H24.02",
	}
}

// deliver hands messages to a handler twice, as a bus may, each time in the transaction that would move its mark.
func (s *service) deliver(handle bus.Handler, messages ...bus.Message) {
	s.t.Helper()
	for range 2 {
		if err := s.tryDeliver(handle, messages...); err != nil {
			s.t.Fatal(err)
		}
	}
}

func (s *service) tryDeliver(handle bus.Handler, messages ...bus.Message) error {
	return pgx.BeginFunc(s.t.Context(), s.server.host.Pool, func(tx pgx.Tx) error { return handle(s.t.Context(), tx, messages) })
}

// example is a complete draft under the first item.
func example() *contentv1.Content {
	return &contentv1.Content{
		PlanItem: "item_1", Title: "Hải Phòng công bố chỉ tiêu cải cách hành chính", Summary: "Tóm tắt.", Body: "## Mục tiêu\n\nNội dung **đậm**.",
		Theme: "chi-tieu", Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, Language: "vi", SourceLine: "Sở TT&TT", Example: true,
	}
}

func (s *service) draft(person string) *contentv1.Content {
	s.t.Helper()
	c, err := s.CreateContent(s.as(person), &contentv1.CreateContentRequest{Content: example()})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *service) get(person, id string) *contentv1.Content {
	s.t.Helper()
	c, err := s.GetContent(s.as(person), &contentv1.GetContentRequest{Content: id})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// retitle edits the title as of an etag.
func (s *service) retitle(person, id, etag, title string) (*contentv1.Content, error) {
	return s.UpdateContent(s.as(person, "if-match", etag), &contentv1.UpdateContentRequest{
		Content: &contentv1.Content{Id: id, Title: title}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
}

func (s *service) submit(person, id string) *contentv1.Content {
	s.t.Helper()
	c, err := s.SubmitContent(s.as(person), &contentv1.SubmitContentRequest{Content: id})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *service) approved(id, hash string) {
	s.t.Helper()
	s.deliver(s.server.followApprovals, s.message("approvals", &approvalsv1.DossierApproved{
		DocumentType: "content", Document: id, Hash: hash, Decisions: []*approvalsv1.Decision{{Person: "tp.stttt"}, {Person: "pgd.stttt"}},
	}))
}

func (s *service) scheduled(id, hash string) {
	s.t.Helper()
	s.deliver(s.server.followDistribution, s.message("distribution", &distributionv1.PublicationScheduled{
		Publication: "publication_" + hash, Content: id, Hash: hash, PublishAt: timestamppb.Now(),
	}))
}

func (s *service) published(id, hash string) {
	s.t.Helper()
	s.deliver(s.server.followDistribution, s.message("distribution", &distributionv1.PublicationPublished{
		Publication: "publication_" + hash, Content: &contentv1.Content{Id: id, Hash: hash}, PublishedAt: timestamppb.Now(), Slug: "tin-" + id,
	}))
}

// refused asserts a refusal's reason, status and sentences.
func refused(t *testing.T, err error, reason errs.Reason, status int, vi, en string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != reason || errs.Status(e.Reason) != status {
		t.Fatalf("answered %v, want %s (%d)", err, reason, status)
	}
	if got := errs.Sentence(e.Reason, e.Args, errs.Vietnamese); got != vi {
		t.Errorf("in Vietnamese: %q, want %q", got, vi)
	}
	if got := errs.Sentence(e.Reason, e.Args, errs.English); got != en {
		t.Errorf("in English: %q, want %q", got, en)
	}
}

func reason(t *testing.T, err error, want errs.Reason) {
	t.Helper()
	if err == nil || errs.ReasonOf(err) != want {
		t.Fatalf("answered %v, want %s", err, want)
	}
}

// places are the fields that a refusal names, with their reasons and, in a text, lines.
func places(t *testing.T, err error) string {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok {
		t.Fatalf("answered %v", err)
	}
	var out []string
	for _, f := range e.Fields {
		s := f.Field + " " + f.Reason.String()
		if f.Row > 0 {
			s += fmt.Sprint(" ", f.Row)
		}
		out = append(out, s)
	}
	return strings.Join(out, ", ")
}

// place asserts the sentences of the one place that a refusal names.
func place(t *testing.T, err error, vi, en string) {
	t.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) != 1 || errs.Status(e.Reason) != 422 {
		t.Fatalf("answered %v", err)
	}
	f := e.Fields[0]
	if got := errs.Sentence(f.Reason, f.Args, errs.Vietnamese); got != vi {
		t.Errorf("in Vietnamese: %q, want %q", got, vi)
	}
	if got := errs.Sentence(f.Reason, f.Args, errs.English); got != en {
		t.Errorf("in English: %q, want %q", got, en)
	}
}

// recorded counts the events of the log.
func (s *service) recorded() (n int) {
	s.t.Helper()
	if err := s.server.host.Pool.QueryRow(s.t.Context(), "SELECT count(*) FROM es.event").Scan(&n); err != nil {
		s.t.Fatal(err)
	}
	return n
}
