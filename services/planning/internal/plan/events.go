package plan

import (
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// Imported is the whole plan, issued outside Loa with its own number.
type Imported struct {
	Document Document `json:"document"`
}

// ItemMarkedOverdue: the item's last day passed and its target was not reached.
type ItemMarkedOverdue struct {
	Item     ItemID `json:"item"`
	Deadline Day    `json:"deadline"`
}

// ItemDelivered: a publication counted towards the item's target. Delivered counts all so far; Done says that it is reached.
type ItemDelivered struct {
	Item        ItemID `json:"item"`
	Publication string `json:"publication"`
	Delivered   int64  `json:"delivered"`
	Done        bool   `json:"done,omitempty"`
}

// Catalogue lists the stored events of a plan.
func Catalogue() *es.Catalogue {
	return es.NewCatalogue(
		es.EventType[Imported]("planning.plan_imported.v1"),
		es.EventType[ItemMarkedOverdue]("planning.plan_item_marked_overdue.v1"),
		es.EventType[ItemDelivered]("planning.plan_item_delivered.v1"),
	)
}

// State of an item.
type State string

// The states of an item.
const (
	Planned State = "planned"
	Overdue State = "overdue"
	Done    State = "done"
)

// Plan is the state of one plan.
type Plan struct {
	Document Document
	// HappenedAt is when it was issued, RecordedAt when Loa learnt of it.
	HappenedAt time.Time
	RecordedAt time.Time

	items  map[ItemID]progress
	counts map[string]bool
	marked []ItemID
}

type progress struct {
	delivered int64
	done      bool
	overdue   bool
}

// Apply takes one recorded event.
func (p *Plan) Apply(e es.Event) {
	switch v := e.Data.(type) {
	case Imported:
		p.Document = v.Document
		p.HappenedAt, p.RecordedAt = e.HappenedAt, e.RecordedAt
		p.items, p.counts = map[ItemID]progress{}, map[string]bool{}
	case ItemMarkedOverdue:
		at := p.items[v.Item]
		at.overdue = true
		p.items[v.Item] = at
		p.marked = append(p.marked, v.Item)
	case ItemDelivered:
		at := p.items[v.Item]
		at.delivered, at.done = v.Delivered, at.done || v.Done
		p.items[v.Item] = at
		p.counts[v.Publication] = true
	}
}

// Exists says that the plan was issued.
func (p *Plan) Exists() bool { return p.Document.Number != "" }

// ItemState says how far an item has come: its state, and the publications counted.
func (p *Plan) ItemState(item ItemID) (State, int64) {
	at := p.items[item]
	switch {
	case at.done:
		return Done, at.delivered
	case at.overdue:
		return Overdue, at.delivered
	default:
		return Planned, at.delivered
	}
}

// Over says whether the plan's last day lies before the day.
func (p *Plan) Over(day Day) bool { return p.Document.To < day }

// History says that the plan was over before Loa learnt of it: what was done under it elsewhere is not known, so nothing of it can
// be called late.
func (p *Plan) History() bool { return p.Exists() && p.Over(DayOf(p.RecordedAt)) }

// LastMarked are the last n items marked overdue, in the order they were marked.
func (p *Plan) LastMarked(n int) []ItemID {
	return slices.Clone(p.marked[max(0, len(p.marked)-n):])
}
