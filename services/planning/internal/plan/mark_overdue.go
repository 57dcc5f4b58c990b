package plan

// MarkOverdue marks every item whose last day lies before the day, whose target is not reached and which is not marked yet, in the
// plan's order. Of a plan that was over before Loa learnt of it, or that is closed, nothing is marked.
func (p *Plan) MarkOverdue(day Day) []any {
	if p.History() || p.Closed {
		return nil
	}
	var events []any
	for _, item := range p.Document.Items {
		if state, _ := p.ItemState(item.ID); state == Planned && item.Deadline < day {
			events = append(events, ItemMarkedOverdue{Item: item.ID, Deadline: item.Deadline})
		}
	}
	return events
}
