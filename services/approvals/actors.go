package approvals

import (
	"context"
	"slices"
	"strings"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// delegationsLimit is how many delegations to one person are looked at.
const delegationsLimit = 100

// The capacities in which one signs (NĐ 30/2020/NĐ-CP, Appendix I).
const (
	inPlaceOfTheHead = "KT."  // a deputy
	onBehalfOfAll    = "TM."  // the leader of a people's committee, which decides as a body
	byDelegation     = "TUQ." // by written delegation
	acting           = "Q."
)

// committee is the abbreviation of people's committees of every tier.
const committee = "UBND"

// positionOf is where the directory has the caller now.
func positionOf(ctx context.Context) route.Position {
	p := auth.From(ctx).Person
	if p == nil {
		return route.Position{}
	}
	return positionIn(*p)
}

func positionIn(p directory.Person) route.Position {
	return route.Position{Person: p.ID, Role: p.Role, Agency: p.Agency, Unit: p.Unit}
}

// actorOf is the caller with the name, title and capacity that a decision in their own right carries.
func (s *server) actorOf(ctx context.Context) (dossier.Actor, error) {
	a := dossier.Actor{Position: positionOf(ctx)}
	p := auth.From(ctx).Person
	if p == nil {
		return a, nil
	}
	a.Name, a.Title, a.Example = p.Name, p.Position, p.Example
	agency, _, err := s.host.Directory.Agency(ctx, p.Agency, s.host.Now())
	if err != nil {
		return a, err
	}
	switch {
	case p.Role == "deputy" || p.Role == "deputy_head":
		a.Capacity = inPlaceOfTheHead
	case strings.HasPrefix(p.Position, "Quyền "):
		a.Capacity = acting
	case p.Role == "leader" && agency.Abbreviation == committee:
		a.Capacity = onBehalfOfAll
	}
	return a, nil
}

// seats are the ways in which the caller may decide at a moment: in their own right first, then in the place of each who delegated to them
// and holds a position still. Each delegation is read from the log itself, since a list may be behind a revocation.
func (s *server) seats(ctx context.Context, at time.Time) ([]dossier.Actor, error) {
	own, err := s.actorOf(ctx)
	if err != nil || own.Person == "" {
		return []dossier.Actor{own}, err
	}
	seats := []dossier.Actor{own}
	listed, err := readmodel.ListDelegations(ctx, s.host.Pool, readmodel.DelegationFilter{All: true, Delegate: own.Person, ActiveAt: at}, listing.Place{}, delegationsLimit)
	if err != nil {
		return nil, err
	}
	for _, l := range listed {
		d, _, err := s.delegations.Load(ctx, l.ID)
		if err != nil {
			return nil, err
		}
		from, found, err := s.host.Directory.Person(ctx, d.Delegator, at)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		seat := own
		seat.Capacity = byDelegation
		seat.For = &dossier.Delegator{Position: positionIn(from), Name: from.Name, Title: from.Position, Example: from.Example, Delegation: *d}
		seats = append(seats, seat)
	}
	return seats, nil
}

// seatFor chooses how the caller decides on a dossier: in the place of who they say; else in their own right where a level where it waits
// admits them; else in the place of the only one who delegated it to them.
func seatFor(d *dossier.Dossier, seats []dossier.Actor, onBehalfOf string, at time.Time) (dossier.Actor, error) {
	own, delegated := seats[0], seats[1:]
	if onBehalfOf == "" && d.Admits(own.Position) {
		return own, nil
	}
	var may []dossier.Actor
	names := []string{}
	for _, a := range delegated {
		if onBehalfOf != "" && a.For.Person != onBehalfOf || !a.For.Delegation.Covers(a.Person, d.DocumentType, d.Agency, at) || !d.Admits(a.For.Position) {
			continue
		}
		if !slices.Contains(names, a.For.Person) {
			names, may = append(names, a.For.Person), append(may, a)
		}
	}
	switch {
	case len(may) == 1:
		return may[0], nil
	case len(may) > 1:
		return own, errs.New(errorsv1.Reason_DELEGATION_CHOOSE, "delegators", strings.Join(names, ", "))
	case onBehalfOf != "":
		return own, errs.New(errorsv1.Reason_DELEGATION_NONE, "delegator", onBehalfOf)
	default:
		return own, nil
	}
}
