package item

import "time"

// RecordSchedule follows an editor who set the time of publication. Only what is approved is scheduled, so an item that has not heard
// of its approval yet (it comes from another service) takes the schedule for it.
func (i *Item) RecordSchedule(publication, hash string, at time.Time) ([]any, error) {
	if i.State != Approved && i.State != InApproval || hash != i.Hash {
		return nil, nil
	}
	return []any{ScheduledForPublication{Hash: hash, Publication: publication, PublishAt: at.UTC()}}, nil
}

// RecordCancellation follows a publication that was called off. One called off by an edit finds a draft and changes nothing.
func (i *Item) RecordCancellation(publication string) ([]any, error) {
	if i.State != Scheduled || i.Publication != publication {
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
