package plan

import (
	"maps"
	"time"
)

// publications is the unit that publications have under an item whose target does not count them by itself. Reports name them so.
const publications = "tin, bài"

// progress is how far an item has come.
type progress struct {
	delivered int64
	done      bool
	overdue   bool
}

func (g progress) state() State {
	switch {
	case g.done:
		return Done
	case g.overdue:
		return Overdue
	default:
		return Planned
	}
}

// fact is something done under an item: a publication, which has no unit of its own, or a result. Its quantity is nought when it was
// withdrawn, questioned or retracted.
type fact struct {
	item     ItemID
	result   bool
	quantity int64
	unit     string
	at       time.Time // zero when it is not known
	revision int64
}

// counted is what a fact counts towards an item of the document: its quantity in the target's unit, from the plan's first day on. Reports
// count by the same rule.
func (d Document) counted(f fact, item Item) int64 {
	unit := f.unit
	switch {
	case f.result:
	case item.Target.CountsPublications:
		unit = item.Target.Unit
	default:
		unit = publications
	}
	if unit != item.Target.Unit {
		return 0
	}
	if from, err := d.From.Start(); err == nil && !f.at.IsZero() && f.at.Before(from) {
		return 0
	}
	return f.quantity
}

// reached says whether so much fulfils the item's target.
func (t Target) reached(delivered int64) bool { return t.Quantity > 0 && delivered >= t.Quantity }

// record says how far the item has come with the fact as the event has it. An item that the plan never had has come nowhere. When an
// item's last day has passed by the day, what made it done may still be taken back; then it is late.
func (p *Plan) record(e ItemDelivered, day Day) []any {
	at, known := p.items[e.Item]
	if !known {
		return nil
	}
	item, there := byID(p.Document.Items)[e.Item]
	if there {
		var before int64
		if was := p.facts[e.id()]; was.item == e.Item {
			before = p.Document.counted(was, item)
		}
		now := p.Document.counted(e.fact(), item)
		e.Beside = before == now
		at.delivered += now - before
		at.done = item.Target.reached(at.delivered)
	} else {
		e.Beside = true
	}
	e.Delivered, e.State = at.delivered, at.state()
	if there && p.items[e.Item].done && e.State == Planned && item.Deadline < day && !p.History() && !p.Closed {
		e.State = Overdue
		return []any{e, ItemMarkedOverdue{Item: e.Item, Deadline: item.Deadline}}
	}
	return []any{e}
}

// recount says which items of another document have come farther or less far by it than they had, and how far those that come back.
func (p *Plan) recount(d Document) []any {
	var events []any
	after, before := p.under(d), byID(p.Document.Items)
	for _, i := range d.Items {
		was, is := p.items[i.ID], after[i.ID]
		if _, there := before[i.ID]; !there {
			was = progress{}
		}
		if was.delivered != is.delivered || was.state() != is.state() {
			events = append(events, ItemDelivered{Item: i.ID, Delivered: is.delivered, State: is.state()})
		}
	}
	return events
}

// under is how far items have come by another document: what was done stays, what of it counts and whether it is enough is told by the
// new target, and whether the last day has passed by the new day. Items that it does not have stay as they were, should they come back.
func (p *Plan) under(d Document) map[ItemID]progress {
	was, is := byID(p.Document.Items), byID(d.Items)
	sums := map[ItemID]int64{}
	for _, f := range p.facts {
		if item, there := is[f.item]; there {
			sums[f.item] += d.counted(f, item)
		}
	}
	items := maps.Clone(p.items)
	for _, i := range d.Items {
		at := items[i.ID]
		at.delivered = sums[i.ID]
		at.done = i.Target.reached(at.delivered)
		at.overdue = at.overdue && was[i.ID].Deadline == i.Deadline
		items[i.ID] = at
	}
	return items
}

// count takes what was delivered.
func (p *Plan) count(e ItemDelivered) {
	at := p.items[e.Item]
	at.delivered, at.done = e.Delivered, e.State == Done || e.State == "" && at.done
	p.items[e.Item] = at
	if e.id() != "" {
		p.facts[e.id()] = e.fact()
	}
}

// id names the fact; empty when an amendment changed what counts.
func (e ItemDelivered) id() string {
	if e.Result != "" {
		return e.Result
	}
	return e.Publication
}

func (e ItemDelivered) fact() fact {
	return fact{item: e.Item, result: e.Result != "", quantity: e.Quantity, unit: e.Unit, at: e.At, revision: e.Revision}
}
