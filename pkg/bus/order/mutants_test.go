package order

import (
	"testing"
)

// TestSimulationCatchesWrongDecisions breaks each decision on purpose. A simulation that let one pass would prove nothing about it.
func TestSimulationCatchesWrongDecisions(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]func(*decisions){
		"a repeat has its effect again": func(d *decisions) {
			d.judge = func(m Mark, e Place, a Entry) Verdict {
				if v := m.Judge(e, a); v != Repeat || e.Epoch < m.Epoch {
					return v
				}
				return Next
			}
		},
		"the message at the mark has its effect again": func(d *decisions) {
			d.judge = func(m Mark, e Place, a Entry) Verdict {
				if e.Epoch == m.Epoch && e.Position == m.Position {
					return Next
				}
				return m.Judge(e, a)
			}
		},
		"a message of a lineage that was given up has its effect": func(d *decisions) {
			d.judge = func(m Mark, e Place, a Entry) Verdict {
				if e.Epoch < m.Epoch {
					return Next
				}
				return m.Judge(e, a)
			}
		},
		"a hole is not seen": func(d *decisions) {
			d.judge = func(m Mark, e Place, a Entry) Verdict {
				if v := m.Judge(e, a); v != Hole {
					return v
				}
				return Next
			}
		},
		"a new epoch is not seen": func(d *decisions) {
			d.judge = func(m Mark, e Place, a Entry) Verdict {
				if v := m.Judge(e, a); v != Turn {
					return v
				}
				return Next
			}
		},
		"the mark does not move": func(d *decisions) {
			d.past = func(m Mark, _ Place) Mark { return m }
		},
		"the mark moves and forgets the epoch": func(d *decisions) {
			d.past = func(m Mark, e Place) Mark { return Mark{max(1, m.Epoch), e.Position} }
		},
		"lost events are not left out": func(d *decisions) {
			d.held = func(m []Place, _ Lineage) []Place { return m }
		},
		"the last event before a restore is left out": func(d *decisions) {
			d.held = func(m []Place, l Lineage) []Place {
				var earlier Lineage
				for _, e := range l {
					earlier = append(earlier, Epoch{e.Epoch, e.After - 1})
				}
				return Held(m, earlier, place)
			}
		},
		"every epoch is entered": func(d *decisions) {
			d.beyond = func(Mark, Lineage) bool { return false }
		},
		"no epoch is entered": func(d *decisions) {
			d.enters = func(Lineage, int) bool { return false }
		},
		"a lost tail is not missed": func(d *decisions) {
			d.tail = func(m Mark, l Lineage, acknowledged int64) (bool, bool) {
				beyond, _ := m.Tail(l, acknowledged)
				return beyond, false
			}
		},
		"a quiet mark beyond the log is not seen": func(d *decisions) {
			d.tail = func(m Mark, l Lineage, acknowledged int64) (bool, bool) {
				_, missing := m.Tail(l, acknowledged)
				return false, missing
			}
		},
		"a page ends the span": func(d *decisions) {
			d.read = func(s Span, _ int64) (Span, bool) { return Span{s.Until, s.Until}, false }
		},
		"a page moves the span too far": func(d *decisions) {
			d.read = func(s Span, until int64) (Span, bool) { return s.Read(until + 1) }
		},
		"a span is skipped though the log was restored meanwhile": func(d *decisions) {
			d.skipped = func(m Mark, _, now Lineage, until int64) (Mark, bool) { return m.Skipped(now, now, until) }
		},
		"a relay names its last acknowledged event as every one's predecessor": func(d *decisions) {
			d.link = func(c *Chain, position int64) (int64, bool) {
				previous := c.last
				return previous, position > c.last
			}
		},
		"a relay names the position before as the predecessor": func(d *decisions) {
			d.link = func(c *Chain, position int64) (int64, bool) {
				_, news := c.Link(position)
				return position - 1, news
			}
		},
		"a relay sends no event after an acknowledged one": func(d *decisions) {
			d.link = func(c *Chain, position int64) (int64, bool) {
				previous, news := c.Link(position)
				return previous, news && previous == 0
			}
		},
		"a batch loses its first message": func(d *decisions) {
			d.contiguous = func(m []Place, limit int) int { return max(2, Contiguous(m, limit, place)) }
		},
		"a produce loses its last record": func(d *decisions) {
			d.fit = func(m []Place) int { return len(m) + 1 }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := asBuilt()
			broken(&d)
			for seed := range uint64(5000) {
				if caught(planOf(seed), d) || caught(restoring(seed+3400), d) {
					t.Logf("caught by schedule %d", seed)
					return
				}
			}
			t.Error("not caught")
		})
	}
}

// restoring is a schedule of restores while a broker loses the end of its partitions.
func restoring(seed uint64) plan {
	return plan{seed: seed, events: 50, steps: 1200, faults: restored | tailCut | swallowed, often: restored}
}

// caught tells whether a schedule breaks an invariant, or an index because a decision was out of its range.
func caught(p plan, d decisions) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = true
		}
	}()
	_, err := simulate(p, d, false)
	return err != nil
}
