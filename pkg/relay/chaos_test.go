package relay

import (
	"flag"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/engines"
)

var (
	kills = flag.Int("relay.kills", 6, "how often relay processes are killed with -9")
	away  = flag.Duration("relay.away", 4*time.Second, "how long the broker is away")
)

// Invariant of all: what the log holds is in Kafka, each partition in order with the right predecessors; there may be repeats.

func TestRelayProcessIsKilledBetweenProduceAndMark(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range *kills {
		w.write(8, "x")
		p := w.process(false)
		if n%3 == 2 { // some go on and are killed anywhere
			w.write(rand.IntN(20), "x")
			p.kill()
			continue
		}
		// The marks are held, so the relay waits between the broker's answer and its note.
		held, err := w.pool.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := held.Exec(t.Context(), "LOCK TABLE relay.mark, relay.scan IN SHARE MODE"); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the relay has produced and notes it", func() bool { return len(w.notingBackends()) > 0 })
		p.kill()
		for _, pid := range w.notingBackends() { // or PostgreSQL would finish what the dead one asked for
			if _, err := w.pool.Exec(t.Context(), "SELECT pg_terminate_backend($1, 5000)", pid); err != nil {
				t.Fatal(err)
			}
		}
		if err := held.Rollback(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	w.run()
	w.published()
	if repeats := w.check(); repeats < *kills/2 {
		t.Errorf("%d repeats after %d kills: the relay was not killed between produce and mark", repeats, *kills)
	}
}

// notingBackends are the server's processes that wait to note the marks.
func (w *world) notingBackends() (pids []int) {
	rows, err := w.pool.Query(w.t.Context(), `SELECT pid FROM pg_locks JOIN pg_database d ON d.oid = database
		WHERE NOT granted AND d.datname = current_database() AND relation IN ('relay.mark'::regclass, 'relay.scan'::regclass)`)
	if err != nil {
		w.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var pid int
		if err := rows.Scan(&pid); err != nil {
			w.t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

func TestTwoRelayProcessesBelieveTheyLead(t *testing.T) {
	t.Parallel()
	broker := engines.StartFaultyBroker(t)
	w := newWorldOn(t, broker.Broker, "content")
	broker.Misbehave(t, engines.Faults{AnswerLost: 4, Seed: rand.Uint64()})
	relays := []*process{w.process(true), w.process(true)}
	for n := range *kills {
		w.write(15, "x")
		i := rand.IntN(len(relays))
		relays[i].kill()
		w.write(n%3, "x")
		relays[i] = w.process(true)
	}
	w.published()
	for _, r := range relays {
		r.kill()
	}
	if w.check() == 0 {
		t.Error("no repeat: only one of them published")
	}
}

func TestProduceIsAppliedAndItsAnswerLost(t *testing.T) {
	t.Parallel()
	broker := engines.StartFaultyBroker(t)
	w := newWorldOn(t, broker.Broker, "content")
	w.run()
	broker.Misbehave(t, engines.Faults{AnswerLost: 3, Seed: rand.Uint64()})
	for range 3 {
		w.write(8, "x")
		w.published()
	}
	if w.check() == 0 {
		t.Error("no repeat: no answer was lost")
	}
}

// TestBrokerIsAwayForLong writes tens of megabytes meanwhile. The relay's heap does not grow with them, and its metrics say what waits.
func TestBrokerIsAwayForLong(t *testing.T) {
	t.Parallel()
	const events, size, heldBytes = 2000, 16 << 10, 20 << 20
	w := newWorld(t)
	w.page = 500
	p := w.process(false)
	w.write(8, "x")
	w.published()
	before := p.until("nothing waits", patience, func(s said) bool { return s.Backlog == 0 })
	w.broker.Kill()
	began := time.Now()
	w.writeMany(events, strings.Repeat("an event of a page ", size/19))
	during := p.until("the relay tells what waits", patience+*away, func(s said) bool {
		return s.Backlog >= 2*events && s.Lag >= (*away-2*time.Second).Seconds() && time.Since(began) >= *away
	})
	// Three batches, each bounded in bytes (see es.Follow), once as they were read and once as they go out.
	if grown := during.Heap - before.Heap; grown > heldBytes {
		t.Errorf("the relay's heap grew by %d KiB while %d KiB waited", grown>>10, events*size>>10)
	}
	t.Logf("away for %s: %d positions wait for %.1f s, the heap went from %d to %d KiB while %d KiB waited",
		time.Since(began).Round(time.Second), during.Backlog, during.Lag, before.Heap>>10, during.Heap>>10, events*size>>10)
	if err := w.broker.Start(); err != nil {
		t.Fatal(err)
	}
	w.published()
	p.until("nothing waits any more", patience, func(s said) bool { return s.Backlog == 0 && s.Lag == 0 })
	p.kill()
	w.check()
}

// writeMany appends n commands at once, each to a stream of its own.
func (w *world) writeMany(n int, text string) {
	w.t.Helper()
	const writers = 16
	var group sync.WaitGroup
	for range writers {
		group.Go(func() {
			for range (n + writers - 1) / writers {
				w.append(newItem(), text)
			}
		})
	}
	group.Wait()
}
