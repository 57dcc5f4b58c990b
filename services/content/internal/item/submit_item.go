package item

import (
	"slices"

	"github.com/loa-vn/loa/pkg/errs"
)

// Submit sends a complete draft, or a returned item, up its approval route.
func (i *Item) Submit() ([]any, error) {
	if i.State != Draft && i.State != Returned {
		return nil, i.refuse("draft, returned")
	}
	if err := errs.Invalid(CheckComplete(i.Text)); err != nil {
		return nil, err
	}
	return []any{Submitted{
		Agency: i.Agency, Unit: i.Unit, Text: i.Text, HTML: i.HTML, Hash: i.Hash, Revision: i.Revision,
		Authors: slices.Clone(i.Authors), CreatedAt: i.CreatedAt,
	}}, nil
}
