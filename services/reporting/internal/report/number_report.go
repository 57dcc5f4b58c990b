package report

// NumberReport gives an approved report the number and the day under which it is issued, once. A number for another hash, or for what is
// not approved, is none of this report's.
func (r *Report) NumberReport(hash string, n ReportNumbered) []any {
	if r.State != Approved || r.Sheet.Hash != hash || r.Number != "" {
		return nil
	}
	return []any{n}
}
