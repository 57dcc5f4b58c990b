package publication

import (
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Approval is what is known of the approval of a snapshot.
type Approval struct {
	// Approved says that every level approved the snapshot's hash.
	Approved bool
	// State is the content's, for the refusal when it is not approved.
	State     string
	Decisions []Decision
	// Review is of the bypass among them, if there was one.
	Review Review
	// Blockers is how many faults of the text have to be mended before anybody may read it.
	Blockers int
}

func (a Approval) check() error {
	switch {
	case !a.Approved:
		return errs.New(errorsv1.Reason_NOT_APPROVED, "state", a.State)
	case a.Blockers > 0:
		return errs.New(errorsv1.Reason_CONTENT_BLOCKED, "count", count(a.Blockers))
	default:
		return nil
	}
}

// Plan is what an editor asks for: a text, and when it is to be public.
type Plan struct {
	Snapshot Snapshot
	Approval Approval
	// Tail ends its slug, and Taken are the slugs of the content's other publications.
	Tail  string
	Taken []string
	// PublishAt zero is now, ExpiresAt zero is never.
	PublishAt, ExpiresAt time.Time
}

// SchedulePublication sets approved content to be published at a moment; without one it is published at once. Now is the log's clock.
func (p *Publication) SchedulePublication(plan Plan, now time.Time) ([]any, error) {
	switch {
	case p.State == Scheduled || p.State == Published:
		return nil, errs.New(errorsv1.Reason_ALREADY_PUBLISHED)
	case p.State == Expired || p.State == Withdrawn:
		return nil, errs.New(errorsv1.Reason_WITHDRAWN_TEXT)
	}
	if err := plan.Approval.check(); err != nil {
		return nil, err
	}
	at, err := embargo(plan.PublishAt, now)
	if err != nil {
		return nil, err
	}
	until, err := expiry(plan.ExpiresAt, at, now)
	if err != nil {
		return nil, err
	}
	scheduled := PublicationScheduled{
		Snapshot: plan.Snapshot, Decisions: plan.Approval.Decisions, Slug: Slug(plan.Snapshot.Title, plan.Tail, plan.Taken),
		PublishAt: at, ExpiresAt: until, Review: plan.Approval.Review,
	}
	if plan.PublishAt.IsZero() {
		return []any{scheduled, scheduled.release(now)}, nil
	}
	return []any{scheduled}, nil
}

// embargo is the moment that was asked for, or now, as the database keeps it.
func embargo(asked, now time.Time) (time.Time, error) {
	switch {
	case asked.IsZero():
		asked = now
	case asked.Before(now):
		return asked, errs.New(errorsv1.Reason_EMBARGO_PAST, "at", moment(asked))
	}
	return asked.UTC().Truncate(time.Microsecond), nil
}

// expiry is until when it is shown: zero for ever, else after it is public and after now.
func expiry(asked, publishAt, now time.Time) (time.Time, error) {
	if asked.IsZero() {
		return time.Time{}, nil
	}
	asked = asked.UTC().Truncate(time.Microsecond)
	if !asked.After(publishAt) || !asked.After(now) {
		return asked, errs.New(errorsv1.Reason_EXPIRY_PAST, "at", moment(asked))
	}
	return asked, nil
}

// moment writes a time as a reader in Vietnam has it: 13:20 01/03/2022.
func moment(t time.Time) string { return vn.Clock(t) + " " + vn.Date(t) }
