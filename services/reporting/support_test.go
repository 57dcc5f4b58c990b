package reporting

import (
	"fmt"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	reportingv1 "github.com/loa-vn/loa/proto/gen/loa/reporting/v1"
	"github.com/loa-vn/loa/services/reporting/internal/facts"
	"google.golang.org/grpc"
)

const plan38 = "plan_01h455vb4pex5vsknk084sn02q"

// bench is the service on a database of its own, with its projection running. It is called over gRPC by people with real tokens, and
// fed as the bus feeds it.
type bench struct {
	*desk
	*apptest.Stand
	client reportingv1.ReportServiceClient
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
	stand := apptest.New(t, m, apptest.Database(t, m))
	b := &bench{desk: newDesk(stand.Host.Pool, stand.Host.Log), Stand: stand}
	// Who may read a dossier approvals would say; it is away.
	away := approvalsv1.NewApprovalServiceClient(stand.Away("approvals"))
	b.client = reportingv1.NewReportServiceClient(stand.Serve(func(g grpc.ServiceRegistrar) {
		reportingv1.RegisterReportServiceServer(g, &server{host: stand.Host, desk: b.desk, approvals: away})
	}))
	b.Staff(nil, staff())
	b.Deliver(b.Host.Directory.Consumer(m.Name).Handle, bus.Message{Type: "loa.planning.v1.AgenciesImported", Payload: agencies()})
	b.deliver(b.message(agencies()), b.issued())
	return b
}

func (b *bench) message(payload proto.Message) bus.Message {
	m := b.Message("", payload)
	m.Actor = "pgd.stttt"
	return m
}

// deliver hands messages to whichever consumer wants them, in the transaction that would move its mark.
func (b *bench) deliver(messages ...bus.Message) {
	b.Helper()
	for _, m := range messages {
		handle := handleFacts
		switch m.Payload.(type) {
		case *approvalsv1.DossierOpened, *approvalsv1.DossierApproved, *approvalsv1.DossierReturned, *approvalsv1.DossierIssued:
			handle = b.handleDossiers
		}
		if err := b.TryDeliver(handle, m); err != nil {
			b.Fatal(err)
		}
	}
}

func agencies() *planningv1.AgenciesImported {
	return &planningv1.AgenciesImported{Agencies: []*planningv1.Agency{
		{Code: "H24", Name: "Ủy ban nhân dân thành phố Hải Phòng"},
		{Code: "H24.02", Name: "Sở Thông tin và Truyền thông", Parent: "H24"},
		{Code: "H24.03", Name: "Sở Nội vụ", Parent: "H24"},
	}}
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
	return es.Command{Key: id.NewUUID(time.Now()), HappenedAt: time.Now(), Actor: "cv.stttt", Agency: "H24.02"}
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
	b.Helper()
	p, err := b.desk.plan(b.Context(), plan38)
	if err != nil || p == nil {
		b.Fatalf("%v, %v", p, err)
	}
	return *p
}

func officer() compiler { return compiler{Name: "cv.stttt", Person: true} }

// compiled compiles March 2022 and gives the report's id.
func (b *bench) compiled() (string, result) {
	b.Helper()
	id, r, err := b.compile(b.Context(), b.plan38(), march(b.TB), officer(), b.command())
	if err != nil {
		b.Fatal(err)
	}
	return id, r
}

// extend makes an issued plan run to the end of a year.
func (b *bench) extend(m bus.Message, year int) {
	b.Helper()
	m.Payload.(*planningv1.PlanIssued).Plan.To = fmt.Sprintf("%04d-12-14", year)
}
