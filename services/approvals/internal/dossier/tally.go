package dossier

import (
	"slices"

	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// tally counts what stands for a text at each level, and says which levels are done.
type tally struct {
	levels    []route.Level
	entries   []Entry
	decisions []Decision
	authors   []string
	hash      string
}

func (d *Dossier) tally() tally {
	return tally{levels: d.Levels, entries: d.Entries, decisions: d.Decisions, authors: d.Authors, hash: d.Hash}
}

// Needed gives how many approvals a level's quorum asks for, and how many stand.
func (d *Dossier) Needed(level int) (needed, given int) {
	t := d.tally()
	return t.needed(level), len(t.at(level))
}

// at gives the approvals that stand at a level, in the order in which they were given.
func (t tally) at(level int) []Decision {
	var given []Decision
	for _, x := range t.decisions {
		if x.Level == level && !x.Bypass && x.stands(t.hash) {
			given = append(given, x)
		}
	}
	return given
}

// seats are those who might act at the level when it was entered and still may: who has written the text or decided at another level
// since then cannot be waited for.
func (t tally) seats(level int) []string {
	var seats []string
	for _, e := range t.entries {
		if e.Level != level {
			continue
		}
		for _, person := range e.Candidates {
			elsewhere := slices.ContainsFunc(t.decisions, func(x Decision) bool { return x.Of(person) && x.Level != level && !x.Bypass })
			if !elsewhere && !slices.Contains(t.authors, person) {
				seats = append(seats, person)
			}
		}
	}
	return seats
}

// needed is how many approvals the quorum asks for. Where one of those who may act decides in the place of another, the two are one: one
// person never counts twice.
func (t tally) needed(level int) int {
	seats := t.seats(level)
	n := len(seats)
	for _, x := range t.at(level) {
		if slices.Contains(seats, x.Person) && slices.Contains(seats, x.OnBehalfOf) {
			n--
		}
	}
	switch t.levels[level-1].Quorum {
	case route.All:
		return max(1, n)
	case route.Majority:
		return max(1, n/2+1)
	default:
		return 1
	}
}

// met says whether a level is done. At a level of all, everybody who may act has to have a part in an approval, whoever else approved.
func (t tally) met(level int) bool {
	given := t.at(level)
	if len(given) < t.needed(level) {
		return false
	}
	if t.levels[level-1].Quorum != route.All {
		return true
	}
	return !slices.ContainsFunc(t.seats(level), func(person string) bool {
		return !slices.ContainsFunc(given, func(x Decision) bool { return x.Of(person) })
	})
}

// missing gives the levels from first to last that are not done.
func (t tally) missing(first, last int) []int {
	var levels []int
	for level := first; level <= last; level++ {
		if !t.met(level) {
			levels = append(levels, level)
		}
	}
	return levels
}

// firstMissing gives the levels that are not done of the first group with such a level; none: all is done.
func (t tally) firstMissing() []int {
	for level := 1; level <= len(t.levels); level++ {
		if !t.met(level) {
			return t.missing(route.Group(t.levels, level))
		}
	}
	return nil
}

// standing gives every approval that stands, in the route's order.
func (t tally) standing() []Decision {
	var all []Decision
	for level := range t.levels {
		all = append(all, t.at(level+1)...)
	}
	return all
}

// onward gives the levels where a dossier waits once a level (0: the author) has answered: there still, when its quorum is not full;
// back with whoever returned it to that level; at the levels beside it that are not done; at the first that are not; or, with none, at
// the end.
func (d *Dossier) onward(t tally, level int) []int {
	var open []int
	for _, l := range d.Open {
		if !t.met(l) {
			open = append(open, l)
		}
	}
	if slices.Contains(open, level) {
		return open
	}
	if n := len(d.Returns); n > 0 && d.Returns[n-1].To == level {
		from := d.Returns[n-1].From
		back := t.missing(route.Group(d.Levels, from))
		if !slices.Contains(back, from) {
			back = append(back, from)
			slices.Sort(back)
		}
		return back
	}
	if len(open) > 0 {
		return open
	}
	return t.firstMissing()
}
