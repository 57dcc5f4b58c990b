package drill

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/bus/order"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

var rounds = flag.Int("rounds", 1, "how often a standby is promoted")

// A standby that streams without being waited for is promoted after kill -9 of the primary. What it had not received is lost although it
// was acknowledged, and its positions are used again. The consumer that saw it stops and says what; one that did not passes it over; and
// when an operator has accepted it the one that stopped goes on, with every effect once.
func TestAsynchronousStandbyPromoted(t *testing.T) {
	t.Parallel()
	for range *rounds {
		asynchronous(t)
	}
}

func asynchronous(t *testing.T) {
	primary := engines.Durable(t)
	found(t, primary)
	standby := primary.Standby(t, "beside")
	client := brokerClient(t)
	s := open(t, either(t, primary, standby), client)
	ahead, behind := newConsumer(t, s, client, "ahead"), newConsumer(t, s, client, "behind")
	stopped := make(chan error, 1)
	running, stopAhead := context.WithCancel(context.WithoutCancel(t.Context()))
	defer stopAhead()
	go func() { stopped <- ahead.run(running) }()
	stopBehind := background(t, behind.run)

	// Both follow while writers write; then the one consumer rests, and the standby is cut off.
	stopWriters := s.writers(8)
	eventually(t, "writers write", func() (bool, string) { return s.acknowledged() >= 100, fmt.Sprint(s.acknowledged()) })
	stopWriters()
	received(t, primary, standby)
	behind.exact(s)
	stopBehind()
	cut(t, standby)
	before := s.acknowledged()
	stopWriters = s.writers(8)
	eventually(t, "writers write what the standby does not receive", func() (bool, string) {
		return s.acknowledged() >= before+60, fmt.Sprint(s.acknowledged() - before)
	})
	eventually(t, "the consumer acts on it", func() (bool, string) {
		n := len(ahead.effects())
		return n >= before+30, fmt.Sprint(n)
	})
	died := time.Now()
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	stopWriters()
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	promoted := time.Now()

	// The log takes nothing until somebody has decided, and says so.
	eventually(t, "the promoted log is known to be closed", func() (bool, string) {
		_, err := s.write(t.Context(), id.Format("content", id.NewUUID(time.Now())), newKey())
		if err == nil {
			t.Fatal("the promoted log took an event before it was adopted")
		}
		return errs.ReasonOf(err) == errorsv1.Reason_LOG_CLOSED, err.Error()
	})
	owner := ownerOf(t, standby)
	lineage := lineageOf(t, owner)
	kept := lineage.Last
	if lineage.Open || lineage.Current() != 1 {
		t.Fatalf("the promoted log says %+v", lineage)
	}
	epoch, err := es.AdoptAbove(t.Context(), owner, "the primary was killed", 1)
	if err != nil || epoch != 2 {
		t.Fatalf("epoch %d, %v", epoch, err)
	}

	// The writers of before go on by themselves, through the same log and pool.
	s.mu.Lock()
	told := s.acked
	s.acked = map[id.UUID]acknowledged{}
	s.mu.Unlock()
	events := s.events()
	lost := map[string]acknowledged{}
	for _, a := range told {
		at, there := events[a.event]
		if there && at != a.position {
			t.Errorf("the event %s was acknowledged at %d and is at %d", a.event, a.position, at)
		}
		if there == (a.position > kept) {
			t.Errorf("the event at %d is there: %t, and the log was kept up to %d", a.position, there, kept)
		}
		if !there {
			lost[a.event] = a
		}
	}
	if len(lost) < 60 {
		t.Fatalf("%d acknowledged events were lost; the drill wants at least the 60 written after the cut", len(lost))
	}
	stopWriters = s.writers(8)
	eventually(t, "the lost positions are used again", func() (bool, string) { return s.acknowledged() > len(lost)+20, fmt.Sprint(s.acknowledged()) })
	t.Logf("%d acknowledged events, %d of them lost; promoted %v after the kill, writing %v after it", len(told), len(lost),
		promoted.Sub(died).Round(time.Millisecond), time.Since(died).Round(time.Millisecond))

	// The consumer that saw what is lost stops, and what it saw is told.
	select {
	case err := <-stopped:
		if !errors.Is(err, bus.ErrBeyondLog) {
			t.Fatalf("the consumer that saw what is lost ended with %v", err)
		}
	case <-time.After(patience):
		t.Fatal("the consumer that saw what is lost goes on")
	}
	stopWriters()
	marks, err := bus.Standings(t.Context(), connOf(t, ahead))
	if err != nil {
		t.Fatal(err)
	}
	log := sourceLog(lineageOf(t, owner))
	beyond := bus.Beyond(marks, map[string]bus.SourceLog{service: log})
	if len(beyond) == 0 {
		t.Fatal("no mark is beyond the log")
	}
	inKafka, err := bus.LostIn(t.Context(), client, service, died.Add(-time.Minute), func(ctx context.Context) (bus.SourceLog, error) {
		lineage, err := es.ReadLineage(ctx, owner)
		return sourceLog(lineage), err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range inKafka {
		if named[m.ID] = true; m.Epoch != 1 || m.Position <= kept || events[m.ID] != 0 {
			t.Errorf("said to be lost: %s at %d.%d", m.ID, m.Epoch, m.Position)
		}
	}
	var seen []string
	for event := range ahead.effects() {
		if _, there := s.events()[event]; there {
			continue
		}
		if seen = append(seen, event); !named[event] {
			t.Errorf("the consumer acted on %s, and nobody says that it is lost", event)
		}
	}
	if len(seen) < 30 {
		t.Errorf("the consumer acted on %d lost events", len(seen))
	}

	// One that had not seen it begins again, with what is lost still in Kafka before it, and passes it over.
	background(t, behind.run)
	behind.exact(s)

	// Accepted, the first one goes on: what it did stands, and everything since has its effect once.
	if err := bus.Accept(t.Context(), connOf(t, ahead), beyond, "a drill"); err != nil {
		t.Fatal(err)
	}
	if err := bus.Accept(t.Context(), connOf(t, ahead), beyond, "a drill"); !errors.Is(err, bus.ErrMoved) {
		t.Errorf("accepted twice: %v", err)
	}
	background(t, ahead.run)
	ahead.exact(s, seen...)
	if err := bus.AwaitReconciled(t.Context(), ahead.pool, ahead.name, 0); err != nil {
		t.Error(err)
	}
}

// With a standby that is waited for, no acknowledged event is lost, and what was in doubt is settled by its key.
func TestSynchronousStandbyPromoted(t *testing.T) {
	t.Parallel()
	primary := engines.Durable(t)
	found(t, primary)
	standby := primary.Standby(t, "beside")
	waitFor(t, primary, "beside")
	s := open(t, either(t, primary, standby), brokerClient(t))
	stopWriters := s.writers(8)
	eventually(t, "writers write", func() (bool, string) { return s.acknowledged() >= 300, fmt.Sprint(s.acknowledged()) })
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	stopWriters()
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := es.Adopt(t.Context(), ownerOf(t, standby), "the primary was killed"); err != nil {
		t.Fatal(err)
	}
	events := s.events()
	for key, a := range s.acked {
		if events[a.event] != a.position {
			t.Errorf("acknowledged at %d and lost: %s of %s", a.position, a.event, a.aggregate)
		}
		if again, err := s.write(t.Context(), a.aggregate, key); err != nil || !again.Repeated || again.Position != a.position {
			t.Fatalf("the same command again: %+v, %v", again, err)
		}
	}
	t.Logf("%d acknowledged events, none lost; %d more were not answered and are there", s.acknowledged(), len(events)-s.acknowledged())
}

// A wait for the standby that is cancelled still commits here. The caller is not told so: the batch counts as unanswered, and its repeat
// waits again. When the standby that lacks it is promoted, the command has not happened and happens once.
func TestCancelledWaitForTheStandbyIsInDoubt(t *testing.T) {
	t.Parallel()
	primary := engines.Durable(t)
	found(t, primary)
	standby := primary.Standby(t, "beside")
	waitFor(t, primary, "beside")
	s := open(t, either(t, primary, standby), brokerClient(t))
	aggregate := id.Format("content", id.NewUUID(time.Now()))
	if _, err := s.write(t.Context(), aggregate, newKey()); err != nil {
		t.Fatal(err)
	}
	admin := ownerOf(t, primary)
	cut(t, standby)

	key := newKey()
	told := make(chan error, 1)
	asking, stopAsking := context.WithCancel(t.Context())
	defer stopAsking()
	go func() {
		_, err := s.write(asking, aggregate, key)
		told <- err
	}()
	for _, end := range []string{"pg_cancel_backend", "pg_cancel_backend", "pg_terminate_backend"} {
		pid := 0
		eventually(t, "the append waits for the standby", func() (bool, string) {
			err := admin.QueryRow(t.Context(), `SELECT pid FROM pg_stat_activity WHERE application_name LIKE '%-committer' AND wait_event = 'SyncRep'`).Scan(&pid)
			return err == nil, fmt.Sprint(err)
		})
		if _, err := admin.Exec(t.Context(), "SELECT "+end+"($1)", pid); err != nil {
			t.Fatal(err)
		}
		eventually(t, "that wait has ended", func() (bool, string) {
			var waits bool
			err := admin.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'SyncRep'
				AND query_start > clock_timestamp() - interval '1 minute' AND state_change < (SELECT clock_timestamp() - interval '10 ms'))`, pid).Scan(&waits)
			return err == nil && !waits || end == "pg_cancel_backend", fmt.Sprint(err)
		})
		select {
		case err := <-told:
			t.Fatalf("after %s the caller was told %v; the standby lacks the event", end, err)
		default:
		}
	}
	var there int
	if err := admin.QueryRow(t.Context(), `SELECT count(*) FROM es.command WHERE key = $1`, [16]byte(key)).Scan(&there); err != nil || there != 1 {
		t.Fatalf("the primary has the command %d times, %v", there, err)
	}
	stopAsking()
	if err := <-told; errs.ReasonOf(err) != errorsv1.Reason_IN_DOUBT {
		t.Fatalf("the caller who gave up was told %v", err)
	}

	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := standby.Promote(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := es.Adopt(t.Context(), ownerOf(t, standby), "the primary was killed"); err != nil {
		t.Fatal(err)
	}
	var result es.Result[page]
	eventually(t, "the same command is answered", func() (bool, string) {
		var err error
		result, err = s.write(t.Context(), aggregate, key)
		return err == nil, fmt.Sprint(err)
	})
	if result.Version != 2 || result.Repeated && result.Events != 1 || len(s.events()) != 2 {
		t.Errorf("answered %+v; the log has %d events", result, len(s.events()))
	}
}

// waitFor makes the primary wait for a standby.
func waitFor(t *testing.T, primary *engines.Cluster, name string) {
	t.Helper()
	admin := ownerOf(t, primary)
	for _, sql := range []string{"ALTER SYSTEM SET synchronous_standby_names = '" + name + "'", "SELECT pg_reload_conf()"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the standby is waited for", func() (bool, string) {
		var state string
		err := admin.QueryRow(t.Context(), `SELECT sync_state FROM pg_stat_replication WHERE application_name = $1`, name).Scan(&state)
		return err == nil && state == "sync", fmt.Sprint(state, err)
	})
}

// received waits until a standby has received what the primary has written.
func received(t *testing.T, primary, standby *engines.Cluster) {
	t.Helper()
	from, to := ownerOf(t, primary), ownerOf(t, standby)
	var written string
	if err := from.QueryRow(t.Context(), `SELECT pg_current_wal_flush_lsn()::text`).Scan(&written); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the standby has received it", func() (bool, string) {
		var there bool
		err := to.QueryRow(t.Context(), `SELECT pg_last_wal_replay_lsn() >= $1::text::pg_lsn`, written).Scan(&there)
		return err == nil && there, fmt.Sprint(err)
	})
}

// cut ends the stream to a standby for good, as a broken network does.
func cut(t *testing.T, standby *engines.Cluster) {
	t.Helper()
	admin := ownerOf(t, standby)
	for _, sql := range []string{"ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"} {
		if _, err := admin.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "the standby receives nothing", func() (bool, string) {
		var receivers int
		err := admin.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_wal_receiver`).Scan(&receivers)
		return err == nil && receivers == 0, fmt.Sprint(receivers, err)
	})
}

func lineageOf(t *testing.T, owner *pgx.Conn) es.Lineage {
	t.Helper()
	l, err := es.ReadLineage(t.Context(), owner)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func sourceLog(l es.Lineage) bus.SourceLog {
	log := bus.SourceLog{Last: l.Last}
	for _, e := range l.Epochs {
		log.Lineage = append(log.Lineage, order.Epoch{Epoch: e.Epoch, After: e.After})
	}
	return log
}

func connOf(t *testing.T, c *consumer) *pgx.Conn {
	t.Helper()
	conn, err := c.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Release)
	return conn.Conn()
}
