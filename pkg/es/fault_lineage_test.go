package es

import (
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// The server dies under open connections and comes back as a promoted standby: really another timeline. Nothing is appended to it,
// by those who were connected or by those who come, until it is adopted; reads go on; then what was in doubt is told.
func TestFaultAnotherLineageUnderOpenConnectionsIsRefused(t *testing.T) {
	t.Parallel()
	cluster := engines.Durable(t)
	w := on(t, cluster)
	l, repo := w.repo(t)
	_, second := w.other(t)
	with := accompany(t, l)
	n := newNote()
	first := command()
	before := must[Result[note]](t)(repo.Execute(t.Context(), n, first, write("before")))
	must[Result[note]](t)(second.Execute(t.Context(), n, command(), write("before, elsewhere")))

	// One append is sent and unanswered when the server dies.
	release := w.hold(t)
	doubtful, told := command(), make(chan error, 1)
	go func() {
		_, err := repo.Execute(t.Context(), n, doubtful, write("in doubt"))
		told <- err
	}()
	w.blocked(t, 1)
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cluster.RestartPromoted(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
	w.owner.Reset()
	refused(t, <-told, errorsv1.Reason_IN_DOUBT)
	for _, r := range []*Repo[note, *note]{repo, second} {
		eventually(t, "the log is known to be closed", func() bool {
			_, err := r.Execute(t.Context(), n, command(), write("lost"))
			if err == nil {
				t.Fatal("it was appended to a log without an epoch")
			}
			return errs.ReasonOf(err) == errorsv1.Reason_LOG_CLOSED
		})
		_, err := r.Execute(t.Context(), n, command(), write("lost"))
		refused(t, err, errorsv1.Reason_LOG_CLOSED)
	}
	third, late := w.other(t)
	_, err := late.Execute(t.Context(), n, command(), write("lost"))
	refused(t, err, errorsv1.Reason_LOG_CLOSED)
	if events := must[[]Event](t)(third.Read(t.Context(), 0, 10)); len(events) != 2 {
		t.Errorf("%d events are read", len(events))
	}
	if n := w.count(t, "SELECT count(*) FROM es.event"); n != 2 {
		t.Errorf("%d events: something was appended to a log without an epoch", n)
	}

	owner := must[*pgxpool.Conn](t)(w.owner.Acquire(t.Context()))
	defer owner.Release()
	if epoch, err := Adopt(t.Context(), owner.Conn(), "promoted in a test"); epoch != 2 || err != nil {
		t.Fatalf("epoch %d, %v", epoch, err)
	}
	eventually(t, "what was in doubt is told", func() bool {
		r, err := repo.Execute(t.Context(), n, doubtful, write("in doubt"))
		return err == nil && r.Version == 3
	})
	again := must[Result[note]](t)(second.Execute(t.Context(), n, first, write("decided anew")))
	if !again.Repeated || again.Position != before.Position {
		t.Errorf("a command of the epoch before: %+v", again)
	}
	eventually(t, "the one that came late appends", func() bool {
		_, err := late.Execute(t.Context(), n, command(), write("after"))
		return err == nil
	})
	if events := must[[]Event](t)(l.Read(t.Context(), 0, 10)); len(events) != 4 || events[1].Epoch != 1 || events[3].Epoch != 2 {
		t.Errorf("%+v", events)
	}
	checkTables(t, w.owner)
	quiet(t, w)
	with.arrive(t, w, 4)
}
