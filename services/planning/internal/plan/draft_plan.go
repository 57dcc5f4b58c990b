package plan

// DraftPlan begins a plan, written by an officer of the agency that is to lead the plan. The document has been checked as a draft.
func (p *Plan) DraftPlan(planID string, agency Code, unit, author string, d Document) ([]any, error) {
	hash, err := d.Hash(planID, "")
	if err != nil {
		return nil, err
	}
	return []any{Drafted{Agency: agency, Unit: unit, Author: author, Document: d, Hash: hash}}, nil
}
