package plan

// Discard drops a draft of the plan, or the amendment that is named.
func (p *Plan) Discard(amendment AmendmentID) ([]any, error) {
	if _, err := p.editable(amendment); err != nil {
		return nil, err
	}
	return []any{Discarded{Amendment: amendment}}, nil
}
