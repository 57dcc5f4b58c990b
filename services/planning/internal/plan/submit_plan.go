package plan

import (
	"slices"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Submit sends a complete draft, or one that was returned, up its approval route. Complete says what is missing of a document, if
// anything is.
func (p *Plan) Submit(amendment AmendmentID, complete func(Document) error) ([]any, error) {
	draft, err := p.editable(amendment)
	if err != nil {
		return nil, err
	}
	if draft.Stage != StageDraft && draft.Stage != StageReturned {
		return nil, refuse(draft.Stage, "draft, returned")
	}
	if err := complete(draft.Document); err != nil {
		return nil, err
	}
	s := Submitted{
		Amendment: amendment, Reason: p.reason(amendment), Agency: draft.Agency, Unit: draft.Unit, Authors: slices.Clone(draft.Authors),
		Document: draft.Document.clone(), Hash: draft.Hash, Revision: draft.Revision,
	}
	if amendment != "" {
		if s.Changes = Difference(p.Document, draft.Document); len(s.Changes) == 0 {
			return nil, errs.New(errorsv1.Reason_PLAN_UNCHANGED)
		}
	}
	return []any{s}, nil
}
