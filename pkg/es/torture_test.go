package es

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
)

// Three processes append to the same few streams while replies are dropped after COMMIT, callers give up, backends are terminated,
// the postmaster is killed, and one process is stopped in mid-flight. Afterwards the log has no gap, no fork and no hole, holds all
// that was acknowledged and nothing that was denied, and every stream's history is linearizable. Longer: -torture=10m.
func TestTorture(t *testing.T) {
	seed := *tortureSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-torture=%v -torture.seed=%d", *tortureFor, seed)
	cluster := engines.Durable(t)
	address, err := cluster.Database(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	owner := must[*pgxpool.Pool](t)(pgxpool.New(t.Context(), address))
	defer owner.Close()
	conn := must[*pgxpool.Conn](t)(owner.Acquire(t.Context()))
	if err := prepare(t.Context(), conn.Conn()); err != nil {
		t.Fatal(err)
	}
	conn.Release()
	w := service(t, owner, address)
	l := w.open(t, w.pool)

	// A follower and a projection go along, through every break.
	running(t, l, lines())
	var followed atomic.Int64
	following, stop := context.WithCancel(t.Context())
	defer stop()
	ended := make(chan error, 1)
	go func() {
		ended <- l.Follow(following, "torture", 0, 1000, func(_ context.Context, events []Event) error {
			for _, e := range events {
				if e.Position != followed.Load()+1 {
					return fmt.Errorf("position %d came after %d", e.Position, followed.Load())
				}
				followed.Store(e.Position)
			}
			return nil
		})
	}()

	dir := t.TempDir()
	var files []string
	var writers []*exec.Cmd
	exe := must[string](t)(os.Executable())
	for i := range 3 {
		out := filepath.Join(dir, fmt.Sprint(i))
		text := must[[]byte](t)(json.Marshal(order{Address: w.address, Out: out, Writer: i, Goroutines: 64, Seconds: tortureFor.Seconds(), Seed: seed}))
		cmd := exec.CommandContext(t.Context(), exe, "-torture.writer", string(text))
		cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		files, writers = append(files, out), append(writers, cmd)
	}
	chaos(t, cluster, w, writers, seed)
	for _, cmd := range writers {
		if err := cmd.Wait(); err != nil {
			t.Errorf("a writer saw a broken promise: %v", err)
		}
	}
	if t.Failed() {
		return // its record of operations is not whole
	}
	operations := readOperations(t, files)
	events := checkLog(t, owner, operations)
	eventually(t, "the follower saw everything", func() bool { return followed.Load() == events || len(ended) > 0 })
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	eventually(t, "the projection has applied everything", func() bool { return l.WaitFor(t.Context(), "lines", events) == nil })
	var projected int64
	err = Query(t.Context(), w.pool, "lines", func(tx pgx.Tx) error {
		return tx.QueryRow(t.Context(), "SELECT count(*) FROM line JOIN es.event USING (position)").Scan(&projected)
	})
	if err != nil || projected != events {
		t.Errorf("%d events are projected of %d: %v", projected, events, err)
	}
	checked := checkLinearizable(t, operations)
	began := time.Now()
	searched := checkPorcupine(t, operations, time.Minute+*tortureFor/2)
	t.Logf("Porcupine searched %d operations in %v", searched, time.Since(began).Round(time.Millisecond))
	counts, doubted := map[outcome]int{}, 0
	for _, o := range operations {
		counts[o.Outcome]++
		if o.Doubted {
			doubted++
		}
	}
	t.Logf("%d operations (appended %d, found appended %d, conflicts %d, withdrawn %d, in doubt at first %d), %d events, %d linearizable",
		len(operations), counts[appended], counts[repeated], counts[conflict], counts[withdrawnOutcome], doubted, events, checked)
	if counts[appended] < 100 || counts[conflict] == 0 || counts[repeated] == 0 || doubted == 0 {
		t.Error("the run did not reach what it is for")
	}
}

// chaos breaks things until the writers' time is over.
func chaos(t *testing.T, cluster *engines.Cluster, w *workbench, writers []*exec.Cmd, seed uint64) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 99))
	defer func() { _ = writers[0].Process.Signal(syscall.SIGCONT) }() // whatever happens here, it must be able to end
	start, backends, postmasters := time.Now(), 0, 0
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	// What happens when, as a part of the whole time.
	stopped, resumed := false, false
	var stoppedAt int64
	var kills []float64
	for n := max(2, int(tortureFor.Seconds()/10)); len(kills) < n; {
		kills = append(kills, 0.4+0.5*float64(len(kills))/float64(n))
	}
	for {
		<-tick.C
		done := time.Since(start).Seconds() / tortureFor.Seconds()
		switch {
		case done >= 1:
			t.Logf("%d backends terminated, %d postmasters killed", backends, postmasters)
			if postmasters == 0 || !resumed {
				t.Error("the run was too short to break anything")
			}
			return
		case !stopped && done > 0.2:
			stopped, stoppedAt = true, head(t, w)
			if err := writers[0].Process.Signal(syscall.SIGSTOP); err != nil {
				t.Error(err)
			}
		case stopped && !resumed && done > 0.35:
			resumed = true
			if now := head(t, w); now <= stoppedAt {
				t.Errorf("a stopped process holds the log up: it stands at %d since", now)
			}
			if err := writers[0].Process.Signal(syscall.SIGCONT); err != nil {
				t.Error(err)
			}
		case len(kills) > 0 && done > kills[0]:
			kills = kills[1:]
			if err := cluster.Kill(); err != nil {
				t.Fatal(err)
			}
			if err := cluster.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
			postmasters++
		default:
			// The clocks of the machine give the moment, the seed which of the backends.
			var ended int
			if err := w.owner.QueryRow(t.Context(), `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
				WHERE application_name = 'loa-torture-committer' AND pid % 3 = $1`, random.IntN(5)).Scan(&ended); err == nil {
				backends += ended
			}
		}
	}
}

func head(t *testing.T, w *workbench) (position int64) {
	t.Helper()
	eventually(t, "the log's end is read", func() bool {
		return w.owner.QueryRow(t.Context(), "SELECT coalesce(max(position), 0) FROM es.event").Scan(&position) == nil
	})
	return position
}
