package approvals

import (
	"context"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

func (s *server) Bypass(ctx context.Context, r *approvalsv1.BypassRequest) (*approvalsv1.Dossier, error) {
	seen, err := s.readable(ctx, r.GetDossier(), "Bypass")
	if err != nil {
		return nil, err
	}
	reason, fields := dossier.Text("reason", r.GetReason())
	if r.GetHash() == "" {
		fields = append(fields, errs.At("hash", errorsv1.Reason_REQUIRED, "field", "hash"))
	}
	if err := errs.Invalid(fields); err != nil {
		return nil, err
	}
	return s.act(ctx, "Bypass", r, seen, func(d *dossier.Dossier, seats []dossier.Actor, o dossier.Office) ([]any, error) {
		return d.Bypass(seats[0], dossier.Ask{Hash: r.GetHash(), Comment: reason}, o)
	})
}

func (s *server) Review(ctx context.Context, r *approvalsv1.ReviewRequest) (*approvalsv1.Dossier, error) {
	seen, err := s.readable(ctx, r.GetDossier(), "Review")
	if err != nil {
		return nil, err
	}
	comment, fields := dossier.Comment(r.GetComment())
	outcome := dossier.Outcome(r.GetOutcome())
	if outcome != dossier.Upheld && outcome != dossier.Objected {
		fields = append(fields, errs.At("outcome", errorsv1.Reason_BAD_FORMAT, "field", "outcome", "value", r.GetOutcome(), "expected", "upheld, objected"))
	}
	if err := errs.Invalid(fields); err != nil {
		return nil, err
	}
	return s.act(ctx, "Review", r, seen, func(d *dossier.Dossier, seats []dossier.Actor, o dossier.Office) ([]any, error) {
		return d.Review(seats[0], outcome, comment, o.At)
	})
}
