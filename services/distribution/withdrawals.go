package distribution

import (
	"context"
	"time"

	"github.com/loa-vn/loa/pkg/bus"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

// withdraw asks for the approval of taking a publication back.
func (d *desk) withdraw(ctx context.Context, request publication.Request, may may, command es.Command) (result, error) {
	return d.decide(ctx, request.Publication, command, func(p *publication.Publication, version int64, _ time.Time) ([]any, error) {
		if err := may(version); err != nil {
			return nil, err
		}
		if _, err := d.replacement(ctx, request.Replacement); err != nil {
			return nil, err
		}
		return p.SubmitWithdrawal(request)
	})
}

// replacement is the path of the publication that takes another's place; empty for none.
func (d *desk) replacement(ctx context.Context, id string) (path string, err error) {
	if id == "" {
		return "", nil
	}
	p, _, err := d.publications.Load(ctx, id)
	if reason := errs.ReasonOf(err); err != nil && reason != errorsv1.Reason_NOT_FOUND {
		return "", err
	}
	if err != nil || p.State != publication.Published {
		return "", errs.Invalid([]errs.Field{errs.At("replacement", errorsv1.Reason_UNKNOWN_PUBLICATION, "value", id)})
	}
	return publication.Path(p.Slug), nil
}

// withdrawn carries an approved withdrawal out, and gives the log's position after that. It happens once: the command is the message's,
// and the publication is withdrawn by the submission that was approved only.
func (d *desk) withdrawn(ctx context.Context, m bus.Message, e *approvalsv1.DossierApproved) (int64, error) {
	id, err := publication.OfWithdrawal(e.GetDocument())
	if err != nil {
		return 0, err
	}
	asked, _, err := d.publications.Load(ctx, id)
	if err != nil {
		return 0, err
	}
	// One that is public no more by now is left out.
	path, err := d.replacement(ctx, asked.Withdrawal.Replacement)
	if err != nil && errs.ReasonOf(err) != errorsv1.Reason_INVALID {
		return 0, err
	}
	now, err := d.now(ctx)
	if err != nil {
		return 0, err
	}
	r, err := d.publications.Execute(ctx, id, commandOf(m, now, "withdraw", id), func(p *publication.Publication, _ int64) ([]any, error) {
		return p.WithdrawPublication(e.GetHash(), path, decisionsOf(e.GetDecisions()), now), nil
	})
	return r.Position, err
}

// notWithdrawn follows a withdrawal that was returned, or whose dossier was taken back, and gives the log's position after that.
func (d *desk) notWithdrawn(ctx context.Context, m bus.Message, document, hash, comment string) (int64, error) {
	id, err := publication.OfWithdrawal(document)
	if err != nil {
		return 0, err
	}
	r, err := d.publications.Execute(ctx, id, commandOf(m, m.HappenedAt, "return withdrawal", id), func(p *publication.Publication, _ int64) ([]any, error) {
		return p.ReturnWithdrawal(hash, comment), nil
	})
	return r.Position, err
}
