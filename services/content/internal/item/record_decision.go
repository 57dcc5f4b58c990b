package item

import "slices"

// RecordReturn follows an approver who sent the item back. A decision on another text, or on an item that no longer waits for one, is
// past and changes nothing.
func (i *Item) RecordReturn(hash string, revision int32, comment string) ([]any, error) {
	if i.State != InApproval || !i.isOf(hash, revision) {
		return nil, nil
	}
	return []any{ReturnedToAuthor{Hash: hash, Comment: comment}}, nil
}

// RecordApproval follows the last approval of the route. It counts only for the text as it is now, and only when nobody who approved
// has become an author since: the dossier hears of such an edit too, and asks again.
func (i *Item) RecordApproval(hash string, revision int32, approvers []string) ([]any, error) {
	if i.State != InApproval || !i.isOf(hash, revision) {
		return nil, nil
	}
	if slices.ContainsFunc(approvers, func(p string) bool { return slices.Contains(i.Authors, p) }) {
		return nil, nil
	}
	return []any{ApprovedAtEveryLevel{Hash: hash}}, nil
}

// isOf says whether a decision was on the text as it is now. The hash alone cannot tell: a text that was edited away and written again
// has the same, and every edit voids what was decided before it. Revision 0 is a decision from before revisions were recorded.
func (i *Item) isOf(hash string, revision int32) bool {
	return hash == i.Hash && (revision == 0 || revision == i.Revision)
}
