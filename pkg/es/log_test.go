package es

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

func TestServiceRoleMayReadAndAppendAndNothingMore(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a")))
	for _, sql := range []string{
		"INSERT INTO es.event SELECT position + 1, stream, version + 1, command, type, recorded_at, digest, leaf, body FROM es.event",
		"UPDATE es.event SET type = type", "DELETE FROM es.event", "TRUNCATE es.event",
		"INSERT INTO es.command SELECT gen_random_uuid(), digest, stream, version, position, recorded_at FROM es.command",
		"UPDATE es.command SET version = version", "DELETE FROM es.command", "TRUNCATE es.command",
		"INSERT INTO es.epoch SELECT epoch + 1, after, lineage, started_at, reason FROM es.epoch",
		"UPDATE es.epoch SET after = 0", "DELETE FROM es.epoch", "TRUNCATE es.epoch",
		"SELECT es.adopt('mine')", "SELECT es.drop_generation('lines', 1)", "ALTER TABLE es.event DISABLE TRIGGER ALL",
		"DROP TABLE es.event", "CREATE TABLE es.mine (a int)", "CREATE SCHEMA mine",
		"UPDATE es.projection SET live = 2", "DELETE FROM es.checkpoint", "UPDATE es.checkpoint SET generation = 2",
		"DROP TABLE rm_lines_1.line", "TRUNCATE rm_lines_1.line",
	} {
		if _, err := w.pool.Exec(t.Context(), sql); !hasCode(err, "42501") {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{"SELECT * FROM es.event, es.command, es.epoch, es.projection, es.checkpoint", "DELETE FROM rm_lines_1.line"} {
		if _, err := w.pool.Exec(t.Context(), sql); err != nil {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestNobodyRewritesTheLog(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a")))
	for _, table := range []string{"event", "command", "epoch"} {
		for _, sql := range []string{"DELETE FROM es.%s", "TRUNCATE es.%s CASCADE"} {
			if _, err := w.owner.Exec(t.Context(), fmt.Sprintf(sql, table)); err == nil || !strings.Contains(err.Error(), "append-only") {
				t.Errorf("%s: %v", fmt.Sprintf(sql, table), err)
			}
		}
	}
	for _, sql := range []string{"UPDATE es.event SET body = ''", "UPDATE es.command SET version = 9", "UPDATE es.epoch SET after = 9"} {
		if _, err := w.owner.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

// restored makes the database look like one restored from a backup: another lineage, whose log ends after keep events.
func restored(t *testing.T, w *workbench, keep int64) {
	t.Helper()
	for _, sql := range []string{
		"ALTER TABLE es.event DISABLE TRIGGER append_only", "ALTER TABLE es.command DISABLE TRIGGER append_only",
		"ALTER TABLE es.epoch DISABLE TRIGGER append_only",
		fmt.Sprintf("DELETE FROM es.command WHERE position > %d", keep), fmt.Sprintf("DELETE FROM es.event WHERE position > %d", keep),
		"UPDATE es.epoch SET lineage = 'another system/00000001'",
		"ALTER TABLE es.event ENABLE TRIGGER append_only", "ALTER TABLE es.command ENABLE TRIGGER append_only",
		"ALTER TABLE es.epoch ENABLE TRIGGER append_only",
	} {
		w.exec(t, sql)
	}
	w.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role)
}

func TestRestoredLogIsClosedUntilAdopted(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	for i := range 5 {
		must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write(fmt.Sprint(i))))
	}
	restored(t, w, 3)
	// The first one finds out on the old connection, which was ended: it cannot know whether it was heard.
	_, err := repo.Execute(t.Context(), n, command(), write("lost"))
	refused(t, err, errorsv1.Reason_IN_DOUBT)
	_, err = repo.Execute(t.Context(), n, command(), write("lost"))
	refused(t, err, errorsv1.Reason_LOG_CLOSED)

	// A process that starts now reads, and does not append either.
	second, late := w.other(t)
	if events := must[[]Event](t)(second.Read(t.Context(), 0, 10)); len(events) != 3 {
		t.Errorf("%d events", len(events))
	}
	_, err = late.Execute(t.Context(), n, command(), write("lost"))
	refused(t, err, errorsv1.Reason_LOG_CLOSED)

	owner := must[*pgxpool.Conn](t)(w.owner.Acquire(t.Context()))
	defer owner.Release()
	if epoch, err := Adopt(t.Context(), owner.Conn(), "restored in a test"); epoch != 2 || err != nil {
		t.Fatalf("epoch %d, %v", epoch, err)
	}
	eventually(t, "appends go on", func() bool {
		_, err := repo.Execute(t.Context(), n, command(), write("new"))
		return err == nil
	})
	if l.Epoch() != 2 {
		t.Errorf("epoch %d", l.Epoch())
	}
	events := must[[]Event](t)(l.Read(t.Context(), 2, 10))
	if len(events) != 2 || events[0].Epoch != 1 || events[1].Epoch != 2 || events[1].Position != 4 {
		t.Errorf("%+v", events)
	}
}

// What was sent before the restore and never answered is in doubt: only the adopted log can tell, and it records it once.
func TestDoubtOutlastsAClosedLog(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	release := w.hold(t)
	n, cmd := newNote(), command()
	done := make(chan error)
	go func() {
		_, err := repo.Execute(t.Context(), n, cmd, write("a"))
		done <- err
	}()
	w.blocked(t, 1)
	restored(t, w, 0)
	release()
	err := <-done
	refused(t, err, errorsv1.Reason_IN_DOUBT)
	if !errors.Is(err, errs.New(errorsv1.Reason_IN_DOUBT)) || !strings.Contains(err.Error(), cmd.Key.String()) {
		t.Errorf("%v", err)
	}
	_, err = repo.Execute(t.Context(), newNote(), command(), write("b"))
	refused(t, err, errorsv1.Reason_LOG_CLOSED)
	w.exec(t, "SELECT es.adopt('restored in a test')")
	eventually(t, "appends go on", func() bool {
		r, err := repo.Execute(t.Context(), n, cmd, write("a"))
		return err == nil && r.Version == 1
	})
	if got := w.count(t, "SELECT count(*) FROM es.event"); got != 1 {
		t.Errorf("%d events", got)
	}
}

func TestUniqueConstraintThatFiresIsAnAlarm(t *testing.T) {
	w := database(t)
	_, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a")))
	// A superuser writes past es.append, without its lock.
	rogue, err := w.owner.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer rollback(t.Context(), rogue)
	if _, err := rogue.Exec(t.Context(), `INSERT INTO es.event SELECT 2, gen_random_uuid(), 1, command, type, recorded_at, digest, leaf, body
		FROM es.event`); err != nil {
		t.Fatal(err)
	}
	n, cmd, done := newNote(), command(), make(chan error)
	go func() {
		_, err := repo.Execute(t.Context(), n, cmd, write("b"))
		done <- err
	}()
	eventually(t, "the append waits for the rogue row", func() bool {
		return w.count(t, "SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted") == 1
	})
	if err := rogue.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-done; !hasCode(err, codeUnique) || errs.ReasonOf(err) != errorsv1.Reason_REASON_UNSPECIFIED {
		t.Fatalf("%v", err)
	}
	if !w.log.has("ERROR", "unique constraint", "alarm=true") {
		t.Error("no alarm was raised")
	}
	must[Result[note]](t)(repo.Execute(t.Context(), n, cmd, write("b")))
}

// A commit whose wait for the synchronous standby is cancelled is only on this server: it is answered when a standby has it.
func TestCancelledWaitForTheStandbyIsInDoubt(t *testing.T) {
	cluster := engines.Durable(t)
	address, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owner, err := pgxpool.ParseConfig(address)
	if err != nil {
		t.Fatal(err)
	}
	owner.ConnConfig.RuntimeParams["synchronous_commit"] = "local" // the owner does not wait for the standby that is not there
	pool := must[*pgxpool.Pool](t)(pgxpool.NewWithConfig(t.Context(), owner))
	defer pool.Close()
	conn := must[*pgxpool.Conn](t)(pool.Acquire(t.Context()))
	if err := prepare(t.Context(), conn.Conn()); err != nil {
		t.Fatal(err)
	}
	conn.Release()
	w := service(t, pool, address)
	_, repo := w.repo(t)
	w.exec(t, "ALTER SYSTEM SET synchronous_standby_names = 'none_is_there'")
	w.exec(t, "SELECT pg_reload_conf()")
	eventually(t, "a standby is asked for", func() bool {
		return w.count(t, "SELECT count(*) FROM pg_settings WHERE name = 'synchronous_standby_names' AND setting <> ''") == 1
	})
	done := make(chan error, 1)
	n := newNote()
	go func() {
		_, err := repo.Execute(t.Context(), n, command(), write("a"))
		done <- err
	}()
	waits := func() bool {
		return w.count(t, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name = 'loa-test-committer'") == 1
	}
	for range 2 { // the append, then its repeat
		eventually(t, "the commit waits for its standby", waits)
		pid := w.count(t, "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
		w.exec(t, "SELECT pg_cancel_backend($1)", pid)
		eventually(t, "the wait was cancelled", func() bool {
			return w.count(t, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND pid = $1", pid) == 0
		})
	}
	eventually(t, "the repeat waits too", waits)
	select {
	case err := <-done:
		t.Fatalf("answered without a standby: %v", err)
	default:
	}
	w.exec(t, "ALTER SYSTEM SET synchronous_standby_names = ''")
	w.exec(t, "SELECT pg_reload_conf()")
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if _, version, err := repo.Load(t.Context(), n); version != 1 || err != nil {
		t.Errorf("version %d %v", version, err)
	}
}

func TestFollowGivesEveryEventOnceInOrderAndAgainAfterAFault(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	_, elsewhere := w.other(t)
	n := newNote()
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("1", "2", "3")))
	ctx, cancel := context.WithCancel(t.Context())
	got, ended := make(chan int64, 100), make(chan error, 1)
	go func() {
		ended <- l.Follow(ctx, "test", 1, 2, func(_ context.Context, events []Event) error {
			for _, e := range events {
				got <- e.Position
			}
			return nil
		})
	}()
	expect := func(want int64, within time.Duration) {
		t.Helper()
		select {
		case p := <-got:
			if p != want {
				t.Fatalf("position %d, want %d", p, want)
			}
		case <-time.After(within):
			t.Fatalf("position %d did not come", want)
		}
	}
	expect(2, 10*time.Second)
	expect(3, 10*time.Second)
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("4")))
	expect(4, 10*time.Second) // woken in process
	must[Result[note]](t)(elsewhere.Execute(t.Context(), n, command(), write("5")))
	expect(5, 10*time.Second) // by the poll
	w.exec(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = $1", role)
	must[Result[note]](t)(elsewhere.Execute(t.Context(), n, command(), write("6")))
	expect(6, 10*time.Second)
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("%v", err)
	}
	fault := fmt.Errorf("a fault")
	err := l.Follow(t.Context(), "test", 0, 2, func(context.Context, []Event) error { return fault })
	if err == nil || !strings.Contains(err.Error(), "a fault") {
		t.Errorf("%v", err)
	}
}

func TestFollowerThatSawLostEventsStops(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("1", "2", "3")))
	seen, ended := make(chan int64, 10), make(chan error, 1)
	go func() {
		ended <- l.Follow(t.Context(), "test", 0, 10, func(_ context.Context, events []Event) error {
			seen <- events[len(events)-1].Position
			return nil
		})
	}()
	if p := <-seen; p != 3 {
		t.Fatal(p)
	}
	restored(t, w, 1)
	w.exec(t, "SELECT es.adopt('restored in a test')")
	// Positions 2 and 3 are used again, by other events: without the epoch nothing would show.
	eventually(t, "appends go on", func() bool {
		_, err := repo.Execute(t.Context(), n, command(), write("x", "y", "z"))
		return err == nil
	})
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "lost those after 1") {
		t.Errorf("%v", err)
	}
	err := l.Follow(t.Context(), "another", 40, 10, func(context.Context, []Event) error { return nil })
	if err == nil {
		t.Error("it followed from beyond the log's end")
	}
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	w := database(t)
	bad := NewCatalogue(EventType[lineWritten]("Line.Written"), EventType[lineWritten]("test.line_written.v2"))
	if _, err := Open(t.Context(), w.pool, bad, Options{Service: "test"}); err == nil || !strings.Contains(err.Error(), "same Go type") ||
		!strings.Contains(err.Error(), "not of the form") {
		t.Errorf("%v", err)
	}
	empty, _ := engines.Database(t)
	if _, err := Open(t.Context(), empty, notes(), Options{Service: "test"}); err == nil || !strings.Contains(err.Error(), "migrated") {
		t.Errorf("%v", err)
	}
}

func TestMigrateMayBeRepeatedAndRace(t *testing.T) {
	owner, address := engines.Database(t)
	ended := make(chan error, 4)
	for range cap(ended) {
		go func() {
			conn, err := pgx.Connect(t.Context(), address)
			if err == nil {
				err = Migrate(t.Context(), conn, "postgres", []Projection{lines()})
			}
			ended <- err
		}()
	}
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	var epochs int
	if err := owner.QueryRow(t.Context(), "SELECT count(*) FROM es.epoch").Scan(&epochs); err != nil || epochs != 1 {
		t.Errorf("%d epochs, %v", epochs, err)
	}
	conn := must[*pgx.Conn](t)(pgx.Connect(t.Context(), address))
	if err := Migrate(t.Context(), conn, "postgres", []Projection{{Name: "Lines; DROP"}}); err == nil {
		t.Error("a bad name was taken")
	}
}
