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
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/approvals/internal/dossier"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

type server struct {
	approvalsv1.UnimplementedApprovalServiceServer
	host     *app.Host
	routes   *es.Repo[route.Route, *route.Route]
	dossiers *es.Repo[dossier.Dossier, *dossier.Dossier]
}

func (s *server) GetRoute(ctx context.Context, r *approvalsv1.GetRouteRequest) (*approvalsv1.Route, error) {
	of := route.DocumentType(r.GetDocumentType())
	if err := s.host.Policies.Authorize(ctx, "GetRoute", auth.Resource{Type: "Route", ID: string(of)}); err != nil {
		return nil, err
	}
	found, version, err := s.routes.Load(ctx, of.ID())
	if err != nil {
		return nil, err
	}
	if version == 0 {
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", "routes/"+string(of))
	}
	return routeMessage(found), rpc.SetETag(ctx, etag(version))
}

func (s *server) PutRoute(ctx context.Context, r *approvalsv1.PutRouteRequest) (*approvalsv1.Route, error) {
	of := route.DocumentType(r.GetRoute().GetDocumentType())
	if err := s.host.Policies.Authorize(ctx, "PutRoute", auth.Resource{Type: "Route", ID: string(of)}); err != nil {
		return nil, err
	}
	levels, err := s.checked(ctx, of, levelsOf(r.GetRoute()))
	if err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "PutRoute", r)
	if err != nil {
		return nil, err
	}
	result, err := s.routes.Execute(ctx, of.ID(), command, func(is *route.Route, version int64) ([]any, error) {
		if err := matches(ctx, version); err != nil {
			return nil, err
		}
		return is.Set(of, levels)
	})
	return answered(ctx, s, result, err, routeMessage)
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
func (s *server) checked(ctx context.Context, of route.DocumentType, levels []route.Level) ([]route.Level, error) {
	levels = route.Normalise(levels)
	known := map[string]bool{}
	for _, l := range levels {
		_, found, err := s.host.Directory.Agency(ctx, l.Scope, s.host.Now())
		if err != nil {
			return nil, err
		}
		known[l.Scope] = found
	}
	fields := route.Check(levels, func(agency string) bool { return known[agency] })
	if !of.Known() {
		fields = append(fields, errs.At("documentType", errorsv1.Reason_BAD_FORMAT, "field", "documentType", "value", string(of), "expected", "content, report"))
	}
	return levels, errs.Invalid(fields)
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
	return dossierMessage(d), rpc.SetETag(ctx, etag(d.Version))
}

func (s *server) ListDossiers(ctx context.Context, r *approvalsv1.ListDossiersRequest) (*approvalsv1.ListDossiersResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListDossiers", auth.Resource{Type: "Dossiers"}); err != nil {
		return nil, err
	}
	page, err := pageOf(r)
	if err != nil {
		return nil, err
	}
	filter := readmodel.Filter{Reader: positionOf(ctx), WaitingFor: r.GetWaitingFor() == "me", Document: r.GetDocument()}
	dossiers, err := readmodel.List(ctx, s.host.Pool, filter, page.After, page.Size+1)
	return listed(listing.Cut(page, dossiers, placeOf)), err
}

func listed(dossiers []*dossier.Dossier, next string) *approvalsv1.ListDossiersResponse {
	response := &approvalsv1.ListDossiersResponse{NextPageToken: next}
	for _, d := range dossiers {
		response.Dossiers = append(response.Dossiers, dossierMessage(d))
	}
	return response
}

func (s *server) Approve(ctx context.Context, r *approvalsv1.ApproveRequest) (*approvalsv1.Dossier, error) {
	return s.decide(ctx, "Approve", r, func(d *dossier.Dossier, a dossier.Actor, comment string, at time.Time) ([]any, error) {
		return d.Approve(a, r.GetHash(), comment, at)
	})
}

func (s *server) Return(ctx context.Context, r *approvalsv1.ReturnRequest) (*approvalsv1.Dossier, error) {
	return s.decide(ctx, "Return", r, func(d *dossier.Dossier, a dossier.Actor, comment string, at time.Time) ([]any, error) {
		return d.Return(a, r.GetHash(), int(r.GetToLevel()), comment, at)
	})
}

// decision is what a request to decide holds.
type decision interface {
	proto.Message
	GetDossier() string
	GetHash() string
	GetComment() string
}

type decide func(d *dossier.Dossier, a dossier.Actor, comment string, at time.Time) ([]any, error)

func (s *server) decide(ctx context.Context, method string, r decision, rule decide) (*approvalsv1.Dossier, error) {
	if _, err := s.readable(ctx, r.GetDossier(), method); err != nil {
		return nil, err
	}
	comment, fields := dossier.Comment(r.GetComment())
	if r.GetHash() == "" {
		fields = append(fields, errs.At("hash", errorsv1.Reason_REQUIRED, "field", "hash"))
	}
	if err := errs.Invalid(fields); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, method, r)
	if err != nil {
		return nil, err
	}
	result, err := s.dossiers.Execute(ctx, r.GetDossier(), command, func(d *dossier.Dossier, _ int64) ([]any, error) {
		return rule(d, actorOf(ctx), comment, command.HappenedAt)
	})
	return answered(ctx, s, result, err, dossierMessage)
}
