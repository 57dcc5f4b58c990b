package approvals

import (
	"context"
	"slices"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
)

// readable loads a dossier for an action of the caller. One that the caller may not read is not found; one that they may read and not
// do the action to is forbidden.
func (s *server) readable(ctx context.Context, id, action string) (*dossier.Dossier, error) {
	d, version, err := s.dossiers.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	caller := positionOf(ctx)
	keeps, err := s.keeps(ctx, d.Issuer())
	if err != nil {
		return nil, err
	}
	acts, err := s.actsOn(ctx, d)
	if err != nil {
		return nil, err
	}
	resource := auth.Resource{Type: "Dossier", ID: id, Attributes: map[string]any{
		"agency": d.Agency,
		"acts":   acts,
		"keeps":  keeps,
		"asked":  d.Asks(caller),
		"acted":  slices.ContainsFunc(d.Decisions, func(x dossier.Decision) bool { return x.Of(caller.Person) }),
	}}
	refused := s.host.Policies.Authorize(ctx, "GetDossier", resource)
	switch {
	case refused != nil && errs.ReasonOf(refused) != errorsv1.Reason_FORBIDDEN:
		return nil, refused
	case refused != nil, version == 0:
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", id)
	case action == "GetDossier":
		return d, nil
	default:
		return d, s.host.Policies.Authorize(ctx, action, resource)
	}
}

// actsOn says whether the caller acts at some level of a dossier, in their own right or in somebody's place.
func (s *server) actsOn(ctx context.Context, d *dossier.Dossier) (bool, error) {
	own := positionOf(ctx)
	if acts := d.ActsBy(own); acts || own.Agency == d.Agency {
		return acts, nil // of the own agency's dossiers no delegation has to be asked
	}
	now := s.host.Now()
	seats, err := s.seats(ctx, now)
	if err != nil {
		return false, err
	}
	for _, a := range seats[1:] {
		if a.For.Delegation.Covers(a.Person, d.DocumentType, d.Agency, now) && d.ActsBy(a.For.Position) {
			return true, nil
		}
	}
	return false, nil
}
