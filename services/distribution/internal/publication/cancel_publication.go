package publication

// CancelEdited stops what waits of a content that was edited to another hash, or written again to the same one, which has to be approved
// anew: the publication or its correction. What is public stays so: that takes a correction or a withdrawal, with their own approval.
func (p *Publication) CancelEdited(editedTo string, revision int32) []any {
	edited := func(s Snapshot) bool { return s.Hash != editedTo || s.Revision < revision }
	switch {
	case p.State == Scheduled && edited(p.Snapshot):
		return []any{PublicationCancelled{Content: p.Snapshot.Content, Hash: p.Snapshot.Hash, EditedTo: editedTo}}
	case p.Correction.Number > 0 && edited(p.Correction.Snapshot):
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
