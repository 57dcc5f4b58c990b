package report

import (
	"time"

	"github.com/loa-vn/loa/pkg/es"
)

// ReportCompiled says what the facts gave.
type ReportCompiled struct {
	Sheet Sheet `json:"sheet"`
	// Author is the person who had it compiled; empty when a workflow did.
	Author string `json:"author,omitempty"`
}

// ReportWritten says what people wrote beside the figures: the sheet holds both.
type ReportWritten struct {
	Sheet Sheet `json:"sheet"`
	// Author is who wrote it.
	Author string `json:"author"`
}

// ReportSubmitted carries what approvers see.
type ReportSubmitted struct {
	Sheet       Sheet    `json:"sheet"`
	SubmittedBy string   `json:"submittedBy"`
	Unit        string   `json:"unit"`
	Authors     []string `json:"authors"`
}

// ReportDossierOpened names the dossier that carries the report up its route.
type ReportDossierOpened struct {
	Dossier string `json:"dossier"`
}

// ReportReturned says that it waits with its author again.
type ReportReturned struct {
	Dossier string `json:"dossier"`
	Hash    string `json:"hash"`
	Comment string `json:"comment"`
}

// ReportApproved carries all that the public page shows.
type ReportApproved struct {
	Sheet      Sheet      `json:"sheet"`
	Dossier    string     `json:"dossier"`
	Decisions  []Decision `json:"decisions"`
	ApprovedAt time.Time  `json:"approvedAt"`
	Path       string     `json:"path"`
}

// ReportNumbered says that it has its number and its day. Its documents are rendered next.
type ReportNumbered struct {
	Dossier string `json:"dossier"`
	// Number is as written: "15/BC-STTTT". Date is YYYY-MM-DD.
	Number string `json:"number"`
	Date   string `json:"date"`
	// Issuer is the code of the agency whose number it is.
	Issuer  string  `json:"issuer"`
	Signing Signing `json:"signing"`
	// Bypassed: approved in an emergency past its route.
	Bypassed bool `json:"bypassed,omitempty"`
}

// ReportIssued says that its documents are stored, and carries all that others need to show it.
type ReportIssued struct {
	Sheet      Sheet            `json:"sheet"`
	Dossier    string           `json:"dossier"`
	Decisions  []Decision       `json:"decisions"`
	ApprovedAt time.Time        `json:"approvedAt"`
	Path       string           `json:"path"`
	Number     string           `json:"number"`
	Date       string           `json:"date"`
	Documents  []StoredDocument `json:"documents"`
}

// EventTypes are the stored events of a report.
func EventTypes() []es.Type {
	return []es.Type{
		es.EventType[ReportCompiled]("reporting.report_compiled.v1"),
		es.EventType[ReportWritten]("reporting.report_written.v1"),
		es.EventType[ReportSubmitted]("reporting.report_submitted.v1"),
		es.EventType[ReportDossierOpened]("reporting.report_dossier_opened.v1"),
		es.EventType[ReportReturned]("reporting.report_returned.v1"),
		es.EventType[ReportApproved]("reporting.report_approved.v1"),
		es.EventType[ReportNumbered]("reporting.report_numbered.v1"),
		es.EventType[ReportIssued]("reporting.report_issued.v1"),
	}
}
