package item

import (
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
)

// Composed is a text that was checked, with what is made from it.
type Composed struct {
	Text Text
	// HTML is the body, rendered and cleaned.
	HTML string
}

// Draft starts an item of an agency and unit.
func (i *Item) Draft(author, agency, unit string, c Composed) ([]any, error) {
	if i.Exists() {
		return nil, i.refuse("—")
	}
	if c.Text.Correction != (Correction{}) {
		return nil, errs.Invalid([]errs.Field{errs.At("correction", errorsv1.Reason_CORRECTION_EARLY)})
	}
	text, err := i.dated(c.Text)
	if err != nil {
		return nil, err
	}
	hash, err := text.Hash()
	if err != nil {
		return nil, err
	}
	return []any{Drafted{Agency: agency, Unit: unit, Author: author, Text: text, HTML: c.HTML, Hash: hash}}, nil
}

// refuse says which states would have allowed it.
func (i *Item) refuse(allowed string) error {
	return errs.New(errorsv1.Reason_CONTENT_STATE, "state", string(i.State), "allowed", allowed)
}
