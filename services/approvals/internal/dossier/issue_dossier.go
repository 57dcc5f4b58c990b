package dossier

import (
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// IssueOrder is what a clerk asks for: the number of a register, and on which day.
type IssueOrder struct {
	// Issuer is the code of the agency that issues, Year the register's.
	Issuer string `json:"issuer"`
	Year   int    `json:"year"`
	// Date that the clerk gave, YYYY-MM-DD; empty: the day on which the number is allocated.
	Date string `json:"date,omitempty"`
	// Number as the office's own system gave it, where numbers are managed elsewhere.
	Number string `json:"number,omitempty"`
	// Unit that drafted a letter, abbreviated, when it is not the register's usual one.
	Unit string `json:"unit,omitempty"`
}

// Issue is how far a document is on its way to its number.
type Issue struct {
	Order IssueOrder `json:"order"`
	// Attempt counts from 1. A register answers each attempt once, so whoever carries it out gets the same answer.
	Attempt int `json:"attempt"`
	// By and ByAgency are the clerk who began it.
	By       string `json:"by"`
	ByAgency string `json:"byAgency,omitempty"`
	// Number, Date and Register, once it has them. Register is the register's id, and Entered says that the number came from elsewhere.
	// They stay when the text is edited and approved again: the document keeps its number.
	Number   string `json:"number,omitempty"`
	Date     string `json:"date,omitempty"`
	Register string `json:"register,omitempty"`
	Entered  bool   `json:"entered,omitempty"`
	// Refused is why the register refused the last attempt.
	Refused string `json:"refused,omitempty"`
}

// Numbers is what a register answered.
type Numbers struct {
	Number, Date, Register string
	Entered                bool
}

// IssueBegun: a clerk asked for a number. Until the register has answered, nothing else happens to the dossier, so that the answer
// finds the text that was approved.
type IssueBegun struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	Hash         string             `json:"hash"`
	Attempt      int                `json:"attempt"`
	Order        IssueOrder         `json:"order"`
}

// IssueAbandoned: the register refused after all, since something came between; the dossier is approved as before.
type IssueAbandoned struct {
	Attempt int    `json:"attempt"`
	Reason  string `json:"reason"`
}

// Numbered: the document has its number and is issued.
type Numbered struct {
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Hash         string             `json:"hash"`
	Revision     int32              `json:"revision"` // that was approved; 0: not known
	Number       string             `json:"number"`
	Date         string             `json:"date"`
	Issuer       string             `json:"issuer"`
	Register     string             `json:"register"`
	Entered      bool               `json:"entered,omitempty"` // from another system
	Attempt      int                `json:"attempt"`
	// Decisions that stand for the text, in the route's order; the last one signs.
	Decisions []Decision `json:"decisions"`
}

// Issuer is the agency whose people act at the last level: who signs issues.
func (d *Dossier) Issuer() string {
	if len(d.Levels) == 0 {
		return d.Agency
	}
	switch last := d.Levels[len(d.Levels)-1]; last.Scope {
	case route.ScopeUnit, route.ScopeAgency:
		return d.Agency
	default:
		return last.Scope
	}
}

// BeginIssue takes a clerk's order on an approved dossier. One that had its number before an edit, and whose number still stands in the
// register, is issued with it again; any other waits for the register's answer.
func (d *Dossier) BeginIssue(o IssueOrder, stands bool) ([]any, error) {
	if d.State != Approved {
		return nil, errs.New(errorsv1.Reason_DOSSIER_STATE, "state", string(d.State), "allowed", string(Approved))
	}
	if d.Issue != nil && d.Issue.Number != "" && stands {
		i := d.Issue
		return []any{d.numbered(i.Attempt, Numbers{Number: i.Number, Date: i.Date, Register: i.Register, Entered: i.Entered})}, nil
	}
	attempt := 1
	if d.Issue != nil {
		attempt = d.Issue.Attempt + 1
	}
	return []any{IssueBegun{
		DocumentType: d.DocumentType, Document: d.Document, Title: d.Title, Hash: d.Hash, Attempt: attempt, Order: o,
	}}, nil
}

// FinishIssue records the number that the register gave for an attempt. Somebody else may have done it already.
func (d *Dossier) FinishIssue(attempt int, n Numbers) []any {
	if d.State != Issuing || d.Issue.Attempt != attempt {
		return nil
	}
	return []any{d.numbered(attempt, n)}
}

// AbandonIssue records that the register refused an attempt.
func (d *Dossier) AbandonIssue(attempt int, reason string) []any {
	if d.State != Issuing || d.Issue.Attempt != attempt {
		return nil
	}
	return []any{IssueAbandoned{Attempt: attempt, Reason: reason}}
}

func (d *Dossier) numbered(attempt int, n Numbers) Numbered {
	return Numbered{
		DocumentType: d.DocumentType, Document: d.Document, Hash: d.Hash, Revision: d.Revision, Number: n.Number, Date: n.Date,
		Issuer: d.Issuer(), Register: n.Register, Entered: n.Entered, Attempt: attempt, Decisions: d.Completion,
	}
}

// settled refuses what changes the text of a dossier that waits for its number: it is to come again when that is settled, in a moment.
func (d *Dossier) settled() error {
	if d.State == Issuing {
		return errs.New(errorsv1.Reason_DOSSIER_ISSUING)
	}
	return nil
}

func (d *Dossier) applyIssue(e es.Event) {
	issue := Issue{}
	if d.Issue != nil {
		issue = *d.Issue
	}
	switch x := e.Data.(type) {
	case IssueBegun:
		d.State = Issuing
		issue.Order, issue.Attempt, issue.By, issue.ByAgency, issue.Refused = x.Order, x.Attempt, e.Actor, e.Agency, ""
	case IssueAbandoned:
		d.State = Approved
		issue.Refused = x.Reason
	case Numbered:
		d.State = Issued
		issue.Number, issue.Date, issue.Register, issue.Entered = x.Number, x.Date, x.Register, x.Entered
	}
	d.Issue = &issue
}
