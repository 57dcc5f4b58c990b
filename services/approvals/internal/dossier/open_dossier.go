package dossier

import (
	"slices"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Submission is a document as it was sent up.
type Submission struct {
	DocumentType route.DocumentType
	Document     string
	Title        string
	Agency       string
	Unit         string
	Authors      []string
	Hash         string
	// Revision tells two submissions of one hash apart: a text that was edited away and written again is another revision, and what was
	// approved before the edit does not stand. 0 for a document that counts none.
	Revision int32
	Example  bool
}

// Open takes a submission. The first opens the dossier on the route as it is now, at the first level. A later one goes on along the
// dossier's own route: after a return to whoever returned it, after an edit that nobody had asked for to the first level again.
func (d *Dossier) Open(s Submission, r *route.Route) ([]any, error) {
	if !d.Exists() {
		if len(r.Levels) == 0 {
			return nil, errs.New(errorsv1.Reason_ROUTE_MISSING, "type", string(s.DocumentType))
		}
		return []any{Opened{
			DocumentType: s.DocumentType, Document: s.Document, Title: s.Title, Agency: s.Agency, Unit: s.Unit,
			Authors: s.Authors, Hash: s.Hash, Revision: s.Revision, Levels: r.Levels, RouteVersion: r.Version, Example: s.Example,
		}}, nil
	}
	again := Resubmitted{Title: s.Title, Authors: s.Authors, Hash: s.Hash, Revision: s.Revision, Example: s.Example}
	decisions := d.Decisions
	var events []any
	if !d.isOf(s) {
		// The edit was not heard of by itself.
		events = append(events, d.madeVoid(s.Hash))
		decisions = nil
	}
	switch d.State {
	case Returned:
		again.Level = d.next(decisions, 0, s.Hash)
	case Voided:
		again.Level = firstMissing(decisions, len(d.Levels), s.Hash)
	case InApproval, Approved:
		if d.isOf(s) && slices.Equal(s.Authors, d.Authors) {
			return nil, nil // it waits or is done already, for this very text
		}
		again.Level = firstMissing(nil, len(d.Levels), s.Hash)
		if d.isOf(s) {
			// The same text by more hands: what was approved may have been approved by an author.
			events = append(events, d.madeVoid(s.Hash))
		}
	}
	return append(events, again), nil
}

// isOf says whether a submission is of the text that the dossier has: the same hash and, where both are known, the same revision.
func (d *Dossier) isOf(s Submission) bool {
	return s.Hash == d.Hash && (s.Revision == 0 || d.Revision == 0 || s.Revision == d.Revision)
}
