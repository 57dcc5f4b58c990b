package report

// IssueReport says that the documents of a numbered report are stored, once.
func (r *Report) IssueReport(documents []StoredDocument) []any {
	if r.State != Approved || r.Number == "" {
		return nil
	}
	return []any{ReportIssued{
		Sheet: r.Sheet, Dossier: r.Dossier, Decisions: r.Decisions, ApprovedAt: r.ApprovedAt, Path: r.Path, Number: r.Number, Date: r.Date,
		Documents: documents,
	}}
}
