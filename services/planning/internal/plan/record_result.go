package plan

import "time"

// Outcome is a result made outside Loa, as it stands.
type Outcome struct {
	ID string
	// Revision counts what happened to it. One that is not later than what is known is passed over.
	Revision int64
	// Quantity is what counts, in whole units: nought unless the result is confirmed.
	Quantity int64
	Unit     string
	At       time.Time
}

// RecordResult takes what a result counts towards an item: its quantity while it is confirmed, when it is in the unit of the item's
// target.
func (p *Plan) RecordResult(item ItemID, r Outcome, day Day) []any {
	if was, known := p.facts[r.ID]; known && was.revision >= r.Revision {
		return nil
	}
	return p.record(ItemDelivered{Item: item, Result: r.ID, Revision: r.Revision, Quantity: r.Quantity, Unit: r.Unit, At: r.At}, day)
}
