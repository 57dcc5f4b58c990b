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
	dossierWith := func(attributes ...string) auth.Resource {
		all := map[string]any{"agency": "H24.02", "acts": false, "acted": false, "asked": false, "keeps": false}
		for _, a := range attributes {
			all[a] = true
		}
		return auth.Resource{Type: "Dossier", ID: "dossier_1", Attributes: all}
	}
	routeOf := func(agency string) auth.Resource {
		return auth.Resource{Type: "Route", ID: "content", Attributes: map[string]any{"agency": agency}}
	}
	delegationOf := func(delegator, delegate string) auth.Resource {
		return delegationResource("delegation_1", delegator, delegate, "H24.02")
	}
	one := func(who string) func(string) bool { return func(other string) bool { return who == other } }
	as := func(role string) func(string) bool {
		return func(who string) bool { return strings.HasPrefix(who, role+" ") }
	}
	nobody := func(string) bool { return false }
	tested := map[string]bool{}
	for _, c := range []struct {
		action   string
		resource auth.Resource
		allowed  func(who string) bool
	}{
		{"GetRoute", routeOf(""), person},
		{"PutRoute", routeOf(""), as("administrator")},
		{"PutRoute", routeOf("H24.02"), one("administrator here")},
		{"PutRoute", routeOf("H24.03"), nobody},
		{"GetCalendar", auth.Resource{Type: "Calendar"}, person},
		{"PutCalendar", auth.Resource{Type: "Calendar"}, as("administrator")},
		{"GetDossier", dossierWith(), here("auditor there", "worker")},
		{"GetDossier", dossierWith("acts"), func(who string) bool { return person(who) || who == "worker" }},
		{"GetDossier", dossierWith("acted"), func(who string) bool { return person(who) || who == "worker" }},
		{"GetDossier", dossierWith("asked"), func(who string) bool { return person(who) || who == "worker" }},
		{"ListDossiers", auth.Resource{Type: "Dossiers"}, func(who string) bool { return person(who) || who == "worker" }},
		{"Approve", dossierWith(), here()},
		{"Approve", dossierWith("acts"), person},
		{"Approve", dossierWith("asked"), here()},
		{"Return", dossierWith(), here()},
		{"Return", dossierWith("acted"), person},
		{"Bypass", dossierWith(), here()},
		{"Bypass", dossierWith("acts"), person},
		{"Review", dossierWith(), here()},
		{"Consult", dossierWith(), here()},
		{"GiveOpinion", dossierWith(), here()},
		{"GiveOpinion", dossierWith("asked"), person},
		{"Remind", dossierWith("acts"), one("worker")},
		{"Escalate", dossierWith("acts"), one("worker")},
		{"RecordSilence", dossierWith("asked"), one("worker")},
		{"Issue", dossierWith("keeps"), as("clerk")},
		{"Issue", dossierWith("acts"), nobody},
		{"GiveDelegation", delegationOf("p", "q"), person},
		{"GiveDelegation", delegationOf("r", "p"), one("administrator here")},
		{"RevokeDelegation", delegationOf("r", "p"), one("administrator here")},
		{"GetDelegation", delegationOf("r", "p"), person},
		{"GetDelegation", delegationOf("r", "q"), here("auditor there")},
		{"ListDelegations", auth.Resource{Type: "Delegations"}, person},
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
