package distribution

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/loa-vn/loa/pkg/app/apptest"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// stepping is the service on a PostgreSQL of its own whose clock can be set.
type stepping struct {
	*bench
	clock   *engines.Clock
	cluster *engines.Cluster
}

func newStepping(t *testing.T) *stepping {
	t.Helper()
	clock := engines.NewClock(t)
	cluster := engines.Private(t, engines.Server{Environment: clock.Environment()})
	address, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pool, err := pgxpool.New(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	owner, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(apptest.Migrate(t.Context(), owner, Module()), owner.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return &stepping{bench: benchOn(t, pool), clock: clock, cluster: cluster}
}

// scheduled sets a new content to be published a while from now by the database's clock.
func (s *stepping) scheduled(in time.Duration) (id string, at time.Time) {
	s.Helper()
	content := newContent()
	s.deliver(s.submitted(content, "h1", 1), s.approved(content, "h1"))
	now, err := s.log.Now(s.Context())
	if err != nil {
		s.Fatal(err)
	}
	at = now.Add(in)
	id, _, err = s.schedule(s.Context(), content, at, time.Time{}, command(content))
	if err != nil {
		s.Fatal(err)
	}
	return id, at
}

// hammer asks for the release from several sides at once, as workers that were restarted and engines that are ahead do, each under a
// key of its own, until the context ends.
func (s *stepping) hammer(ctx context.Context, id string) (wait func()) {
	var all sync.WaitGroup
	for range 4 {
		key := newKey()
		all.Go(func() {
			for ctx.Err() == nil {
				_, _ = s.release(ctx, id, command(key+id)) // refused, or the server is away: what counts is in the log
				select {
				case <-ctx.Done():
				case <-time.After(5 * time.Millisecond):
				}
			}
		})
	}
	return all.Wait
}

// stays checks that it is not public for a while, whatever is asked.
func (s *stepping) stays(id string, d time.Duration) {
	s.Helper()
	until := time.After(d)
	for {
		if got := s.state(id); got != publication.Scheduled {
			s.Fatalf("it is %s before its time", got)
		}
		select {
		case <-until:
			return
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (s *stepping) becomesPublic(id string, at time.Time) {
	s.Helper()
	deadline := time.After(30 * time.Second)
	for {
		p, _, err := s.publications.Load(s.Context(), id)
		if err == nil && p.State == publication.Published {
			if p.PublishedAt.Before(at) {
				s.Errorf("set for %v and public at %v", at, p.PublishedAt)
			}
			return
		}
		select {
		case <-deadline:
			s.Fatalf("it does not become public: %v, %v", p, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// The database's clock decides. Set back before the time, it is not the time yet, whatever every other clock says; set forth, it is; set
// back again afterwards, what is public stays public, and nothing is public twice, through kills of the server in between.
func TestEmbargoThroughClockStepsAndKills(t *testing.T) {
	s := newStepping(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	first, at := s.scheduled(time.Second)
	s.clock.Set(t, -time.Hour)
	waitFirst := s.hammer(ctx, first)
	s.stays(first, 1500*time.Millisecond) // by every other clock its time has come
	if err := s.cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.stays(first, 300*time.Millisecond)
	second, far := s.scheduled(30 * time.Minute)
	waitSecond := s.hammer(ctx, second)
	s.stays(second, 200*time.Millisecond)
	s.clock.Set(t, 0) // an hour forth: the time of both has come
	s.becomesPublic(first, at)
	s.becomesPublic(second, far)
	s.clock.Set(t, -2*time.Hour)
	if err := s.cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := s.cluster.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	third, later := s.scheduled(time.Second)
	waitThird := s.hammer(ctx, third)
	s.becomesPublic(third, later)
	stop()
	waitFirst()
	waitSecond()
	waitThird()
	events, err := s.log.Read(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, e := range events {
		if _, ok := e.Data.(publication.PublicationPublished); ok {
			times[e.Aggregate]++
		}
	}
	if len(times) != 3 || times[first] != 1 || times[second] != 1 || times[third] != 1 {
		t.Errorf("%v", times)
	}
}
