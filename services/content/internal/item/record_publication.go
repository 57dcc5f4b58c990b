package item

import "time"

// RecordSchedule follows an editor who set the time of publication. Only what is approved is scheduled, so an item that has not heard
// of its approval yet (it comes from another service) takes the schedule for it. A schedule of what is scheduled is another time.
func (i *Item) RecordSchedule(publication, hash string, at time.Time) ([]any, error) {
	waits := i.State == Approved || i.State == InApproval || i.State == Scheduled && i.Publication == publication
	if !waits || hash != i.Hash {
		return nil, nil
	}
	return []any{ScheduledForPublication{Hash: hash, Publication: publication, PublishAt: at.UTC()}}, nil
}

// RecordCancellation follows a publication that was called off. One called off by an edit finds a draft and changes nothing.
func (i *Item) RecordCancellation(publication, hash string) ([]any, error) {
	if i.State != Scheduled || i.Publication != publication || hash != "" && hash != i.Hash {
		return nil, nil
	}
	return []any{Unscheduled{Publication: publication}}, nil
}

// RecordPublication follows the release. It is recorded whatever the text is by now, because readers have that hash: an edit that
// raced the release stays a draft beside it. The same hash again changes nothing.
func (i *Item) RecordPublication(publication, hash string, at time.Time) ([]any, error) {
	if !i.Exists() || i.PublishedHash == hash {
		return nil, nil
	}
	return []any{WasPublished{Hash: hash, Publication: publication, PublishedAt: at.UTC()}}, nil
}

// RecordCorrection follows the release of a correction: readers have that hash from now on. The same again changes nothing.
func (i *Item) RecordCorrection(publication, hash string, number int32, at time.Time) ([]any, error) {
	if !i.Exists() || i.PublishedHash == hash {
		return nil, nil
	}
	return []any{WasCorrected{Hash: hash, Publication: publication, Number: number, CorrectedAt: at.UTC()}}, nil
}

// RecordWithdrawal follows the withdrawal of what is public. One of an earlier publication is past.
func (i *Item) RecordWithdrawal(publication, reason string, at time.Time) ([]any, error) {
	if !i.isPublicAs(publication) {
		return nil, nil
	}
	return []any{WasWithdrawn{Publication: publication, Reason: reason, WithdrawnAt: at.UTC()}}, nil
}

// RecordExpiry follows the end of the time that the item was to be shown.
func (i *Item) RecordExpiry(publication string, at time.Time) ([]any, error) {
	if !i.isPublicAs(publication) {
		return nil, nil
	}
	return []any{HasExpired{Publication: publication, ExpiredAt: at.UTC()}}, nil
}

// isPublicAs says whether readers have the item by this publication. History does not know its own.
func (i *Item) isPublicAs(publication string) bool {
	return i.Public && (i.Publication == publication || i.Publication == "")
}
