package approvals

import (
	"context"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/pkg/es"
	"github.com/loa-vn/loa/pkg/id"
	"github.com/loa-vn/loa/pkg/listing"
	"github.com/loa-vn/loa/pkg/rpc"
	"github.com/loa-vn/loa/services/approvals/internal/delegation"
	"github.com/loa-vn/loa/services/approvals/internal/readmodel"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

func (s *server) GiveDelegation(ctx context.Context, r *approvalsv1.GiveDelegationRequest) (*approvalsv1.Delegation, error) {
	now := s.host.Now()
	given, err := s.givenOf(ctx, r, now)
	if err != nil {
		return nil, err
	}
	if err := s.host.Policies.Authorize(ctx, "GiveDelegation", delegationResource("", given.Delegator, given.Delegate, given.Agency)); err != nil {
		return nil, err
	}
	if err := s.checkDelegation(ctx, given, now); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "GiveDelegation", r)
	if err != nil {
		return nil, err
	}
	name := id.Format(delegation.Prefix, id.Derive(time.Time{}, "delegation", command.Key.String()))
	result, err := s.delegations.Execute(ctx, name, command, func(d *delegation.Delegation, _ int64) ([]any, error) { return d.Give(given) })
	if err != nil {
		return nil, err
	}
	if err := rpc.SetLocation(ctx, "/v1/delegations/"+name); err != nil {
		return nil, err
	}
	return delegationAnswered(ctx, s, result)
}

// givenOf reads what is to be given; the delegator is the caller when nobody is named, and the agency is theirs by the directory.
func (s *server) givenOf(ctx context.Context, r *approvalsv1.GiveDelegationRequest, now time.Time) (delegation.Given, error) {
	g := delegation.Given{
		Delegator: r.GetDelegator(), Delegate: r.GetDelegate(), Agencies: r.GetAgencies(), Paper: r.GetPaper(), RecordedBy: positionOf(ctx).Person,
	}
	if g.Delegator == "" {
		g.Delegator = g.RecordedBy
	}
	if r.GetFrom() != nil {
		g.From = r.GetFrom().AsTime()
	} else {
		g.From = now
	}
	if r.GetTo() != nil {
		g.To = r.GetTo().AsTime()
	}
	for _, t := range r.GetDocumentTypes() {
		g.DocumentTypes = append(g.DocumentTypes, route.DocumentType(t))
	}
	g = delegation.Normalise(g)
	from, _, err := s.host.Directory.Person(ctx, g.Delegator, now)
	g.Agency = from.Agency
	return g, err
}

func (s *server) checkDelegation(ctx context.Context, g delegation.Given, now time.Time) error {
	known := map[string]bool{}
	for _, p := range []string{g.Delegator, g.Delegate} {
		_, found, err := s.host.Directory.Person(ctx, p, now)
		if err != nil {
			return err
		}
		known["person "+p] = found
	}
	for _, a := range g.Agencies {
		_, found, err := s.host.Directory.Agency(ctx, a, now)
		if err != nil {
			return err
		}
		known["agency "+a] = found
	}
	return errs.Invalid(delegation.Check(g, now, func(p string) bool { return known["person "+p] }, func(a string) bool { return known["agency "+a] }))
}

func (s *server) GetDelegation(ctx context.Context, r *approvalsv1.GetDelegationRequest) (*approvalsv1.Delegation, error) {
	d, err := s.readableDelegation(ctx, r.GetDelegation(), "GetDelegation")
	if err != nil {
		return nil, err
	}
	m, err := s.delegationMessage(ctx, d, s.moment(r.GetAsOf()))
	if err != nil {
		return nil, err
	}
	return m, rpc.SetETag(ctx, etag(d.Version))
}

// readableDelegation loads a delegation for an action of the caller; one that they may not read is not found.
func (s *server) readableDelegation(ctx context.Context, name, action string) (*delegation.Delegation, error) {
	d, version, err := s.delegations.Load(ctx, name)
	if err != nil {
		return nil, err
	}
	resource := delegationResource(name, d.Delegator, d.Delegate, d.Agency)
	refused := s.host.Policies.Authorize(ctx, "GetDelegation", resource)
	switch {
	case refused != nil && errs.ReasonOf(refused) != errorsv1.Reason_FORBIDDEN:
		return nil, refused
	case refused != nil, version == 0:
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", name)
	case action == "GetDelegation":
		return d, nil
	default:
		return d, s.host.Policies.Authorize(ctx, action, resource)
	}
}

func delegationResource(name, delegator, delegate, agency string) auth.Resource {
	return auth.Resource{Type: "Delegation", ID: name, Attributes: map[string]any{
		"delegator": auth.Ref{Type: "Person", ID: delegator}, "delegate": auth.Ref{Type: "Person", ID: delegate}, "agency": agency,
	}}
}

func (s *server) ListDelegations(ctx context.Context, r *approvalsv1.ListDelegationsRequest) (*approvalsv1.ListDelegationsResponse, error) {
	if err := s.host.Policies.Authorize(ctx, "ListDelegations", auth.Resource{Type: "Delegations"}); err != nil {
		return nil, err
	}
	page, wrong := listing.Read(r.GetPageSize(), r.GetPageToken())
	if err := errs.Invalid(wrong); err != nil {
		return nil, err
	}
	caller := positionOf(ctx)
	filter := readmodel.DelegationFilter{
		Person: caller.Person, Agency: caller.Agency, All: caller.Role == "auditor", Delegator: r.GetDelegator(), Delegate: r.GetDelegate(),
	}
	if r.GetActive() {
		filter.ActiveAt = s.moment(r.GetAsOf())
	}
	found, err := readmodel.ListDelegations(ctx, s.host.Pool, filter, page.After, page.Size+1)
	if err != nil {
		return nil, err
	}
	listed, next := listing.Cut(page, found, func(l readmodel.Listed) listing.Place { return l.Place })
	response := &approvalsv1.ListDelegationsResponse{NextPageToken: next}
	for _, l := range listed {
		m, err := s.delegationMessage(ctx, &l.Delegation, s.moment(r.GetAsOf()))
		if err != nil {
			return nil, err
		}
		response.Delegations = append(response.Delegations, m)
	}
	return response, nil
}

func (s *server) RevokeDelegation(ctx context.Context, r *approvalsv1.RevokeDelegationRequest) (*approvalsv1.Delegation, error) {
	if _, err := s.readableDelegation(ctx, r.GetDelegation(), "RevokeDelegation"); err != nil {
		return nil, err
	}
	if err := errs.Invalid(delegation.CheckText("reason", r.GetReason())); err != nil {
		return nil, err
	}
	command, err := rpc.Command(ctx, "RevokeDelegation", r)
	if err != nil {
		return nil, err
	}
	result, err := s.delegations.Execute(ctx, r.GetDelegation(), command, func(d *delegation.Delegation, _ int64) ([]any, error) {
		return d.Revoke(command.Actor, r.GetReason(), command.HappenedAt)
	})
	if err != nil {
		return nil, err
	}
	return delegationAnswered(ctx, s, result)
}

func delegationAnswered(ctx context.Context, s *server, result es.Result[delegation.Delegation]) (*approvalsv1.Delegation, error) {
	m, err := s.delegationMessage(ctx, result.State, s.host.Now())
	if err != nil {
		return nil, err
	}
	return answered(ctx, s, result, nil, func(*delegation.Delegation) *approvalsv1.Delegation { return m })
}

func (s *server) delegationMessage(ctx context.Context, d *delegation.Delegation, at time.Time) (*approvalsv1.Delegation, error) {
	m := &approvalsv1.Delegation{
		Id: d.ID, Delegator: d.Delegator, Delegate: d.Delegate, Agencies: d.Agencies, From: timestamppb.New(d.From), To: timestamppb.New(d.To),
		Paper: d.Paper, Agency: d.Agency, RecordedBy: d.RecordedBy, RevokedBy: d.RevokedBy, Reason: d.Reason, State: string(d.StateAt(at)), Etag: etag(d.Version),
	}
	if !d.RevokedAt.IsZero() {
		m.RevokedAt = timestamppb.New(d.RevokedAt)
	}
	for _, t := range d.DocumentTypes {
		m.DocumentTypes = append(m.DocumentTypes, string(t))
	}
	for _, x := range []struct {
		id   string
		name *string
	}{{d.Delegator, &m.DelegatorName}, {d.Delegate, &m.DelegateName}} {
		p, _, err := s.host.Directory.Person(ctx, x.id, time.Time{})
		if err != nil {
			return nil, err
		}
		*x.name = p.Name
	}
	return m, nil
}
