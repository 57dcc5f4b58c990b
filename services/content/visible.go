package content

import (
	"context"
	"time"

	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/content/internal/item"
	"github.com/loa-vn/loa/services/content/internal/replica"
)

// readable loads an item for an action of the caller. One that the caller may not read is not found, so that nobody learns of another
// agency's drafts; one that they may read and not do the action to is forbidden.
func (s *server) readable(ctx context.Context, content, action string) (*item.Item, error) {
	i, version, err := s.items.Load(ctx, content)
	if err != nil {
		return nil, err
	}
	resource := auth.Resource{Type: "Content", ID: content, Attributes: map[string]any{
		"agency": i.Agency, "state": string(i.State), "approver": false,
	}}
	refused := s.host.Policies.Authorize(ctx, "GetContent", resource)
	if errs.ReasonOf(refused) == errorsv1.Reason_FORBIDDEN && version > 0 {
		approver, err := s.approver(ctx, content)
		if err != nil {
			return nil, err
		}
		if approver {
			resource.Attributes["approver"] = true
			refused = s.host.Policies.Authorize(ctx, "GetContent", resource)
		}
	}
	switch {
	case refused != nil && errs.ReasonOf(refused) != errorsv1.Reason_FORBIDDEN:
		return nil, refused
	case refused != nil, version == 0:
		return nil, errs.New(errorsv1.Reason_NOT_FOUND, "what", content)
	case action == "GetContent":
		return i, nil
	default:
		return i, s.host.Policies.Authorize(ctx, action, resource)
	}
}

// approver says whether the caller reads an item of another agency through its dossier.
func (s *server) approver(ctx context.Context, content string) (bool, error) {
	reader, err := s.reader(ctx)
	if err != nil || reader.Person.ID == "" {
		return false, err
	}
	return s.replica.ReadsThroughDossier(ctx, reader, content)
}

// reader is the caller with the positions in whose place they may decide now.
func (s *server) reader(ctx context.Context) (replica.Reader, error) {
	p := auth.From(ctx).Person
	if p == nil {
		return replica.Reader{}, nil
	}
	reader, now := replica.Reader{Person: *p}, s.host.Now()
	held, err := s.replica.Delegations(ctx, p.ID, now)
	if err != nil {
		return reader, err
	}
	for _, d := range held {
		from, found, err := s.host.Directory.Person(ctx, d.Delegator, now)
		if err != nil {
			return reader, err
		}
		if found {
			reader.Delegated = append(reader.Delegated, replica.Delegated{Position: from, Types: d.Types, Agencies: d.Agencies})
		}
	}
	reader.Keeps, err = s.keptBy(ctx, *p, now)
	return reader, err
}

// keptBy is the issuers whose registers a clerk keeps: the own agency's and, in the office of a committee, the committee's.
func (s *server) keptBy(ctx context.Context, p directory.Person, now time.Time) ([]string, error) {
	if p.Role != "clerk" {
		return nil, nil
	}
	agency, found, err := s.host.Directory.Agency(ctx, p.Agency, now)
	if err != nil || !found || agency.Kind != "office" || agency.Parent == "" {
		return []string{p.Agency}, err
	}
	return []string{p.Agency, agency.Parent}, nil
}

func planItemResource(p replica.PlanItem) auth.Resource {
	return auth.Resource{Type: "PlanItem", ID: p.ID, Attributes: map[string]any{
		"known": p.Known(), "lead": p.Lead, "coordinators": append([]string{}, p.Coordinators...),
	}}
}
