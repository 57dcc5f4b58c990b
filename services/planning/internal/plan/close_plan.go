package plan

// Close ends an issued plan for good. An amendment that is on its way has to be issued or dropped before.
func (p *Plan) Close(reason string) ([]any, error) {
	if err := p.inForce(); err != nil {
		return nil, err
	}
	reason, err := checkReason(reason)
	if err != nil {
		return nil, err
	}
	return []any{Closed{Reason: reason}}, nil
}
