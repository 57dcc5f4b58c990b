package approvals

import (
	"context"
	"slices"
	"time"

	"github.com/loa-vn/loa/pkg/vn"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// firstCounted is the first year that terms may have begun in, yearsAhead how far beyond now one may end.
const (
	firstCounted = 2021
	yearsAhead   = 2
)

// working is the arithmetic of working days by the calendar as it is, for terms that run at a moment.
func (s *server) working(ctx context.Context, at time.Time) (vn.Calendar, error) {
	c, _, err := s.calendars.Load(ctx, calendar.ID())
	if err != nil {
		return vn.Calendar{}, err
	}
	return c.Working(s.data, firstCounted, at.In(vn.Location()).Year()+yearsAhead), nil
}

// office is what a dossier has to know of the world to decide at a moment: the calendar, and who holds which position in the agencies that
// its levels name.
func (s *server) office(ctx context.Context, at time.Time, agency string, levels []route.Level) (dossier.Office, error) {
	o := dossier.Office{At: at, Terms: s.terms}
	var err error
	if o.Calendar, err = s.working(ctx, at); err != nil {
		return o, err
	}
	agencies := []string{agency}
	for _, l := range levels {
		if a := l.Agency(agency); !slices.Contains(agencies, a) {
			agencies = append(agencies, a)
		}
	}
	staff, err := s.host.Directory.Staff(ctx, agencies, at)
	if err != nil {
		return o, err
	}
	for _, p := range staff {
		o.Staff = append(o.Staff, route.Position{Person: p.ID, Role: p.Role, Agency: p.Agency, Unit: p.Unit})
	}
	return o, nil
}

// routeOf gives the route that a document of an agency walks: the agency's own, else everyone's.
func (s *server) routeOf(ctx context.Context, t route.DocumentType, agency string) (*route.Route, error) {
	own, version, err := s.routes.Load(ctx, t.ID(agency))
	if err != nil || version > 0 {
		return own, err
	}
	everyones, _, err := s.routes.Load(ctx, t.ID(""))
	return everyones, err
}
