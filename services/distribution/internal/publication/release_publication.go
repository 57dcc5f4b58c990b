package publication

import (
	"strconv"
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// ReleasePublication makes public what waits, the publication or its correction, not before its time by the log's clock. When nothing
// waits any more, nothing happens. What comes so late that its end has come too is not shown any more: it is called off, and a public
// one that was to be corrected ends.
func (p *Publication) ReleasePublication(now time.Time) ([]any, error) {
	switch {
	case p.State != Scheduled && p.State != Published:
		return nil, p.refuse(Scheduled)
	case p.DueAt().IsZero():
		return nil, nil
	case now.Before(p.DueAt()):
		return nil, early(errorsv1.Reason_EMBARGO_EARLY, p.DueAt(), now)
	case p.over(now) && p.State == Published:
		return p.ExpirePublication(now)
	case p.over(now):
		return p.CancelPublication()
	case p.State == Published:
		return []any{p.correct(p.Correction, now)}, nil
	}
	scheduled := PublicationScheduled{Snapshot: p.Snapshot, Decisions: p.Decisions, Slug: p.Slug, ExpiresAt: p.ExpiresAt, Review: p.Review}
	return []any{scheduled.release(now)}, nil
}

func (s PublicationScheduled) release(now time.Time) PublicationPublished {
	return PublicationPublished{
		Snapshot: s.Snapshot, Decisions: s.Decisions, Slug: s.Slug, PublishedAt: now.UTC(), ExpiresAt: s.ExpiresAt, Review: s.Review,
	}
}

// refuse says that the state forbids it and which one would not.
func (p *Publication) refuse(allowed State) error {
	return errs.New(errorsv1.Reason_PUBLICATION_STATE, "state", string(p.State), "allowed", string(allowed))
}

// RemainingMilliseconds is the argument of a refusal that came too early: how long is left by the log's clock.
const RemainingMilliseconds = "remainingMilliseconds"

// early refuses what has its time later, and says how long to wait by the clock that decides, since the caller's may differ.
func early(reason errs.Reason, at, now time.Time) error {
	left := at.Sub(now)
	return errs.New(reason, "at", moment(at), RemainingMilliseconds, strconv.FormatInt((left+time.Millisecond-1).Milliseconds(), 10))
}

func count(n int) string { return strconv.Itoa(n) }
