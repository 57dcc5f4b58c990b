package approvals

import (
	"context"
	"slices"
	"strings"
	"testing"

	approvalsv1 "github.com/loa-vn/loa/proto/gen/loa/approvals/v1"
	errorsv1 "github.com/loa-vn/loa/proto/gen/loa/errors/v1"

	"github.com/loa-vn/loa/pkg/auth"
	"github.com/loa-vn/loa/pkg/directory"
	"github.com/loa-vn/loa/pkg/errs"
	"github.com/loa-vn/loa/services/approvals/internal/route"
)

// Every method is permitted to whom it is for, and to nobody else.
func TestPolicies(t *testing.T) {
	policies, err := auth.NewPolicies(policies)
	if err != nil {
		t.Fatal(err)
	}
	callers := map[string]context.Context{
		"stranger": auth.With(t.Context(), auth.Principal{Subject: "stranger"}),
		"worker":   auth.With(t.Context(), auth.Principal{Subject: "service:worker", Service: "worker"}),
	}
	for _, role := range route.Roles() {
		for where, agency := range map[string]string{"here": "H24.02", "there": "H24.05"} {
			callers[role+" "+where] = auth.With(t.Context(), auth.Principal{Subject: "p", Person: &directory.Person{ID: "p", Role: role, Agency: agency}})
		}
	}
	person := func(who string) bool { return strings.Contains(who, " ") }
	here := func(more ...string) func(string) bool {
		return func(who string) bool { return strings.HasSuffix(who, " here") || slices.Contains(more, who) }
	}
	of := func(acts, acted bool) auth.Resource {
		return auth.Resource{Type: "Dossier", ID: "dossier_1", Attributes: map[string]any{"agency": "H24.02", "acts": acts, "acted": acted}}
	}
	tested := map[string]bool{}
	for _, c := range []struct {
		action   string
		resource auth.Resource
		allowed  func(who string) bool
	}{
		{"GetRoute", auth.Resource{Type: "Route", ID: "content"}, person},
		{"PutRoute", auth.Resource{Type: "Route", ID: "content"}, func(who string) bool { return strings.HasPrefix(who, "administrator ") }},
		{"GetDossier", of(false, false), here("auditor there")},
		{"GetDossier", of(true, false), person},
		{"GetDossier", of(false, true), person},
		{"ListDossiers", auth.Resource{Type: "Dossiers"}, person},
		{"Approve", of(false, false), here()},
		{"Approve", of(true, false), person},
		{"Return", of(false, false), here()},
		{"Return", of(false, true), person},
	} {
		tested[c.action] = true
		for who, ctx := range callers {
			err := policies.Authorize(ctx, c.action, c.resource)
			if c.allowed(who) != (err == nil) || err != nil && errs.ReasonOf(err) != errorsv1.Reason_FORBIDDEN {
				t.Errorf("%s on %v by %s: %v", c.action, c.resource.Attributes, who, err)
			}
		}
	}
	for _, m := range approvalsv1.ApprovalService_ServiceDesc.Methods {
		if !tested[m.MethodName] {
			t.Errorf("nobody says who may call %s", m.MethodName)
		}
	}
}
