package publication

import (
	"time"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/vn"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
)

// Notice is why a public text is published again (đính chính): what kind of fault it had, and what readers are told.
type Notice struct{ Kind, Reason string }

// CorrectPublication sets an approved text to take the place of the public one at a moment; without one it does so at once. Now is the
// log's clock. A correction's publication is never another one, so that a page has one address and all its texts.
func (p *Publication) CorrectPublication(plan Plan, notice Notice, now time.Time) ([]any, error) {
	switch {
	case p.State != Published:
		return nil, p.refuse(Published)
	case p.Correction.Number > 0:
		return nil, errs.New(errorsv1.Reason_CORRECTION_WAITING, "number", count(int(p.Correction.Number)), "at", moment(p.Correction.PublishAt))
	case p.Showed(plan.Snapshot.Hash, plan.Snapshot.Revision):
		return nil, errs.New(errorsv1.Reason_NOTHING_TO_CORRECT)
	}
	if err := plan.Approval.check(); err != nil {
		return nil, err
	}
	at, err := embargo(plan.PublishAt, now)
	if err != nil {
		return nil, err
	}
	if _, err := expiry(p.ExpiresAt, at, now); err != nil {
		return nil, err // nobody would read it
	}
	c := Correction{
		Number: p.Number() + 1, Kind: notice.Kind, Reason: notice.Reason, Snapshot: plan.Snapshot, Decisions: plan.Approval.Decisions,
		Slug: p.slugOf(plan), PublishAt: at, Review: plan.Approval.Review,
	}
	scheduled := CorrectionScheduled(c)
	if plan.PublishAt.IsZero() {
		return []any{scheduled, p.correct(c, now)}, nil
	}
	return []any{scheduled}, nil
}

// slugOf keeps the address where the title's words in it stay the same.
func (p *Publication) slugOf(plan Plan) string {
	if vn.Slug(plan.Snapshot.Title) == vn.Slug(p.Snapshot.Title) {
		return p.Slug
	}
	return Slug(plan.Snapshot.Title, plan.Tail, plan.Taken)
}

func (p *Publication) correct(c Correction, now time.Time) PublicationCorrected {
	return PublicationCorrected{
		Number: c.Number, Kind: c.Kind, Reason: c.Reason, Snapshot: c.Snapshot, Decisions: c.Decisions, Slug: c.Slug,
		PreviousHash: p.Snapshot.Hash, PublishedAt: p.PublishedAt, CorrectedAt: now.UTC(), Review: c.Review,
	}
}
