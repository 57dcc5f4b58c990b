package es

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/id"
)

// The clock of PostgreSQL's machine is set back by an hour, and by another, while a crowd appends; then it is set right. The log's times
// never decrease, so that "as of" a moment is still a beginning of the log; nobody who waits for time to pass waits an hour: neither
// appends, nor the follower and the projection, nor a lock with a time limit.
func TestFaultClockSteppingBack(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	clock := engines.NewClock(t)
	cluster := engines.Private(t, engines.Server{Environment: clock.Environment()})
	w := on(t, cluster)
	l, repo := w.repo(t)
	with := accompany(t, l)
	c := gather(t, l, 12, random)
	c.more(t, 100, "appends go on")
	var latest, clocked time.Time
	if err := w.owner.QueryRow(t.Context(), "SELECT max(recorded_at) FROM es.event").Scan(&latest); err != nil {
		t.Fatal(err)
	}
	var keys []id.UUID
	for _, back := range []time.Duration{time.Hour, 2 * time.Hour, 30 * time.Minute} {
		clock.Set(t, -back)
		err := w.owner.QueryRow(t.Context(), "SELECT clock_timestamp()").Scan(&clocked)
		if err != nil || clocked.After(latest.Add(-20*time.Minute)) {
			t.Fatalf("the server's clock was not set back: it says %v, and an event is of %v: %v", clocked, latest, err)
		}
		c.more(t, 100+random.Int64N(100), "appends go on under a clock that was set back")
		r := must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("back")))
		keys = append(keys, r.Recorded[0].Command)
		keys = append(keys, r.Recorded[0].Command)
		if at := r.Recorded[0].RecordedAt; at.Before(latest) {
			t.Errorf("recorded at %v, after %v", at, latest)
		}
		expires(t, w)
	}
	eventually(t, "the follower and the projection go along", func() bool {
		return with.followed.Load() > 200 && l.WaitFor(t.Context(), "lines", 200) == nil
	})
	clock.Set(t, 0)
	c.more(t, 100, "appends go on under the right time")
	r := must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("right again")))
	keys = append(keys, r.Recorded[0].Command)
	if at := r.Recorded[0].RecordedAt; at.Before(latest) || time.Since(at).Abs() > time.Minute {
		t.Errorf("recorded at %v", at)
	}
	operations := c.leave(t)
	// As of every moment that was recorded: a beginning of the log.
	var broken int
	if err := w.owner.QueryRow(t.Context(), `SELECT count(*) FROM (SELECT DISTINCT recorded_at AS at FROM es.event) m
		WHERE (SELECT max(position) FROM es.event WHERE recorded_at <= m.at) <> (SELECT count(*) FROM es.event WHERE recorded_at <= m.at)`).
		Scan(&broken); err != nil || broken != 0 {
		t.Errorf("as of %d moments the log is no beginning of itself: %v", broken, err)
	}
	with.arrive(t, w, settle(t, w, operations, keys...))
}

// expires checks that a wait with a time limit ends in its time.
func expires(t *testing.T, w *workbench) {
	t.Helper()
	release := w.hold(t)
	defer release()
	began := time.Now()
	tx := must[pgx.Tx](t)(w.owner.Begin(t.Context()))
	defer rollback(t.Context(), tx)
	_, err := tx.Exec(t.Context(), "SET LOCAL lock_timeout = '100ms'")
	if err == nil {
		_, err = tx.Exec(t.Context(), "SELECT pg_advisory_xact_lock(1163084097, 0)")
	}
	if !hasCode(err, "55P03") || time.Since(began) > 10*time.Second {
		t.Errorf("a lock was waited for during %v: %v", time.Since(began), err)
	}
}
