package es

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// rows reads the live generation of lines, whole.
func rows(t *testing.T, pool *pgxpool.Pool) (all []string) {
	t.Helper()
	err := Query(t.Context(), pool, "lines", func(tx pgx.Tx) error {
		for _, sql := range []string{"SELECT line::text FROM line ORDER BY position", "SELECT note::text FROM note ORDER BY note"} {
			found, err := tx.Query(t.Context(), sql)
			if err != nil {
				return err
			}
			text, err := pgx.CollectRows(found, pgx.RowTo[string])
			if err != nil {
				return err
			}
			all = append(all, text...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// running runs a projection until stop is called, which checks that it ended well.
func running(t *testing.T, l *Log, p Projection) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- l.Run(ctx, p) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

func TestProjectionFollowsAndAQuerySeesItsOwnWrite(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	second, _ := w.other(t)
	running(t, l, lines())
	for i := range 20 {
		r := must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a", "b")))
		reader := []*Log{l, second}[i%2] // second does not apply it itself: it sees the checkpoint move
		if err := reader.WaitFor(t.Context(), "lines", r.Position); err != nil {
			t.Fatal(err)
		}
		if got := rows(t, reader.pool); len(got) != 3*(i+1) {
			t.Fatalf("after %d notes: %d rows", i+1, len(got))
		}
	}
	refused(t, l.WaitFor(t.Context(), "lines", 1000), errorsv1.Reason_READ_MODEL_BEHIND)
	if err := l.WaitFor(t.Context(), "lines", 40); err != nil {
		t.Error(err)
	}
	if err := Query(t.Context(), w.pool, "unknown", func(pgx.Tx) error { return nil }); err == nil {
		t.Error("an unknown projection was read")
	}
	err := Query(t.Context(), w.pool, "lines", func(tx pgx.Tx) error {
		_, err := tx.Exec(t.Context(), "DELETE FROM line")
		return err
	})
	if !hasCode(err, "25006") {
		t.Errorf("a query wrote: %v", err)
	}
}

// Two processes run the projection, backends are ended, Apply is interrupted: every event is applied exactly once.
func TestProjectorsOfTwoProcessesApplyEveryEventOnce(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	second, _ := w.other(t)
	var calls atomic.Int64
	p, plain := lines(), lines()
	p.Apply = func(ctx context.Context, tx pgx.Tx, events []Event) error {
		if err := plain.Apply(ctx, tx, events); err != nil {
			return err
		}
		if calls.Add(1)%3 == 0 { // the projector's connection dies after its rows are written, before its checkpoint
			_, err := tx.Exec(ctx, "SELECT pg_terminate_backend(pg_backend_pid())")
			return err
		}
		return nil
	}
	running(t, l, p)
	running(t, second, p)
	var last int64
	for i := range 40 {
		last = must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write(fmt.Sprint(i)))).Position
	}
	eventually(t, "both projectors have caught up", func() bool {
		return l.WaitFor(t.Context(), "lines", last) == nil
	})
	if got := rows(t, w.pool); len(got) != 80 {
		t.Errorf("%d rows", len(got))
	}
}

func TestProjectionThatCannotApplyStopsAndSkipsNothing(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	n := newNote()
	for _, text := range []string{"a", "b", "poison", "c"} {
		must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write(text)))
	}
	p, plain := lines(), lines()
	p.Apply = func(ctx context.Context, tx pgx.Tx, events []Event) error {
		for _, e := range events {
			if err := plain.Apply(ctx, tx, []Event{e}); err != nil {
				return err
			}
			if e.Data.(lineWritten).Text == "poison" {
				return errors.New("cannot be applied")
			}
		}
		return nil
	}
	if err := l.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "cannot be applied") {
		t.Fatalf("%v", err)
	}
	if !w.log.has("ERROR projection stopped", "alarm=true", "projection=lines", "after=0") {
		t.Errorf("%v", w.log.kept)
	}
	if got := rows(t, w.pool); len(got) != 0 {
		t.Errorf("half a batch was kept: %v", got)
	}
	// A server's refusal of a row stops it too; a mended projector goes on from the checkpoint.
	p.Apply = func(ctx context.Context, tx pgx.Tx, _ []Event) error {
		_, err := tx.Exec(ctx, "INSERT INTO line VALUES (1, NULL, NULL, NULL)")
		return err
	}
	if err := l.Run(t.Context(), p); !hasCode(err, "23502") {
		t.Fatalf("%v", err)
	}
	running(t, l, plain)
	if err := l.WaitFor(t.Context(), "lines", 4); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, w.pool); len(got) != 5 {
		t.Errorf("%v", got)
	}
}

func TestProjectionStopsWhenTheLogLostWhatItApplied(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("1", "2", "3")))
	stop := running(t, l, lines())
	if err := l.WaitFor(t.Context(), "lines", 3); err != nil {
		t.Fatal(err)
	}
	stop()
	restored(t, w, 1) // of the log alone: its read models stayed
	w.exec(t, "SELECT es.adopt('restored in a test')")
	eventually(t, "appends go on", func() bool {
		_, err := repo.Execute(t.Context(), newNote(), command(), write("x", "y", "z"))
		return err == nil
	})
	if err := l.Run(t.Context(), lines()); err == nil || !strings.Contains(err.Error(), "lost those after 1") {
		t.Errorf("%v", err)
	}
}

// While writers write and readers read, a replay makes another generation: no reader fails or goes back, and its rows are those that
// the live one had.
func TestReplayEqualsLive(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	stop := running(t, l, lines())
	whole := t.Context()
	ctx, cancel := context.WithCancel(whole) // ends the writers and readers between two calls, never within one
	var busy sync.WaitGroup
	var last atomic.Int64
	for range 4 {
		busy.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				n := newNote()
				r, err := repo.Execute(whole, n, command(), write("a", "b", fmt.Sprint(i)))
				if err != nil {
					t.Error(err)
					return
				}
				last.Store(r.Position)
				if _, err := repo.Execute(whole, n, command(), closeNote); err != nil {
					t.Error(err)
				}
			}
		})
	}
	busy.Go(func() {
		seen := 0
		for ctx.Err() == nil {
			var now int
			err := Query(whole, w.pool, "lines", func(tx pgx.Tx) error {
				if err := tx.QueryRow(whole, "SELECT count(*) FROM line").Scan(&now); err != nil {
					return err
				}
				var again int // one snapshot, even while the generation is replaced
				if err := tx.QueryRow(whole, "SELECT count(*) FROM line").Scan(&again); err != nil {
					return err
				}
				if now != again || now < seen {
					return fmt.Errorf("%d rows, then %d; before %d", now, again, seen)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
				return
			}
			seen = now
		}
	})
	eventually(t, "there is something to replay", func() bool { return last.Load() > 300 })
	for range 3 {
		if err := Replay(t.Context(), w.owner, notes(), lines()); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	busy.Wait()
	var head int64
	if err := w.owner.QueryRow(t.Context(), "SELECT max(position) FROM es.event").Scan(&head); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the live generation is there", func() bool { return l.WaitFor(t.Context(), "lines", head) == nil })
	stop()
	live := rows(t, w.pool)
	if err := Replay(t.Context(), w.owner, notes(), lines()); err != nil {
		t.Fatal(err)
	}
	rebuilt := rows(t, w.pool)
	if len(live) < 300 || !slices.Equal(live, rebuilt) {
		t.Errorf("live %d rows, rebuilt %d", len(live), len(rebuilt))
	}
	if got := w.count(t, "SELECT live FROM es.projection"); got != 5 {
		t.Errorf("generation %d", got)
	}
	if got := w.count(t, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rm\\_%'"); got != 1 {
		t.Errorf("%d generations are kept", got)
	}
}

func TestReplayWaitsForReadersAndClearsWhatAKilledOneLeft(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a")))
	stop := running(t, l, lines())
	if err := l.WaitFor(t.Context(), "lines", 1); err != nil {
		t.Fatal(err)
	}
	stop()
	w.exec(t, "CREATE SCHEMA rm_lines_2; CREATE TABLE rm_lines_2.line (half int)") // a killed replay's
	w.exec(t, "INSERT INTO es.checkpoint (name, generation, schema) VALUES ('lines', 2, '')")
	ended := make(chan error, 1)
	err := Query(t.Context(), w.pool, "lines", func(tx pgx.Tx) error {
		go func() { ended <- Replay(t.Context(), w.owner, notes(), lines()) }()
		eventually(t, "the new generation is live", func() bool { return w.count(t, "SELECT live FROM es.projection") == 2 })
		if got := rows(t, w.pool); len(got) != 2 { // another query reads the new one meanwhile
			t.Errorf("%v", got)
		}
		eventually(t, "the old generation's end waits for us", func() bool {
			return w.count(t, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1163084098 AND NOT granted") == 1
		})
		if err := Replay(t.Context(), w.owner, notes(), lines()); err == nil || !strings.Contains(err.Error(), "already") {
			t.Errorf("two replays at once: %v", err)
		}
		var n int
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM line").Scan(&n)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if got := w.count(t, "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'rm\\_%'"); got != 1 {
		t.Errorf("%d generations are kept", got)
	}
}

func TestProjectionOfAnotherSchemaNeedsAReplay(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("a", "b")))
	p := lines()
	p.Schema += "; CREATE INDEX ON line (note)"
	if stale, err := Stale(t.Context(), w.pool, []Projection{p}); err != nil || !slices.Equal(stale, []string{"lines"}) {
		t.Fatalf("%v %v", stale, err)
	}
	if err := l.Run(t.Context(), p); err == nil || !strings.Contains(err.Error(), "loa replay lines") {
		t.Fatalf("%v", err)
	}
	if err := Replay(t.Context(), w.owner, notes(), p); err != nil {
		t.Fatal(err)
	}
	if stale, err := Stale(t.Context(), w.pool, []Projection{p}); err != nil || len(stale) != 0 {
		t.Fatalf("%v %v", stale, err)
	}
	running(t, l, p)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("c")))
	if err := l.WaitFor(t.Context(), "lines", 3); err != nil {
		t.Fatal(err)
	}
	if got := rows(t, w.pool); len(got) != 5 {
		t.Errorf("%v", got)
	}
	unknown := p
	unknown.Name = "unknown"
	if err := l.Run(t.Context(), unknown); err == nil || !strings.Contains(err.Error(), "loa migrate") {
		t.Errorf("%v", err)
	}
}

func TestTokenOfAnEarlierEpochDoesNotWaitForWhatWasLost(t *testing.T) {
	w := database(t)
	l, repo := w.repo(t)
	r := must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("1", "2", "3")))
	before := Reached{Epoch: l.Epoch(), Position: r.Position}
	restored(t, w, 1)
	w.exec(t, "SELECT es.adopt('restored in a test')")
	eventually(t, "appends go on", func() bool {
		_, err := repo.Execute(t.Context(), newNote(), command(), write("x"))
		return err == nil
	})
	running(t, l, lines())
	if err := l.WaitForReached(t.Context(), "lines", before); err != nil {
		t.Error(err)
	}
	if err := l.WaitForReached(t.Context(), "lines", Reached{Epoch: 2, Position: 2}); err != nil {
		t.Error(err)
	}
	refused(t, l.WaitForReached(t.Context(), "lines", Reached{Epoch: 2, Position: 3}), errorsv1.Reason_READ_MODEL_BEHIND)
}

func TestWaitForEndsWithItsCaller(t *testing.T) {
	w := database(t)
	l, _ := w.repo(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	start := time.Now()
	refused(t, l.WaitFor(ctx, "lines", 1), errorsv1.Reason_READ_MODEL_BEHIND)
	if time.Since(start) > freshWithin {
		t.Error("it waited longer than its caller")
	}
}
