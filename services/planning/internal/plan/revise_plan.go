package plan

import (
	"slices"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Edit gives the draft as an author wants it, of a copy of what it is. It is called with the draft as it is when the command runs, and
// refuses what may not be kept.
type Edit func(d Document) (Document, error)

// Revise edits a draft of the plan, or of the amendment that is named. What is edited to what it was writes nothing. Approvals of the
// text before are void.
func (p *Plan) Revise(planID string, amendment AmendmentID, author string, edit Edit) ([]any, error) {
	draft, err := p.editable(amendment)
	if err != nil {
		return nil, err
	}
	after, err := edit(draft.Document.clone())
	if err != nil {
		return nil, err
	}
	hash, err := after.Hash(planID, p.reason(amendment))
	if err != nil || hash == draft.Hash {
		return nil, err
	}
	r := Revised{Amendment: amendment, Author: author, Revision: draft.Revision + 1, Hash: hash, Head: after.head()}
	if r.Items, r.Removed, err = moved(draft.Document.Items, after.Items); err != nil {
		return nil, err
	}
	return []any{r}, nil
}

// moved are the items that are new or changed, in their order, and those that went.
func moved(before, after []Item) (put []Item, removed []ItemID, err error) {
	was := map[ItemID]string{}
	for _, i := range before {
		if was[i.ID], err = i.Tag(); err != nil {
			return nil, nil, err
		}
	}
	for _, i := range after {
		now, err := i.Tag()
		if err != nil {
			return nil, nil, err
		}
		if was[i.ID] != now {
			put = append(put, i)
		}
		delete(was, i.ID)
	}
	for _, i := range before {
		if _, gone := was[i.ID]; gone {
			removed = append(removed, i.ID)
		}
	}
	return put, removed, nil
}

// WithItem is the document with an item added or replaced.
func (d Document) WithItem(item Item) Document {
	d.Items = slices.Clone(d.Items)
	if i := slices.IndexFunc(d.Items, func(other Item) bool { return other.ID == item.ID }); i >= 0 {
		d.Items[i] = item
	} else {
		d.Items = append(d.Items, item)
	}
	return d
}

// WithoutItem is the document without an item, which it must have: else NOT_FOUND.
func (d Document) WithoutItem(item ItemID) (Document, error) {
	if _, ok := d.Item(item); !ok {
		return d, errs.New(errorsv1.Reason_NOT_FOUND, "what", string(item))
	}
	d.Items = slices.DeleteFunc(slices.Clone(d.Items), func(i Item) bool { return i.ID == item })
	return d, nil
}

// Item finds an item.
func (d Document) Item(item ItemID) (Item, bool) {
	if i := slices.IndexFunc(d.Items, func(i Item) bool { return i.ID == item }); i >= 0 {
		return d.Items[i], true
	}
	return Item{}, false
}
