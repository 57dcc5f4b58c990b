package approvals

import (
	"context"
	"time"

	"google.golang.org/protobuf/proto"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/app"
	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/approvals/internal/calendar"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/register"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

type server struct {
	approvalsv1.UnimplementedApprovalServiceServer
	host        *app.Host
	data        calendar.Data
	terms       route.Terms
	recounts    chan struct{} // asks for terms to be counted anew
	routes      *es.Repo[route.Route, *route.Route]
	calendars   *es.Repo[calendar.Calendar, *calendar.Calendar]
	delegations *es.Repo[delegation.Delegation, *delegation.Delegation]
	dossiers    *es.Repo[dossier.Dossier, *dossier.Dossier]

	approvalsv1.UnimplementedRegisterServiceServer
	registries *es.Repo[register.Registry, *register.Registry]
	remembered registries
}

func (s *server) GetRoute(ctx context.Context, r *approvalsv1.GetRouteRequest) (*approvalsv1.Route, error) {
	of := route.DocumentType(r.GetDocumentType())
	if err := s.host.Policies.Authorize(ctx, "GetRoute", routeResource(of, r.GetAgency())); err != nil {
		return nil, err
	}
	found, version, err := s.routes.Load(ctx, of.ID(r.GetAgency()))
	if err != nil {
		return nil, err
	}
	if version == 0 {
		what := "routes/" + string(of)
		if r.GetAgency() != "" {
			what += "?agency=" + r.GetAgency()
		}
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", what)
	}
	return s.routeMessage(found), rpc.SetETag(ctx, etag(version))
}

func (s *server) PutRoute(ctx context.Context, r *approvalsv1.PutRouteRequest) (*approvalsv1.Route, error) {
	of, agency := route.DocumentType(r.GetRoute().GetDocumentType()), r.GetRoute().GetAgency()
	if err := s.host.Policies.Authorize(ctx, "PutRoute", routeResource(of, agency)); err != nil {
		return nil, err
	}
	levels, err := s.checked(ctx, of, agency, levelsOf(r.GetRoute()))
	if err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "PutRoute", r)
	if err != nil {
		return nil, err
	}
	result, err := s.routes.Execute(ctx, of.ID(agency), command, func(is *route.Route, version int64) ([]any, error) {
		if err := matches(ctx, version); err != nil {
			return nil, err
		}
		return is.Set(of, agency, levels)
	})
	return answered(ctx, s, result, err, s.routeMessage)
}

func routeResource(of route.DocumentType, agency string) auth.Resource {
	return auth.Resource{Type: "Route", ID: string(of), Attributes: map[string]any{"agency": agency}}
}

// answered tells the caller of a write its version and how far to read to see it.
func answered[A, M any](ctx context.Context, s *server, result es.Result[A], err error, message func(*A) *M) (*M, error) {
	if err != nil {
		return nil, err
	}
	if err := s.host.Answered(ctx, result.Position, result.Recorded); err != nil {
		return nil, err
	}
	return message(result.State), rpc.SetETag(ctx, etag(result.Version))
}

// checked gives the levels as they are kept, or names every place that is wrong.
func (s *server) checked(ctx context.Context, of route.DocumentType, agency string, levels []route.Level) ([]route.Level, error) {
	levels = route.Normalise(levels)
	known := map[string]bool{"": true}
	for _, code := range append(scopes(levels), agency) {
		if known[code] {
			continue
		}
		_, found, err := s.host.Directory.Agency(ctx, code, s.host.Now())
		if err != nil {
			return nil, err
		}
		known[code] = found
	}
	fields := route.Check(levels, func(agency string) bool { return known[agency] })
	if !of.Known() {
		fields = append(fields, errs.At("documentType", errorsv1.Reason_BAD_FORMAT, "field", "documentType", "value", string(of), "expected", route.Expected()))
	}
	if !known[agency] {
		fields = append(fields, errs.At("agency", errorsv1.Reason_UNKNOWN_AGENCY, "value", agency))
	}
	return levels, errs.Invalid(fields)
}

func scopes(levels []route.Level) []string {
	out := make([]string, 0, len(levels))
	for _, l := range levels {
		out = append(out, l.Scope)
	}
	return out
}

// matches asks for If-Match where there is something to overwrite.
func matches(ctx context.Context, version int64) error {
	match, given := rpc.IfMatch(ctx)
	switch {
	case !given && version > 0:
		return errs.New(errorsv1.Reason_ETAG_REQUIRED)
	case given && match != etag(version):
		return errs.New(errorsv1.Reason_ETAG_STALE)
	default:
		return nil
	}
}

func (s *server) GetDossier(ctx context.Context, r *approvalsv1.GetDossierRequest) (*approvalsv1.Dossier, error) {
	d, err := s.readable(ctx, r.GetDossier(), "GetDossier")
	if err != nil {
		return nil, err
	}
	shown, err := s.shown(ctx, s.moment(r.GetAsOf()))
	if err != nil {
		return nil, err
	}
	return shown(d), rpc.SetETag(ctx, etag(d.Version))
}

func (s *server) Approve(ctx context.Context, r *approvalsv1.ApproveRequest) (*approvalsv1.Dossier, error) {
	return s.decide(ctx, "Approve", r, func(d *dossier.Dossier, a dossier.Actor, ask dossier.Ask, o dossier.Office) ([]any, error) {
		return d.Approve(a, ask, o)
	})
}

func (s *server) Return(ctx context.Context, r *approvalsv1.ReturnRequest) (*approvalsv1.Dossier, error) {
	return s.decide(ctx, "Return", r, func(d *dossier.Dossier, a dossier.Actor, ask dossier.Ask, o dossier.Office) ([]any, error) {
		return d.Return(a, ask, int(r.GetToLevel()), o)
	})
}

// decision is what a request to decide holds.
type decision interface {
	proto.Message
	GetDossier() string
	GetHash() string
	GetComment() string
	GetLevel() int32
	GetOnBehalfOf() string
}

type decide func(d *dossier.Dossier, a dossier.Actor, ask dossier.Ask, o dossier.Office) ([]any, error)

func (s *server) decide(ctx context.Context, method string, r decision, rule decide) (*approvalsv1.Dossier, error) {
	seen, err := s.readable(ctx, r.GetDossier(), method)
	if err != nil {
		return nil, err
	}
	comment, fields := dossier.Comment(r.GetComment())
	if r.GetHash() == "" {
		fields = append(fields, errs.At("hash", errorsv1.Reason_REQUIRED, "field", "hash"))
	}
	if err := errs.Invalid(fields); err != nil {
		return nil, err
	}
	return s.act(ctx, method, r, seen, func(d *dossier.Dossier, seats []dossier.Actor, o dossier.Office) ([]any, error) {
		a, err := seatFor(d, seats, r.GetOnBehalfOf(), o.At)
		if err != nil {
			return nil, err
		}
		return rule(d, a, dossier.Ask{Hash: r.GetHash(), Level: int(r.GetLevel()), Comment: comment}, o)
	})
}

// act runs a command of the caller on a dossier that they may read: with the ways in which they may decide at this moment, the first in
// their own right, and the office as it is at it.
func (s *server) act(ctx context.Context, method string, r proto.Message, seen *dossier.Dossier, rule func(*dossier.Dossier, []dossier.Actor, dossier.Office) ([]any, error)) (*approvalsv1.Dossier, error) {
	command, err := rpc.Command(ctx, method, r)
	if err != nil {
		return nil, err
	}
	at := command.HappenedAt.UTC().Truncate(time.Microsecond) // as it is recorded
	seats, err := s.seats(ctx, at)
	if err != nil {
		return nil, err
	}
	o, err := s.office(ctx, at, seen.Agency, seen.Levels)
	if err != nil {
		return nil, err
	}
	result, err := s.dossiers.Execute(ctx, seen.ID, command, func(d *dossier.Dossier, _ int64) ([]any, error) { return rule(d, seats, o) })
	return answered(ctx, s, result, err, view{calendar: o.Calendar, now: o.At}.message)
}
