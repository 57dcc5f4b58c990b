package content

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/blob"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/rpc"
	"google.golang.org/grpc"
)

// service is content on a database of its own, called over gRPC by people with real tokens, and fed as the bus feeds it.
type service struct {
	contentv1.ContentServiceClient
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
	stand := apptest.New(t, m, apptest.Database(t, m))
	stand.Host.Blobs = store(t)
	s := &service{Stand: stand, server: newServer(stand.Host)}
	s.ContentServiceClient = contentv1.NewContentServiceClient(s.serve())
	s.Staff([]string{"H24", "H24.01", "H24.02", "H24.03", "H24.19", "H24.63"}, staff())
	s.Deliver(s.server.followPlanning, s.Message("planning", issued()))
	return s
}

func (s *service) serve() rpc.Conn {
	s.Helper()
	return s.Serve(func(g grpc.ServiceRegistrar) { contentv1.RegisterContentServiceServer(g, s.server) })
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

// example is a complete draft under the first item.
func example() *contentv1.Content {
	return &contentv1.Content{
		PlanItem: "item_1", Title: "Hải Phòng công bố chỉ tiêu cải cách hành chính", Summary: "Tóm tắt.", Body: "## Mục tiêu\n\nNội dung **đậm**.",
		Theme: "chi-tieu", Audiences: []string{"nguoi-dan"}, Channels: []string{"cong"}, Language: "vi", SourceLine: "Sở TT&TT", Example: true,
	}
}

func (s *service) draft(person string) *contentv1.Content {
	s.Helper()
	c, err := s.CreateContent(s.As(person), &contentv1.CreateContentRequest{Content: example()})
	if err != nil {
		s.Fatal(err)
	}
	return c
}

func (s *service) get(person, id string) *contentv1.Content {
	s.Helper()
	c, err := s.GetContent(s.As(person), &contentv1.GetContentRequest{Content: id})
	if err != nil {
		s.Fatal(err)
	}
	return c
}

// retitle edits the title as of an etag.
func (s *service) retitle(person, id, etag, title string) (*contentv1.Content, error) {
	return s.UpdateContent(s.As(person, "if-match", etag), &contentv1.UpdateContentRequest{
		Content: &contentv1.Content{Id: id, Title: title}, UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"title"}},
	})
}

func (s *service) submit(person, id string) *contentv1.Content {
	s.Helper()
	c, err := s.SubmitContent(s.As(person), &contentv1.SubmitContentRequest{Content: id})
	if err != nil {
		s.Fatal(err)
	}
	return c
}

func (s *service) approved(id, hash string) {
	s.Helper()
	s.Deliver(s.server.followApprovals, s.Message("approvals", &approvalsv1.DossierApproved{
		DocumentType: "content", Document: id, Hash: hash, Decisions: []*approvalsv1.Decision{{Person: "tp.stttt"}, {Person: "pgd.stttt"}},
	}))
}

func (s *service) scheduled(id, hash string) {
	s.Helper()
	s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationScheduled{
		Publication: "publication_" + hash, Content: id, Hash: hash, PublishAt: timestamppb.Now(),
	}))
}

func (s *service) published(id, hash string) {
	s.Helper()
	s.Deliver(s.server.followDistribution, s.Message("distribution", &distributionv1.PublicationPublished{
		Publication: "publication_" + hash, Content: &contentv1.Content{Id: id, Hash: hash}, PublishedAt: timestamppb.Now(), Slug: "tin-" + id,
	}))
}

// refused asserts a refusal's reason, status and sentences.
func refused(t *testing.T, err error, reason errs.Reason, status int, vi, en string) {
	t.Helper()
	if errs.Status(reason) != status {
		t.Errorf("%s answers %d, want %d", reason, errs.Status(reason), status)
	}
	apptest.Refused(t, err, reason, vi, en)
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
