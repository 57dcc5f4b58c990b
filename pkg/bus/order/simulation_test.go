package order

import (
	"flag"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	schedules = flag.Int("schedules", 0, "how many schedules to simulate; 0: as many as there are in four seconds")
	fromSeed  = flag.Uint64("schedules.seed", 0, "the first schedule; 0: a new one")
)

// TestSimulation drives the decisions through schedules of crashes, losses and restores. Whatever happens, no effect is had twice or out
// of order, and when the misfortunes end every consumer has the fold of the log, or has stopped because it saw what the log has lost.
func TestSimulation(t *testing.T) {
	seed := *fromSeed
	if seed == 0 {
		seed = rand.Uint64() >> 16
	}
	began := time.Now()
	happened := map[fault]int{}
	n := 0
	for ; n < *schedules || *schedules == 0 && time.Since(began) < 4*time.Second; n++ {
		w, err := simulate(planOf(seed+uint64(n)), asBuilt(), false)
		if err != nil {
			report(t, w.plan, err)
			return
		}
		for f, times := range w.faulted {
			happened[f] += times
		}
	}
	t.Logf("%d schedules from seed %d, %.0f a second", n, seed, float64(n)/time.Since(began).Seconds())
	for f := fault(1); f < lastFault; f <<= 1 {
		if f != startsLate && happened[f] == 0 {
			t.Errorf("never happened: %s", f)
		}
	}
}

// report shrinks a failing plan and shows what happens in it.
func report(t *testing.T, p plan, err error) {
	t.Helper()
	small, why := shrink(p, asBuilt())
	w, _ := simulate(small, asBuilt(), true)
	t.Errorf("schedule %d (again: -schedules=1 -schedules.seed=%d): %v\nshrunk to %d events, %d steps, seed %d, with %s: %v\n%s",
		p.seed, p.seed, err, small.events, small.steps, small.seed, small.faults, why, strings.Join(w.trace, "\n"))
}

// shrink looks for a smaller plan that fails too: fewer kinds of faults, fewer events, fewer steps, under any of some seeds.
func shrink(p plan, d decisions) (plan, error) {
	_, why := simulate(p, d, false)
	fails := func(try plan) bool {
		for seed := range uint64(300) {
			try.seed = p.seed + seed
			if _, err := simulate(try, d, false); err != nil {
				p, why = try, err
				return true
			}
		}
		return false
	}
	for f := fault(1); f < lastFault; f <<= 1 {
		if try := p; p.faults&f != 0 {
			try.faults &^= f
			fails(try)
		}
	}
	for try := p; p.events > 1; try = p {
		if try.events = p.events * 2 / 3; !fails(try) {
			break
		}
	}
	for try := p; p.steps > 30; try = p {
		if try.steps = p.steps * 2 / 3; !fails(try) {
			break
		}
	}
	return p, why
}
