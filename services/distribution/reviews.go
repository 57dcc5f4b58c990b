package distribution

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/loa-vn/loa/pkg/bus"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	"github.com/loa-vn/loa/services/distribution/internal/candidate"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// bypassReviewed tells publications what somebody else said of the bypass by which a text of theirs, or their withdrawal, was approved, and
// gives the log's position after that.
func (d *desk) bypassReviewed(ctx context.Context, tx pgx.Tx, m bus.Message, e *approvalsv1.DossierReviewed) (position int64, err error) {
	var publications []string
	switch e.GetDocumentType() {
	case contentType, correctionType:
		if err := candidate.Reviewed(ctx, tx, e); err != nil {
			return 0, err
		}
		texts, err := candidate.Texts(ctx, tx, e.GetDocument())
		if err != nil {
			return 0, err
		}
		// The text of a correction is in the publication of the first one.
		for _, text := range texts {
			publications = append(publications, publication.ID(e.GetDocument(), text.Hash, text.Revision))
		}
	case withdrawalType:
		id, err := publication.OfWithdrawal(e.GetDocument())
		if err != nil {
			return 0, err
		}
		publications = append(publications, id)
	default:
		return 0, nil
	}
	for _, id := range publications {
		r, err := d.publications.Execute(ctx, id, commandOf(m, m.HappenedAt, "review", id), func(p *publication.Publication, _ int64) ([]any, error) {
			return p.ReviewBypass(e.GetHash(), reviewOf(e)), nil
		})
		if err != nil {
			return 0, fmt.Errorf("the review of %s: %w", id, err)
		}
		position = max(position, r.Position)
	}
	return position, nil
}

// reviewOf is the zero Review for nil.
func reviewOf(e *approvalsv1.DossierReviewed) publication.Review {
	return publication.Review{Outcome: e.GetOutcome(), Position: e.GetPosition(), At: moment(e.GetAt())}
}

// bypassTo is the bypass among the decisions, as everybody is told of it; nil when there is none.
func bypassTo(decisions []publication.Decision, review publication.Review) *distributionv1.Bypass {
	b, bypassed := publication.BypassOf(decisions, review)
	if !bypassed {
		return nil
	}
	return &distributionv1.Bypass{
		At: timestamp(b.Decision.At), PersonName: b.Decision.PersonName, Position: b.Decision.Position, PersonExample: b.Decision.PersonExample,
		Reason: b.Decision.Comment, Review: reviewTo(b.Review),
	}
}

func reviewTo(r publication.Review) *distributionv1.BypassReview {
	if r == (publication.Review{}) {
		return nil
	}
	return &distributionv1.BypassReview{Outcome: r.Outcome, Position: r.Position, At: timestamp(r.At)}
}
