package distribution

import (
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/bus"

	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// lateness is how long after its moment something may happen here, where other tests have the machine too.
const lateness = 2 * time.Second

// keeping has processes of the service keep times, each by itself, until the function it gives.
func (b *bench) keeping(processes int) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	for range processes {
		d := newDesk(b.pool, b.log)
		running.Go(func() {
			if err := d.keepTimes(ctx, slog.New(slog.DiscardHandler)); err != nil {
				b.Error(err)
			}
		})
	}
	return func() { cancel(); running.Wait() }
}

// times are when each publication's events of a kind happened, as the log has them.
func times[E any](b *bench, at func(E) time.Time) map[string][]time.Time {
	b.Helper()
	events, err := b.log.Read(b.Context(), 0, 10_000)
	if err != nil {
		b.Fatal(err)
	}
	found := map[string][]time.Time{}
	for _, e := range events {
		if data, ok := e.Data.(E); ok {
			found[e.Aggregate] = append(found[e.Aggregate], at(data))
		}
	}
	return found
}

func publicAt(b *bench) map[string][]time.Time {
	return times(b, func(e publication.PublicationPublished) time.Time { return e.PublishedAt })
}

func endedAt(b *bench) map[string][]time.Time {
	return times(b, func(e publication.PublicationExpired) time.Time { return e.ExpiredAt })
}

// comes waits until a publication is in a state.
func (b *bench) comes(id string, state publication.State) {
	b.Helper()
	deadline := time.After(30 * time.Second)
	for {
		p, _, err := b.publications.Load(b.Context(), id)
		if err == nil && p.State == state {
			return
		}
		select {
		case <-deadline:
			b.Fatalf("it does not become %s: %v, %v", state, p, err)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// onTime holds what happened against when it was to.
func (b *bench) onTime(what string, happened []time.Time, at time.Time) {
	b.Helper()
	if len(happened) != 1 || happened[0].Before(at) || happened[0].Sub(at) > lateness {
		b.Errorf("%s: set for %v: %v", what, at, happened)
	}
}

// Nobody asks: what is set for a time becomes public, is corrected and ends at it, once, in several processes, whatever else is due.
func TestTimesAreKeptByTheServiceItself(t *testing.T) {
	b := newBench(t)
	stop := b.keeping(2)
	defer stop()
	type set struct {
		id              string
		publish, expire time.Time
	}
	now, err := b.log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var all []set
	for n := range 12 {
		content := newContent()
		b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
		s := set{publish: now.Add(time.Second + time.Duration(n/6)*300*time.Millisecond).Truncate(time.Microsecond)}
		s.expire = s.publish.Add(600 * time.Millisecond)
		if s.id, _, err = b.schedule(t.Context(), content, s.publish, s.expire, command(content)); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	for _, s := range all {
		b.comes(s.id, publication.Expired)
	}
	public, ended := publicAt(b), endedAt(b)
	for _, s := range all {
		b.onTime("public", public[s.id], s.publish)
		b.onTime("ended", ended[s.id], s.expire)
	}
}

// What was set for a time that is changed or called off is not kept, and what is set anew is.
func TestChangedTimesAreKept(t *testing.T) {
	b := newBench(t)
	content, other := newContent(), newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"), b.submitted(other, "h1", 1), b.approved(other, "h1"))
	soon := time.Now().Add(700 * time.Millisecond)
	id, _, err := b.schedule(t.Context(), content, soon, time.Time{}, command("first"))
	if err != nil {
		t.Fatal(err)
	}
	calledOff, _, err := b.schedule(t.Context(), other, soon, time.Time{}, command("other"))
	if err != nil {
		t.Fatal(err)
	}
	stop := b.keeping(2)
	defer stop()
	later := soon.Add(time.Second).UTC().Truncate(time.Microsecond)
	if _, err := b.reschedule(t.Context(), id, publication.Times{PublishAt: later}, free, command("later")); err != nil {
		t.Fatal(err)
	}
	if _, err := b.callOff(t.Context(), calledOff, free, command("off")); err != nil {
		t.Fatal(err)
	}
	b.comes(id, publication.Published)
	b.onTime("public", publicAt(b)[id], later)
	if state := b.state(calledOff); state != publication.Cancelled {
		t.Errorf("what was called off is %s", state)
	}
	until := time.Now().Add(500 * time.Millisecond).UTC().Truncate(time.Microsecond)
	if _, err := b.reschedule(t.Context(), id, publication.Times{ExpiresAt: until}, free, command("until")); err != nil {
		t.Fatal(err)
	}
	b.comes(id, publication.Expired)
	b.onTime("ended", endedAt(b)[id], until)
}

// The database's clock decides about the end as it does about the beginning: set back, what is public stays so past its end by every other
// clock; set forth, it ends. What both times have passed of is never shown.
func TestTimesThroughClockSteps(t *testing.T) {
	s := newStepping(t)
	stop := s.keeping(2)
	defer stop()
	now, err := s.log.Now(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	content, missed := newContent(), newContent()
	s.deliver(s.submitted(content, "h1", 1), s.approved(content, "h1"), s.submitted(missed, "h1", 1), s.approved(missed, "h1"))
	until := now.Add(1500 * time.Millisecond).Truncate(time.Microsecond)
	shown, _, err := s.schedule(t.Context(), content, time.Time{}, until, command(content))
	if err != nil {
		t.Fatal(err)
	}
	late, _, err := s.schedule(t.Context(), missed, now.Add(20*time.Minute), now.Add(40*time.Minute), command(missed))
	if err != nil {
		t.Fatal(err)
	}
	s.clock.Set(t, -time.Hour)
	for past := time.After(2500 * time.Millisecond); past != nil; {
		if got := s.state(shown); got != publication.Published {
			t.Fatalf("it is %s before its end", got)
		}
		select {
		case <-past:
			past = nil
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err := s.cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.clock.Set(t, 0) // the time has come
	s.comes(shown, publication.Expired)
	s.clock.Set(t, time.Hour) // that of the other came and went
	s.comes(late, publication.Cancelled)
	s.clock.Set(t, -time.Hour)
	if ended := endedAt(s.bench); len(ended) != 1 || len(ended[shown]) != 1 || ended[shown][0].Before(until) {
		t.Errorf("set for %v: %v", until, ended)
	}
	if public := publicAt(s.bench); len(public) != 1 {
		t.Errorf("%v", public)
	}
}

// An edit whose message is handled, and then lost with the transaction that was to keep it, stops what an editor set anew in between.
func TestAnEditThatIsDeliveredAgainCancelsAgain(t *testing.T) {
	b := newBench(t)
	content := newContent()
	b.deliver(b.submitted(content, "h1", 1), b.approved(content, "h1"))
	id, _, err := b.later(content, "first")
	if err != nil {
		t.Fatal(err)
	}
	edit := b.revised(content, "h2", 2)
	tx, err := b.pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := b.contents().Handle(t.Context(), tx, []bus.Message{edit}); err != nil {
		t.Fatal(err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if state := b.state(id); state != publication.Cancelled {
		t.Fatalf("it is %s", state)
	}
	if _, _, err := b.later(content, "second"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		b.deliver(edit)
		if state := b.state(id); state != publication.Cancelled {
			t.Errorf("of a text that was edited, it is %s", state)
		}
	}
}
