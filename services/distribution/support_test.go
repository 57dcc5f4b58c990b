package distribution

import (
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	planningv1 "github.com/loa-vn/loa/proto/gen/loa/planning/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"google.golang.org/grpc"
)

// bench is the service on a database of its own, with its projection running. It is called over gRPC by people with real tokens, and
// fed as the bus feeds it.
type bench struct {
	*desk
	*apptest.Stand
	client distributionv1.DistributionServiceClient
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
	return benchOn(t, apptest.Database(t, Module()))
}

func benchOn(t *testing.T, pool *pgxpool.Pool) *bench {
	t.Helper()
	stand := apptest.New(t, Module(), pool)
	b := &bench{desk: newDesk(pool, stand.Host.Log), Stand: stand}
	b.client = distributionv1.NewDistributionServiceClient(stand.Serve(func(g grpc.ServiceRegistrar) {
		distributionv1.RegisterDistributionServiceServer(g, &server{host: stand.Host, desk: b.desk})
	}))
	b.Staff(nil, staff())
	return b
}

func (b *bench) message(payload proto.Message) bus.Message { return b.Message("", payload) }

// deliver hands messages to whichever consumer wants them, in the transaction that would move its mark.
func (b *bench) deliver(messages ...bus.Message) {
	b.Helper()
	for _, m := range messages {
		handle := b.handleContents
		switch m.Payload.(type) {
		case *approvalsv1.DossierApproved, *approvalsv1.DossierReturned, *approvalsv1.DossierVoided, *approvalsv1.DossierReviewed:
			handle = b.handleDossiers
		}
		if err := b.TryDeliver(handle, m); err != nil {
			b.Fatal(err)
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
	return b.schedule(b.Context(), content, time.Time{}, time.Time{}, command(key))
}

// later schedules for the next day.
func (b *bench) later(content, key string) (string, result, error) {
	return b.schedule(b.Context(), content, time.Now().Add(24*time.Hour), time.Time{}, command(key))
}

func (b *bench) refused(content string, reason errs.Reason, arguments ...string) {
	b.Helper()
	_, _, err := b.publish(content, newKey())
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || e.Reason != reason {
		b.Fatalf("got %v, want %s", err, reason)
	}
	for i := 0; i+1 < len(arguments); i += 2 {
		if got := e.Args[arguments[i]]; got != arguments[i+1] {
			b.Errorf("%s is %q, want %q", arguments[i], got, arguments[i+1])
		}
	}
}

// receipt is the portal's of the first act.
func receipt(place string) publication.Receipt {
	return publication.Receipt{Channel: publication.Portal, Place: place}
}

func newKey() string { return id.NewUUID(time.Now()).String() }

func (b *bench) state(id string) publication.State {
	b.Helper()
	p, _, err := b.publications.Load(b.Context(), id)
	if err != nil {
		b.Fatal(err)
	}
	return p.State
}

// field holds a refusal of one place against its reason, and gives the place.
func (b *bench) field(err error, reason errs.Reason) string {
	b.Helper()
	e, ok := errors.AsType[*errs.Error](err)
	if !ok || len(e.Fields) != 1 || e.Fields[0].Reason != reason {
		b.Errorf("got %v, want %s", err, reason)
		return ""
	}
	return e.Fields[0].Field
}
