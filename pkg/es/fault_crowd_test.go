package es

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/id"
)

// faultSeed makes what a test of a fault draws the same again; what the machine's clocks add stays.
var faultSeed = flag.Uint64("fault.seed", 0, "seed of the tests that inject faults; 0: a new one")

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := *faultSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("again: -run '^%s$' -fault.seed=%d", t.Name(), seed)
	return rand.New(rand.NewPCG(seed, 1))
}

// on makes a database on a cluster of the test's own.
func on(t *testing.T, cluster *engines.Cluster) *workbench {
	t.Helper()
	address := must[string](t)(cluster.Database(t.Context()))
	owner := must[*pgxpool.Pool](t)(pgxpool.New(t.Context(), address))
	t.Cleanup(owner.Close)
	conn := must[*pgxpool.Conn](t)(owner.Acquire(t.Context()))
	defer conn.Release()
	if err := prepare(t.Context(), conn.Conn()); err != nil {
		t.Fatal(err)
	}
	return service(t, owner, address)
}

// crowd is goroutines that append as those of the torture run do, while a test breaks something, and keep what they were told.
type crowd struct {
	over chan struct{}
	busy sync.WaitGroup
	// acknowledged counts those told that their events are recorded.
	acknowledged atomic.Int64

	mu         sync.Mutex
	operations []operation
	broken     error
}

func gather(t *testing.T, l *Log, n int, random *rand.Rand) *crowd {
	t.Helper()
	c := &crowd{over: make(chan struct{})}
	for range n {
		w := &tortured{log: l, random: rand.New(rand.NewPCG(random.Uint64(), random.Uint64())), known: map[int]int64{}}
		c.busy.Go(func() {
			for {
				select {
				case <-c.over:
					return
				case <-t.Context().Done(): // the test has failed
					return
				default:
				}
				op, err := w.step(t.Context())
				if op != nil && (op.Outcome == appended || op.Outcome == repeated) {
					c.acknowledged.Add(1)
				}
				c.mu.Lock()
				if op != nil {
					c.operations = append(c.operations, *op)
				}
				if err != nil {
					c.broken = err
				}
				c.mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	return c
}

// more waits until so many more are acknowledged.
func (c *crowd) more(t *testing.T, n int64, what string) {
	t.Helper()
	from := c.acknowledged.Load()
	eventually(t, what, func() bool { return c.acknowledged.Load() >= from+n || c.hurt() != nil })
	if err := c.hurt(); err != nil {
		t.Fatal(err)
	}
}

func (c *crowd) hurt() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.broken
}

// leave lets every goroutine have its last answer and gives what all were told.
func (c *crowd) leave(t *testing.T) []operation {
	t.Helper()
	close(c.over)
	gone := make(chan struct{})
	go func() { c.busy.Wait(); close(gone) }()
	eventually(t, "everyone has an answer", func() bool {
		select {
		case <-gone:
			return true
		default:
			return false
		}
	})
	if err := c.hurt(); err != nil {
		t.Errorf("a caller saw a broken promise: %v", err)
	}
	return c.operations
}

// settle holds the log against what callers were told: acknowledged is present, denied is absent, no gap, no fork, once per key, and
// every stream's history in an order that it may have had. The others are keys of commands that the test itself knows to be recorded.
func settle(t *testing.T, w *workbench, operations []operation, others ...id.UUID) (events int64) {
	t.Helper()
	known := slices.Clone(operations)
	for _, key := range others {
		known = append(known, operation{Key: key})
	}
	events = checkLog(t, w.owner, known)
	checked := checkLinearizable(t, operations)
	checkPorcupine(t, operations, 20*time.Second)
	quiet(t, w)
	counts, doubted := map[outcome]int{}, 0
	for _, o := range operations {
		counts[o.Outcome]++
		if o.Doubted {
			doubted++
		}
	}
	t.Logf("%d operations: appended %d, found appended %d, conflicts %d, denied %d, in doubt at first %d; %d events; %d in order",
		len(operations), counts[appended], counts[repeated], counts[conflict], counts[withdrawnOutcome], doubted, events, checked)
	return events
}

// quiet checks that no alarm was raised: what is done for safety's sake after something else has failed is not to hide it.
func quiet(t *testing.T, w *workbench) {
	t.Helper()
	if w.log.has("alarm=true") {
		t.Errorf("an alarm was raised: %v", slices.DeleteFunc(slices.Clone(w.log.kept), func(s string) bool { return !strings.Contains(s, "alarm=true") }))
	}
}

// company is a follower and a projection that go along through a fault, and must end where the log does.
type company struct {
	log      *Log
	followed atomic.Int64
	ended    chan error
	stop     context.CancelFunc
}

func accompany(t *testing.T, l *Log) *company {
	t.Helper()
	running(t, l, lines())
	ctx, stop := context.WithCancel(t.Context())
	c := &company{log: l, ended: make(chan error, 1), stop: stop}
	go func() {
		c.ended <- l.Follow(ctx, "fault", 0, 500, func(_ context.Context, events []Event) error {
			for _, e := range events {
				if at := c.followed.Add(1); e.Position != at {
					return fmt.Errorf("position %d came in the place of %d", e.Position, at)
				}
			}
			return nil
		})
	}()
	t.Cleanup(stop)
	return c
}

// arrive checks that both saw every event once, in order.
func (c *company) arrive(t *testing.T, w *workbench, events int64) {
	t.Helper()
	eventually(t, "the follower saw everything", func() bool { return c.followed.Load() >= events || len(c.ended) > 0 })
	eventually(t, "the projection has applied everything", func() bool { return c.log.WaitFor(t.Context(), "lines", events) == nil })
	c.stop()
	if err := <-c.ended; err != nil || c.followed.Load() != events {
		t.Errorf("%d of %d events were followed: %v", c.followed.Load(), events, err)
	}
	var projected int64
	err := Query(t.Context(), w.pool, "lines", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM line JOIN es.event USING (position)").Scan(&projected)
	})
	if err != nil || projected != events {
		t.Errorf("%d of %d events are projected: %v", projected, events, err)
	}
}
