package distribution

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/vn"
	contentv1 "github.com/loa-vn/loa/proto/gen/loa/content/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
	"github.com/loa-vn/loa/services/distribution/internal/readmodel"
)

// Text and approval come from two services, so either may arrive first.
func TestApprovalMayArriveBeforeTheText(t *testing.T) {
	b := newBench(t)
	first, second := newContent(), newContent()
	b.deliver(b.approved(first, "h1"))
	b.refused(first, errorsv1.Reason_NOT_FOUND, "what", first)
	b.deliver(b.submitted(first, "h1", 1))
	b.deliver(b.submitted(second, "h1", 1), b.approved(second, "h1"))
	for _, content := range []string{first, second} {
		id, r, err := b.publish(content, content)
		if err != nil {
			t.Fatal(err)
		}
		if r.State.State != publication.Published || id != publication.ID(content, "h1", 1) || len(r.State.Decisions) != 1 {
			t.Errorf("%s: %s", id, r.State.State)
		}
	}
}

// What is not approved is refused with the state it is in, and nothing is recorded.
func TestPublishNeedsTheApprovalOfTheNewestText(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.refused(content, errorsv1.Reason_NOT_FOUND)
	b.deliver(b.submitted(content, "h1", 1))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "in_approval")
	b.deliver(b.returned(content, "h1"))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "returned")
	b.deliver(b.submitted(content, "h1", 1))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "in_approval")
	b.deliver(b.revised(content, "h2", 2))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "draft")
	b.deliver(b.submitted(content, "h2", 2), b.approved(content, "h2"), b.revised(content, "h3", 3))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "draft")
	b.deliver(b.voided(content, "h2"), b.submitted(content, "h2", 4))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "in_approval")
	if events, err := b.log.Read(t.Context(), 0, 10); err != nil || len(events) > 0 {
		t.Errorf("%v, %v", events, err)
	}
}

// An approval on its way is overtaken by two edits that end with the text it was of: it was given before them, and does not count.
func TestAnApprovalFromBeforeAnEditPublishesNothingOfTheSameTextWrittenAgain(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.revised(content, "h2", 2), b.revised(content, "h1", 3), b.submitted(content, "h1", 3))
	b.deliver(b.approvedRevision(content, "h1", 1))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "in_approval")
	b.deliver(b.voided(content, "h1"), b.voided(content, "h2"), b.approvedRevision(content, "h1", 3))
	id, r, err := b.publish(content, content)
	if err != nil || id != publication.ID(content, "h1", 3) || r.State.State != publication.Published {
		t.Errorf("%s: %s, %v", id, r.State.State, err)
	}
}

func TestEmbargo(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	if _, _, err := b.schedule(t.Context(), content, time.Now().Add(-time.Minute), time.Time{}, command("past")); errs.ReasonOf(err) != errorsv1.Reason_EMBARGO_PAST {
		t.Fatalf("%v", err)
	}
	id, _, err := b.schedule(t.Context(), content, time.Now().Add(time.Hour), time.Time{}, command("later"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.release(t.Context(), id, command("early")); errs.ReasonOf(err) != errorsv1.Reason_EMBARGO_EARLY {
		t.Fatalf("%v", err)
	}
	if got := b.state(id); got != publication.Scheduled {
		t.Errorf("state %s", got)
	}
	b.refused(content, errorsv1.Reason_ALREADY_PUBLISHED)
}

func TestReleasedOnceAndVerifiedByThePortal(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	id, _, err := b.publish(content, "publish")
	if err != nil {
		t.Fatal(err)
	}
	first, err := b.release(t.Context(), id, command("release"))
	if err != nil || first.Events != 0 {
		t.Fatalf("%d events, %v", first.Events, err)
	}
	for _, key := range []string{"release", "release by another key"} {
		again, err := b.release(t.Context(), id, command(key))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(first.State, again.State); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	verified, err := b.receive(t.Context(), id, receipt("/tin/x"), command("receipt"))
	if err != nil || !verified.State.Verified {
		t.Fatalf("%+v, %v", verified.State, err)
	}
	if _, err := b.release(t.Context(), publication.ID(content, "h9", 9), command("unknown")); errs.ReasonOf(err) != errorsv1.Reason_NOT_FOUND {
		t.Errorf("%v", err)
	}
	b.refused(content, errorsv1.Reason_ALREADY_PUBLISHED)
	// An edit that raced the release is another text; what is public is changed by a correction only.
	b.deliver(b.revised(content, "h2", 2), b.submitted(content, "h2", 2), b.approved(content, "h2"))
	if got := b.state(id); got != publication.Published {
		t.Errorf("state %s", got)
	}
	b.refused(content, errorsv1.Reason_ALREADY_PUBLISHED)
	published := messageOf[*distributionv1.PublicationPublished](b)
	if published.GetPublication() != id || published.GetBodyHtml() != "<p>h1</p>" || published.GetContent().GetHash() != "h1" ||
		published.GetImported() || len(published.GetDecisions()) != 1 || published.GetSlug() != first.State.Slug || len(published.GetContent().GetAuthors()) != 0 {
		t.Errorf("%v", published)
	}
	if m := messageOf[*distributionv1.ReceiptRecorded](b); !m.GetComplete() || m.GetPlace() != "/tin/x" {
		t.Errorf("%v", m)
	}
}

// messageOf is the only published event of a type.
func messageOf[M any](b *bench) (found M) {
	b.Helper()
	events, err := b.log.Read(b.Context(), 0, 1000)
	if err != nil {
		b.Fatal(err)
	}
	n := 0
	for _, e := range events {
		m, err := publish(e)
		if err != nil {
			b.Fatalf("%s: %v", e.Type, err)
		}
		if m, ok := m.(M); ok {
			found = m
			n++
		}
	}
	if n != 1 {
		b.Fatalf("%d published events of type %T", n, found)
	}
	return found
}

// An edit cancels what is scheduled; approved anew, it is a publication of its own. The first request repeated gets its first answer.
func TestAnEditCancels(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	id, before, err := b.schedule(t.Context(), content, time.Now().Add(time.Hour), time.Time{}, command("first"))
	if err != nil {
		t.Fatal(err)
	}
	edit := b.revised(content, "h2", 2)
	b.deliver(edit, edit)
	if got := b.state(id); got != publication.Cancelled {
		t.Fatalf("state %s", got)
	}
	if m := messageOf[*distributionv1.PublicationCancelled](b); m.GetHash() != "h1" || m.GetContent() != content || m.GetPublication() != id {
		t.Errorf("%v", m)
	}
	again, repeated, err := b.schedule(t.Context(), content, time.Now().Add(time.Hour), time.Time{}, command("first"))
	if err != nil || again != id || !repeated.Repeated {
		t.Fatalf("%s, %+v, %v", again, repeated, err)
	}
	if diff := cmp.Diff(before.State, repeated.State); diff != "" {
		t.Error(diff)
	}
	b.deliver(b.voided(content, "h1"), b.revised(content, "h1", 3), b.submitted(content, "h1", 3))
	b.refused(content, errorsv1.Reason_NOT_APPROVED, "state", "in_approval")
	b.deliver(b.approved(content, "h1"))
	other, _, err := b.publish(content, "second")
	if err != nil || other == id || b.state(other) != publication.Published {
		t.Fatalf("%s, %v", other, err)
	}
}

// Whatever the order of a publish and an edit, the text that was edited is never left scheduled.
func TestPublishAndEditAtTheSameMoment(t *testing.T) {
	b := newBench(t)
	for range 30 {
		content := newContent()
		b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
		edit := b.revised(content, "h2", 2)
		key := newKey()
		var both sync.WaitGroup
		both.Go(func() {
			if _, _, err := b.later(content, key); err != nil && errs.ReasonOf(err) != errorsv1.Reason_NOT_APPROVED {
				t.Error(err)
			}
		})
		both.Go(func() {
			if err := pgx.BeginFunc(t.Context(), b.pool, func(tx pgx.Tx) error {
				return b.handleContents(t.Context(), tx, []bus.Message{edit})
			}); err != nil {
				t.Error(err)
			}
		})
		both.Wait()
		if got := b.state(publication.ID(content, "h1", 1)); got != publication.None && got != publication.Cancelled {
			t.Fatalf("state %s", got)
		}
	}
}

// History enters once, published at the time it was, however often its message comes.
func TestHistory(t *testing.T) {
	b := newBench(t)
	content := newContent()
	at := vn.Day(2022, 3, 1).Add(13*time.Hour + 20*time.Minute)
	c := text(content, "h1", 1)
	c.PublishedAt = timestamppb.New(at)
	m := b.message(&contentv1.ContentImported{Content: c, BodyHtml: "<p>h1</p>"})
	b.deliver(m, m)
	b.refused(content, errorsv1.Reason_ALREADY_PUBLISHED)
	published := messageOf[*distributionv1.PublicationPublished](b)
	if !published.GetImported() || !published.GetPublishedAt().AsTime().Equal(at) || len(published.GetDecisions()) > 0 {
		t.Errorf("%v", published)
	}
	events, err := b.log.Read(t.Context(), 0, 10)
	if err != nil || len(events) != 1 || !events[0].HappenedAt.Equal(at) {
		t.Fatalf("%+v, %v", events, err)
	}
	rows, err := readmodel.List(t.Context(), b.pool, readmodel.Query{Own: "H24.99", Limit: 10})
	if err != nil || len(rows) != 1 || !rows[0].State.PublishedAt.Equal(at) || !rows[0].State.Imported {
		t.Errorf("%+v, %v", rows, err)
	}
}

// Lists show what is public to everybody and the rest to the agency that wrote it, in pages without gap or repeat; built anew from
// the log they are the same.
func TestLists(t *testing.T) {
	b := newBench(t)
	var last int64
	for i := range 5 {
		content := newContent()
		m := b.submitted(content, "h1", 1)
		if i == 0 {
			m.Payload.(*contentv1.ContentSubmitted).Content.Agency = "H24.05"
		}
		b.deliver(m, b.approved(content, "h1"))
		var id string
		var r result
		var err error
		if i%2 == 0 {
			id, r, err = b.publish(content, content)
		} else {
			id, r, err = b.later(content, content)
		}
		if err == nil && i == 4 {
			r, err = b.receive(t.Context(), id, receipt("/tin/x"), command("receipt "+id))
		}
		if err != nil {
			t.Fatal(err)
		}
		last = r.Position
	}
	if err := b.log.WaitFor(t.Context(), readmodel.Name, last); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		query readmodel.Query
		rows  int
	}{
		{readmodel.Query{Own: "H24.02"}, 5},
		{readmodel.Query{Own: "H24.05"}, 3},
		{readmodel.Query{Own: "H24.05", State: "scheduled"}, 0},
		{readmodel.Query{All: true, State: "scheduled"}, 2},
	} {
		var all []readmodel.Row
		q := c.query
		for q.Limit = 2; ; {
			rows, err := readmodel.List(t.Context(), b.pool, q)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) == 0 {
				break
			}
			all = append(all, rows...)
			q.Before, q.BeforeID = rows[len(rows)-1].Sort(), rows[len(rows)-1].ID
		}
		if len(all) != c.rows {
			t.Errorf("%+v: %d rows", c.query, len(all))
		}
		for i := 1; i < len(all); i++ {
			if all[i].Sort().After(all[i-1].Sort()) || all[i].ID == all[i-1].ID {
				t.Errorf("%s stands after %s", all[i].ID, all[i-1].ID)
			}
		}
	}
	live, err := readmodel.List(t.Context(), b.pool, readmodel.Query{All: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := es.Replay(t.Context(), b.pool, Module().Catalogue, readmodel.Publications()); err != nil {
		t.Fatal(err)
	}
	built, err := readmodel.List(t.Context(), b.pool, readmodel.Query{All: true, Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(live, built); diff != "" {
		t.Error(diff)
	}
}

// Publishing is linked to the traces of the submission and the approval that made it possible.
func TestTraceLeadsFromSubmissionToPublication(t *testing.T) {
	b := newBench(t)
	content := newContent()
	submitted, approved := b.submitted(content, "h1", 1), b.approved(content, "h1")
	b.deliver(submitted, approved)
	recorder := tracetest.NewSpanRecorder()
	ctx, span := trace.NewTracerProvider(trace.WithSpanProcessor(recorder)).Tracer("test").Start(t.Context(), "PublishContent")
	if _, _, err := b.schedule(ctx, content, time.Time{}, time.Time{}, command("publish")); err != nil {
		t.Fatal(err)
	}
	span.End()
	var got []string
	for _, l := range recorder.Ended()[0].Links() {
		got = append(got, "00-"+l.SpanContext.TraceID().String()+"-"+l.SpanContext.SpanID().String()+"-01")
	}
	if diff := cmp.Diff([]string{submitted.Traceparent, approved.Traceparent}, got); diff != "" {
		t.Error(diff)
	}
}
