package content

import (
	"context"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
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

// approver asks approvals, on the caller's behalf, whether they may see the dossier of an item of another agency: its route may name
// them.
func (s *server) approver(ctx context.Context, content string) (bool, error) {
	if auth.From(ctx).Person == nil {
		return false, nil
	}
	dossiers, err := s.replica.Dossiers(ctx, content)
	if err != nil || dossiers[content] == "" {
		return false, err
	}
	_, err = s.approvals.GetDossier(ctx, &approvalsv1.GetDossierRequest{Dossier: dossiers[content]})
	switch errs.ReasonOf(err) {
	case errorsv1.Reason_NOT_FOUND, errorsv1.Reason_FORBIDDEN:
		return false, nil
	default:
		return err == nil, err
	}
}

func planItemResource(p replica.PlanItem) auth.Resource {
	return auth.Resource{Type: "PlanItem", ID: p.ID, Attributes: map[string]any{
		"known": p.Known(), "lead": p.Lead, "coordinators": append([]string{}, p.Coordinators...),
	}}
}
