package item

import "slices"

// RecordReturn follows an approver who sent the item back. A decision on another hash, or on an item that no longer waits for one,
// is past and changes nothing.
func (i *Item) RecordReturn(hash, comment string) ([]any, error) {
	if i.State != InApproval || hash != i.Hash {
		return nil, nil
	}
	return []any{ReturnedToAuthor{Hash: hash, Comment: comment}}, nil
}

// RecordApproval follows the last approval of the route. It counts only for the text as it is now, and only when nobody who approved
// has become an author since: the dossier hears of such an edit too, and asks again.
func (i *Item) RecordApproval(hash string, approvers []string) ([]any, error) {
	if i.State != InApproval || hash != i.Hash {
		return nil, nil
	}
	if slices.ContainsFunc(approvers, func(p string) bool { return slices.Contains(i.Authors, p) }) {
		return nil, nil
	}
	return []any{ApprovedAtEveryLevel{Hash: hash}}, nil
}
