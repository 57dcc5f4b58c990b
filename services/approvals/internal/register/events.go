package register

import (
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Opened: an agency opened a register for a year and some types of documents.
type Opened struct {
	Register     string `json:"register"`
	Issuer       string `json:"issuer"`
	Year         int    `json:"year"`
	Name         string `json:"name,omitempty"`
	Elsewhere    bool   `json:"elsewhere,omitempty"`
	First        int    `json:"first,omitempty"`
	Abbreviation string `json:"abbreviation,omitempty"`
	Types        []Type `json:"types"`
}

// Allocated: a dossier has this number. Each attempt of a dossier is answered once, by this or by Refused.
type Allocated struct {
	Register     string             `json:"register"`
	Number       int                `json:"number"`
	Text         string             `json:"text"`
	Date         string             `json:"date"`              // YYYY-MM-DD
	Entered      bool               `json:"entered,omitempty"` // by the office's own system
	Dossier      string             `json:"dossier"`
	DocumentType route.DocumentType `json:"documentType"`
	Document     string             `json:"document"`
	Title        string             `json:"title"`
	Hash         string             `json:"hash"`
	Example      bool               `json:"example,omitempty"` // the document is invented
}

// Refused: an attempt had to be refused, since something came between the clerk's order and its turn.
type Refused struct {
	Dossier string            `json:"dossier"`
	Reason  string            `json:"reason"`
	Args    map[string]string `json:"args,omitempty"`
}

// Voided: the number stands in the register for nothing any more, and is never used again.
type Voided struct {
	Register string `json:"register"`
	Number   int    `json:"number"`
	Reason   string `json:"reason"`
}

// Types lists the events of registers.
func Types() []es.Type {
	return []es.Type{
		es.EventType[Opened]("approvals.register_opened.v1"),
		es.EventType[Allocated]("approvals.number_allocated.v1"),
		es.EventType[Refused]("approvals.number_refused.v1"),
		es.EventType[Voided]("approvals.number_voided.v1"),
	}
}
