package approvals

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/auth/authtest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
)

// service is approvals on a database of its own, called over gRPC by people with real tokens, and fed as the bus feeds it.
type service struct {
	approvalsv1.ApprovalServiceClient
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
		return errors.Join(es.Migrate(ctx, owner, "postgres", m.Projections), directory.Migrate(ctx, owner, "postgres"))
	})
	log, err := es.Open(t.Context(), pool, m.Catalogue, es.Options{Service: m.Name})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(log.Close)
	for _, p := range m.Projections {
		follow(t, log, p)
	}
	policies, err := auth.NewPolicies(m.Policies)
	if err != nil {
		t.Fatal(err)
	}
	h := &app.Host{Module: m, Pool: pool, Log: log, Directory: directory.New(pool), Policies: policies}
	made, err := newServer(h)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, server: made, issuer: authtest.NewIssuer(t)}
	s.ApprovalServiceClient = approvalsv1.NewApprovalServiceClient(s.serve())
	s.deliver(h.Directory.Consumer(m.Name).Handle, s.message("planning", &planningv1.AgenciesImported{Agencies: []*planningv1.Agency{
		{Code: "H24"}, {Code: "H24.01"}, {Code: "H24.02"}, {Code: "H24.03"}, {Code: "H24.19"}, {Code: "H24.63"},
	}}), s.message("planning", &planningv1.PeopleImported{People: staff()}))
	return s
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
			for _, p := range h.Module.Projections {
				if err := h.Log.WaitFor(ctx, p.Name, token[h.Module.Name].Position); err != nil {
					return err
				}
			}
			return nil
		},
	})
	approvalsv1.RegisterApprovalServiceServer(grpcServer, s.server)
	approvalsv1.RegisterRegisterServiceServer(grpcServer, s.server)
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

func (s *service) submitted(content, hash string, authors ...string) {
	s.t.Helper()
	s.deliver(s.server.follow, s.message("content", &contentv1.ContentSubmitted{Content: &contentv1.Content{
		Id: content, Title: "Tin " + content, Agency: "H24.02", Unit: "Phòng Thông tin", Hash: hash, Authors: authors, Example: true,
	}}))
}

func (s *service) revised(content, hash string) {
	s.t.Helper()
	s.deliver(s.server.follow, s.message("content", &contentv1.ContentRevised{Content: content, Hash: hash}))
}

// setRoute sets the example's route, with more levels after it.
func (s *service) setRoute(documentType string, more ...*approvalsv1.Level) {
	s.t.Helper()
	_, err := s.PutRoute(s.as("quan.tri"), &approvalsv1.PutRouteRequest{Route: exampleRoute(documentType, more...)})
	if err != nil {
		s.t.Fatal(err)
	}
}

func exampleRoute(documentType string, more ...*approvalsv1.Level) *approvalsv1.Route {
	return &approvalsv1.Route{DocumentType: documentType, Levels: append([]*approvalsv1.Level{
		{Name: "Trưởng phòng", Roles: []string{"head", "deputy_head"}, Scope: "unit"},
		{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: "agency"},
	}, more...)}
}

func (s *service) waitingFor(person string) []string {
	s.t.Helper()
	r, err := s.ListDossiers(s.as(person), &approvalsv1.ListDossiersRequest{WaitingFor: "me"})
	if err != nil {
		s.t.Fatal(err)
	}
	return documents(r)
}

func documents(r *approvalsv1.ListDossiersResponse) []string {
	out := []string{}
	for _, d := range r.GetDossiers() {
		out = append(out, d.GetDocument())
	}
	return out
}

func (s *service) approve(person, id, hash string, more ...string) (*approvalsv1.Dossier, error) {
	return s.Approve(s.as(person, more...), &approvalsv1.ApproveRequest{Dossier: id, Hash: hash})
}

func (s *service) mustApprove(person, id, hash string) *approvalsv1.Dossier {
	s.t.Helper()
	d, err := s.approve(person, id, hash)
	if err != nil {
		s.t.Fatal(err)
	}
	return d
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
