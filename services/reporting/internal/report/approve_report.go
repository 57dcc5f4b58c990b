package report

import "time"

// ApproveReport makes the report final: every level approved its hash. Another hash is of a version that is no more. Id is the
// report's own.
func (r *Report) ApproveReport(id, dossier, hash string, decisions []Decision, at time.Time) []any {
	if r.State != InApproval || r.Sheet.Hash != hash {
		return nil
	}
	return []any{ReportApproved{Sheet: r.Sheet, Dossier: dossier, Decisions: decisions, ApprovedAt: at.UTC(), Path: Path(id, r.Sheet)}}
}
