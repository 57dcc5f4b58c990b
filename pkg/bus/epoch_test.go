package bus_test

import (
	"errors"
	"testing"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/engines"
)

// TestEpochBeginsBehindAHole: what a consumer missed is of the epoch before, and the broker has it no more.
func TestEpochBeginsBehindAHole(t *testing.T) {
	t.Parallel()
	broker := engines.StartBroker(t)
	client := newClient(t, broker)
	s := newSource(t, client)
	k := newSink(t, s, client)
	s.relay()
	stop := k.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
	s.revise(keys...)
	k.exact()
	stop()
	s.revise(keys...)
	s.revise(keys...)
	s.acknowledged()
	broker.Kill()
	if err := errors.Join(broker.Wipe(), broker.Start()); err != nil {
		t.Fatal(err)
	}
	adopt(t, s)
	s.revise(keys...)
	k.run()
	k.exact()
	if epoch, _, _ := bus.Mark(t.Context(), k.pool, k.consumer.Name, service, 0); epoch != 2 {
		t.Errorf("the mark is in epoch %d", epoch)
	}
	if n := k.healed(); n < 8 {
		t.Errorf("%d events were healed, and 8 were lost", n)
	}
}

// TestLogIsRestoredToAnEarlierMoment: Kafka keeps what the log has lost. Whoever has acted on it stops and says so; whoever has not, and
// whoever comes later, passes over it.
func TestLogIsRestoredToAnEarlierMoment(t *testing.T) {
	t.Parallel()
	client := newClient(t, engines.StartBroker(t))
	s := newSource(t, client)
	saw, behind := newSink(t, s, client), newSink(t, s, client)
	stopRelay, stopSaw, stopBehind := s.relay(), saw.run(), behind.run()
	keys := []string{keyIn(0), keyIn(1), keyIn(2), keyIn(3)}
	s.revise(keys...)
	saw.exact()
	behind.exact()
	stopBehind()
	s.revise(keys...)
	kept := len(s.facts())
	position := s.lastPosition()
	s.acknowledged()
	s.revise(keys...)
	s.revise(keys...)
	saw.exact()
	s.acknowledged()
	stopSaw()
	stopRelay()
	s.lose(position, kept)
	adopt(t, s)
	s.relay()
	s.revise(keys...)
	lateOne := newSink(t, s, client)
	lateOne.run()
	lateOne.exact()
	behind.run()
	behind.exact()
	if err := bus.Run(t.Context(), saw.deps, saw.consumer); !errors.Is(err, bus.ErrBeyondLog) {
		t.Errorf("who saw what is lost ends with %v", err)
	}
}

func (s *source) lastPosition() (last int64) {
	s.t.Helper()
	if err := s.pool.QueryRow(s.t.Context(), "SELECT max(position) FROM es.event").Scan(&last); err != nil {
		s.t.Fatal(err)
	}
	return last
}

// lose takes the source's database back to a position, as the restore of a backup does.
func (s *source) lose(position int64, facts int) {
	s.t.Helper()
	run := func(statement string, arguments ...any) {
		s.t.Helper()
		if _, err := s.pool.Exec(s.t.Context(), statement, arguments...); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
	for _, table := range []string{"es.event", "es.command"} {
		run("ALTER TABLE " + table + " DISABLE TRIGGER ALL")
		run("DELETE FROM "+table+" WHERE position > $1", position)
		run("ALTER TABLE " + table + " ENABLE TRIGGER ALL")
	}
	run("UPDATE relay.scan SET position = least(position, $1)", position)
	for partition, last := range s.lastPublished() {
		run("UPDATE relay.mark SET position = $2 WHERE partition = $1", partition, last.position)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recorded = s.recorded[:facts]
}
