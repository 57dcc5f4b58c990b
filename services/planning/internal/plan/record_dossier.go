package plan

// OpenDossier notes which dossier carries the plan, or the amendment.
func (p *Plan) OpenDossier(amendment AmendmentID, dossier string) []any {
	if d := p.Draft(amendment); d == nil || d.Dossier == dossier {
		return nil
	}
	return []any{DossierOpened{Amendment: amendment, Dossier: dossier}}
}

// RecordReturn takes a return to the author. One of a text that is not the current one any more is passed over; so it is with
// approvals.
func (p *Plan) RecordReturn(amendment AmendmentID, hash string, revision int32, comment string) []any {
	if d := p.Draft(amendment); d == nil || !d.waits(hash, revision) {
		return nil
	}
	return []any{Returned{Amendment: amendment, Hash: hash, Comment: comment}}
}

// RecordApproval takes the approval of the whole route.
func (p *Plan) RecordApproval(amendment AmendmentID, hash string, revision int32) []any {
	if d := p.Draft(amendment); d == nil || !d.waits(hash, revision) {
		return nil
	}
	return []any{Approved{Amendment: amendment, Hash: hash}}
}

// waits says that the draft is in approval with this text.
func (d *Draft) waits(hash string, revision int32) bool {
	return d.Stage == StageInApproval && d.Hash == hash && (revision == 0 || revision == d.Revision)
}

// Issue takes the number and the date that an approved plan or amendment was given. What is issued is what was submitted and approved:
// an edit that came while the number was given is lost with it. Issued again, or of another text, it changes nothing.
func (p *Plan) Issue(amendment AmendmentID, hash, number string, date Day, decisions []Decision) []any {
	d := p.Draft(amendment)
	if d == nil || !d.Open() || d.submitted.Hash != hash {
		return nil
	}
	document := d.submitted.Document.clone()
	if amendment == "" {
		document.Number, document.Date = number, date
		return []any{Issued{Document: document, Hash: hash, Decisions: decisions}}
	}
	amended := Amended{
		Amendment: amendment, Number: number, Date: date, Document: document, Hash: hash, Decisions: decisions,
		Changes: Difference(p.Document, document),
	}
	return append([]any{amended}, p.recount(document)...)
}
