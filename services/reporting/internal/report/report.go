// Package report is the life of one report of a plan and a period: compiled from facts, submitted up its route, returned or approved.
// What was approved never changes; facts that come later belong to another report.
package report

import (
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/vn"
)

// Prefix is that of a report's identifier.
const Prefix = "report"

// State of a report.
type State string

// The states of a report; none before it is compiled.
const (
	None       State = ""
	Compiled   State = "compiled"
	InApproval State = "in_approval"
	Returned   State = "returned"
	Approved   State = "approved"
	Issued     State = "issued"
)

// Sheet is a compiled report: its canonical form, and beside it what is known of the compiling.
type Sheet struct {
	Plan         string `json:"plan"`
	PlanNumber   string `json:"planNumber"`
	PlanTitle    string `json:"planTitle"`
	Agency       string `json:"agency"`
	AgencyName   string `json:"agencyName"`
	Period       string `json:"period"`
	PeriodName   string `json:"periodName"`
	From         string `json:"from"`
	To           string `json:"to"`
	Title        string `json:"title"`
	Example      bool   `json:"example,omitempty"`
	ImportedPlan bool   `json:"importedPlan,omitempty"`
	// Canonical is the document by RFC 8785, Hash its SHA-256 in hex.
	Canonical string `json:"canonical"`
	Hash      string `json:"hash"`
	// Sources tells up to where each log had been read: "distribution" to "1.57"; and by "arrival" the number of the last message that
	// reporting had taken in. It is no part of Canonical.
	Sources    map[string]string `json:"sources,omitempty"`
	CompiledAt time.Time         `json:"compiledAt"`
	// CompiledBy is a person's id, or the name of the service that did it.
	CompiledBy string `json:"compiledBy"`
}

// arrival is the key of Mark in Sources.
const arrival = "arrival"

// ReadUpTo notes the number of the last message that the facts were read up to: by it the same facts are read at any time.
func (s *Sheet) ReadUpTo(mark int64) {
	s.Sources = maps.Clone(s.Sources)
	if s.Sources == nil {
		s.Sources = map[string]string{}
	}
	s.Sources[arrival] = strconv.FormatInt(mark, 10)
}

// Mark is that number; 0 in reports of the first form, which hold all that they count.
func (s Sheet) Mark() int64 {
	mark, err := strconv.ParseInt(s.Sources[arrival], 10, 64)
	if err != nil {
		return 0
	}
	return mark
}

// Decision is one level's word in the approval of the sheet's hash.
type Decision struct {
	Outcome       string    `json:"outcome"`
	Level         int32     `json:"level"`
	Person        string    `json:"person"`
	PersonName    string    `json:"personName"`
	Position      string    `json:"position"`
	PersonExample bool      `json:"personExample,omitempty"`
	Hash          string    `json:"hash"`
	Comment       string    `json:"comment,omitempty"`
	At            time.Time `json:"at"`
}

// Signing is who signed a report and how (NĐ 30/2020, article 13): the last decision on it.
type Signing struct {
	Person     string `json:"person"`
	PersonName string `json:"personName"`
	Position   string `json:"position"`
	// Capacity is TM., KT., TUQ., TL. or Q.; empty when in their own right.
	Capacity string `json:"capacity,omitempty"`
	// OnBehalfOf is whom they sign for by delegation (TUQ.).
	OnBehalfOf         string `json:"onBehalfOf,omitempty"`
	OnBehalfOfName     string `json:"onBehalfOfName,omitempty"`
	OnBehalfOfPosition string `json:"onBehalfOfPosition,omitempty"`
	PersonExample      bool   `json:"personExample,omitempty"`
}

// StoredDocument is the report in one format, as it is stored for ever.
type StoredDocument struct {
	// Format is pdf, docx, xlsx or csv.
	Format    string `json:"format"`
	MediaType string `json:"mediaType"`
	// SHA256 is that of its bytes in hex; Size is in bytes.
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Report is the report of one plan and one period.
type Report struct {
	State State
	Sheet Sheet
	// Authors compiled, wrote or submitted it; none of them may approve it.
	Authors       []string
	Dossier       string
	ReturnComment string
	Decisions     []Decision
	ApprovedAt    time.Time
	// Path is the public page's, once approved.
	Path string
	// Number, Date (YYYY-MM-DD), Issuer, Signing and Bypassed are known once it has its number, Documents once it is issued.
	Number, Date, Issuer string
	Signing              Signing
	Bypassed             bool
	Documents            []StoredDocument
}

// ID is the identifier of the report of a plan and a period; there is one. Reports sort by the period's beginning.
func ID(plan string, period vn.Period) string {
	return id.Format(Prefix, id.Derive(period.From(), Prefix, plan, period.String()))
}

// Path is the public page's path: /bao-cao/{year}/{agency}/{slug}. A number comes again each year and in other agencies, so the end
// of the identifier keeps reports apart.
func Path(report string, s Sheet) string {
	year := s.Period[:min(4, len(s.Period))]
	return "/bao-cao/" + year + "/" + s.Agency + "/" + vn.Slug(s.PeriodName+" "+s.PlanNumber) + "-" + report[max(0, len(report)-8):]
}

// Apply brings the report up to an event.
func (r *Report) Apply(e es.Event) {
	switch event := e.Data.(type) {
	case ReportCompiled:
		r.State, r.Sheet = Compiled, event.Sheet
		r.Authors = with(r.Authors, event.Author)
	case ReportWritten:
		r.State, r.Sheet = Compiled, event.Sheet
		r.Authors = with(r.Authors, event.Author)
	case ReportSubmitted:
		r.State, r.Authors, r.ReturnComment = InApproval, event.Authors, ""
	case ReportDossierOpened:
		r.Dossier = event.Dossier
	case ReportReturned:
		r.State, r.ReturnComment, r.Dossier = Returned, event.Comment, event.Dossier
	case ReportApproved:
		r.State, r.Decisions, r.Dossier = Approved, event.Decisions, event.Dossier
		r.ApprovedAt, r.Path = event.ApprovedAt, event.Path
	case ReportNumbered:
		r.Number, r.Date, r.Issuer, r.Signing, r.Bypassed = event.Number, event.Date, event.Issuer, event.Signing, event.Bypassed
	case ReportIssued:
		r.State, r.Documents = Issued, event.Documents
	}
}

// with adds a person that is not among them yet; nobody adds nothing.
func with(people []string, person string) []string {
	if person == "" || slices.Contains(people, person) {
		return people
	}
	return append(slices.Clone(people), person)
}
