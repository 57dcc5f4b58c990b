package item

import (
	"slices"

	"github.com/loa-vn/loa/pkg/errs"
)

// Submit sends a complete draft, or a returned item, up its approval route, with what was found in it: its approvers see that, and
// nobody publishes it while something blocks. What is or was public has to say why it is to be published again.
func (i *Item) Submit(found []Found) ([]any, error) {
	if i.State != Draft && i.State != Returned {
		return nil, i.refuse("draft, returned")
	}
	wrong := CheckComplete(i.Text)
	if i.Edition > 0 {
		wrong = append(wrong, checkCorrection(i.Text.Correction)...)
	}
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	return []any{Submitted{
		Agency: i.Agency, Unit: i.Unit, Text: i.Text, HTML: i.HTML, Hash: i.Hash, Revision: i.Revision,
		Authors: slices.Clone(i.Authors), CreatedAt: i.CreatedAt, Edition: i.Edition, Publication: i.Publication,
		WordsRevision: i.WordsRevision, Checks: found,
	}}, nil
}
