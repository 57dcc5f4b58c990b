package approvals

import (
	"context"
	"slices"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// readable loads a dossier for an action of the caller. One that the caller may not read is not found; one that they may read and not
// do the action to is forbidden.
func (s *server) readable(ctx context.Context, id, action string) (*dossier.Dossier, error) {
	d, version, err := s.dossiers.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	caller := positionOf(ctx)
	resource := auth.Resource{Type: "Dossier", ID: id, Attributes: map[string]any{
		"agency": d.Agency,
		"acts":   d.ActsBy(caller),
		"acted":  slices.ContainsFunc(d.Decisions, func(x dossier.Decision) bool { return x.Person == caller.Person }),
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

// positionOf is where the directory has the caller now.
func positionOf(ctx context.Context) route.Position {
	p := auth.From(ctx).Person
	if p == nil {
		return route.Position{}
	}
	return route.Position{Person: p.ID, Role: p.Role, Agency: p.Agency, Unit: p.Unit}
}

// actorOf is the caller with the name and title that a decision carries.
func actorOf(ctx context.Context) dossier.Actor {
	a := dossier.Actor{Position: positionOf(ctx)}
	if p := auth.From(ctx).Person; p != nil {
		a.Name, a.Title, a.Example = p.Name, p.Position, p.Example
	}
	return a
}
