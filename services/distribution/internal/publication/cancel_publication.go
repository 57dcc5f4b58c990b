package publication

// CancelEdited stops what waits of a content that was edited to another hash: the publication or its correction. What is public stays
// so: that takes a correction or a withdrawal, with their own approval.
func (p *Publication) CancelEdited(editedTo string) []any {
	switch {
	case p.State == Scheduled && p.Snapshot.Hash != editedTo:
		return []any{PublicationCancelled{Content: p.Snapshot.Content, Hash: p.Snapshot.Hash, EditedTo: editedTo}}
	case p.Correction.Number > 0 && p.Correction.Snapshot.Hash != editedTo:
		return []any{CorrectionCancelled{Content: p.Snapshot.Content, Hash: p.Correction.Snapshot.Hash, EditedTo: editedTo}}
	default:
		return nil
	}
}

// CancelPublication calls off what waits for its time, the publication or its correction. The text stays approved.
func (p *Publication) CancelPublication() ([]any, error) {
	switch {
	case p.State == Scheduled:
		return []any{PublicationCancelled{Content: p.Snapshot.Content, Hash: p.Snapshot.Hash}}, nil
	case p.Correction.Number > 0:
		return []any{CorrectionCancelled{Content: p.Snapshot.Content, Hash: p.Correction.Snapshot.Hash}}, nil
	default:
		return nil, p.refuse(Scheduled)
	}
}
