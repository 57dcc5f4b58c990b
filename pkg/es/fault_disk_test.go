package es

import (
	"context"
	"encoding/base64"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/loa-vn/loa/pkg/engines"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/id"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// The files of the server, whoever it runs as, may not grow beyond a size that the log's soon reach: the server refuses what needs
// more, and lives.
func TestFaultDiskFullForTheLog(t *testing.T) {
	t.Parallel()
	cluster := engines.Private(t, engines.Server{SmallSegments: true})
	// Not a multiple of a page: the last write is a short one, as on a full disk.
	fill := func(ctx context.Context) error { return cluster.LimitFiles(ctx, 2<<20+100) }
	room := func(ctx context.Context) error { return cluster.LimitFiles(ctx, -1) }
	fillUp(t, cluster, fill, room, true)
}

// Not even the WAL has room: the server panics, and ends when it cannot recover either.
func TestFaultDiskFullForTheWAL(t *testing.T) {
	t.Parallel()
	cluster := engines.Private(t, engines.Server{SmallSegments: true})
	fill := func(ctx context.Context) error { return cluster.LimitFiles(ctx, 600<<10) }
	room := func(ctx context.Context) error {
		if cluster.Ended() {
			return nil // and the next one has no limit
		}
		return cluster.LimitFiles(ctx, -1)
	}
	fillUp(t, cluster, fill, room, false)
}

// A small disk is really full, with another's file. Only who may mount one can try that; everyone runs the two above.
func TestFaultDiskFull(t *testing.T) {
	t.Parallel()
	disk, mounted := engines.SmallDisk(t, 80)
	if !mounted {
		t.Log("run as root to fill a disk: the limits on files are tried by the other tests")
		return
	}
	cluster := engines.Private(t, engines.Server{Parent: disk, SmallSegments: true, Settings: []string{"min_wal_size=2MB", "max_wal_size=6MB"}})
	ballast := filepath.Join(disk, "ballast")
	fill := func(context.Context) error {
		var free syscall.Statfs_t
		if err := syscall.Statfs(disk, &free); err != nil {
			return err
		}
		return os.WriteFile(ballast, make([]byte, int64(free.Bavail)*free.Bsize-3<<20), 0o600)
	}
	fillUp(t, cluster, fill, func(context.Context) error { return os.Remove(ballast) }, false)
}

// fillUp has a crowd append while the disk is filled, until appends are refused; reads go on for as long as the server lives; then
// there is room, appends go on by themselves, and the log holds what everyone was told. A server that ended is started again, which
// is its service manager's work.
func fillUp(t *testing.T, cluster *engines.Cluster, fill, room func(context.Context) error, lives bool) {
	t.Helper()
	random := seeded(t)
	w := on(t, cluster)
	l, repo := w.repo(t)
	with := accompany(t, l)
	c := gather(t, l, 12, random)
	c.more(t, 200, "appends go on")
	n := newNote()
	keys := []id.UUID{must[Result[note]](t)(repo.Execute(t.Context(), n, command(), write("before"))).Recorded[0].Command}
	if err := fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, refusals := untilRefused(t, repo, random)
	if lives && cluster.Ended() {
		t.Error("the server ended")
	}
	eventually(t, "reads go on, also after a crash", func() bool {
		_, version, err := repo.Load(t.Context(), n)
		return err == nil && version == 1 || !lives && cluster.Ended()
	})
	if err := room(t.Context()); err != nil {
		t.Fatal(err)
	}
	after, probe := newNote(), command()
	keys = append(keys, probe.Key)
	eventually(t, "appends go on by themselves", func() bool {
		if cluster.Ended() {
			if err := cluster.Restart(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := repo.Execute(ctx, after, probe, write("after"))
		return err == nil
	})
	c.more(t, 200, "appends go on by themselves")
	operations := c.leave(t)
	w.owner.Reset()
	acknowledged := 0
	for _, a := range all {
		again := must[Result[note]](t)(repo.Execute(t.Context(), a.note, a.cmd, write(a.lines...)))
		keys = append(keys, a.cmd.Key)
		switch errs.ReasonOf(a.err) {
		case errorsv1.Reason_UNAVAILABLE:
			if again.Repeated {
				t.Errorf("recorded, and its caller was told that it is not: %v", a.err)
			}
		case errorsv1.Reason_IN_DOUBT:
		default:
			acknowledged++
			if !again.Repeated || again.Position != a.result.Position {
				t.Errorf("acknowledged at %d, and asked again: at %d, a repeat: %v", a.result.Position, again.Position, again.Repeated)
			}
		}
	}
	with.arrive(t, w, settle(t, w, operations, keys...))
	log := cluster.Log()
	t.Logf("%d big ones acknowledged, %v refused; the server panicked %d times", acknowledged, refusals, strings.Count(log, "PANIC: "))
}

// untilRefused appends big events until the first are refused, with UNAVAILABLE or in doubt.
func untilRefused(t *testing.T, repo *Repo[note, *note], random *rand.Rand) (all []asked, refusals map[errs.Reason]int) {
	t.Helper()
	refusals = map[errs.Reason]int{}
	for range 1000 {
		noise := make([]byte, 150<<10) // which cannot be compressed
		for i := range noise {
			noise[i] = byte(random.Uint32())
		}
		a := asked{cmd: command(), note: newNote(), lines: []string{base64.StdEncoding.EncodeToString(noise)}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		a.result, a.err = repo.Execute(ctx, a.note, a.cmd, write(a.lines...))
		cancel()
		all = append(all, a)
		switch reason := errs.ReasonOf(a.err); {
		case a.err == nil:
		case reason == errorsv1.Reason_UNAVAILABLE || reason == errorsv1.Reason_IN_DOUBT:
			if refusals[reason]++; len(all) > 3 && refusals[reason] >= 3 {
				return all, refusals
			}
		default:
			t.Fatalf("a full disk was told as %v", a.err)
		}
	}
	t.Fatal("the disk did not become full")
	return nil, nil
}
