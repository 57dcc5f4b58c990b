package plan

import "slices"

// StoreDocuments notes where the official document of the plan, or of an amendment, is kept. The first ones stay; of what is not issued
// here there are none.
func (p *Plan) StoreDocuments(amendment AmendmentID, files []File) []any {
	stored, issued := p.Files, p.Exists() && !p.Imported
	if amendment != "" {
		a := p.Amendment(amendment)
		if a == nil {
			return nil
		}
		stored, issued = a.Files, a.Stage == StageIssued
	}
	if !issued || len(stored) > 0 || len(files) == 0 {
		return nil
	}
	return []any{DocumentsStored{Amendment: amendment, Files: slices.Clone(files)}}
}
