package approvals

import (
	"context"
	"time"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
)

func (s *server) ListDossiers(ctx context.Context, r *approvalsv1.ListDossiersRequest) (*approvalsv1.ListDossiersResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListDossiers", auth.Resource{Type: "Dossiers"}); err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	now := s.moment(r.GetAsOf())
	filter, err := s.filterOf(ctx, r, now)
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, now)
	if err != nil {
		return nil, err
	}
	dossiers, err := readmodel.List(ctx, s.host.Pool, filter, page.After, page.Size+1)
	listed, next := listing.Cut(page, dossiers, placeOf)
	response := &approvalsv1.ListDossiersResponse{NextPageToken: next}
	for _, d := range listed {
		response.Dossiers = append(response.Dossiers, shown(d))
	}
	return response, err
}

// filterOf is what of all dossiers the caller may see and asks for.
func (s *server) filterOf(ctx context.Context, r *approvalsv1.ListDossiersRequest, now time.Time) (readmodel.Filter, error) {
	f := readmodel.Filter{
		Reader: positionOf(ctx), All: auth.From(ctx).Service != "", Opinion: r.GetWaitingFor() == waitingForOpinion, Document: r.GetDocument(),
		DocumentType: r.GetDocumentType(), State: r.GetState(), Overdue: r.GetOverdue(), DueSoon: r.GetDueSoon(), Now: now,
		Running: r.GetTermRunning(), ReviewPending: r.GetReviewPending(), Number: r.GetWaitingFor() == waitingForNumber,
	}
	if f.Reader.Role == clerk {
		var err error
		if f.Keeps, err = s.keptBy(ctx); err != nil {
			return f, err
		}
	}
	// Who may read is asked of this moment; what waits for them, of the one that is asked about.
	seats, err := s.seats(ctx, s.host.Now())
	if err != nil {
		return f, err
	}
	f.Delegated = delegated(seats)
	if r.GetWaitingFor() != waitingForMe {
		return f, nil
	}
	if r.GetAsOf() != nil {
		if seats, err = s.seats(ctx, now); err != nil {
			return f, err
		}
	}
	for _, a := range seats {
		if a.For != nil {
			f.Seats = append(f.Seats, a.For.Position)
		} else {
			f.Seats = append(f.Seats, a.Position)
		}
	}
	f.Decides = func(d *dossier.Dossier) bool {
		for _, a := range seats {
			if d.WaitsFor(a, now) {
				return true
			}
		}
		return false
	}
	return f, nil
}

// delegated are the positions in whose place the caller may decide, which is why they read dossiers of other agencies.
func delegated(seats []dossier.Actor) []readmodel.Delegated {
	var delegated []readmodel.Delegated
	for _, a := range seats[1:] {
		delegated = append(delegated, readmodel.Delegated{
			Position: a.For.Position, Types: a.For.Delegation.DocumentTypes, Agencies: a.For.Delegation.Agencies,
		})
	}
	return delegated
}
