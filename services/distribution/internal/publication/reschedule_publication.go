package publication

import (
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Times are what an editor asks for of a publication's times; what is zero stays as it is.
type Times struct {
	PublishAt, ExpiresAt time.Time
	// Forever takes the end of showing away.
	Forever bool
}

// ReschedulePublication changes when what waits becomes public, and until when the publication is shown. Now is the log's clock.
func (p *Publication) ReschedulePublication(asked Times, now time.Time) ([]any, error) {
	if asked == (Times{}) {
		return nil, errs.New(errorsv1.Reason_NOTHING_TO_CHANGE)
	}
	if p.State != Scheduled && p.State != Published || !asked.PublishAt.IsZero() && p.DueAt().IsZero() {
		return nil, p.refuse(Scheduled)
	}
	next := PublicationRescheduled{Content: p.Snapshot.Content, Hash: p.Snapshot.Hash, PublishAt: p.DueAt(), ExpiresAt: p.ExpiresAt}
	if p.Correction.Number > 0 {
		next.Hash = p.Correction.Snapshot.Hash
	}
	var err error
	if !asked.PublishAt.IsZero() {
		if next.PublishAt, err = embargo(asked.PublishAt, now); err != nil {
			return nil, err
		}
	}
	switch {
	case asked.Forever:
		next.ExpiresAt = time.Time{}
	case !asked.ExpiresAt.IsZero():
		next.ExpiresAt = asked.ExpiresAt
	}
	// Also one that stays as it was has to come after the new time.
	if next.ExpiresAt, err = expiry(next.ExpiresAt, p.public(next.PublishAt), now); err != nil {
		return nil, err
	}
	if next.PublishAt.Equal(p.DueAt()) && next.ExpiresAt.Equal(p.ExpiresAt) {
		return nil, nil
	}
	return []any{next}, nil
}

// public is since when it is or will be public, by the time that was asked for.
func (p *Publication) public(asked time.Time) time.Time {
	if asked.IsZero() {
		return p.PublishedAt
	}
	return asked
}
