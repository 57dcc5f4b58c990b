package order

import (
	"fmt"
	"slices"
)

// published is the fold of the log that every consumer should have: the published events of a partition in order.
func (w *world) published(partition int) (places []Place) {
	chain := NewChain(0)
	for i, e := range w.db.log {
		if e.partition == partition {
			previous, _ := chain.Link(int64(i + 1))
			places = append(places, Place{e.epoch, int64(i + 1), previous})
		}
	}
	return places
}

func (w *world) settled() bool {
	for _, g := range w.groups {
		if g.stopped != nil {
			continue
		}
		if !g.begun {
			return false
		}
		for p := range partitions {
			want := w.published(p)
			if len(want) == 0 {
				continue
			}
			last := want[len(want)-1]
			if g.marks[p].Epoch < last.Epoch || g.marks[p].Position < last.Position {
				return false
			}
		}
		if g.has(w) != nil && g.stops <= 3 {
			return false // it has to find out
		}
	}
	return true
}

// has gives an error when an effect is not in the log.
func (g *group) has(w *world) error {
	for p := range partitions {
		for _, e := range g.effects[p] {
			if int(e.Position) > len(w.db.log) || w.db.log[e.Position-1].epoch != e.Epoch {
				return fmt.Errorf("%s has seen %d.%d, which the log has lost", g.name, e.Epoch, e.Position)
			}
		}
	}
	return nil
}

// compare checks what must be true at last.
func (w *world) compare() error {
	if w.faults == 0 && w.heals > 0 {
		return violated("%d holes were filled though nothing was lost", w.heals)
	}
	for _, g := range w.groups {
		beyond := g.has(w)
		switch {
		case g.stopped != nil && beyond == nil:
			return violated("%s stopped though the log holds all it has seen: %v", g.name, g.stopped)
		case beyond != nil && g.stopped == nil:
			return violated("%v, and it goes on", beyond)
		case g.stopped != nil && g.restores == w.restores && !g.ignorant:
			return violated("%s began after the restore and is beyond the log: %v", g.name, g.stopped)
		case g.stopped != nil:
			continue
		}
		for p := range partitions {
			want := w.published(p)
			if got := g.effects[p]; !slices.EqualFunc(got, want, func(a, b Place) bool { return a.Epoch == b.Epoch && a.Position == b.Position }) {
				return violated("%s has in partition %d %v, and the log %v", g.name, p, got, want)
			}
		}
	}
	return nil
}

func (w *world) standing() string {
	text := fmt.Sprintf("acknowledged %v, lineage %v", w.db.marks, w.db.lineage)
	for _, g := range w.groups {
		text += fmt.Sprintf("; %s at %v of %v %v", g.name, g.marks, w.published(0), w.published(1))
	}
	return text
}
