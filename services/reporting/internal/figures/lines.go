package figures

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
)

// Figures are what was counted so far. Names are those of agencies by code.
func (t *Tally) Figures(names map[string]string) Figures {
	total := t.line(TotalLine, t.total, "")
	total.Code, total.Name = TotalLine, "Toàn kế hoạch"
	f := Figures{
		Items: []Line{}, Agencies: t.agencies(names), Themes: t.named(ByTheme, t.plan.Themes), Audiences: t.named(ByAudience, t.plan.Audiences),
		Channels: t.named(ByChannel, t.plan.Channels), Published: t.published, PublishedCumulative: t.publishedCumulative,
		ItemsTotal: int64(len(t.plan.Items)), Total: &total,
	}
	for _, item := range t.plan.Items {
		line := t.item(item)
		switch line.State {
		case Done:
			f.ItemsDone++
		case Overdue:
			f.ItemsOverdue++
		case Planned, Missing:
		}
		f.Items = append(f.Items, line)
	}
	f.Items = append(f.Items, t.strayItems()...)
	return f
}

// item is the line of a plan item. In a unit that nothing was counted in, what was done is missing until it is recorded.
func (t *Tally) item(item Item) Line {
	a := t.lines[ByItem].planned(item.Code)
	line := t.line(LineName(ByItem, item.Code), a, item.Unit)
	line.Code, line.Name, line.Target, line.Unit = item.Code, item.Title, item.Target, item.Unit
	if !item.Deadline.IsZero() {
		line.Deadline = item.Deadline.In(vn.Location()).Format(time.DateOnly)
	}
	return line
}

// strayItems are the lines of items that the plan does not have any more, or never had, and under which something was done.
func (t *Tally) strayItems() []Line {
	var lines []Line
	for _, code := range slices.Sorted(slices.Values(t.lines[ByItem].strays)) {
		i := slices.IndexFunc(t.plan.Former, func(i Item) bool { return i.Code == code })
		line := t.line(LineName(ByItem, code), t.lines[ByItem].planned(code), t.units[code])
		line.Code, line.Name = code, code
		if i >= 0 {
			line.Name = t.plan.Former[i].Title
		}
		lines = append(lines, line)
	}
	return lines
}

// agencies are the lines of those that lead an item: the plan's lead first, then coordinators, then the others by code; at the end
// those that did something under an item that the plan does not have.
func (t *Tally) agencies(names map[string]string) []Line {
	order := append([]string{t.plan.Lead}, t.plan.Coordinators...)
	var leads []string
	for _, item := range t.plan.Items {
		leads = append(leads, item.Lead)
	}
	slices.Sort(leads)
	codes := slices.DeleteFunc(unique(append(order, leads...)), func(code string) bool { return !slices.Contains(leads, code) })
	lines := []Line{}
	for _, code := range append(codes, slices.Sorted(slices.Values(t.lines[ByAgency].strays))...) {
		line := t.line(LineName(ByAgency, code), t.lines[ByAgency].planned(code), "")
		line.Code, line.Name = code, cmp.Or(names[code], code)
		lines = append(lines, line)
	}
	return lines
}

// named are the lines of a list of the plan, in its order; codes that only facts carry follow, by code, so that nothing that was done
// is left out.
func (t *Tally) named(by Dimension, list []Named) []Line {
	all := slices.Clone(list)
	for _, code := range slices.Sorted(slices.Values(t.lines[by].strays)) {
		all = append(all, Named{Code: code, Name: code})
	}
	lines := []Line{}
	for _, n := range all {
		line := t.line(LineName(by, n.Code), t.lines[by].planned(n.Code), "")
		line.Code, line.Name = n.Code, n.Name
		line.Example = line.Example || n.Example
		lines = append(lines, line)
	}
	return lines
}

// line is what an account says. Own is the unit of an item's line; else its headline is all units that publications count in.
func (t *Tally) line(name string, a *account, own string) Line {
	line := Line{
		Unit: Publications, Example: a.example || t.plan.Example, ByPublications: a.published, ByResults: a.recorded, Withdrawn: a.withdrawn,
		Events: a.events,
	}
	var head sums
	var units []string
	for _, unit := range slices.Sorted(maps.Keys(a.units)) {
		s := a.units[unit]
		if !t.inHeadline(own, unit) {
			if b, worth := beside(unit, s, t.span); worth {
				line.Besides = append(line.Besides, b)
			}
			continue
		}
		head.add(s)
		if s.hasTarget {
			units = append(units, unit)
		}
	}
	if len(units) == 1 {
		line.Unit = units[0]
	}
	counted := head.hasTarget && (own == "" || a.counts || head.hasFacts)
	line.Target, line.Unconfirmed = head.target, head.unconfirmed
	if counted {
		line.Planned = &head.planned
	}
	if counted || head.hasFacts {
		line.Actual, line.Cumulative = &head.actual, &head.cumulative
		if !t.span.YearFrom.IsZero() {
			line.YearCumulative = &head.yearly
		}
	}
	if t.lastYear != nil && t.lastYear.known[name] {
		line.LastYear = &a.lastYear
	}
	line.State = stateOf(counted, line.Actual == nil, head)
	return line
}

func stateOf(counted, missing bool, head sums) State {
	switch {
	case missing:
		return Missing
	case counted && head.target > 0 && head.cumulative >= head.target:
		return Done
	case head.cumulative < head.due:
		return Overdue
	default:
		return Planned
	}
}

func (s *sums) add(o *sums) {
	s.target += o.target
	s.planned += o.planned
	s.due += o.due
	s.actual += o.actual
	s.cumulative += o.cumulative
	s.yearly += o.yearly
	s.unconfirmed += o.unconfirmed
	s.hasTarget = s.hasTarget || o.hasTarget
	s.hasFacts = s.hasFacts || o.hasFacts
}

// beside is what was counted in another unit; worth showing when something is planned or recorded in it.
func beside(unit string, s *sums, span Span) (b Beside, worth bool) {
	b = Beside{Unit: unit, Target: s.target, Unconfirmed: s.unconfirmed}
	if s.hasTarget {
		b.Planned = &s.planned
	}
	if s.hasFacts {
		b.Actual, b.Cumulative = &s.actual, &s.cumulative
		if !span.YearFrom.IsZero() {
			b.YearCumulative = &s.yearly
		}
	}
	return b, s.hasTarget || s.hasFacts || s.unconfirmed > 0
}
