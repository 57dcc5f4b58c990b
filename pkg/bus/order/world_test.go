package order

import (
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
)

// The simulated world: one log with the database it lives in, a broker, relays and the members of consumer groups. Everything that may
// happen between two inputs or outputs happens by the choice of a seeded generator, on a clock that counts steps.

const partitions = 2

// entry is an event of the log; partition -1 means that it is private.
type entry struct {
	epoch, partition int
}

// database is the source's: the log, and what relays note beside it. A restore takes all of it back at once.
type database struct {
	log     []entry
	lineage Lineage
	marks   [partitions]int64
	scanned int64
}

func (d database) copy() database {
	d.log, d.lineage = slices.Clone(d.log), slices.Clone(d.lineage)
	return d
}

// record is a published event in the broker.
type record struct {
	Place
	offset int64
}

type topic struct {
	records   []record
	base, end int64
}

// request is a produce on its way.
type request struct {
	partition int
	places    []Place
	state     state
}

type state int

const (
	pending state = iota
	acknowledged
	failed
)

// group is a consumer: what its database holds, and its members.
type group struct {
	name      string
	marks     [partitions]Mark
	effects   [partitions][]Place
	had       map[[3]int64]bool // partition, epoch, position
	committed [partitions]int64 // in the broker
	owners    [partitions]int   // generation of the claim that the broker has given a partition
	claims    []*actor
	from      int   // the step at which it begins
	begun     bool  // it has members
	ignorant  bool  // a claim of it began without the source's answer
	stops     int   // how often it stopped because it was beyond the log
	restores  int   // of the source when it began
	stopped   error // since when it has not been started again
}

// actor is something that runs in steps: a relay, or a member's claim of a partition.
type actor struct {
	name      string
	next      func() (string, bool)
	kill      func()
	group     *group
	partition int
	stale     bool
	restores  int // of the source when it connected to its database
}

type world struct {
	plan
	decide  decisions
	random  *rand.Rand
	now     int
	drained bool

	db        database
	snapshots []database
	restores  int
	topics    [partitions]topic
	net       []*request
	relays    []*actor
	groups    []*group
	away      int // the broker answers nothing before this step
	silent    int // the source neither
	actors    int
	heals     int // how often the log was read to fill a hole
	faulted   map[fault]int

	tracing bool
	trace   []string
}

// misfortune tells whether a fault happens now, with a chance of one in n.
func (w *world) misfortune(f fault, n int) bool {
	if w.drained || w.faults&f == 0 {
		return false
	}
	if w.often&f != 0 {
		n = max(1, n/8)
	}
	if w.random.IntN(n) != 0 {
		return false
	}
	w.faulted[f]++
	return true
}

func (w *world) note(format string, arguments ...any) {
	if w.tracing {
		text := fmt.Sprintf(format, arguments...)
		if n := len(w.trace); n > 0 && strings.HasSuffix(w.trace[n-1], text) {
			return // it waits
		}
		w.trace = append(w.trace, fmt.Sprintf("%4d ", w.now)+text)
	}
}

// errViolated is a broken invariant.
var errViolated = errors.New("violated")

func violated(format string, arguments ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errViolated}, arguments...)...)
}

// simulate runs one schedule and tells what it broke.
func simulate(p plan, d decisions, tracing bool) (w *world, err error) {
	w = &world{plan: p, decide: d, random: rand.New(rand.NewPCG(p.seed, 7)), tracing: tracing, faulted: map[fault]int{}}
	w.db.lineage = Lineage{{Epoch: 1}}
	first := &group{name: "early", had: map[[3]int64]bool{}}
	w.groups = append(w.groups, first)
	if p.faults&startsLate != 0 {
		w.groups = append(w.groups, &group{name: "late", had: map[[3]int64]bool{}, from: p.steps * 3 / 4})
	}
	defer func() {
		if r := recover(); r != nil {
			v, ok := r.(error)
			if !ok || !errors.Is(v, errViolated) {
				panic(r)
			}
			err = v
		}
		for _, a := range w.everyone() {
			a.kill()
		}
	}()
	for w.now = 0; w.now < p.steps; w.now++ {
		w.step()
	}
	w.drain()
	for ; ; w.now++ {
		if w.now%16 == 0 && w.settled() {
			break
		}
		if w.now > p.steps+20_000 {
			return w, violated("it does not come to rest: %s", w.standing())
		}
		w.step()
	}
	return w, w.compare()
}

func (w *world) everyone() []*actor {
	all := slices.Clone(w.relays)
	for _, g := range w.groups {
		all = append(all, g.claims...)
	}
	return all
}

// drain ends the misfortunes: what must be true at last is then waited for.
func (w *world) drain() {
	w.drained = true
	w.away, w.silent = 0, 0
	w.note("the misfortunes end")
	for _, g := range w.groups {
		g.stops, g.stopped = 0, nil // started once more: what was lost may have come back with another backup
		for _, a := range g.claims {
			if a.stale {
				a.kill()
			}
		}
		g.claims = slices.DeleteFunc(g.claims, func(a *actor) bool { return a.stale })
	}
}

// step lets one thing happen.
func (w *world) step() {
	if len(w.db.log) < w.events && !w.drained && w.random.IntN(3) == 0 {
		w.append()
	}
	w.staff()
	w.suffer()
	switch n := w.random.IntN(len(w.relays) + len(w.net) + w.claims()); {
	case n < len(w.relays):
		w.relays = w.advance(w.relays, n)
	case n < len(w.relays)+len(w.net):
		w.arrive(n - len(w.relays))
	default:
		n -= len(w.relays) + len(w.net)
		for _, g := range w.groups {
			if n < len(g.claims) {
				g.claims = w.advance(g.claims, n)
				break
			}
			n -= len(g.claims)
		}
	}
}

func (w *world) claims() (n int) {
	for _, g := range w.groups {
		n += len(g.claims)
	}
	return n
}

func (w *world) advance(actors []*actor, n int) []*actor {
	a := actors[n]
	dies := relayDies
	if a.group != nil {
		dies = memberDies
	}
	if w.misfortune(dies, 25) {
		w.note("%s dies", a.name)
		a.kill()
		return slices.Delete(actors, n, n+1)
	}
	what, goesOn := a.next()
	if !goesOn {
		return slices.Delete(actors, n, n+1)
	}
	w.note("%s: %s", a.name, what)
	return actors
}

func (w *world) append() {
	partition := w.random.IntN(partitions+1) - 1
	w.db.log = append(w.db.log, entry{w.db.lineage.Current(), partition})
	w.note("the log has %d.%d in %d", w.db.lineage.Current(), len(w.db.log), partition)
}

// staff starts what should run and does not.
func (w *world) staff() {
	if len(w.relays) == 0 || len(w.relays) < 3 && w.misfortune(twoLead, 40) {
		w.start(func(a *actor, step func(string)) { w.relay(a, step) }, &w.relays, &actor{name: "relay"})
	}
	for _, g := range w.groups {
		if w.now < g.from && !w.drained {
			continue
		}
		if !g.begun {
			g.begun, g.restores = true, w.restores
		}
		if g.stopped != nil {
			if g.stops > 3 {
				continue // an operator has started it again often enough
			}
			g.stopped = nil
		}
		for p := range partitions {
			if !slices.ContainsFunc(g.claims, func(a *actor) bool { return a.partition == p && !a.stale }) {
				w.claimFor(g, p)
			}
		}
	}
}

func (w *world) claimFor(g *group, partition int) {
	g.owners[partition]++
	generation := g.owners[partition]
	w.start(func(a *actor, step func(string)) { (&claim{world: w, actor: a, generation: generation}).run(step) }, &g.claims,
		&actor{name: g.name, group: g, partition: partition})
}

// killed unwinds an actor that dies.
var errKilled = errors.New("killed")

func (w *world) start(run func(a *actor, step func(string)), among *[]*actor, a *actor) {
	w.actors++
	a.name = fmt.Sprintf("%s %d/%d", a.name, w.actors, a.partition)
	a.restores = w.restores
	a.next, a.kill = iter.Pull(func(yield func(string) bool) {
		defer func() {
			if r := recover(); r != nil && r != any(errKilled) {
				panic(r)
			}
		}()
		run(a, func(what string) {
			if !yield(what) {
				panic(errKilled)
			}
		})
	})
	*among = append(*among, a)
}

// suffer lets the misfortunes happen that are nobody's step.
func (w *world) suffer() {
	if w.random.IntN(20) == 0 {
		w.snapshots = append(w.snapshots, w.db.copy())
	}
	p := w.random.IntN(partitions)
	t := &w.topics[p]
	switch {
	case w.misfortune(brokerAway, 300):
		w.away = w.now + 10 + w.random.IntN(60)
		w.note("the broker is away until %d", w.away)
	case w.misfortune(sourceAway, 300):
		w.silent = w.now + 10 + w.random.IntN(60)
		w.note("the source is silent until %d", w.silent)
	case w.misfortune(brokerWiped, 400):
		w.topics = [partitions]topic{}
		for _, g := range w.groups {
			g.committed = [partitions]int64{}
		}
		w.note("the broker has lost everything")
	case w.misfortune(topicRemade, 400):
		w.topics = [partitions]topic{}
		w.note("the topic is made anew")
	case w.misfortune(prefixCut, 200) && len(t.records) > 0:
		n := 1 + w.random.IntN(len(t.records))
		t.records = slices.Clone(t.records[n:])
		t.base = t.end
		if len(t.records) > 0 {
			t.base = t.records[0].offset
		}
		w.note("partition %d has lost its oldest %d", p, n)
	case w.misfortune(tailCut, 200) && len(t.records) > 0:
		n := w.random.IntN(len(t.records))
		t.end = t.records[n].offset
		t.records = slices.Clone(t.records[:n])
		w.note("partition %d has lost what is from offset %d on", p, t.end)
	case w.misfortune(recordsGone, 200) && len(t.records) > 0:
		t.records = slices.DeleteFunc(slices.Clone(t.records), func(record) bool { return w.random.IntN(3) == 0 })
		w.note("partition %d has lost some", p)
	case w.misfortune(rebalanced, 60):
		w.rebalance()
	case w.misfortune(restored, 500):
		w.restore()
	}
}

func (w *world) rebalance() {
	for _, g := range w.groups {
		for p := range partitions {
			for i, a := range slices.Backward(g.claims) {
				if a.partition != p || a.stale {
					continue
				}
				if w.misfortune(staleMember, 2) {
					a.stale = true
					w.note("%s has lost its partition without knowing", a.name)
					continue
				}
				a.kill()
				g.claims = slices.Delete(g.claims, i, i+1)
			}
		}
	}
}

// restore takes the source's database back. Relays learn of it when they next ask the database.
func (w *world) restore() {
	if len(w.snapshots) == 0 {
		return
	}
	back := 4
	if w.random.IntN(4) == 0 {
		back = len(w.snapshots) // a backup of any age, of any epoch
	}
	w.db = w.snapshots[max(0, len(w.snapshots)-1-w.random.IntN(back))].copy()
	w.restores++ // no epoch's number is given twice: see es.adopt
	w.db.lineage = append(w.db.lineage, Epoch{w.restores + 1, int64(len(w.db.log))})
	w.note("the log is restored: epoch %d begins after %d", w.db.lineage.Current(), len(w.db.log))
}

// arrive lets a produce reach the broker, or not.
func (w *world) arrive(n int) {
	r := w.net[n]
	if w.now < w.away {
		return
	}
	w.net = slices.Delete(w.net, n, n+1)
	if r.state == pending && w.misfortune(swallowed, 15) {
		r.state = acknowledged
		w.note("the broker acknowledges %v in %d and does not store it", r.places, r.partition)
		return
	}
	t := &w.topics[r.partition]
	for _, place := range r.places {
		t.records = append(t.records, record{place, t.end})
		t.end++
	}
	if r.state == pending {
		r.state = acknowledged
		if w.misfortune(ackLost, 6) {
			r.state = failed
		}
	}
	w.note("the broker has %v in %d, %v", r.places, r.partition, map[state]string{acknowledged: "acknowledged", failed: "and the answer is lost"}[r.state])
}
