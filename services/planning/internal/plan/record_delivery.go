package plan

// RecordDelivery counts a publication towards an item whose target counts publications, once. A publication under another kind of
// target, or under no item of this plan, counts towards nothing.
func (p *Plan) RecordDelivery(item ItemID, publication string) []any {
	if p.counts[publication] {
		return nil
	}
	for _, i := range p.Document.Items {
		if i.ID != item || !i.Target.CountsPublications {
			continue
		}
		_, before := p.ItemState(item)
		delivered := before + 1
		return []any{ItemDelivered{Item: item, Publication: publication, Delivered: delivered, Done: delivered >= i.Target.Quantity}}
	}
	return nil
}
