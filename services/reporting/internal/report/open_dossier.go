package report

// OpenDossier keeps which dossier carries the report.
func (r *Report) OpenDossier(dossier string) []any {
	if r.State == None || r.Dossier == dossier {
		return nil
	}
	return []any{ReportDossierOpened{Dossier: dossier}}
}
