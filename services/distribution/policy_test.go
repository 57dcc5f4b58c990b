package distribution

import (
	"context"
	"slices"
	"testing"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	distributionv1 "github.com/loa-vn/loa/proto/gen/loa/distribution/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"
	"github.com/loa-vn/loa/services/distribution/internal/publication"
)

func as(ctx context.Context, role, agency string) context.Context {
	return auth.With(ctx, auth.Principal{Subject: "someone", Person: &directory.Person{ID: "someone", Role: role, Agency: agency}})
}

func service(ctx context.Context, name string) context.Context {
	return auth.With(ctx, auth.Principal{Subject: auth.ServicePrefix + name, Service: name})
}

// Every method is permitted to whom it is for, and to nobody else.
func TestPolicies(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	roles := []string{"leader", "deputy", "head", "deputy_head", "head_of_office", "officer", "clerk", "portal_editor", "records_importer", "auditor", "administrator"}
	callers := map[string]context.Context{
		"stranger": auth.With(t.Context(), auth.Principal{Subject: "stranger"}),
		"worker":   service(t.Context(), "worker"), "portal": service(t.Context(), "portal"), "planning": service(t.Context(), "planning"),
	}
	for _, role := range roles {
		callers[role+" of the agency"] = as(t.Context(), role, "H24.02")
		callers[role+" of another"] = as(t.Context(), role, "H24.05")
	}
	everybody := func(who string) bool { return who != "stranger" }
	privileged := func(who string) bool {
		switch who {
		case "worker", "portal", "planning", "portal_editor of another", "auditor of another":
			return true
		}
		return len(who) > 14 && who[len(who)-14:] == " of the agency"
	}
	only := func(names ...string) func(string) bool {
		return func(who string) bool { return slices.Contains(names, who) }
	}
	editors := only("portal_editor of the agency", "portal_editor of another")
	withdrawn := resourceOf("publication_1", "H24.02", publication.Withdrawn)
	scheduled, published := resourceOf("publication_1", "H24.02", publication.Scheduled), resourceOf("publication_1", "H24.02", publication.Published)
	tested := map[string]bool{}
	for _, c := range []struct {
		action   string
		resource auth.Resource
		allowed  func(who string) bool
	}{
		{"PublishContent", auth.Resource{Type: "Content", ID: "content_1"}, only("portal_editor of the agency", "portal_editor of another")},
		{"GetPublication", scheduled, privileged},
		{"GetPublication", published, everybody},
		{"ListReceipts", scheduled, privileged},
		{"ListReceipts", published, everybody},
		{"ListPublications", auth.Resource{Type: "Publications", ID: "all"}, everybody},
		{"GetPublication", withdrawn, everybody},
		{"ListVersions", published, everybody},
		{"ListVersions", withdrawn, privileged},
		{"ReschedulePublication", scheduled, editors},
		{"CancelPublication", scheduled, editors},
		{"CorrectPublication", published, editors},
		{"WithdrawPublication", published, only("portal_editor of the agency", "portal_editor of another", "officer of the agency",
			"head of the agency", "deputy_head of the agency", "head_of_office of the agency", "deputy of the agency", "leader of the agency")},
		{"Release", scheduled, only("worker")},
		{"Expire", published, only("worker")},
		{"RecordReceipt", published, only("portal")},
	} {
		tested[c.action] = true
		for who, ctx := range callers {
			err := policies.Authorize(ctx, c.action, c.resource)
			if allowed := c.allowed(who); allowed != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
				t.Errorf("%s %v by %s: %v", c.action, c.resource.Attributes["state"], who, err)
			}
		}
	}
	for _, m := range distributionv1.DistributionService_ServiceDesc.Methods {
		if !tested[m.MethodName] {
			t.Errorf("%s has no expectation", m.MethodName)
		}
	}
}

func TestUnknownStateIsRefused(t *testing.T) {
	if _, _, err := queryOf(&distributionv1.ListPublicationsRequest{State: "lost"}); errs.ReasonOf(err) != errorsv1.Reason_INVALID {
		t.Errorf("%v", err)
	}
}
