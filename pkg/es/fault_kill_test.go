package es

import (
	"flag"
	"testing"

	"github.com/loa-vn/loa/pkg/engines"
)

var kills = flag.Int("kills", 3, "how often a test kills what it kills")

// The postmaster is killed with -9 while a crowd appends, again and again, each time after a drawn number of acknowledged commands.
func TestFaultPostmasterKilled(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	cluster := engines.Durable(t)
	w := on(t, cluster)
	l := w.open(t, w.pool)
	with := accompany(t, l)
	c := gather(t, l, 24, random)
	for range *kills {
		c.more(t, 1+random.Int64N(400), "appends go on")
		if err := cluster.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cluster.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	c.more(t, 100, "appends go on after the last kill")
	operations := c.leave(t)
	with.arrive(t, w, settle(t, w, operations))
	t.Logf("%d postmasters killed", *kills)
}

// The committer's backends, and those that read, are ended at drawn moments while two processes' worth of callers append.
func TestFaultBackendsTerminated(t *testing.T) {
	t.Parallel()
	random := seeded(t)
	w := database(t)
	l := w.open(t, w.pool)
	second, _ := w.other(t)
	with := accompany(t, l)
	one, two := gather(t, l, 12, random), gather(t, second, 12, random)
	ended := 0
	for ended < 10**kills {
		one.more(t, random.Int64N(60), "appends go on")
		two.more(t, random.Int64N(60), "appends go on in the other process")
		ended += w.count(t, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1 AND datname = current_database()
			AND pid % 3 = $2`, role, random.IntN(3))
	}
	operations := append(one.leave(t), two.leave(t)...)
	with.arrive(t, w, settle(t, w, operations))
	t.Logf("%d backends terminated", ended)
}
