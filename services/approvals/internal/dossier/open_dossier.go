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
	// Edition of content that is public: the correction's number. 0 for everything else.
	Edition int32
	Title   string
	Agency  string
	Unit    string
	Authors []string
	Hash    string
	// Revision tells two submissions of one hash apart: a text that was edited away and written again is another revision, and what was
	// approved before the edit does not stand. 0 for a document that counts none.
	Revision int32
	Example  bool
}

// Submit takes a submission. The first opens the dossier on the route as it is now, at the first level. A later one goes on along the
// dossier's own route: after a return to whoever returned it, after an edit that nobody had asked for to the first level again.
func (d *Dossier) Submit(s Submission, r *route.Route, o Office) ([]any, error) {
	if !d.Exists() {
		return opened(s, r, o)
	}
	if err := d.settled(); err != nil {
		return nil, err
	}
	t := d.tally()
	t.hash, t.authors = s.Hash, s.Authors
	again := Resubmitted{Title: s.Title, Authors: s.Authors, Hash: s.Hash, Revision: s.Revision, Example: s.Example}
	waits := d.State == Returned || d.State == Voided // for this submission
	sameText, sameHands := d.isOf(s), slices.Equal(s.Authors, d.Authors)
	var events []any
	switch {
	case sameText && sameHands && !waits:
		return nil, nil // it is on its way or done already, for this very text
	case !sameText, !sameHands && (!waits || len(t.standing()) > 0):
		// The edit was not heard of by itself; or it is the same text by more hands, and what was approved may be by an author.
		events = append(events, d.madeVoid(s.Hash))
		t.decisions = nil
	}
	if d.State == Returned {
		again.Open = d.onward(t, 0)
	} else {
		again.Open = t.firstMissing()
	}
	events = append(events, again)
	return append(events, d.enter(nil, again.Open, s.Authors, o)...), nil
}

func opened(s Submission, r *route.Route, o Office) ([]any, error) {
	if len(r.Levels) == 0 {
		return nil, errs.New(errorsv1.Reason_ROUTE_MISSING, "type", string(s.DocumentType))
	}
	d := &Dossier{DocumentType: s.DocumentType, Document: s.Document, Agency: s.Agency, Unit: s.Unit, Authors: s.Authors, Hash: s.Hash, Levels: r.Levels}
	first := Opened{
		DocumentType: s.DocumentType, Document: s.Document, Edition: s.Edition, Title: s.Title, Agency: s.Agency, Unit: s.Unit,
		Authors: s.Authors, Hash: s.Hash, Revision: s.Revision, Levels: r.Levels, Open: d.tally().firstMissing(), RouteVersion: r.Version, Example: s.Example,
	}
	return append([]any{first}, d.enter(nil, first.Open, s.Authors, o)...), nil
}

// isOf says whether a submission is of the text that the dossier has: the same hash and, where both are known, the same revision.
func (d *Dossier) isOf(s Submission) bool {
	return s.Hash == d.Hash && (s.Revision == 0 || d.Revision == 0 || s.Revision == d.Revision)
}
