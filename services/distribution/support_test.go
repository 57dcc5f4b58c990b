package distribution

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// bench is the service on a database of its own, with its projection running.
type bench struct {
	*desk
	t        *testing.T
	messages int
}

func newBench(t *testing.T) *bench {
	t.Helper()
	m := Module()
	pool, _ := engines.Clone(t, m.Name, func(ctx context.Context, owner *pgx.Conn) error {
		if err := es.Migrate(ctx, owner, "postgres", m.Projections); err != nil {
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
	return &bench{desk: newDesk(pool, log), t: t}
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
		case *approvalsv1.DossierApproved, *approvalsv1.DossierReturned, *approvalsv1.DossierVoided:
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
	return b.message(&approvalsv1.DossierApproved{Dossier: "dossier_1", DocumentType: "content", Document: content, Hash: hash, Decisions: []*approvalsv1.Decision{
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
	return b.schedule(b.t.Context(), content, time.Time{}, command(key))
}

func (b *bench) refused(content string, reason errs.Reason, arguments ...string) {
	b.t.Helper()
	_, _, err := b.publish(content, rand(b))
	if errs.ReasonOf(err) != reason {
		b.t.Fatalf("got %v, want %s", err, reason)
	}
	for i := 0; i+1 < len(arguments); i += 2 {
		if got := err.(*errs.Error).Args[arguments[i]]; got != arguments[i+1] {
			b.t.Errorf("%s is %q, want %q", arguments[i], got, arguments[i+1])
		}
	}
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
