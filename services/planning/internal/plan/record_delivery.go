package plan

import "time"

// RecordDelivery takes a publication under an item, once; one that a correction put under another item counts there from then on. It
// counts 1 where the item's target counts publications.
func (p *Plan) RecordDelivery(item ItemID, publication string, at time.Time, day Day) []any {
	was := p.facts[publication]
	if was.quantity > 0 && was.item == item {
		return nil
	}
	events := p.RecordWithdrawal(publication, day)
	return append(events, p.record(ItemDelivered{Item: item, Publication: publication, Quantity: 1, At: at}, day)...)
}

// RecordWithdrawal takes back a publication, which counts no more.
func (p *Plan) RecordWithdrawal(publication string, day Day) []any {
	was := p.facts[publication]
	if was.quantity == 0 {
		return nil
	}
	return p.record(ItemDelivered{Item: was.item, Publication: publication}, day)
}
