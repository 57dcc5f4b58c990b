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
}

// SchedulePublication sets approved content to be published at a moment, or now when the moment is zero. Now is the log's clock.
func (p *Publication) SchedulePublication(s Snapshot, a Approval, publishAt, now time.Time) ([]any, error) {
	switch {
	case p.State == Scheduled || p.State == Published:
		return nil, errs.New(errorsv1.Reason_ALREADY_PUBLISHED)
	case !a.Approved:
		return nil, errs.New(errorsv1.Reason_NOT_APPROVED, "state", a.State)
	case publishAt.IsZero():
		publishAt = now
	case publishAt.Before(now):
		return nil, errs.New(errorsv1.Reason_EMBARGO_PAST, "at", moment(publishAt))
	}
	return []any{PublicationScheduled{
		Snapshot: s, Decisions: a.Decisions, Slug: Slug(s.Title, s.Content),
		PublishAt: publishAt.UTC().Truncate(time.Microsecond), // what the database keeps
	}}, nil
}

// moment writes a time as a reader in Vietnam has it: 13:20 01/03/2022.
func moment(t time.Time) string { return vn.Clock(t) + " " + vn.Date(t) }
