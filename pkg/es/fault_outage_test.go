package es

import (
	"bytes"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// While PostgreSQL is away callers come, wait and give up, far more than there is room for: what they leave behind does not grow
// with them, all are told that nothing was recorded, and nothing is. The next one after it is appended at once.
func TestFaultCallersOfAnAwayLogLeaveNothingBehind(t *testing.T) {
	const callers, atOnce, size = 8000, 400, 200 << 10
	cluster := engines.Durable(t)
	w := on(t, cluster)
	l, repo := w.repo(t)
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("before")))
	if err := cluster.Kill(); err != nil {
		t.Fatal(err)
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var coming sync.WaitGroup
	var denied, doubted atomic.Int64
	for range atOnce {
		coming.Go(func() {
			for range callers / atOnce {
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
				body := bytes.Repeat([]byte("x"), size)
				digest := Digest("test.line_written.v2", StreamID{}, 1, id.UUID{}, body)
				_, err := l.committer.submit(ctx, &submission{
					key: id.NewUUID(time.Now()), stream: id.NewUUID(time.Now()), digest: []byte{1}, bytes: size,
					events: []written{{"test.line_written.v2", digest[:], body}},
				})
				cancel()
				switch errs.ReasonOf(err) {
				case errorsv1.Reason_UNAVAILABLE:
					denied.Add(1)
				case errorsv1.Reason_IN_DOUBT: // went out on the connection there was, before it was seen to be dead
					doubted.Add(1)
				default:
					t.Errorf("%v", err)
				}
			}
		})
	}
	coming.Wait()
	// What is kept of each caller is its submission without its events, and no more of them than there is room for.
	grown := int64(heap()) - int64(before)
	t.Logf("%d callers of %d kB each gave up, %d in doubt; %d kB more are in use", callers, size>>10, doubted.Load(), grown>>10)
	if doubted.Load() > maxBatch || denied.Load()+doubted.Load() != callers {
		t.Errorf("%d of %d were denied, and %d are in doubt", denied.Load(), callers, doubted.Load())
	}
	if grown > 64<<20+doubted.Load()*size {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	if err := cluster.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool := must[*pgxpool.Pool](t)(pgxpool.New(t.Context(), w.owner.Config().ConnString()))
	defer pool.Close()
	must[Result[note]](t)(repo.Execute(t.Context(), newNote(), command(), write("after")))
	var events, commands int64
	if err := pool.QueryRow(t.Context(), "SELECT (SELECT count(*) FROM es.event), (SELECT count(*) FROM es.command)").Scan(&events, &commands); err != nil {
		t.Fatal(err)
	}
	if both := 2 + doubted.Load(); events != both || commands != both { // what was in doubt went ahead of the last one
		t.Errorf("%d events and %d commands: some caller was denied what was recorded", events, commands)
	}
}
