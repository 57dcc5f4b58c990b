package figures

import (
	"cmp"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// counter holds the facts from the plan's first day to the period's end, in the order they are shown.
type counter struct {
	plan   Plan
	facts  []Publication
	period vn.Period
}

// collate keeps what lies between the plan's first day and the period's end, once each, in order of time.
func collate(plan Plan, facts []Publication, period vn.Period) []Publication {
	kept := make([]Publication, 0, len(facts))
	for _, p := range facts {
		if !p.At.Before(plan.From) && p.At.Before(period.To()) {
			kept = append(kept, p)
		}
	}
	slices.SortFunc(kept, func(a, b Publication) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(kept, func(a, b Publication) bool { return a.ID == b.ID })
}

// item is the line of one plan item. In a unit that Loa does not count, what was done is missing until it is recorded.
func (c counter) item(item Item) Line {
	line := c.tally(
		func(i Item) bool { return i.ID == item.ID },
		func(p Publication) bool { return p.Item == item.ID },
	)
	line.Code, line.Name, line.Target, line.Unit = item.Code, item.Title, item.Target, item.Unit
	if !item.Deadline.IsZero() {
		line.Deadline = item.Deadline.In(vn.Location()).Format(time.DateOnly)
	}
	if !item.Counts {
		line.Actual, line.Cumulative, line.State = nil, nil, Missing
	}
	return line
}

// agencies are the lines of those that lead an item: the plan's lead first, then coordinators, then the others by code.
func (c counter) agencies(names map[string]string) []Line {
	order := append([]string{c.plan.Lead}, c.plan.Coordinators...)
	var others []string
	leads := map[string]string{}
	for _, item := range c.plan.Items {
		leads[item.ID] = item.Lead
		others = append(others, item.Lead)
	}
	slices.Sort(others)
	lines := []Line{}
	for _, code := range unique(append(order, others...)) {
		if !slices.Contains(others, code) {
			continue
		}
		line := c.tally(
			func(i Item) bool { return i.Lead == code },
			func(p Publication) bool { return leads[p.Item] == code },
		)
		line.Code, line.Name = code, cmp.Or(names[code], code)
		lines = append(lines, line)
	}
	return lines
}

// dimension gives the codes under which an item plans and a publication counts.
type dimension struct {
	planned func(Item) []string
	actual  func(Publication) []string
}

func themes() dimension {
	return dimension{
		func(i Item) []string { return []string{i.Theme} },
		func(p Publication) []string { return []string{p.Theme} },
	}
}

func audiences() dimension {
	return dimension{func(i Item) []string { return i.Audiences }, func(p Publication) []string { return p.Audiences }}
}

func channels() dimension {
	return dimension{func(i Item) []string { return i.Channels }, func(p Publication) []string { return p.Channels }}
}

// named are the lines of a list of the plan, in its order; codes that only publications carry follow, by code, so that nothing that
// was published is left out.
func (c counter) named(list []Named, d dimension) []Line {
	var strays []string
	for _, p := range c.facts {
		for _, code := range d.actual(p) {
			if code != "" && !slices.ContainsFunc(list, func(n Named) bool { return n.Code == code }) {
				strays = append(strays, code)
			}
		}
	}
	slices.Sort(strays)
	all := slices.Clone(list)
	for _, code := range unique(strays) {
		all = append(all, Named{Code: code, Name: code})
	}
	lines := []Line{}
	for _, n := range all {
		line := c.tally(
			func(i Item) bool { return slices.Contains(d.planned(i), n.Code) },
			func(p Publication) bool { return slices.Contains(d.actual(p), n.Code) },
		)
		line.Code, line.Name = n.Code, n.Name
		line.Example = line.Example || n.Example
		lines = append(lines, line)
	}
	return lines
}

// tally sums the items that belong to a line and counts the publications that do.
func (c counter) tally(belongs func(Item) bool, counts func(Publication) bool) Line {
	line := Line{Counted: []Counted{}, Example: c.plan.Example}
	var planned, actual, cumulative, due int64
	var units []string
	counted := false
	for _, item := range c.plan.Items {
		if !belongs(item) {
			continue
		}
		line.Example = line.Example || item.Example
		if !item.Counts {
			continue
		}
		counted = true
		units = append(units, item.Unit)
		line.Target += item.Target
		if c.period.Contains(item.Deadline) {
			planned += item.Target
		}
		if !item.Deadline.IsZero() && item.Deadline.Before(c.period.To()) {
			due += item.Target
		}
	}
	for _, p := range c.facts {
		if !counts(p) {
			continue
		}
		cumulative++
		if c.period.Contains(p.At) {
			actual++
			line.Counted = append(line.Counted, count(p))
			line.Example = line.Example || p.Example
		}
	}
	line.Unit = publications
	if units = unique(units); len(units) == 1 {
		line.Unit = units[0]
	}
	if counted {
		line.Planned = &planned
	}
	if counted || cumulative > 0 {
		line.Actual, line.Cumulative = &actual, &cumulative
	}
	switch {
	case line.Actual == nil:
		line.State = Missing
	case counted && line.Target > 0 && cumulative >= line.Target:
		line.State = Done
	case cumulative < due:
		line.State = Overdue
	default:
		line.State = Planned
	}
	return line
}

func count(p Publication) Counted {
	return Counted{
		Publication: p.ID, Content: p.Content, Title: p.Title, PublishedAt: p.At.UTC().Format(time.RFC3339Nano),
		Path: p.Path, Hash: p.Hash, Event: p.Event, Imported: p.Imported,
	}
}

// unique keeps the first of equal texts, in order.
func unique(texts []string) []string {
	var kept []string
	for _, s := range texts {
		if !slices.Contains(kept, s) {
			kept = append(kept, s)
		}
	}
	return kept
}
