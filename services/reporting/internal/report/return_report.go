package report

// ReturnReport gives the report back to its author with a comment. A return of another hash is of a version that is no more.
func (r *Report) ReturnReport(dossier, hash, comment string) []any {
	if r.State != InApproval || r.Sheet.Hash != hash {
		return nil
	}
	return []any{ReportReturned{Dossier: dossier, Hash: hash, Comment: comment}}
}
