package publication

// CancelPublication stops what is scheduled when its content was edited to another hash. What is public stays so: that takes a
// correction or a withdrawal, with their own approval.
func (p *Publication) CancelPublication(editedTo string) []any {
	if p.State != Scheduled || p.Snapshot.Hash == editedTo {
		return nil
	}
	return []any{PublicationCancelled{Content: p.Snapshot.Content, Hash: p.Snapshot.Hash, EditedTo: editedTo}}
}
