package approvals

import (
	"errors"
	"testing"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"google.golang.org/grpc"
)

// service is approvals on a database of its own, called over gRPC by people with real tokens, and fed as the bus feeds it.
type service struct {
	approvalsv1.ApprovalServiceClient
	*apptest.Stand
	server *server
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
	stand := apptest.New(t, m, apptest.Database(t, m))
	made, err := newServer(stand.Host)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{Stand: stand, server: made}
	s.ApprovalServiceClient = approvalsv1.NewApprovalServiceClient(s.serve())
	s.Staff([]string{"H24", "H24.01", "H24.02", "H24.03", "H24.19", "H24.63"}, staff())
	return s
}

func (s *service) serve() rpc.Conn {
	s.Helper()
	return s.Serve(func(g grpc.ServiceRegistrar) {
		approvalsv1.RegisterApprovalServiceServer(g, s.server)
		approvalsv1.RegisterRegisterServiceServer(g, s.server)
	})
}

func (s *service) submitted(content, hash string, authors ...string) {
	s.Helper()
	s.Deliver(s.server.follow, s.Message("content", &contentv1.ContentSubmitted{Content: &contentv1.Content{
		Id: content, Title: "Tin " + content, Agency: "H24.02", Unit: "Phòng Thông tin", Hash: hash, Authors: authors, Example: true,
	}}))
}

func (s *service) revised(content, hash string) {
	s.Helper()
	s.Deliver(s.server.follow, s.Message("content", &contentv1.ContentRevised{Content: content, Hash: hash}))
}

// setRoute sets the example's route, with more levels after it.
func (s *service) setRoute(documentType string, more ...*approvalsv1.Level) {
	s.Helper()
	_, err := s.PutRoute(s.As("quan.tri"), &approvalsv1.PutRouteRequest{Route: exampleRoute(documentType, more...)})
	if err != nil {
		s.Fatal(err)
	}
}

func exampleRoute(documentType string, more ...*approvalsv1.Level) *approvalsv1.Route {
	return &approvalsv1.Route{DocumentType: documentType, Levels: append([]*approvalsv1.Level{
		{Name: "Trưởng phòng", Roles: []string{"head", "deputy_head"}, Scope: "unit"},
		{Name: "Lãnh đạo Sở", Roles: []string{"leader", "deputy"}, Scope: "agency"},
	}, more...)}
}

func (s *service) waitingFor(person string) []string {
	s.Helper()
	r, err := s.ListDossiers(s.As(person), &approvalsv1.ListDossiersRequest{WaitingFor: "me"})
	if err != nil {
		s.Fatal(err)
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
	return s.Approve(s.As(person, more...), &approvalsv1.ApproveRequest{Dossier: id, Hash: hash})
}

func (s *service) mustApprove(person, id, hash string) *approvalsv1.Dossier {
	s.Helper()
	d, err := s.approve(person, id, hash)
	if err != nil {
		s.Fatal(err)
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
